"""`relaybot demo`: the whole story on this machine, told live: eight people, real connections, a faster clock.

Six people apply, one of them by mail; two moderators read, ask, accept and pair; pairs consent in turn, write to each
other across the media, live an hour with its swap; one leaves, a moderator tells the partner. Every step is checked in
what people saw and in the database; the demo exits 0 only if all of it really happened. demo_matrix.py adds Matrix.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from relaybot import app, config
from relaybot.app import Bot
from relaybot.model import Meeting
from relaybot.stage import (
    COLOURS,
    Actor,
    Audience,
    Failed,
    LetterBox,
    Player,
    StoryClock,
    begun,
    flow,
    let_pass,
    saturday_to_come,
    settled,
)

START = saturday_to_come(datetime.now(UTC))  # afternoon in Lisbon
HOUR = START.replace(hour=18, minute=0) + timedelta(days=5)
MAIL_HOUR = START.replace(hour=7, minute=30) + timedelta(days=7)  # 8:30 in Lagos, 13:00 in Kolkata
PACE = 20.0  # while people talk
HOUR_PACE = 400.0  # while the hour passes: 60 minutes in 9 seconds
PUBLIC = "#tech-peer"
TEAM = "#tech-peer-mods"


CONFIGURATION = """\
[embedded]
irc = "127.0.0.1:0"
smtp = "127.0.0.1:0"
"""


async def tell(
    speed: float = 0,
    plain: bool = False,
    *,
    more: str = "",
    make: Callable[[Bot, StoryClock, Audience], Story] | None = None,
) -> int:
    """Tell the story, or another that `make` makes with `more` in the configuration; 0 when every step really happened, else 1."""
    console = Console(soft_wrap=True, highlight=False)
    plain = plain or not sys.stdout.isatty()
    clock = StoryClock(START)
    audience = Audience(console, clock, plain)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="relaybot-demo-") as folder:
        base = Path(folder)
        file = base / "relaybot.toml"
        file.touch(0o600)
        file.write_text(CONFIGURATION + more, encoding="utf-8")
        async with app.open_bot(config.load(file), clock=clock) as bot:
            ready = asyncio.Event()
            running = asyncio.create_task(app.serve(bot, ready.set))
            story = (make or Story)(bot, clock, audience)
            story.hour_pace = speed or HOUR_PACE
            try:
                await begun(ready, running)
                await story.tell()
                story.check()
            except Failed as problem:
                console.print(f"\nThe story broke: {problem}", style="" if plain else "bold red")
                return 1
            finally:
                for actor in story.people:
                    await actor.close()
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
    console.print()
    console.print(_closing(story, time.monotonic() - began))
    return 0


@dataclass
class Applicant:
    """What someone answers when they apply."""

    learn: str
    offer: str
    place: str
    languages: str


APPLICANTS = {
    "ana": Applicant("kubernetes, I know docker a bit", "rust deep", "lisbon, thu after 17:30", "portuguese, english"),
    "bram": Applicant("rust from zero", "k8s deep, terraform", "amsterdam, thu evening", "dutch, english"),
    "lupe": Applicant("postgres a little", "git internals deep", "madrid, thu after 18:00", "spanish, english"),
    "oto": Applicant("git internals from zero", "postgresql deep", "prague, thu evening", "english"),
    "ravi": Applicant("postgres a little", "accessibility testing deep", "kolkata, sat afternoon", "english, hindi"),
}
MAIL = (
    "Good afternoon, my friend Ana told me about this. I do databases (PostgreSQL, ten years) and I would like to learn\n"
    "how people test for accessibility. I am in Lagos and have no chat programs.\n\nChidi"
)
REPLY = (
    "Evenings after 18, and Saturdays.\nEnglish, Igbo, French a little. No must.\n"
    "yes I agree. No links, but the Abuja user group knows me."
)


class Story:
    """The story, scene by scene."""

    names: Sequence[str] = ("ana", "bram", "lupe", "oto", "dana", "esi", "ravi")
    applicants: Mapping[str, Applicant] = APPLICANTS
    room = f"{PUBLIC}-m2"  # of lupe and oto

    def __init__(self, bot: Bot, clock: StoryClock, audience: Audience) -> None:
        self.bot = bot
        self.clock = clock
        self.audience = audience
        self.hour_pace = HOUR_PACE
        shows = {"ana": {PUBLIC, f"{PUBLIC}-m1"}, "lupe": {self.room}, "dana": {TEAM}}
        self.people = [
            self.player(name, colour, frozenset(shows.get(name, ())))
            for name, colour in zip(self.names, COLOURS[1:], strict=False)
        ]
        self.ana, self.bram, self.lupe, self.oto, self.dana, self.esi, self.ravi = self.people[:7]
        self.chidi = LetterBox("chidi", "chidi@example.net", audience, COLOURS[0])
        # Who live an hour, what the moderator notes about them, and where they meet; "": each is told where they are.
        self.pairs: list[tuple[Player, Player, str, str]] = [
            (self.ana, self.bram, "both like building small things", f"{PUBLIC}-m1"),
            (self.lupe, self.oto, "both explain by showing", self.room),
        ]
        self.facts: list[tuple[str, str]] = []
        self.dates = 0  # for chidi's calendar

    def player(self, name: str, colour: str, shows: frozenset[str]) -> Player:
        """Somebody who chats."""
        return Actor(name, self.audience, colour, shows)

    def fact(self, what: str, value: object) -> None:
        """Something that really happened, for the closing table."""
        self.facts.append((what, str(value)))

    async def tell(self) -> None:
        """All scenes."""
        await self.connect()
        self.clock.pace(PACE)
        await self.moderators()
        applicants = [who for who in self.people if who.name in self.applicants]
        for who in applicants:
            await self.applies(who, self.applicants[who.name])
        await self.applies_by_mail(len(applicants) + 1)
        await self.screening([*applicants, self.chidi])
        for first, second, note, _ in self.pairs:
            await self.pairing(first, second, note)
        await self.pairing_by_mail()
        await self.words_both_ways()
        await self.times()
        await self.hour()
        await self.fit()
        await self.farewell()

    async def connect(self) -> None:
        """Everybody to where they are reached."""
        host, _, port = self.bot.embedded["irc"].rpartition(":")
        for actor in self.people:
            if isinstance(actor, Actor):
                await actor.connect(host, int(port), PUBLIC)
        self.chidi.open(self.bot.embedded["smtp"], Path(self.bot.embedded["maildir"]))

    async def moderators(self) -> None:
        """The first moderator claims the code and brings the second in."""
        self.audience.scene("Two moderators: dana claims the one-time code, and adds esi")
        await self.dana.ask(f"mod claim {self.bot.code}", "moderator")
        await self.dana.ask("mod add esi", "(yes/no)")
        self.dana.say("yes")
        await self.esi.expect("Is that all right?")
        self.esi.say("1")
        await settled(self.bot)

    async def applies(self, who: Player, words: Applicant) -> None:
        """One person applies."""
        await self.begins(who)
        await who.ask(words.learn, "2/7")
        await who.ask(words.offer, "3/7")
        await who.ask("skip", "4/7")
        await who.ask(words.place, "5/7")
        await who.ask(words.languages, "6/7")
        await who.ask("skip", "7/7")
        await who.ask("yes", "Hand it in?")
        await who.ask("yes", "This is A")

    async def begins(self, who: Player) -> None:
        """They say that they want to, and are asked the first question."""
        self.audience.scene(f"{who.name} applies")
        who.say("!join", PUBLIC)
        await who.expect("logged in to services", "(yes/no)")
        await who.ask("yes", "1/7")

    async def applies_by_mail(self, number: int) -> None:
        """Chidi mails the list, and answers one letter in his own words."""
        self.audience.scene("chidi has only mail: he writes to the list's address, and answers one letter")
        domain = self.bot.embedded["mail_domain"]
        await self.chidi.write(f"tech-peer@{domain}", "hello, I would like to take part", MAIL)
        await self.chidi.expect("your mail was not sent to the list", "postgresql (deep)", "Lagos")
        await self.chidi.answer(REPLY)
        await self.chidi.expect(f"A{number} is now with the moderators")

    async def screening(self, applicants: Sequence[Player | LetterBox]) -> None:
        """Dana reads, asks one question, accepts everybody."""
        self.audience.scene("The moderators read, ask and accept")
        await self.dana.ask("queue", "A1")
        await self.dana.ask("show A1", "ana")
        await self.dana.ask("question A1 would you enjoy starting someone from zero?", "Asked ana")
        await self.ana.expect("A question from dana", "starting someone from zero")
        await self.ana.ask("from zero is fine if they like to tinker", "Passed on")
        await self.dana.expect("from zero is fine", where=TEAM)
        for number, who in enumerate(applicants, 1):
            await self.dana.ask(f"accept A{number}", f"A{number}", "accepted")
            await who.expect("you're in")

    async def pairing(self, first: Player, second: Player, note: str) -> None:
        """Dana looks for a partner, both are asked in turn."""
        self.audience.scene(f"Dana pairs {first.name} and {second.name}; both are asked, one after the other")
        await self.dana.ask(f"suggest {first.name}", second.name)
        await self.dana.ask(f"pair {first.name} {second.name} note {note}", "(yes/no)")
        await self.dana.ask("yes", "goes out at")
        await let_pass(self.bot, self.clock, self.clock.now() + timedelta(minutes=11))
        await first.expect("found someone who may suit you")
        await first.ask("yes", "asking the other person now")
        await second.expect("found someone who may suit you")
        await second.ask("yes", "it's a pair")
        await first.expect(second.name)
        await second.expect(first.name)

    async def pairing_by_mail(self) -> None:
        """Ravi is asked in his chat, Chidi by mail; each is introduced where he reads."""
        self.audience.scene("Dana pairs chidi, who reads mail, and ravi, who chats; each is asked where he is")
        await self.dana.ask("pair chidi ravi first ravi note both explain by showing", "(yes/no)")
        await self.dana.ask("yes", "goes out at")
        await let_pass(self.bot, self.clock, self.clock.now() + timedelta(minutes=11))
        await self.ravi.expect("found someone who may suit you")
        await self.ravi.ask("yes", "asking the other person now")
        await self.chidi.expect("may suit you", "Would you like one trial hour together?")
        await self.chidi.answer("Yes, gladly!")
        await self.chidi.expect("both said yes", "your words reach ravi on IRC", "Times that suit you both")
        await self.ravi.expect("ravi, meet Chidi")
        await self.ravi.expect("Times that suit you and Chidi both")

    async def words_both_ways(self) -> None:
        """What Ravi types goes as one mail; what Chidi answers reaches Ravi's chat, and agrees on an hour besides."""
        self.audience.scene("Words go both ways between chat and mail, and an hour is agreed on")
        await self.ravi.ask("tell Hi Chidi! I'm happy to show NVDA on a real page.", "as one mail")
        self.ravi.say("tell Which browser do you use?")
        await self.ravi.ask(".", "Mailed to Chidi")
        await self.chidi.expect("NVDA on a real page.", "Which browser do you use?")
        await self.chidi.answer("Firefox, most of the time.")
        await self.ravi.expect("Chidi (mail): Firefox, most of the time.")
        await self.ravi.ask("1 2", "Noted")
        await self.chidi.answer("Good evening Ravi, 1 is best. Bring a slow query if you have one.")
        await self.ravi.expect("Chidi (mail): Good evening Ravi, 1 is best.")
        await self.ravi.expect("(S1)")
        letter = await self.chidi.expect("Agreed", "S1")
        calendars = [str(part.get_content()) for part in letter.walk() if part.get_content_type() == "text/calendar"]
        self.dates = max((text.count("BEGIN:VEVENT") for text in calendars), default=0)

    async def times(self) -> None:
        """These pairs agree on Thursday."""
        self.audience.scene("Both pairs agree on a time for the trial hour")
        for first, second, _, _ in self.pairs:
            await self.agree(first, second)

    async def agree(self, first: Player, second: Player) -> None:
        """One proposes, the other says yes."""
        await settled(self.bot)
        first.say("propose thu 18:00 lisbon")
        await second.expect("proposes an hour")
        second.say("yes")
        await first.expect("Agreed")
        await second.expect("Agreed")

    async def hour(self) -> None:
        """The trial hours of these pairs at the same time, with the swap at the half."""
        self.audience.scene("Thursday: the trial hours, with the swap at the half")
        await let_pass(self.bot, self.clock, HOUR)
        self.clock.pace(1.0)
        async with self.audience.hour("the hour", 60):
            for first, second, _, place in self.pairs:
                first.say("here", place)
                second.say("hi, here too" if place else "here", place)
            await self.bells("Go.")
            await flow(self.bot, self.clock, HOUR + timedelta(minutes=61), self.hour_pace)
        await self.bells("Swap", "That's the hour")
        self.clock.pace(PACE)

    async def bells(self, *lines: str) -> None:
        """Everybody hears these, one after the other, where they live their hour."""
        for line in lines:
            for first, second, _, place in self.pairs:
                for who in (first, second):
                    await who.expect(line, where=place)

    async def fit(self) -> None:
        """How was it? Only moderators see the answers."""
        self.audience.scene("Each is asked privately how it was")
        await let_pass(self.bot, self.clock, self.clock.now() + timedelta(minutes=25))
        for who in [who for pair in self.pairs for who in pair[:2] if who is not self.ana]:
            await who.expect("How was it with")
            await who.ask("1 good fit", "Thank you")
        await self.ana.expect("How was it with")
        await self.ana.ask("later", "")

    async def farewell(self) -> None:
        """Ana leaves; a moderator tells Bram."""
        self.audience.scene("ana ends the pair and lets a moderator tell bram; the reason stays with the moderators")
        await self.ana.ask("drop", "2)", "3)")
        await self.ana.ask("3", "Who tells bram?")
        await self.ana.ask("2", "Only for")
        await self.ana.ask("1 too little time at the moment", "would read this")
        self.ana.say("yes")
        await self.ana.expect("Would you like someone new?")
        await self.ana.ask("rematch later. no", "Take care")
        line = await self.dana.expect("ends M1", where=TEAM)
        case = next(word.strip(":;,.") for word in line.split() if word.startswith("H") and word[1:2].isdigit())
        self.dana.say(f"approve {case}", TEAM)
        await settled(self.bot)
        await let_pass(self.bot, self.clock, HOUR + timedelta(hours=18))
        self.chidi.look()
        await self.bram.expect("has decided to end your hours together")
        await self.bram.ask("1", "Then you're first")
        await settled(self.bot)
        if any("too little time" in line for _, line in self.bram.seen):
            raise Failed("bram saw the reason")

    def check(self) -> None:
        """What is in the database agrees with what people saw."""
        programme = self.bot.programmes["tech-peer"]
        tables = programme.tables
        members = sum(1 for p in tables.people.rows.values() if p.stage == "member")
        held: list[Meeting] = [m for m in tables.meetings.rows.values() if m.stage == "held"]
        agreed = [m for m in tables.meetings.rows.values() if m.stage == "agreed"]
        ended = [p for p in tables.pairs.rows.values() if p.stage == "ended"]
        home = {p.name: p.home for p in tables.people.rows.values()}
        wrong = [
            (members == len(self.applicants) + 1, "everybody who applied as a member"),
            (home.get("Chidi") == f"mail/{self.chidi.address}", "chidi, reached by mail"),
            (len(held) == len(self.pairs), "an hour held by each of these pairs"),
            ([m.starts_at for m in agreed] == [MAIL_HOUR], "the hour agreed on between mail and chat"),
            (all(abs(m.taught[0] - m.taught[1]) <= 60 for m in held), "both directions got the same time"),
            (self.dates == 2, "a date in chidi's calendar for each half"),
            (len(ended) == 1 and ended[0].told_by == "moderator", "one farewell told by a moderator"),
            (not len(tables.letters), "an empty outbox"),
            (self.bot.office.shunted == 0, "no event shunted"),
        ]
        for true, what in wrong:
            if not true:
                raise Failed(f"the database does not show {what}")
        minutes = ", ".join(f"{round(m.taught[0] / 60)} + {round(m.taught[1] / 60)}" for m in held)
        if any(self.chidi.address in line for _, line in self.ravi.seen):
            raise Failed("ravi saw chidi's address")
        self.fact("applied, read and accepted", f"{members}, one of them by mail")
        self.fact("pairs who both said yes", len(tables.pairs))
        self.fact("hours held, first half + second half", f"{len(held)}: {minutes} min")
        self.fact("hours agreed on between mail and chat", f"{len(agreed)}, {self.dates} dates for the calendar")
        self.fact("farewells told by a moderator", len(ended))
        self.fact("events decided and committed", self.bot.office.events)
        self.fact("messages delivered by relaybot", sum(p.delivered for p in self.bot.postmen.values()))
        self.fact("letters in chidi's Maildir", len(self.chidi.letters))
        self.fact("messages lost or left undelivered", len(tables.letters))


def _closing(story: Story, seconds: float) -> Table:
    table = Table(title="What really happened", show_header=False, title_justify="left")
    for what, value in (*story.facts, ("real time", f"{seconds:.0f} s")):
        table.add_row(what, value)
    return table
