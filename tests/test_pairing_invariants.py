"""Invariants 1, 2 and 4 of consent, by properties: whatever people say, whatever ends it, in whatever order answers come."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.model import Pair, Participant, Put
from relaybot.nouns import pairs
from tests.pairing_world import BRAM, NOW, begun, by_hand, change, commit, heard, pair_now, person
from tests.play import NAME, add_member, add_pair

# Names that no sentence, skill or city contains.
STRANGE = st.text("xqzj", min_size=4, max_size=8)
MOVES = st.lists(
    st.sampled_from(
        ["yes", "no", "3", "?", "later", "stop", "maybe", "no thank you", "status", "yes M1", "back", "day"]
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(STRANGE, STRANGE, MOVES, MOVES)
def test_no_name_and_no_address_before_both_said_yes(
    first: str, second: str, moves: list[str], more: list[str]
) -> None:
    """Invariant 1: whatever the two say and however long it takes, neither reads who the other is before both said yes."""
    if first == second or first in second or second in first:
        return
    w = begun(names=(first, second))
    pair_now(w, first, second)
    for one, two in zip(moves + ["day"] * len(more), ["day"] * len(moves) + more, strict=True):
        for who, said in ((first, one), (second, two)):
            if said == "day":
                w.pass_until(w.now + timedelta(hours=30))
            else:
                w.say(who, said)
        if w.programme.tables.pairs.rows[1].stage == "introduced":
            return
        assert not any(second in line for line in heard(w, first))
        assert not any(first in line for line in heard(w, second))


DATES = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ (Nov|Dec|Jan)( \d{4})?")


def ending(kind: str, hours: int) -> tuple[list[str], timedelta]:
    """What ana hears after her yes, and how long after the end, when it ends in this way that many hours after her yes."""
    w = begun()
    add_member(w, "oto", BRAM)
    pair_now(w)
    w.say("ana", "yes")
    lines = heard(w, "ana")
    w.pass_until(NOW + timedelta(hours=hours))
    if kind == "expiry":
        w.pass_until(next(t.due for t in w.programme.tables.timers.rows.values() if t.name == "offer-lapse"))
    elif kind == "no":
        w.say("bram", "no M1 I have read about such people")
    elif kind == "withdrawal":
        w.say("dana", "withdraw M1")
    elif kind == "cap race":
        add_pair(w, 11, "bram", "oto", "trial")
        w.say("bram", "yes M1")
    else:
        change(w, "bram", paused_until=w.now + timedelta(days=30))
        desk = by_hand(w)
        pairs.drop_offer(desk, desk.pairs[1], "withdraw")
        commit(w, desk)
    ended = w.now
    for said in ("yes M1", "status"):
        w.say("ana", said)
    timer = w.programme.tables.timers.rows[("offer-neutral", "M1")]
    w.pass_until(timer.due)
    lines += heard(w, "ana")
    w.pass_until(ended + timedelta(days=9))
    return [DATES.sub("<day>", line) for line in lines + heard(w, "ana")], timer.due - ended


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 160))
def test_whatever_did_not_come_together_reads_the_same(hours: int) -> None:
    """Invariant 2: a no, an expiry, a withdrawal, a full limit and a pause give ana byte-equal messages (dates aside)."""
    kinds = ("no", "expiry", "withdrawal", "cap race", "pause")
    said = {kind: ending(kind, hours) for kind in kinds}
    assert len({tuple(lines) for lines, _ in said.values()}) == 1
    assert said["no"][0][-1].startswith(
        "M1 didn't come together. That says nothing about you. You're first in the list again;"
    )
    for _, delay in said.values():
        assert timedelta(0) < delay <= timedelta(hours=24)


def test_the_delay_is_one_draw_whatever_happened() -> None:
    """Invariant 2: with the same nonce at the same moment the delay is the same for a no and a withdrawal."""
    delays = set()
    for verb in ("no", "withdraw", "lapse"):
        w = begun()
        pair_now(w)
        w.say("ana", "yes")
        desk = by_hand(w)
        pairs.drop_offer(desk, desk.pairs[1], verb, by=desk.people[person(w, "bram").id])
        delays.add(desk.timers[("offer-neutral", "M1")].due)
    assert len(delays) == 1


def test_a_neutral_text_comes_at_a_waking_minute() -> None:
    """It is drawn from the waking minutes of the next day, never from the night, and not always the same."""
    w = begun()
    desk = by_hand(w)
    ana = desk.people[person(w, "ana").id]
    drawn = [pairs.random_waking(desk, ana) for _ in range(300)]
    assert all(8 <= at.hour < 21 and NOW < at <= NOW + timedelta(hours=24) for at in drawn)
    assert len(set(drawn)) > 150
    # With no waking minute within reach it is the first one there is, still within the promised time.
    night_owl = replace(ana, quiet=(0, 24 * 60 - 1))
    assert pairs.random_waking(desk, night_owl) <= NOW + timedelta(hours=24)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 2), st.lists(st.tuples(st.sampled_from(["ana", "bram", "oto", "mette"]), st.booleans()), max_size=10)
)
def test_the_limit_holds_with_simultaneous_answers(cap: int, answers: list[tuple[str, bool]]) -> None:
    """Invariant 4: offers that should never have been open at once, answered in any order, never exceed the limit."""
    w = begun(f"cap = {cap}")
    for name in ("oto", "mette"):
        add_member(w, name, BRAM)
    # Three open offers with ana in each: more than the programme itself ever begins.
    for number, other in enumerate(("bram", "oto", "mette"), 1):
        w.make(Put(Pair(NAME, number, "asked_second", person(w, "dana").id, NOW, closes_at=NOW + timedelta(days=7))))
        for order, name in enumerate((other, "ana")):
            w.make(Put(Participant(NAME, number, person(w, name).id, order, "yes" * (order == 0), NOW)))
    for who, fine in [("ana", True), *answers]:
        numbers = (1, 2, 3) if who == "ana" else (("bram", "oto", "mette").index(who) + 1,)
        for number in numbers:
            w.say(who, f"{'yes' if fine else 'no'} M{number}")
        for name in ("ana", "bram", "oto", "mette"):
            desk = by_hand(w)
            assert len(pairs.of(desk, desk.people[person(w, name).id])) <= cap
