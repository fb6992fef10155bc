"""A member's whole way on Matrix, at the JavaScript client in its strict mode, with a partner and moderators on IRC.

The whole relaybot is there (its adapters, core, database), with a clock that is moved. test_matrix_js.py asserts on what came
of it; `python -m benchmarks matrix_shields` prints it. `JsStory.told` is the transcript.
"""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from adapters.matrix import Matrix
from relaybot import app, config
from relaybot.app import Bot
from relaybot.homeserver import Homeserver
from relaybot.stage import Actor, Audience, StoryClock, begun, let_pass, saturday_to_come, settled
from tests.js_client import JsClient
from tests.matrix_talk import Heard
from tests.synapse import PASSWORD, WAIT_SECONDS, fresh

CONFIGURATION = """\
[programme.tech-peer]
moderators = ["irc:embedded/dana", "irc:embedded/esi"]
[embedded]
irc = "127.0.0.1:0"
smtp = ""
[matrix.home]
homeserver = "{url}"
user = "{user}"
password = "{password}"
commands_per_minute = 0
"""


@dataclass
class Shields:
    """What the strict client thinks of everything relaybot said: the last judgement on every event."""

    messages: int = 0
    encrypted: int = 0
    readable: int = 0
    judged: Counter[str] = field(default_factory=Counter)  # NONE, GREY, RED and "" (in clear) -> messages
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)  # m.text, m.notice, edit, ... -> messages


@dataclass(frozen=True)
class Lived:
    """What came of the story."""

    told: str  # the transcript
    relaybot: str  # user ids
    bram: str
    shields: Shields
    heard: list[Heard]  # by bram from relaybot
    timeline: list[dict[str, Any]]  # the chat as bram's client shows it in the end
    trust: dict[str, Any]  # what bram's client thinks of relaybot
    declined: list[dict[str, Any]]  # what became of the verifications bram asked for
    card: str  # the event that is the hour's clock
    ana_read: list[str]
    said: int  # messages and reactions of bram's
    unread: int  # of them, that relaybot could not read
    shunted: int  # events relaybot failed on
    outbox: int  # letters that were not delivered
    members: dict[str, str]  # name -> home
    taught: list[tuple[int, int]]  # seconds of each half, for each hour held
    farewells: list[str]  # who told it, for each pair that ended


class Member:
    """Somebody at the JavaScript client who talks to relaybot; the audience is told what they say and hear."""

    def __init__(self, client: JsClient, name: str, bot: str, audience: Audience) -> None:
        self.client, self.name, self.bot, self.audience = client, name, bot, audience
        self.said: list[str] = []  # every event of theirs that relaybot has to read
        self._shown = 0

    def tell(self, what: str) -> None:
        self.audience.line(self.name, "", f"<{self.name}>", what)

    def show(self) -> None:
        """Tell the audience what has come since."""
        for event in self.client.seen[self._shown :]:
            if event.sender == self.bot and event.kind in {"m.room.message", "m.room.encrypted"}:
                sign = "(changes it to)" if event.relation.get("rel_type") == "m.replace" else ""
                shield = "" if event.shield == "NONE" else f"[{event.shield or 'in clear'} {event.reason}] "
                mark = f"<relaybot>{sign}{' (in the thread)' if event.relation.get('rel_type') == 'm.thread' else ''}"
                self.audience.line(self.name, "", mark, f"{shield}{_words(event)}")
        self._shown = len(self.client.seen)

    async def expect(self, *parts: str) -> Heard:
        """The next message of relaybot's that contains all parts."""

        def wanted(event: Heard) -> bool:
            ours = event.kind == "m.room.message" and event.sender == self.bot
            return ours and event.readable and all(part in event.body for part in parts)

        try:
            return await self.client.wait(wanted, f"a message with {' ... '.join(parts)!r}")
        finally:
            self.show()

    async def has(self, events: Iterable[str]) -> None:
        """Until all of these have come."""
        missing = set(events)
        async with asyncio.timeout(WAIT_SECONDS):
            while missing := missing - {event.id for event in self.client.seen}:
                await self.client.more(WAIT_SECONDS)
        self.show()

    async def say(self, text: str) -> str:
        self.tell(text)
        self.said.append(await self.client.say(text))
        return self.said[-1]

    async def ask(self, text: str, *parts: str) -> Heard:
        """Say something and wait for the answer."""
        await self.say(text)
        return await self.expect(*parts)

    async def react(self, event: Heard, key: str) -> None:
        self.tell(f"({key} below: {_words(event)[:60]})")
        self.said.append(await self.client.react(event.id, key))

    async def reply(self, event: Heard, text: str) -> None:
        self.tell(f"(a reply to: {_words(event)[:60]}) {text}")
        self.said.append(await self.client.reply(event.id, text))

    async def thread(self, event: Heard, text: str) -> None:
        self.tell(f"(in a thread below: {_words(event)[:60]}) {text}")
        self.said.append(await self.client.thread(event.id, text))

    async def edit(self, event: str, text: str) -> None:
        self.tell(f"(changes what they said) {text}")
        self.said.append(await self.client.edit(event, text))

    async def redact(self, event: str) -> None:
        self.tell("(takes back what they said)")
        await self.client.redact(event)

    def heard(self) -> list[Heard]:
        """Everything relaybot said, each event once, as the client knows it at the end."""
        said = {e.id: e for e in self.client.seen if e.sender == self.bot and e.kind in MESSAGES}
        return list(said.values())

    def shields(self) -> Shields:
        """The report on what was heard."""
        found = Shields()
        for event in self.heard():
            found.messages += 1
            found.encrypted += event.encrypted
            found.readable += event.readable
            found.judged[event.shield] += 1
            if event.reason:
                found.reasons[event.reason] += 1
            relation = str(event.relation.get("rel_type", ""))
            found.kinds[{"m.replace": "edit", "m.thread": "in a thread"}.get(relation) or _kind(event)] += 1
        return found


MESSAGES = frozenset({"m.room.message", "m.room.encrypted", "m.key.verification.cancel"})


def _kind(event: Heard) -> str:
    return str(event.content.get("msgtype", event.kind))


def _words(event: Heard) -> str:
    new: Any = event.content.get("m.new_content") or event.content
    return str(new.get("body", "(not readable)")).replace("\n", " / ")


@dataclass
class JsStory:
    """Everybody in it. Times are the story's."""

    bot: Bot
    clock: StoryClock
    bram: Member
    ana: Actor
    dana: Actor
    esi: Actor
    paper: io.StringIO
    hour: datetime  # when the trial hour begins
    declined: list[dict[str, Any]] = field(default_factory=list)  # what became of the verifications bram asked for
    card: str = ""  # the event that is the hour's clock

    @property
    def told(self) -> str:
        """The transcript so far."""
        return self.paper.getvalue()

    @property
    def matrix(self) -> Matrix:
        """relaybot's adapter for Matrix."""
        return next(adapter for adapter in self.bot.adapters if isinstance(adapter, Matrix))

    def scene(self, title: str) -> None:
        self.bram.audience.scene(title)

    async def rest(self) -> None:
        """Until relaybot has nothing to do, and bram has everything it sent."""
        await settled(self.bot)
        await self.bram.has(self.matrix._speaker.said)

    async def pass_to(self, moment: datetime) -> None:
        """Let the time pass; what is due on the way happens at its own moment."""
        await let_pass(self.bot, self.clock, moment, self.rest)

    async def pass_minutes(self, minutes: float) -> None:
        await self.pass_to(self.clock.now() + timedelta(minutes=minutes))

    async def tell(self) -> None:
        """All scenes, in order."""
        await self.greeting()
        await self.applies()
        await self.ana_applies()
        await self.verification()
        await self.accepted()
        await self.paired()
        await self.words()
        await self.time()
        await self.trial_hour()
        await self.farewell()

    # ------------------------------------------------------------------------------------------------ scenes

    async def greeting(self) -> None:
        """Bram opens a direct chat as Element does, and says nothing yet."""
        self.scene("bram opens an encrypted direct chat with relaybot")
        await self.bram.client.dm(self.bram.bot)
        await self.bram.expect("join")

    async def applies(self) -> None:
        """The application, with ticks where yes is meant."""
        self.scene("bram applies; two of his answers are reactions")
        bram = self.bram
        await bram.ask("join", "1/7")
        await bram.ask("rust from zero", "2/7")
        await bram.ask("k8s deep, terraform", "3/7")
        await bram.ask("skip", "4/7")
        await bram.ask("amsterdam, thu evening", "5/7")
        await bram.ask("dutch, english", "6/7")
        await bram.react(await bram.ask("skip", "7/7"), "✅")
        await bram.react(await bram.expect("Hand it in?"), "👍")
        await bram.expect("This is A1")

    async def ana_applies(self) -> None:
        """His partner to be, on IRC."""
        self.scene("ana applies on IRC")
        ana = self.ana
        ana.say("!join", "#tech-peer")
        await ana.expect("(yes/no)")
        for answer, next_question in (
            ("yes", "1/7"),
            ("kubernetes, I know docker a bit", "2/7"),
            ("rust deep", "3/7"),
            ("skip", "4/7"),
            ("lisbon, thu after 17:30", "5/7"),
            ("portuguese, english", "6/7"),
            ("skip", "7/7"),
            ("yes", "Hand it in?"),
            ("yes", "This is A2"),
        ):
            await ana.ask(answer, next_question)

    async def verification(self) -> None:
        """Bram asks to compare emoji, in the room and with the device: both are called off, the first with a word why."""
        self.scene("bram asks to compare emoji: a program cannot, and says so")
        bram = self.bram
        bram.tell("(asks to verify relaybot)")
        self.declined.append(await bram.client.verify(bram.bot, room=bram.client.room, seconds=15))
        await bram.expect("can't compare emoji")
        (device,) = (await bram.client.trust(bram.bot))["devices"]
        bram.tell("(asks to verify relaybot's device)")
        self.declined.append(await bram.client.verify(bram.bot, device=device, seconds=15))
        for phase in self.declined:
            bram.audience.line("bram", "", "", f"(the request is {phase['phase']}, by {phase['by']}: {phase['code']})")

    async def accepted(self) -> None:
        """A moderator on IRC asks something, and accepts both."""
        self.scene("dana, a moderator on IRC, asks bram something and accepts both")
        await self.dana.ask("question A1 which terraform version do you use?", "Asked bram")
        question = await self.bram.expect("A question from dana")
        await self.bram.reply(question, "1.9, mostly")
        await self.bram.expect("Passed on")
        await self.dana.expect("1.9, mostly", where="#tech-peer-mods")
        await self.dana.ask("accept A1", "A1", "accepted")
        await self.bram.expect("you're in")
        await self.dana.ask("accept A2", "A2", "accepted")
        await self.ana.expect("you're in")

    async def paired(self) -> None:
        """Both are asked in turn; bram answers with a digit below the question."""
        self.scene("dana pairs bram on Matrix with ana on IRC; bram says yes with a digit below the question")
        await self.dana.ask("pair bram ana first bram note both like building small things", "(yes/no)")
        await self.dana.ask("yes", "goes out at")
        await self.pass_minutes(11)
        await self.bram.react(await self.bram.expect("found someone who may suit you"), "1️⃣")
        await self.bram.expect("asking the other person now")
        await self.ana.expect("found someone who may suit you")
        await self.ana.ask("yes", "it's a pair")
        await self.ana.expect("bram")
        await self.bram.expect("meet ana")
        await self.rest()

    async def words(self) -> None:
        """Words both ways: a reply, a correction, something taken back, a question in a thread."""
        self.scene("words both ways: a reply, a correction, something taken back, a question in a thread")
        bram, ana = self.bram, self.ana
        await ana.ask("tell Hi Bram! Do you have cargo installed?", "Delivered to bram")
        asked = await bram.expect("Do you have cargo installed?")
        await bram.reply(asked, "Not yet, which version?")
        await ana.expect("Not yet, which version?")
        await bram.expect("Delivered to ana")
        said = await bram.say("tell I can come on tuesday at five")
        await ana.expect("bram: I can come on tuesday at five")
        await bram.edit(said, "tell I can come on Thursday at five")
        await ana.expect('bram corrected: "tuesday" -> "Thursday"')
        await bram.redact(said)
        await bram.thread(asked, "status")
        await bram.expect("You are bram to me")
        await self.rest()

    async def time(self) -> None:
        """Ana proposes an hour, bram says 1 by a reaction."""
        self.scene("ana proposes an hour, bram agrees by a reaction")
        self.ana.say("propose thu 18:00 lisbon")
        await self.bram.react(await self.bram.expect("proposes an hour"), "1️⃣")
        await self.bram.expect("Agreed")
        await self.ana.expect("Agreed")

    async def trial_hour(self) -> None:
        """The hour: each is told on their own medium, bram's clock is one message that changes."""
        self.scene("the trial hour: bram's clock is one message that changes, bells are messages of their own")
        bram, ana = self.bram, self.ana
        await self.pass_to(self.hour)
        await bram.expect("starts in 15 minutes")
        await ana.expect("starts in 15 minutes")
        await bram.expect("It starts when both of you have spoken")
        await bram.ask("here", "ana isn't here yet")
        await ana.ask("here", "Go.")
        await bram.expect("Go.")
        self.card = (await bram.expect("min left, swap")).id
        await self.pass_minutes(31)
        await bram.expect("5 minutes to the swap")
        await bram.expect("Swap!")
        await ana.expect("Swap!")
        await self.pass_to(self.hour + timedelta(minutes=62))
        await bram.expect("Ten minutes left")
        await bram.expect("That's the hour")
        await ana.expect("That's the hour")
        await self.pass_minutes(25)
        fit = await bram.expect("How was it with ana?")
        await bram.react(fit, "2️⃣")
        await bram.expect("Thank you")
        await ana.expect("How was it with bram?")
        await ana.ask("1 good fit", "Thank you")

    async def farewell(self) -> None:
        """Bram leaves the pair, and dana tells ana."""
        self.scene("bram ends the pair and lets a moderator tell ana")
        bram, dana = self.bram, self.dana
        await bram.react(await bram.ask("drop", "2)", "3)"), "3️⃣")
        await bram.react(await bram.expect("Who tells ana?"), "2️⃣")
        await bram.expect("Only for")
        await bram.ask("1 too little time at the moment", "would read this")
        await bram.ask("yes", "A moderator sends it", "Would you like someone new?")
        await bram.ask("rematch later. no", "Take care")
        line = await dana.expect("ends M1", where="#tech-peer-mods")
        case = next(word.strip(":;,.") for word in line.split() if word.startswith("H") and word[1:2].isdigit())
        dana.say(f"approve {case}", "#tech-peer-mods")
        await dana.expect("leaves for ana", where="#tech-peer-mods")
        await self.pass_to(self.hour + timedelta(hours=18))
        await self.ana.expect("has decided to end your hours together")
        await bram.expect("ana has been told")
        await self.rest()

    async def lived(self) -> Lived:
        """What came of it, seen from both sides."""
        bram, tables = self.bram, self.bot.programmes["tech-peer"].tables
        pairs, meetings = tables.pairs.rows.values(), tables.meetings.rows.values()
        people = [person for person in tables.people.rows.values() if person.stage == "member"]
        return Lived(
            told=self.told,
            relaybot=bram.bot,
            bram=bram.client.user_id,
            shields=bram.shields(),
            heard=bram.heard(),
            timeline=await bram.client.timeline(),
            trust=await bram.client.trust(bram.bot),
            declined=self.declined,
            card=self.card,
            ana_read=[line for _, line in self.ana.seen],
            said=len(bram.said),
            unread=len(self.matrix._speaker._memory.unread),
            shunted=self.bot.office.shunted,
            outbox=len(tables.letters),
            members={person.name: person.home for person in people},
            taught=[(meeting.taught[0], meeting.taught[1]) for meeting in meetings if meeting.stage == "held"],
            farewells=[pair.told_by for pair in pairs if pair.stage == "ended"],
        )


@asynccontextmanager
async def js_story(server: Homeserver, folder: Path) -> AsyncIterator[JsStory]:
    """Everybody in their places, nothing said yet."""
    user = server.register(fresh("relaybot"), PASSWORD)
    file = folder / "relaybot.toml"
    file.write_text(CONFIGURATION.format(url=server.url, user=user, password=PASSWORD))
    file.chmod(0o600)
    begin = saturday_to_come(datetime.now(UTC))
    clock = StoryClock(begin)
    paper = io.StringIO()
    audience = Audience(Console(file=paper, width=10_000, highlight=False), clock, plain=True)
    async with app.open_bot(config.load(file), clock=clock) as bot:
        ready = asyncio.Event()
        serving = asyncio.create_task(app.serve(bot, ready.set))
        ana, dana, esi = (Actor(name, audience, "", SHOWN.get(name, frozenset())) for name in ("ana", "dana", "esi"))
        try:
            await begun(ready, serving)
            host, _, port = bot.embedded["irc"].rpartition(":")
            for actor in (ana, dana, esi):
                await actor.connect(host, int(port), "#tech-peer")
            async with await JsClient.newcomer(server, "bram", "bram", signed=True) as client:
                bram = Member(client, "bram", user, audience)
                hour = begin.replace(hour=18, minute=0) + timedelta(days=5)
                yield JsStory(bot, clock, bram, ana, dana, esi, paper, hour)
        finally:
            for actor in (ana, dana, esi):
                await actor.close()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


SHOWN = {"dana": frozenset({"#tech-peer-mods"})}
