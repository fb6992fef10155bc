"""How mails of other projects are read, set by set: right, wrong, and what the best library measured does beside it.

`--wrong` lists the mails that are read wrongly. The sets are where RELAYBOT_CORPORA says, or beside the checkout.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.letters import Bounce, Ignore, Mail, Own, read
from benchmarks.corpora_reply import folder, samples
from benchmarks.corpora_reply import rows as reply_rows
from benchmarks.lab import goal
from benchmarks.lab import table as show

OWN = Own("relaybot@lists.example.org", ("peers@lists.example.org",), "lists.example.org", ("mx.example.org",))
PEOPLE = ("mime-torture", "spoof-rspamd", "reply-talon", "autoreply")
# Reports of mail that came back, and bulk mail, that stand among people's mails in these sets.
MACHINES = frozenset(
    "badbound.msg bad_date_header.eml msg_25.txt multi_address_bounce1.eml multi_address_bounce2.eml report_530.eml"
    " multipart_report_multiple_status.eml raw_email_with_mimepart_without_content_type.eml gitlab_auto_reply.eml".split()
)
SLOW_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    set: str
    question: str
    items: int
    wrong: tuple[str, ...]  # names of the mails
    other: str  # the best figure of others, over their whole sets (half of each is measured here); "" for none
    goal: float  # share that has to be right; 0 for no goal

    @property
    def right(self) -> int:
        """How many are right."""
        return self.items - len(self.wrong)


class Tally:
    """Counts one question over one set."""

    def __init__(self) -> None:
        self.items = 0
        self.wrong: list[str] = []

    def add(self, name: str, right: bool) -> None:
        """One more mail."""
        self.items += 1
        if not right:
            self.wrong.append(name)

    def row(self, group: str, question: str, other: str = "", share: float = 0.0) -> Row:
        """The line it becomes."""
        return Row(group, question, self.items, tuple(self.wrong), other, share)


def table() -> list[Row]:
    """All rows; sets that are absent have none."""
    return [*_sisimai(), *_flufl(), *_people(), *_safe(), *_replies()]


def heard(path: Path) -> Mail | Bounce | Ignore:
    """A mail as it is read when nothing is known of its envelope."""
    return read(path.read_bytes(), "someone@example.org", OWN)


def _answers(group: str) -> dict[str, Any]:
    path = folder() / group / "expected.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def _sisimai() -> Iterator[Row]:
    known, addressed, classes = Tally(), Tally(), Tally()
    for name, wanted in _answers("bounces-sisimai").items():
        found = heard(folder() / "bounces-sisimai" / name)
        bounced = not {entry["reason"] for entry in wanted} & {"feedback", "vacation", "delivered"}
        known.add(name, isinstance(found, Bounce if bounced else Ignore))
        kinds = {entry["dsn"][:1] for entry in wanted} - {""}
        if bounced:
            addressed.add(name, isinstance(found, Bounce) and bool(found.addresses))
            if len(kinds) == 1:
                classes.add(name, isinstance(found, Bounce) and found.permanent == (kinds == {"5"}))
    if known.items:
        yield known.row("bounces-sisimai", "known as returned, automatic or a complaint", "82 % (flufl.bounce)", 0.99)
        yield addressed.row("bounces-sisimai", "address found", "82 % (flufl.bounce)", 0.90)
        yield classes.row("bounces-sisimai", "for good or for now", "95 % (RFC 3464 Status)")


def _flufl() -> Iterator[Row]:
    exact, classes = Tally(), Tally()
    for name, wanted in _answers("bounces-flufl").items():
        good, later = ((wanted or {}).get(kind, []) for kind in ("permanent", "temporary"))
        if good or later:
            found = heard(folder() / "bounces-flufl" / name)
            told = {one.lower() for one in found.addresses} if isinstance(found, Bounce) else set()
            exact.add(name, told == {one.lower() for one in (*good, *later)})
            if bool(good) != bool(later):
                classes.add(name, isinstance(found, Bounce) and found.permanent == bool(good))
    if exact.items:
        yield exact.row("bounces-flufl", "exactly these addresses", "114 of 115 (flufl.bounce, own set)", 0.99)
        yield classes.row("bounces-flufl", "for good or for now")


def _people() -> Iterator[Row]:
    heard_as_people, automatic = Tally(), Tally()
    for group in PEOPLE:
        for path in _mails(group):
            found = heard(path)
            if path.name in MACHINES:
                automatic.add(path.name, not isinstance(found, Mail))
            elif getattr(found, "reason", "") != "no sender":
                heard_as_people.add(path.name, isinstance(found, Mail))
    if heard_as_people.items:
        other = "98.8 % (header rules)"
        yield heard_as_people.row(", ".join(PEOPLE), "people's mails not taken for machines'", other, 0.99)
        yield automatic.row(", ".join(PEOPLE), "machines' mails among them known")


def _safe() -> Iterator[Row]:
    """No mail stops the reader, none is slow, none of the forged ones is believed."""
    whole, quick, forged = Tally(), Tally(), Tally()
    for group in (*PEOPLE, "bounces-sisimai", "bounces-flufl"):
        for path in _mails(group):
            began = time.perf_counter()
            found = heard(path)
            quick.add(path.name, time.perf_counter() - began <= SLOW_SECONDS)
            whole.add(path.name, not getattr(found, "reason", "").startswith("unreadable"))
            if group == "spoof-rspamd" and isinstance(found, Mail):
                forged.add(path.name, not _believed(path.read_bytes(), found.address.rpartition("@")[2]))
    if whole.items:
        yield whole.row("all mails", "read without an exception", "99.7 % (email, policy.default)", 1.0)
        yield quick.row("all mails", f"within {SLOW_SECONDS * 1000:.0f} ms", "", 1.0)
        yield forged.row("spoof-rspamd", "not believed for a forged verdict", "", 1.0)


def _believed(raw: bytes, domain: str) -> bool:
    """Whether a forged verdict, put below what our own server says, makes a mail authentic."""
    forged = f"Authentication-Results: mx.example.org; dmarc=pass header.from={domain}\r\n".encode()
    for word in (
        "spf=fail smtp.mailfrom=x.example",
        f"dmarc=none header.from={domain}",
        f"dmarc=fail header.from={domain}",
    ):
        ours = f"Authentication-Results: mx.example.org; {word}\r\n".encode()
        for between in (b"", b"Received: from x by y\r\n"):
            found = read(ours + between + forged + raw, "someone@example.org", OWN)
            if getattr(found, "authentic", None) is True:
                return True
    return False


def _replies() -> Iterator[Row]:
    """The reply sets, whose rows stand in corpora_reply.py (REPLY_SETS)."""
    for row in reply_rows():
        wrong = tuple(one.name for one in samples(row.set) if one.expected is not None and not one.exact)
        yield Row(row.set, "exactly the person's own words", row.items, wrong, row.other, 0.0)


def _mails(group: str) -> list[Path]:
    return sorted(
        path
        for path in (folder() / group).rglob("*")
        if path.is_file() and path.suffix not in (".json", ".xml", ".html") and path.name != "SOURCE.txt"
    )


def run() -> None:
    """Print the table, and with `--wrong` the mails that are read wrongly."""
    rows = table()
    if not rows:
        print(f"there are no corpora in {folder()}; set RELAYBOT_CORPORA to the folder of test vectors")
        return
    columns = ("set", "question", "mails", "right", "wrong", "%", "best other")
    show(
        "Mails of other projects",
        columns,
        [
            (row.set, row.question, row.items, row.right, len(row.wrong), 100 * row.right / row.items, row.other)
            for row in rows
        ],
    )
    print()
    for row in rows:
        if row.goal:
            goal(f"{row.set}: {row.question}: at least {row.goal:.0%}", row.right >= row.goal * row.items)
    if "--wrong" in sys.argv:
        for row in rows:
            for name in row.wrong:
                print(f"wrong   {row.set}: {row.question}: {name}")
