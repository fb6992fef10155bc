"""Whole lives at random: people join, are paired, meet, miss, leave, wait and answer at once; every state must be sound.

Random words alone reach nothing, so some moves are whole stretches of life ("become a pair", "hold the
hour"), and the test asserts that it reached held hours, farewells and refusals. `decide` checks
soundness after every event; here the invariants are checked over the whole programme as well.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relaybot import forms
from relaybot.model import Dialogue, Person
from relaybot.rules import ACTIVE_PAIRS, LIFECYCLES, OPEN_PAIRS
from tests.play import World, add_member, add_person, world

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PEERS = ("ana", "bram", "lupe", "oto")
WORDS = {
    "ana": {"learn": "kubernetes a little", "offer": "rust deep", "zone": "Europe/Lisbon"},
    "bram": {"learn": "rust new", "offer": "kubernetes deep", "zone": "America/Toronto"},
    "lupe": {"learn": "rust a little", "offer": "kubernetes comfortable", "zone": "Europe/Madrid"},
    "oto": {"learn": "kubernetes new", "offer": "rust comfortable", "zone": "Asia/Kolkata"},
}
COMMANDS = (
    "status", "help", "drop", "pause until in 3 days", "resume", "moderator it is difficult", "propose tomorrow 18:00",
    "skip", "late 5", "start", "swap", "hold", "go", "extend 5", "end", "fit good", "rematch yes", "mute 1d", "match me",
    "leave", "tell how are you", "yes", "no", "forget me", "privacy", "profile", "reschedule in 2 days", "join", "agree",
    "thanks you are kind", "off it felt wrong",
)  # fmt: skip
MODERATION = ("queue", "waiting", "pairs", "cases", "health", "status", "withdraw M1", "undo M1", "suggest ana")
ANSWERS = ("1", "2", "3", "yes", "no", "skip", "stop", "later", "thu 18:00", "1 because")

reached: Counter[str] = Counter()


def person(w: World, name: str) -> Person | None:
    """Somebody by name, unless they were forgotten."""
    return next((p for p in w.programme.tables.people.rows.values() if p.name == name), None)


def dialogues(w: World, name: str) -> list[Dialogue]:
    """Open questions to somebody, newest first."""
    who = person(w, name)
    mine = [d for d in w.programme.tables.dialogues.rows.values() if who and d.person == who.id and d.asked_at]
    return sorted(mine, key=lambda d: (d.asked_at or START, d.id), reverse=True)


def town() -> World:
    """Two moderators and four members who wait."""
    w = world(START)
    add_person(w, "dana", moderator=True, zone="Europe/Lisbon")
    add_person(w, "esi", moderator=True, zone="Africa/Accra")
    for name in PEERS:
        add_member(w, name, {**WORDS[name], "free": "any day 08:00-22:00"})
    return w


def become_a_pair(w: World, first: str, second: str) -> None:
    """A moderator pairs two people, both say yes."""
    w.say("dana", f"pair {first} {second} now")
    w.say("dana", "yes")
    for name in (first, second, first, second):
        if any(d.form == "offer" for d in dialogues(w, name)):
            w.say(name, "yes")


def agree_on_an_hour(w: World, first: str, second: str) -> None:
    """One proposes, the other agrees."""
    w.say(first, "propose in 1 day")
    w.say(first, "propose in 25h")
    w.say(second, "yes")
    w.say(second, "agree")


def hold_the_hour(w: World) -> None:
    """Go to the next hour of whoever has one, and let both be there."""
    agreed = [m for m in w.programme.tables.meetings.rows.values() if m.stage == "agreed"]
    if not agreed:
        return
    meeting = min(agreed, key=lambda m: m.starts_at)
    w.pass_until(meeting.starts_at)
    sides = [s for s in w.programme.tables.participants.rows.values() if s.pair == meeting.pair]
    for side in sides:
        w.say(w.programme.tables.people.rows[side.person].name, "here", f"m{meeting.pair}")
    w.pass_until(w.now + timedelta(minutes=meeting.minutes + 30))


def leave_by_proxy(w: World, name: str) -> None:
    """Drop, let a moderator tell it, and let one approve it."""
    w.say(name, "drop")
    for answer in ("3", "2", "skip", "yes", "later", "no"):
        w.say(name, answer)
    for case in list(w.programme.tables.cases.rows.values()):
        w.say("dana", f"approve H{case.id} now")
        w.say("dana", "yes")
    w.pass_until(w.now + timedelta(hours=14))


def sound(w: World) -> None:
    """The invariants, over everything (the gate in `decide` looks only at what changed)."""
    tables = w.programme.tables
    for kind, lifecycle in LIFECYCLES.items():
        assert {r.stage for r in tables.by_kind[kind].rows.values()} <= set(lifecycle)
    for someone in tables.people.rows.values():
        sides = [s for s in tables.participants.rows.values() if s.person == someone.id]
        active = [s.pair for s in sides if tables.pairs.rows[s.pair].stage in ACTIVE_PAIRS]
        assert len(active) <= w.programme.policy.cap
        if someone.waiting_since is not None:
            assert someone.stage == "member"
    for pair in tables.pairs.rows.values():
        sides = [s for s in tables.participants.rows.values() if s.pair == pair.id]
        if pair.stage in OPEN_PAIRS:
            assert len({s.person for s in sides}) == 2
        if pair.stage in ACTIVE_PAIRS:
            assert {s.answer for s in sides} == {"yes"}
    for dialogue in tables.dialogues.rows.values():
        assert dialogue.person in tables.people.rows
        assert dialogue.form in forms.FORMS
    for timer in tables.timers.rows.values():
        assert timer.due > w.now
    assert any(p.moderator for p in tables.people.rows.values())


Move = tuple[str, str, str]
peers = st.sampled_from(PEERS)
moves = st.one_of(
    st.tuples(st.just("answer"), peers, st.sampled_from(ANSWERS)),
    st.tuples(st.just("say"), peers, st.sampled_from(COMMANDS)),
    st.tuples(st.just("say"), st.sampled_from(("dana", "esi")), st.sampled_from(MODERATION)),
    st.tuples(st.just("answer"), st.sampled_from(("dana", "esi")), st.sampled_from(ANSWERS)),
    st.tuples(st.just("pair"), peers, peers),
    st.tuples(st.just("agree"), peers, peers),
    st.tuples(st.just("hour"), st.just(""), st.just("")),
    st.tuples(st.just("proxy"), peers, st.just("")),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from(("1", "6", "25", "100", "400"))),
    st.tuples(st.just("both"), peers, peers),
)


def do(w: World, move: Move) -> None:
    """Make one move."""
    kind, who, what = move
    if kind == "say" or (kind == "answer" and dialogues(w, who)):
        w.say(who, what)
    elif kind == "pair":
        become_a_pair(w, who, what)
    elif kind == "agree":
        agree_on_an_hour(w, who, what)
    elif kind == "hour":
        hold_the_hour(w)
    elif kind == "proxy":
        leave_by_proxy(w, who)
    elif kind == "wait":
        w.pass_until(w.now + timedelta(hours=int(what)))
    elif kind == "both":
        w.say(who, "yes")
        w.say(what, "yes")


def note_reach(w: World) -> None:
    """Remember what this life got to."""
    reached.update(f"meeting {m.stage}" for m in w.programme.tables.meetings.rows.values())
    reached.update(f"pair {p.stage}" for p in w.programme.tables.pairs.rows.values())
    reached.update(f"told by {p.told_by}" for p in w.programme.tables.pairs.rows.values() if p.told_by)


FULL_LIFE: list[Move] = [
    ("pair", "ana", "bram"), ("agree", "ana", "bram"), ("hour", "", ""), ("answer", "ana", "1"), ("answer", "bram", "1"),
    ("proxy", "ana", ""), ("pair", "lupe", "oto"), ("wait", "", "400"),
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=st.integers(0, len(FULL_LIFE)), wild=st.lists(moves, max_size=20))
def test_any_life_is_sound(start: int, wild: list[Move]) -> None:
    """However a life goes on from any stretch of an ordinary one, every state on the way is sound."""
    w = town()
    for move in [*FULL_LIFE[:start], *wild]:
        do(w, move)
        sound(w)
    note_reach(w)


def test_an_ordinary_life_reaches_its_end() -> None:
    """The stretches the random lives are made of reach held hours, a told farewell and a new pair."""
    w = town()
    for move in FULL_LIFE:
        do(w, move)
        sound(w)
    note_reach(w)
    for what in ("meeting held", "pair ended", "told by moderator", "pair introduced"):
        assert reached[what] > 0, f"no life reached: {what}; reached {dict(reached)}"
