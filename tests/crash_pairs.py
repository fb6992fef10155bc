"""Couples for the crash run: two people are accepted, paired, meet for an hour with its swap, and part by a moderator.

Whatever step a crash falls into, they do what people do: say it again, or look how things stand and go on from there.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest

from tests.crash_check import Findings, Left
from tests.crash_people import GRACE_SECONDS, Line, Someone, apply

TEAM = "#tech-peer-mods"
WORDS = 20  # lines that each tells the other before their hour
# Nobody sleeps while the clock runs fast; who is there well before an hour counts as being there at its start; and
# no line is too late to be said: connecting again takes a second, which on this clock is ten minutes.
SETTINGS = """\
session.early_minutes = 40
session.stale_seconds = 3600
reach.quiet = "03:00-03:01"
"""
CLOCK_LINES = (r"^Go\.", r"^Swap", r"That's the hour")
WARNINGS = (
    r"^Welcome,",
    r"^5 minutes to the swap",
    r"^Ten minutes left",
)  # not said any more when they are not true any more
DROPPING = (
    (r"Before we do:", "3"),
    (r"Who tells", "2"),
    (r"and only if you like", "skip"),
    (r"Send it like this\?", "yes"),
)


def _is_in(person: Someone, place: str) -> bool:
    """Whether somebody is in a channel; after a new connection they have to come in again."""
    return place in person.places


@dataclass
class Round:
    """What was acknowledged of one pair: its number, the hour's number, who left and the case that told it."""

    pair: int
    meeting: int = 0
    case: int = 0
    began: tuple[int, int] = (0, 0)  # so many lines had the two heard before it


@dataclass
class Couple:
    """Two people and what became of them."""

    team: Someone
    turn: asyncio.Lock  # a moderator does one thing at a time
    first: Someone
    second: Someone
    applications: dict[str, int] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)

    @property
    def both(self) -> tuple[Someone, Someone]:
        """The two."""
        return self.first, self.second

    async def live(self, over: asyncio.Event) -> None:
        """Come in, then be paired, meet and part until it is over, at least once."""
        for person in self.both:
            self.applications[person.nick] = number = await apply(person)
            async with self.turn:
                await self.team.ask(
                    f"!accept A{number}", rf"\bA{number}\b.*accepted|accepted A{number}\b", place=TEAM, at=TEAM
                )
        while not self.rounds or not over.is_set():
            since = [len(person.heard) for person in self.both]
            number = await self._pair()
            self.rounds.append(Round(number, began=(since[0], since[1])))
            await self._consent(number)
            await asyncio.gather(
                tell_numbers(self.first, self.second, WORDS * len(self.rounds), WORDS),
                tell_numbers(self.second, self.first, WORDS * len(self.rounds), WORDS),
            )
            await self._meet(number, since)
            await self._say_how_it_was(since)
            await self._part(number, since)

    async def _pair(self) -> int:
        """A moderator's plan and its confirmation; after a crash the plan is asked for again, which tells how it stands."""
        plan = f"!pair {self.first.nick} {self.second.nick} now"
        stands = r"Send\? \(yes/no\)|is in M\d+ already|are in M\d+ together"
        async with self.turn:
            line = await self.team.ask(plan, stands, place=TEAM, at=TEAM)
            while "Send?" in line.text:
                line = await self.team.ask("!yes", rf"M\d+ is out|{stands}", again=plan, place=TEAM, at=TEAM)
        found = re.search(r"\bM(\d+)", line.text)
        assert found
        return int(found[1])

    async def _consent(self, number: int) -> None:
        for person, other in (self.both, (self.second, self.first)):
            await person.wait_for(rf"\(or: yes M{number}, no M{number}\)")
            answers = rf"Lovely|I have your yes|Then it's a pair|meet {other.nick} \(M{number}\)"
            await person.ask(f"yes M{number}", answers)
        place = self._place(number)
        for person in self.both:
            await person.until(partial(_is_in, person, place))

    @staticmethod
    def _place(number: int) -> str:
        return f"#tech-peer-m{number}"

    async def _meet(self, number: int, since: list[int]) -> None:
        """Agree on an hour, be there, stay to its end."""
        place = self._place(number)
        await self._agree()
        there = [asyncio.create_task(self._be_there(person, place)) for person in self.both]
        try:
            await self.first.wait_for(r"^Go\.", since[0], seconds=120)
        finally:
            for task in there:
                task.cancel()
        await self.first.wait_for("That's the hour", since[0])

    @staticmethod
    async def _be_there(person: Someone, place: str) -> None:
        """In their place; in private once relaybot could not come back into it (not every server lets it)."""
        while True:
            if person.there:
                person.say("here", "" if person.find(f"{place} cannot be used") else place)
            await asyncio.sleep(0.3)

    async def _agree(self) -> None:
        """One proposes, the other agrees; a time that a crash let pass is proposed anew."""
        agreed: re.Match[str] | None = None
        mine = 0
        while agreed is None:
            mine, theirs = len(self.first.heard), len(self.second.heard)
            await self.first.ask("propose in 30m", r"^Asked |^Agreed: ")
            await self.second.wait_for(rf"^{self.first.nick} proposes an hour", theirs)
            line = await self.second.ask("agree", r"^Agreed: .*\(S\d+\)|has proposed nothing")
            agreed = re.search(r"\(S(\d+)\)", line.text)
        await self.first.wait_for(r"^Agreed: ", mine)
        self.rounds[-1].meeting = int(agreed[1])

    async def _say_how_it_was(self, since: list[int]) -> None:
        for person, start in zip(self.both, since, strict=True):
            await person.wait_for("^How was it with", start)
            await person.ask("fit good", r"^Thank you|^You both said good fit")

    async def _part(self, number: int, since: list[int]) -> None:
        """The first one leaves without telling the other, a moderator tells it, and both look for someone new."""
        questions = "|".join([r"A moderator sends it", r"is over for you", *(question for question, _ in DROPPING)])
        line = await self.first.ask("drop", questions)
        while answer := next((said for asked, said in DROPPING if re.search(asked, line.text)), ""):
            line = await self.first.ask(answer, questions, again="drop")
        after = r"^Done\.|^Noted|^Then you're first|^And would you rather|I don't know"
        line = await self.first.ask("rematch yes. no", after, again="rematch yes")
        while line.text.startswith("And would you"):
            line = await self.first.ask("no", after)
        asks = await self.team.wait_for(rf"^H\d+: {self.first.nick} ends M{number} ", at=TEAM)
        case = re.match(r"H(\d+)", asks.text)
        assert case
        async with self.turn:
            await self.team.ask(
                f"!approve H{case[1]} now", rf"^H{case[1]}[ :].*(leaves|told|sent|left)", place=TEAM, at=TEAM
            )
        self.rounds[-1].case = int(case[1])
        await self.second.wait_for("has decided to end your hours", since[1])
        await self.second.wait_for("You're first on our list if", since[1])
        await self.second.ask("1", r"Then you're first|I don't know", again="rematch yes")


async def tell_numbers(writer: Someone, reader: Someone, start: int, count: int) -> None:
    """Numbered lines from one partner to the other, said again after a crash until they are there."""
    for number in range(start, start + count):
        pattern = re.compile(rf"^{writer.nick}: words {number}$")
        heard = partial(reader.find, pattern)
        while heard() is None:
            await writer.until(lambda: writer.there)
            life = writer.life
            writer.say(f"tell words {number}")
            back = partial(_heard_or_back, heard, writer, life)
            await reader.until(back)
            await asyncio.sleep(0 if heard() else GRACE_SECONDS)
        writer.tally.acknowledged += 1


def _heard_or_back(heard: Callable[[], Line | None], writer: Someone, life: int) -> bool:
    return heard() is not None or (writer.life != life and writer.there)


def check_couple(found: Findings, left: Left, couple: Couple) -> None:
    """Each pair once, each hour with each of its lines once, each farewell once; nothing of it missing."""
    for side, (person, other) in enumerate((couple.both, couple.both[::-1])):
        found.once(f"{person.nick} accepted", person.all_of(rf"^Good news, {person.nick}: you're in"))
        for one, following in zip_longest(couple.rounds, couple.rounds[1:]):
            heard = person.heard[one.began[side] : following.began[side] if following else None]
            once = (
                rf"meet {other.nick} \(M{one.pair}\)",
                rf"^Agreed: .*\(S{one.meeting}\)",
                *CLOCK_LINES,
                "^How was it with",
            )
            for line in once:
                found.once(f"M{one.pair} {person.nick}: {line}", [x for x in heard if re.search(line, x.text)])
            for line in WARNINGS:
                if said := [x for x in heard if re.search(line, x.text)]:
                    found.once(f"M{one.pair} {person.nick}: {line}", said)
    second, count = couple.second, len(couple.rounds)
    found.once(f"{second.nick}: farewell", second.all_of("has decided to end your hours"), count)
    found.once(f"{second.nick}: first on our list", second.all_of("You're first on our list if"), count)
    for one in couple.rounds:
        found.once(f"M{one.pair} is over", couple.team.all_of(rf"\bM{one.pair} is over", at=TEAM))
    for writer, reader in (couple.both, couple.both[::-1]):
        _check_words(found, left, writer, reader)


def _check_words(found: Findings, left: Left, writer: Someone, reader: Someone) -> None:
    """Relayed lines: each is there, none is there more often than it was told; the journal agrees."""
    heard = reader.all_of(rf"^{writer.nick}: words \d+$")
    told = Counter(text.removeprefix("tell ") for text in writer.sent if text.startswith("tell "))
    effects = left.did(writer.nick, "tell")
    if effects > told.total():
        found.twice.append(f"{writer.nick}: {effects} lines relayed, {told.total()} told")
    if len(heard) < effects:
        found.lost.append(f"{writer.nick}: {effects} lines relayed, {len(heard)} arrived")
    found.repeated += len(heard) - effects
    for (text, life), times in Counter((line.text, line.life) for line in heard).items():
        if times > told[text.removeprefix(f"{writer.nick}: ")]:
            found.twice.append(f"{reader.nick} heard {text!r} {times} times in life {life}")
