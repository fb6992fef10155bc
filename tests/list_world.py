"""The world in which the mailing list is tested: a list, dana who moderates, and every letter that ever left, whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from relaybot.desk import Programme
from relaybot.events import Bounced, Heard
from relaybot.model import Block, Decision, Enclosure, Letter, Message, Person, Put, Style
from relaybot.policy import Network
from tests.play import LIST, NAME, World, add_person, policy

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOMAIN = "example.net"


def address(who: str) -> str:
    """Somebody's mail address as the programme writes it."""
    return f"mail/{who}@{DOMAIN}"


@dataclass
class ListWorld:
    """A world with a list and the letters it wrote."""

    w: World
    letters: list[Letter] = field(default_factory=list)

    @property
    def tables(self) -> Programme:
        """The programme as it is now."""
        return self.w.programme

    def mail(
        self,
        who: str,
        text: str,
        *,
        place: str = "",
        subject: str = "",
        about: str = "",
        proven: bool = True,
        doubtful: bool = False,
        blocks: tuple[Block, ...] = (),
        files: tuple[Enclosure, ...] = (),
        thread: str = "",
    ) -> list[Letter]:
        """Somebody writes a mail; returns the letters that were written because of it."""
        before = len(self.letters)
        at = address(who)
        self.w.happen(
            Heard(
                Message(
                    network="mail",
                    sender=at,
                    reply=at,
                    name=who.title(),
                    text=text,
                    place=place,
                    programme=NAME,
                    about=about,
                    style=Style.LETTER,
                    proven=proven,
                    doubtful=doubtful,
                    subject=subject,
                    thread=thread,
                    blocks=blocks,
                    files=files,
                )
            )
        )
        return self.letters[before:]

    def post(self, who: str, subject: str, text: str, **more: object) -> list[Letter]:
        """Somebody writes to the list."""
        return self.mail(who, text, place=LIST, subject=subject, **more)  # type: ignore[arg-type]

    def say(self, who: str, text: str, place: str = "") -> list[Letter]:
        """Somebody says something in chat; returns the letters that were written because of it."""
        before = len(self.letters)
        self.w.say(who, text, place)
        return self.letters[before:]

    def bounce(self, who: str, *, permanent: bool = True) -> list[Letter]:
        """A mail to somebody comes back."""
        before = len(self.letters)
        self.w.happen(Bounced(address(who), permanent, "550 5.1.1 user unknown"))
        return self.letters[before:]

    def to(self, who: str, letters: list[Letter] | None = None) -> list[Letter]:
        """The letters to somebody's mail address."""
        return [x for x in (self.letters if letters is None else letters) if x.to == address(who)]

    def subscribed(self) -> dict[str, str]:
        """Who reads the list, and how."""
        return {s.address: s.mode for s in self.w.programme.tables.subscriptions.rows.values()}

    def person(self, name: str) -> Person:
        """Somebody by name."""
        return next(p for p in self.w.programme.tables.people.rows.values() if p.name == name)

    def holding(self, words: str) -> set[str]:
        """Kinds of records that hold these words, the journal among them."""
        found = {
            kind
            for kind, table in self.w.programme.tables.by_kind.items()
            for row in table.rows.values()
            if words in str(asdict(row))
        }
        return found | {"entry" for entry in self.w.journal if words in str(asdict(entry))}


def begun(settings: str = "", mode: str = "own") -> ListWorld:
    """A programme on IRC with a mailing list; dana moderates."""
    made = policy(settings)
    mail = Network(public=LIST, style=Style.LETTER, identity="mail", pair_places=False, list_mode=mode)
    networks = {**made.networks, "mail": mail} if mode else made.networks
    w = World(Programme(NAME, made.model_copy(update={"networks": networks})), NOW)
    lw = ListWorld(w)

    def keep(programme: Programme, decision: Decision) -> Programme:
        known = {x.id for x in lw.letters}
        new = [c.record for c in decision if isinstance(c, Put) and isinstance(c.record, Letter)]
        lw.letters.extend(x for x in new if x.id not in known)
        return programme

    w.keep = keep
    add_person(w, "dana", moderator=True)
    return lw


def text_of(letters: list[Letter]) -> str:
    """All words of some letters."""
    return "\n".join(line for letter in letters for line in letter.text)
