"""What a crash run is held to: everybody's recorded history against the database that was left.

`lost` names what was acknowledged and is gone, `twice` what took effect or was said more often than it should; a line
that came again in a later life is a repeat: the bot died between saying it and writing down that it had (IRC has no
way to tell, see reliability in the documentation). Repeats are counted, never more than one for each life.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from relaybot.desk import Desk, Programme
from relaybot.events import Moment
from relaybot.model import Application, Entry, Letter, Person, Record
from relaybot.nouns.soundness import unsound
from relaybot.office import fill
from relaybot.policy import Policy
from storage.sqlite import open_store
from tests.crash_bot import NETWORK, PROGRAMME, BotProcess
from tests.crash_people import Line, Someone, Tally

ENTRIES_MAX = 1_000_000


@dataclass
class Findings:
    """What the checker found."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    repeated: int = 0

    def summary(self, kills: int, tally: Tally) -> str:
        """The line that a run prints."""
        return (
            f"crash run: {kills} kills, {tally.messages:,} messages, {tally.acknowledged:,} acknowledged, "
            f"{len(self.lost)} lost, {len(self.twice)} twice, {self.repeated} lines repeated on IRC"
        )

    def once(self, what: str, lines: Iterable[Line], times: int = 1) -> None:
        """Lines that are one and the same: said `times` times, and beyond that only again in later lives."""
        lives = Counter(line.life for line in lines)
        count = sum(lives.values())
        if count < times:
            self.lost.append(f"{what}: said {count} of {times} times")
        elif max(lives.values()) > times:
            self.twice.append(f"{what}: said {max(lives.values())} times in one life")
        else:
            self.repeated += count - times


@dataclass
class Left:
    """The database after the run."""

    records: list[Record]
    journal: dict[str, list[Entry]]  # nick -> what they did, by the journal

    def of(self, kind: type[Record]) -> list[Record]:
        """All records of one kind."""
        return [record for record in self.records if isinstance(record, kind)]

    def person(self, nick: str) -> Person:
        """The record of somebody."""
        found = [p for p in self.records if isinstance(p, Person) and p.home == f"{NETWORK}/{nick}"]
        assert len(found) == 1, f"{nick} has {len(found)} records"
        return found[0]

    def did(self, nick: str, verb: str) -> int:
        """How often the journal says that somebody's command took effect."""
        return sum(entry.verb == verb for entry in self.journal[nick])


async def read_back(bot: BotProcess, people: Iterable[Someone]) -> Left:
    """Everything in the file, by the store itself; the file is whole and every invariant holds."""
    assert bot.rows("PRAGMA integrity_check") == [("ok",)]
    assert bot.rows("SELECT traceback FROM shunt") == []
    store = await open_store(bot.database, readonly=True)
    try:
        records = await store.load()
        left = Left(records, {})
        for someone in people:
            about = f"person {left.person(someone.nick).id}"
            entries = await store.journal(PROGRAMME, about, ENTRIES_MAX)
            left.journal[someone.nick] = [e for e in entries if f"person {e.actor}" == about]
    finally:
        await store.close()
    programme = Programme(PROGRAMME, Policy())
    assert fill({PROGRAMME: programme}, records) == []
    desk = Desk(programme, Moment(datetime.now(UTC), b""))
    for record in records:
        desk.put(record)
    assert unsound(desk) == ""
    assert not left.of(Letter)
    return left


def check_applications(found: Findings, left: Left, told: dict[str, int], team: Someone) -> None:
    """One application each, under the number they were told, announced to the moderators once."""
    of_person: defaultdict[int, list[int]] = defaultdict(list)
    for record in left.of(Application):
        assert isinstance(record, Application)
        of_person[record.person].append(record.id)
    for nick, number in told.items():
        numbers = of_person.pop(left.person(nick).id, [])
        if number not in numbers:
            found.lost.append(f"{nick} was told A{number}, and it is not there")
        elif len(numbers) > 1:
            found.twice.append(f"{nick} has the applications {numbers}")
        found.once(f"New: A{number}", [line for line in team.heard if line.text.startswith(f"New: A{number} ")])
    for numbers in of_person.values():
        found.twice.append(f"nobody was told of the applications {numbers}")


def check_numbers(found: Findings, left: Left, last: dict[str, int], people: Iterable[Someone]) -> None:
    """Numbered changes: each acknowledged one took effect, none more often than it was said, each effect was answered."""
    for someone in people:
        if someone.nick not in last:
            continue
        nick, number = someone.nick, last[someone.nick]
        if left.person(nick).about != f"number {number}":
            found.lost.append(f"{nick} was told {number}; kept is {left.person(nick).about!r}")
        effects = left.did(nick, "set")
        said = sum(text.startswith("set about number ") for text in someone.sent)
        answers = [line for line in someone.heard if re.match(r"Noted: about \"number \d+\"", line.text)]
        if effects < number:
            found.lost.append(f"{nick}: {number} changes acknowledged, {effects} in the journal")
        if effects > said:
            found.twice.append(f"{nick}: {effects} changes in the journal, {said} asked for")
        if len(answers) < effects:
            found.lost.append(f"{nick}: {effects} changes, {len(answers)} answers")
        found.repeated += len(answers) - effects
        of_text = Counter(someone.sent)
        for text, times in Counter((line.text, line.life) for line in answers).items():
            if times > of_text[f"set about {text[0].split(chr(34))[1]}"]:
                found.twice.append(f"{nick} heard {text[0]!r} {times} times in one life")
