"""Plays: acceptance tests written as dialogues, read from tests/plays/*.play and run through `decide`.

    now 2026-11-21 14:05 Europe/Lisbon      the clock starts there (zone for every later time)
    set cap = 2                             a setting of the programme, as in its TOML table
    person ana | stranger eve               someone the network vouches for | someone it does not
    code 7K3Q-X2MA-94TB                     the one-time code that makes the first moderator
    moderator dana                          a moderator who is already known
    member ana learn="kubernetes a little" offer="rust deep" zone=Europe/Lisbon free="thu 17:30-22:00"
    applicant ana learn="kubernetes" ...    someone whose application A1 (A2 ...) was handed in this moment
    pair 12 ana bram trial                  two members who are already introduced (stage trial)
    pair 12 ana bram trial apart            ... without a place of their own
    hour 40 12 2026-11-26 18:00             an hour M12 has agreed on, S40
    network mail letter                     a second network, of letters (or: network irc:other line)
    network matrix:home line ids edits bare ... where a pair's place shows ids, messages are edited, and `!` is not needed
    list own                                a mailing list that relaybot distributes (or: list external); its network is mail
    member chidi@mail learn=...             somebody who is written to at mail/chidi@example.net
    ana > join                              ana says it in private
    ana@mail > yes                          ana writes it from mail/ana@example.net, below our own mail
    ana@mail < ~Linked                      a line to her there; greetings and signatures are left out
    ana@mail/P4 > I know haskell            ... to the reply address of a letter about P4; " \\n " is a new line
    ana@mail/D# > yes                       ... to the reply address of the letter that was sent last
    ana@list > a subject | hello all        ... to the list; `stranger ana` before: by a bare From line
    ana@public > !join                      ... in the public place; @team the moderators', @m12 the pair's
    ana@matrix:home/m12 > hold              ... in the pair's place on a second network of lines
    ana@matrix:home/M12 > yes               ... as a reply to (or reaction on) a message about M12 there; /D# to the last one
    ana@matrix:home > tell tuesdy ~> tell tuesday      ... as an edit of what she had said there
    ana < Hello ana.                        exactly this line goes to ana in private, next
    public < ~written to you                a line to that place that contains the words
    ana < *                                 any one line
    ana < **                                any number of lines, perhaps none
    at 2026-11-23 09:00                     time passes; due timers fire on the way, in order
    away bram | back bram                   letters to bram wait | are delivered now
    down irc:test | up irc:test             a whole network is not there | is there again
    outage 18:21                            relaybot is off until then: what was due fires late
    dana > approve H#                       H# is the case opened last, H#1 the one opened first
    ana > link CODE#                        CODE# is the one-time code that was sent last

After each step every letter must be expected by the `<` lines that follow it, in order for each
reader; a missing or unexpected line fails with the play's line number. Times of day may be written
`at 18:33` (the next one).
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from relaybot.decide import decide, object_named, stands
from relaybot.desk import Programme
from relaybot.events import Due, Event, Heard, Moment, Told
from relaybot.model import (
    Case,
    Change,
    Code,
    Decision,
    Drop,
    Entry,
    Letter,
    Message,
    Put,
    Style,
    Tally,
)
from relaybot.nouns import codes
from relaybot.policy import Network, Policy
from tests.play_people import (
    LIST,
    MAIL_DOMAIN,
    MATRIX_SERVER,
    NAME,
    NETWORK,
    PLACES,
    add_applicant,
    add_hour,
    add_member,
    add_pair,
    add_person,
    local_part,
)

# Handed on to the tests, which take them from here.
__all__ = ["LIST", "NAME", "NETWORK", "PLACES", "add_applicant", "add_hour", "add_member", "add_pair", "add_person"]

GREETING = re.compile(r"Dear [^,]{1,60},")
CODE = re.compile(r"\b((?:[0-9A-Z]{4}-){2}[0-9A-Z]{4})\b")


class PlayFailed(AssertionError):
    """A play and the programme disagree."""


def policy(settings: str = "", style: Style = Style.LINE) -> Policy:
    """The default settings with one network, and TOML lines on top."""
    identity = "mail" if style is Style.LETTER else "services"
    network = Network(public=PLACES["public"], moderators=PLACES["team"], style=style, identity=identity)
    made = Policy.model_validate(tomllib.loads(settings))
    return made.model_copy(update={"networks": {NETWORK: network}})


@dataclass
class World:
    """A programme with a clock and nothing else: what a medium, a store and an office would do, done by hand."""

    programme: Programme
    now: datetime
    said: list[tuple[str, str]] = field(default_factory=list)  # (reader, line) not yet expected
    away: set[str] = field(default_factory=set)
    journal: list[Entry] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)  # numbers of the cases, the one opened first in front
    told_waiting: set[int] = field(default_factory=set)  # letters whose writers know that they wait
    vouched: dict[str, bool] = field(default_factory=dict)
    network: str = NETWORK
    lenient: bool = (
        False  # on the wire nobody is invited who is there already, and who comes a moment later missed a line
    )
    keep: Callable[[Programme, Decision], Programme] = lambda programme, decision: programme
    style: Style = Style.LINE
    code: str = ""  # the one-time code that was sent last
    about: str = ""  # what the letter that was sent to a person last is about
    _count: int = 0

    def moment(self) -> Moment:
        """Now, with a nonce that is different each time and the same in each run."""
        self._count += 1
        return Moment(self.now, self._count.to_bytes(16, "big"))

    def happen(self, event: Event) -> Decision:
        """Decide an event, make it true, deliver the letters."""
        decision = decide(self.programme, event, self.moment())
        self.make(*decision)
        self.deliver()
        if isinstance(event, Heard):
            self.fire_until(self.now)  # an office looks at its timers before and after every message
        return decision

    def make(self, *changes: Change) -> None:
        """Make records true; `keep` may write them down and return a programme that was read back."""
        self.journal.extend(change.record for change in changes if isinstance(change.record, Entry))
        for change in changes:
            if isinstance(change.record, Case) and change.record.id not in self.opened:
                self.opened.append(change.record.id)
        self.programme.apply(changes)
        self.programme = self.keep(self.programme, changes)

    def deliver(self) -> None:
        """Hand out every letter that can be delivered now."""
        for letter in sorted(self.programme.tables.letters.rows.values(), key=lambda x: x.id):
            if letter.held:
                continue
            expired = letter.expires_at is not None and letter.expires_at <= self.now
            if expired or not stands(self.programme, letter):
                self._give_up(letter, "expired" if expired else "")
            elif letter.to in self.away or letter.to.partition("/")[0] in self.away:
                if (letter.receipt or letter.person) and letter.id not in self.told_waiting:
                    self.told_waiting.add(letter.id)
                    reason = "not logged in" if letter.to in self.away else "not connected"
                    self.happen(Told(letter, "waiting", reason))
            else:
                self._hand_out(letter)

    def _give_up(self, letter: Letter, reason: str) -> None:
        if letter.id in self.programme.tables.letters.rows:
            self.make(Drop(letter))
            if letter.receipt or letter.person:
                self.happen(Told(letter, "undeliverable", reason))

    def _hand_out(self, letter: Letter) -> None:
        if letter.id not in self.programme.tables.letters.rows:
            return
        self.make(Drop(letter))
        reader = self.reader(letter.to)
        self.said.extend((reader, f"+ {address.partition('/')[2]}") for address in letter.invite)
        signed = letter.style is Style.LETTER and letter.text[-1:] and letter.text[-1].startswith("relaybot, for the ")
        lines = letter.text[:-1] if signed and reader.partition("@")[2] else letter.text
        lines = lines[1:] if signed and GREETING.fullmatch(lines[0]) else lines
        self.said.extend((reader, line) for line in lines)
        self.code = next((m[1] for line in lines if (m := CODE.search(line))), self.code)
        self.about = (letter.about if letter.person else "") or self.about
        if letter.receipt:
            self.happen(Told(letter, "sent", ""))

    def reader(self, address: str) -> str:
        """Who or what an address is called in plays."""
        for name, place in PLACES.items():
            if address == place:
                return name
        if address == LIST:
            return "list"
        network, _, local = address.partition("/")
        if network not in {self.network, ""} and network in self.programme.policy.networks:
            plain = local.removeprefix("~").removeprefix(f"#{NAME}-").removesuffix(f"@{MAIL_DOMAIN}")
            return f"{plain.removeprefix('@').removesuffix(f':{MATRIX_SERVER}')}@{network}"
        return local.removeprefix("~").removeprefix(f"#{NAME}-")

    def write(self, who: str, text: str, network: str, about: str = "") -> None:
        """Someone says something on a second network, or in a pair's place there; a mail is taken as an answer to ours."""
        address = f"{network}/{local_part(who, network)}"
        style = self.programme.policy.networks[network].style
        message = Message(network, address, address, who, text.replace(" \\n ", "\n"), style=style, about=about)
        if style is Style.LINE and " ~> " in text:
            was, _, now = text.partition(" ~> ")
            message = replace(message, text=now, corrected=was, first_said_at=self.now)
        if about[:1].islower() and style is Style.LINE:
            where = f"{network}/#{NAME}-{about}"
            message = replace(message, about="", place=where, programme=NAME, addressed=text.startswith("!"))
        self.fire_until(self.now)
        self.happen(Heard(replace(message, proven=self.vouched.get(who, True))))

    def mail_list(self, who: str, text: str) -> None:
        """Someone writes to the mailing list: "subject | words"."""
        subject, _, words = text.partition(" | ")
        address = f"mail/{who}@{MAIL_DOMAIN}"
        self.fire_until(self.now)
        message = Message(
            network="mail",
            sender=address,
            reply=address,
            name=who.title(),
            text=words,
            place=LIST,
            programme=NAME,
            style=Style.LETTER,
            subject=subject,
            thread=f"<{self._count}@{MAIL_DOMAIN}>",
            proven=self.vouched.get(who, True),
        )
        self.happen(Heard(message))

    def say(self, who: str, text: str, place: str = "") -> None:
        """Someone says something, in private, in a place, or on a second network."""
        network, _, about = place.partition("/")
        if network in self.programme.policy.networks:
            self.write(who, text, network, about)
            return
        if place == "list":
            self.mail_list(who, text)
            return
        where = PLACES.get(place) or (f"{NETWORK}/#{NAME}-{place}" if place else "")
        sender = f"{NETWORK}/{who}" if self.vouched.get(who, True) else ""
        addressed = not place or text.startswith("!")
        message = Message(
            network=NETWORK,
            sender=sender,
            reply=f"{NETWORK}/~{who}",
            name=who,
            text=text,
            place=where,
            programme=NAME if place else "",
            addressed=addressed,
            style=self.style,
        )
        self.fire_until(self.now)
        about = object_named(self.programme, message, Moment(self.now, b""))
        self.happen(Heard(message, self.entries(about) if about else ()))

    def entries(self, about: str) -> tuple[Entry, ...]:
        """The newest lines of the journal about an object or a person, as a store finds them."""
        found = [e for e in self.journal if about in (e.about, f"person {e.actor}")]
        return tuple(sorted(found, key=lambda e: -e.id)[:20])

    def outage_until(self, moment: datetime) -> None:
        """Relaybot is off from now until then; what was due meanwhile fires late, in order, as at a start."""
        self.make(Put(Tally(NAME, "alive", (self.now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))))
        self.now = moment
        self.pass_until(moment)

    def pass_until(self, moment: datetime) -> None:
        """Let time pass; timers fire at their moment, in order."""
        self.fire_until(moment)
        self.now = max(self.now, moment)
        self.deliver()

    def fire_until(self, moment: datetime) -> None:
        """Fire what is due until then, each at its moment."""
        for _ in range(10_000):
            due = [t for t in self.programme.tables.timers.rows.values() if t.due <= moment]
            if not due:
                break
            timer = min(due, key=lambda t: (t.due, t.key))
            self.now = max(self.now, timer.due)
            self.happen(Due(timer))
        else:
            raise PlayFailed("timers without end")


def world(now: datetime, settings: str = "", style: Style = Style.LINE) -> World:
    """An empty programme on a fresh clock."""
    return World(Programme(NAME, policy(settings, style)), now, style=style)


# ------------------------------------------------------------------------------------------ the reader


class Player:
    """Runs one play file."""

    def __init__(
        self,
        path: Path,
        keep: Callable[[Programme, Decision], Programme] | None = None,
        make_world: Callable[[datetime, Policy], World] | None = None,
    ) -> None:
        self.path = path
        self.keep = keep
        self.make_world = make_world
        self.zone = "UTC"
        self.settings: list[str] = []
        self.networks: dict[str, Network] = {}  # besides the usual one
        self.start = datetime(2026, 11, 21, 14, 5, tzinfo=ZoneInfo("Europe/Lisbon"))
        self._world: World | None = None
        self.step = 0  # line number of the last input
        self.invited: set[str] = set()  # places into which somebody was invited since the last input

    @property
    def world(self) -> World:
        """The world, made when the first step needs it."""
        if self._world is None:
            start = self.start.astimezone(ZoneInfo("UTC"))
            usual = policy("\n".join(self.settings))
            settings = usual.model_copy(update={"networks": {**usual.networks, **self.networks}})
            if self.make_world is not None:
                self._world = self.make_world(start, settings)
            else:
                self._world = World(Programme(NAME, settings), start)
                if self.keep is not None:
                    self._world.keep = self.keep
        return self._world

    def run(self) -> World:
        """Play every line; raises PlayFailed with the line number."""
        for number, raw in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            line = raw.strip()
            if line and not line.startswith("# ") and line != "#":
                try:
                    self.line(line, number)
                except PlayFailed as problem:
                    raise PlayFailed(f"{self.path.name}:{number}: {line}\n  {problem}") from None
                except Exception as bug:
                    raise PlayFailed(f"{self.path.name}:{number}: {line}\n  {bug!r}") from bug
        self.settled()
        return self.world

    def line(self, line: str, number: int) -> None:
        """One line: an expectation, something said, or a stage direction."""
        line = re.sub(r"\bH#(\d*)", self.case, line)
        if "/D#" in line:
            line = line.replace("/D#", f"/{self.world.about}")
        if "CODE#" in line:
            line = line.replace("CODE#", self.world.code)
        head, _, tail = line.partition(" ")
        if tail.startswith("< ") or tail == "<":
            self.expect(head, tail[2:])
        elif tail.startswith("> "):
            self.settled()
            self.step = number
            who, _, place = head.partition("@")
            self.world.say(who, tail[2:], place)
        else:
            self.direct(head, tail, number)

    def case(self, found: re.Match[str]) -> str:
        """The number of a case, which is drawn at random: H# the one opened last, H#2 the second."""
        opened = self.world.opened
        return f"H{opened[int(found.group(1) or 0) - 1]}" if opened else found.group()

    def direct(self, head: str, tail: str, number: int) -> None:
        """A stage direction."""
        if head == "set":
            self.settings.append(tail)
        elif head in {"network", "list"}:
            self.network(head, tail)
        elif head == "now":
            self.start = self.moment(tail)
        elif head == "at":
            self.settled()
            self.step = number
            self.world.pass_until(self.moment(tail))
        elif head in {"person", "stranger", "code", "moderator", "member", "applicant", "pair", "hour"}:
            self.there(head, tail)
        elif head == "outage":
            self.settled()
            self.step = number
            self.world.outage_until(self.moment(tail))
        elif head == "down":
            self.world.away.add(tail)
        elif head == "up":
            self.settled()
            self.world.away.discard(tail)
            self.world.deliver()
        elif head == "away":
            self.world.away.add(self.address(tail))
            self.world.deliver()
        elif head == "back":
            self.settled()
            self.world.away.discard(self.address(tail))
            self.world.deliver()
            self.world.fire_until(self.world.now)
        else:
            raise PlayFailed("no such stage direction")

    def network(self, head: str, tail: str) -> None:
        """A second network, or the mailing list, which makes mail one."""
        if head == "list":
            self.networks["mail"] = Network(
                public=LIST, style=Style.LETTER, identity="mail", pair_places=False, list_mode=tail
            )
            return
        name, style, *can = tail.split()
        identity = {"mail": "mail", "matrix": "matrix"}.get(name.partition(":")[0], "services")
        self.networks[name] = Network(
            style=Style(style),
            identity=identity,
            pair_places=name != "mail",
            place_shows_ids="ids" in can,
            edits="edits" in can,
            bare="bare" in can,
        )

    def there(self, head: str, tail: str) -> None:
        """Somebody or something that is there already."""
        if head in {"person", "stranger"}:
            self.world.vouched[tail] = head == "person"
        elif head == "code":
            self.world.make(Put(Code(NAME, codes.digest(tail), "moderator", 0, "")))
        elif head == "moderator":
            add_person(self.world, tail, moderator=True)
        elif head == "member":
            name, *pairs = shlex.split(tail)
            add_member(self.world, name, dict(p.split("=", 1) for p in pairs))
        elif head == "applicant":
            name, *pairs = shlex.split(tail)
            add_applicant(self.world, name, dict(p.split("=", 1) for p in pairs))
        elif head == "pair":
            words = tail.split()
            stage = words[3] if len(words) > 3 else "introduced"
            add_pair(self.world, int(words[0]), words[1], words[2], stage, apart="apart" in words[4:])
        elif head == "hour":
            meeting, pair, at = tail.split(maxsplit=2)
            add_hour(self.world, int(meeting), int(pair), self.moment(at))

    def address(self, name: str) -> str:
        """The address of "ana" on the usual network, of "ana@mail" on a second one."""
        who, _, network = name.partition("@")
        return f"{network or self.world.network}/{local_part(who, network)}"

    def moment(self, text: str) -> datetime:
        """A moment as plays write it: "2026-12-03 18:30 [Zone]" or "18:30"."""
        words = text.split()
        if len(words) > 1 and ("/" in words[-1] or words[-1] == "UTC"):
            self.zone = words.pop()
        zone = ZoneInfo(self.zone)
        if len(words) == 1:
            clock = datetime.strptime(words[0], "%H:%M").time()  # noqa: DTZ007 - combined with the zone below
            local = self.world.now.astimezone(zone)
            found = datetime.combine(local.date(), clock, zone)
            return (found if found >= local else found + timedelta(days=1)).astimezone(ZoneInfo("UTC"))
        return datetime.strptime(" ".join(words), "%Y-%m-%d %H:%M").replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))

    def expect(self, reader: str, wanted: str) -> None:
        """Take the next line this reader got and compare it."""
        said = self.world.said
        index = next((i for i, (to, _) in enumerate(said) if to == reader), None)
        if wanted == "**":
            self.world.said = [(to, text) for to, text in said if to != reader]
            return
        if wanted.startswith("+ ") and self.world.lenient:
            self.invited.add(reader)
            return
        if index is None and self.world.lenient and (reader in self.invited or reader == "team"):
            return
        if index is None:
            rest = "\n    ".join(f"{to} < {text}" for to, text in said)
            raise PlayFailed(f"nothing more was said to {reader}; left:\n    {rest}")
        _, got = said.pop(index)
        matches = wanted == "*" or (wanted[1:].strip() in got if wanted.startswith("~") else wanted == got)
        if not matches:
            raise PlayFailed(f"said instead: {reader} < {got}")

    def settled(self) -> None:
        """Nothing unexpected is left from the last step."""
        self.invited.clear()
        if self.step == 0 and self.world.lenient:
            return  # on the wire what a stage direction made due may be said before the first line is
        if self._world is not None and self._world.said:
            rest = "\n    ".join(f"{to} < {text}" for to, text in self._world.said)
            raise PlayFailed(f"not expected after line {self.step}:\n    {rest}")
