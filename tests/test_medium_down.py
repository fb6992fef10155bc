"""One medium is down (invariant 19), with a real office, store and postmen: everything arrives, once, the other way."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relaybot.desk import Programme
from relaybot.model import Address, Letter, Message, Put, Style, Urgency
from relaybot.office import Office, fill
from relaybot.policy import Network
from relaybot.postman import Postman
from storage.sqlite import SqliteStore, open_store
from tests.fakes import FakeAdapter, FakeClock, message
from tests.play import NAME, add_member, add_pair, add_person, world

DOWN = ("later", "not connected", 0.0)
UP = ("sent", "", 0.0)
CHIDI, LUPE = "mail/chidi@example.net", "mail/lupe@example.net"


class House:
    """An office on a file with a chat and a mail network. Lupe has both addresses, chidi mail, oto the chat."""

    def __init__(self, store: SqliteStore, clock: FakeClock) -> None:
        self.store, self.clock = store, clock
        self.adapters = {"irc:test": FakeAdapter(), "mail": FakeAdapter("mail")}
        made = world(clock.now(), "consent.undo_minutes = 0")
        mail = Network(style=Style.LETTER, identity="mail", pair_places=False)
        networks = {**made.programme.policy.networks, "mail": mail}
        made.programme.policy = made.programme.policy.model_copy(update={"networks": networks})
        add_person(made, "dana", moderator=True)
        for name in ("chidi@mail", "lupe", "oto"):
            add_member(made, name, {})
        lupe = next(p for p in made.programme.tables.people.rows.values() if p.name == "lupe")
        made.make(Put(Address(NAME, LUPE, lupe.id)))
        add_pair(made, 15, "chidi", "lupe", "active", apart=True)
        self.start(made.programme)

    def start(self, programme: Programme) -> None:
        """Begin, or begin again after a crash."""
        self.programme = programme
        self.office = Office({NAME: programme}, self.store, self.clock, lambda: b"\0" * 16, self.post)
        self.postmen = {
            name: Postman(a, self.clock, self.office.settle, self.office.leaves) for name, a in self.adapters.items()
        }

    async def save(self) -> None:
        """Write down who there is, as if they had come by and by."""
        rows = [Put(r) for t in self.programme.tables.by_kind.values() for r in t.rows.values()]
        await self.store.commit([tuple(rows)], [])

    async def crash(self) -> None:
        """Killed and started again on what is stored."""
        self.close()
        again = Programme(NAME, self.programme.policy)
        fill({NAME: again}, await self.store.load())
        self.start(again)
        for letter in sorted(again.tables.letters.rows.values(), key=lambda x: x.id):
            self.post(again, letter)
        await self.work()

    def post(self, programme: Programme, letter: Letter) -> None:
        """To the postman of its network."""
        self.postmen[letter.to.partition("/")[0]].post(programme, letter)

    async def work(self) -> None:
        """Until nothing is left to do."""
        for _ in range(12):
            await self.office.work()
            await asyncio.sleep(0)

    async def pass_(self, minutes: int) -> None:
        """Time passes, in small steps."""
        step = 10 if minutes <= 600 else 60
        for _ in range(0, minutes, step):
            self.clock.pass_(minutes=min(step, minutes))
            await self.work()

    async def net(self, name: str, outcome: tuple[str, str, float]) -> None:
        """A network is down or up from now on."""
        self.adapters[name].outcome = outcome
        self.postmen[name].reachable()
        await self.work()

    async def mails(self, text: str) -> None:
        """Chidi answers a mail about his pair."""
        said = Message("mail", CHIDI, CHIDI, "chidi", text, style=Style.LETTER, about="M15")
        self.office.hear(said)
        await self.work()

    async def says(self, who: str, text: str) -> None:
        """Somebody says something on the chat."""
        self.office.hear(message(text, who, vouched=True))
        await self.work()

    def got(self, network: str, words: str) -> list[str]:
        """To whom lines with these words went on a network."""
        return [to for to, line in self.adapters[network].lines if words in line]

    def close(self) -> None:
        """No retries any more."""
        for postman in self.postmen.values():
            postman.close()


@pytest.mark.parametrize("crash", [False, True])
async def test_words_reach_the_other_medium_once(tmp_path: Path, crash: bool) -> None:
    """The chat is down for five hours: after four the words go by mail, once, also when relaybot was killed meanwhile."""
    store = await open_store(tmp_path / "relaybot.db", ballast_bytes=0)
    try:
        house = House(store, FakeClock())
        await house.save()
        await house.net("irc:test", DOWN)
        await house.mails("Are you well?")
        assert house.got("mail", "Waiting: IRC can't be reached") == [CHIDI]
        await house.pass_(120)
        if crash:
            await house.crash()
        await house.pass_(130)
        assert house.got("mail", "Are you well?") == [LUPE]
        assert house.got("mail", "IRC is not reachable since 14:05. lupe, I write to you by mail instead.") == [LUPE]
        if crash:
            await house.crash()
        await house.net("irc:test", UP)
        await house.pass_(60)
        assert (house.got("irc:test", "Are you well?"), house.got("mail", "Are you well?")) == ([], [LUPE])
        assert house.got("mail", "Mailed to lupe") == [CHIDI]
        house.close()
    finally:
        await store.close()


async def test_whoever_has_no_other_address_is_named_to_moderators(tmp_path: Path) -> None:
    """An offer that waits for somebody with nothing but the chat: moderators read it when anything can be read."""
    store = await open_store(tmp_path / "relaybot.db", ballast_bytes=0)
    try:
        house = House(store, FakeClock())
        await house.save()
        mette = next(p for p in house.programme.tables.people.rows.values() if p.name == "oto")
        pair = house.programme.tables.pairs.rows[15]
        await house.net("irc:test", DOWN)
        offer = replace(pair, stage="asked_first")
        letter = Letter(
            NAME,
            99,
            mette.home,
            ("An offer",),
            Urgency.PERSONAL,
            house.clock.now(),
            mette.id,
            claim="pair 15 asked_first",
        )
        house.programme.apply((Put(offer), Put(letter)))
        house.post(house.programme, letter)
        await house.work()
        await house.pass_(250)
        await house.net("irc:test", UP)
        told = [line for to, line in house.adapters["irc:test"].lines if to.endswith("-mods")]
        assert [line for line in told if "oto" in line] == [
            "IRC can't be reached since Sat 21 Nov 14:05 UTC. With no other address, and something that matters waiting: oto."
        ]
        house.close()
    finally:
        await store.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("irc:test"), st.sampled_from(("up", "down", "gone"))),
        st.tuples(st.just("mail"), st.sampled_from(("up", "down", "gone"))),
        st.tuples(st.just("chidi"), st.just("")),
        st.tuples(st.just("lupe"), st.just("")),
        st.tuples(st.just("wait"), st.sampled_from(("10", "60", "300"))),
        st.tuples(st.just("crash"), st.just("")),
    ),
    min_size=2,
    max_size=14,
)
OUTCOMES = {"up": UP, "down": DOWN, "gone": ("undeliverable", "550 gone", 0.0)}


async def _live(folder: Path, steps: list[tuple[str, str]]) -> tuple[House, list[str]]:
    store = await open_store(folder / "relaybot.db", ballast_bytes=0)
    try:
        house = House(store, FakeClock())
        await house.save()
        said: list[str] = []
        for what, how in [*steps, ("irc:test", "up"), ("mail", "up"), ("wait", "60"), ("wait", "4500")]:
            if what in house.adapters:
                await house.net(what, OUTCOMES[how])
            elif what == "wait":
                await house.pass_(int(how))
            elif what == "crash":
                await house.crash()
            else:
                said.append(f"w{len(said)}w")
                await (house.mails(said[-1]) if what == "chidi" else house.says("lupe", f"tell {said[-1]}"))
        house.close()
        return house, said
    finally:
        await store.close()


@settings(max_examples=40)
@given(STEPS)
@example([("irc:test", "down"), ("chidi", ""), ("wait", "300"), ("irc:test", "up"), ("chidi", "")])
@example([("mail", "down"), ("lupe", ""), ("wait", "10"), ("crash", ""), ("lupe", ""), ("mail", "up")])
def test_words_arrive_at_most_once_whatever_fails(steps: list[tuple[str, str]]) -> None:
    """Networks come and go, relaybot is killed: no words arrive twice, none stay in the outbox, none reach a third person."""
    with TemporaryDirectory() as folder:
        house, said = asyncio.run(_live(Path(folder), steps))
    for words in said:
        got = Counter(house.got("irc:test", words) + house.got("mail", words))
        assert sum(got.values()) <= 1, (words, got)
        assert set(got) <= {CHIDI, LUPE, "irc:test/lupe"}
    left = [x for x in house.programme.tables.letters.rows.values() if any(words in str(x.text) for words in said)]
    assert left == []
    failed = any(how in {"down", "gone"} for _, how in steps)
    if not failed:
        assert all(house.got("irc:test", words) or house.got("mail", words) for words in said)
