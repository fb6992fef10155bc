"""Help cases: whom a case concerns never sees a trace of it, promises are kept or owned up to, nothing is lost.

The conversations are plays (help_*.play, case_promise_broken.play); here is the invariant over random
days of work, and the branches no conversation needs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relaybot.model import Case, Person, Put
from tests.play import World, add_hour, add_member, add_pair, add_person, world

START = datetime(2026, 12, 8, 14, 5, tzinfo=UTC)


def town(settings_: str = "", moderators: tuple[str, ...] = ("dana", "esi", "fay")) -> World:
    """Three moderators; Ana and Bram are a pair, Carol's partner is the moderator Dana."""
    w = world(START, settings_)
    for name in moderators:
        add_person(w, name, moderator=True, stage="member", accepted_at=START)
    for name in ("ana", "bram", "carol"):
        add_member(w, name, {"zone": "Europe/Lisbon"})
    add_pair(w, 12, "ana", "bram", "active")
    if "dana" in moderators:
        add_pair(w, 13, "carol", "dana", "introduced")
    return w


def person(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def cases(w: World) -> list[Case]:
    """Every case, in no particular order."""
    return list(w.programme.tables.cases.rows.values())


def answers(w: World, name: str, line: str) -> list[str]:
    """What somebody hears when they say something in private."""
    w.said.clear()
    w.say(name, line)
    return [said for to, said in w.said if to == name]


# ------------------------------------------------------------------------------- invariant 13

BRINGS = (
    "moderator dana never answers me",
    "moderator I think dana is unfair",
    "moderator urgent esi shouts",
    "moderator my partner is late",
    "moderator it is about esi and fay",
    "off it felt wrong",
    "drop",
    "3",
    "2",
    "1",
    "yes",
    "skip",
    "rematch later. no",
    "thank you",
)
WORK = (
    "cases", "queue", "status", "health", "pairs", "show {h}", "take {h}", "reply {h} hello", "close {h} done",
    "memo {h} a note", "approve {h} now", "hold {h}", "edit {h} other words", "audit {h}", "show ana", "show M12", "show M13",
    "audit M13", "audit ana", "audit carol",
)  # fmt: skip


def leaks(w: World, found: list[str]) -> None:
    """Collect every line that names a case to a moderator it is hidden from; a place is read by all of them."""
    everybody = [p for p in w.programme.tables.people.rows.values() if p.moderator]
    for to, line in w.said:
        readers = everybody if to == "team" else [p for p in everybody if p.name == to]
        for one in cases(w):
            named = f"H{one.id}" in line.replace(".", " ").replace(":", " ").replace(",", " ").replace('"', " ").split()
            for reader in readers:
                # Whoever types the number of a case has it from elsewhere: a refusal repeats it and knows nothing.
                refused = line.startswith(f"There is no open H{one.id}.")
                own = reader.id == one.person
                if named and reader.id in one.hidden_from and not refused and not own:
                    found.append(f"{reader.name} reads of H{one.id}: {line}")
    w.said.clear()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["ana", "bram", "carol", "fay"]), st.sampled_from(BRINGS), st.just(0)),
            st.tuples(
                st.sampled_from(["dana", "esi", "fay", "dana@team", "fay@team"]),
                st.sampled_from(WORK),
                st.integers(0, 9),
            ),
            st.tuples(st.just("time"), st.just(""), st.integers(1, 60)),
        ),
        min_size=5,
        max_size=40,
    )
)
def test_a_case_is_never_seen_by_whom_it_concerns(moves: list[tuple[str, str, int]]) -> None:
    """Random days: no list, answer, reminder, note or news names a case to a moderator who may not know of it."""
    w, found = town(), list[str]()
    add_hour(w, 40, 12, START + timedelta(days=2))
    for who, line, number in moves:
        if who == "time":
            w.pass_until(w.now + timedelta(hours=number))
        else:
            rows = cases(w)
            case_number = f"H{rows[number % len(rows)].id}" if rows else "H7"
            name, _, place = who.partition("@")
            w.say(name, ("!" if place else "") + line.format(h=case_number), place)
        leaks(w, found)
    w.pass_until(w.now + timedelta(days=3))
    leaks(w, found)

    assert found == []


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["cases", "queue", "status", "health"]))
def test_lists_and_counts_are_the_same_with_and_without_a_hidden_case(line: str) -> None:
    """What Dana reads does not depend on whether there is a case about her."""
    without, with_ = town(), town()
    with_.say("ana", "moderator dana never answers me")
    with_.say("esi", f"take H{cases(with_)[0].id}")
    with_.say("ana", "stop")

    assert answers(with_, "dana", line) == answers(without, "dana", line)


def test_numbers_tell_nothing_about_other_cases() -> None:
    """Numbers are drawn from the unused ones, not counted up."""
    w = town("limits.open_cases = 50")
    for index in range(40):
        w.say("bram", f"moderator question {index}")
        w.say("bram", "1")
    numbers = [one.id for one in cases(w)]

    assert len(set(numbers)) == 40
    assert numbers != sorted(numbers)


# ------------------------------------------------------------------------------- branches


def test_nobody_but_the_one_concerned_moderates() -> None:
    """Nothing is kept and nothing passed on; the operator is named."""
    w = town('operator = "ian"', moderators=("esi",))
    said = answers(w, "ana", "moderator esi laughs at me")

    assert said == [
        "This concerns esi, and nobody else moderates here. So I have passed it to nobody and kept nothing; please write to the operator, ian."
    ]
    assert cases(w) == []
    assert w.programme.tables.dialogues.rows == {}


@pytest.mark.parametrize("holds", [True, False])
def test_a_case_without_holder_reaches_the_operator(holds: bool) -> None:
    """After a day without anybody on it the journal says so, which the office writes to the log; not when it is held."""
    w = town()
    w.say("bram", "moderator my partner is late")
    if holds:
        w.say("fay", f"take H{cases(w)[0].id}")
    w.said.clear()
    w.pass_until(START + timedelta(hours=25))
    told = [line for to, line in w.said if "Nobody has taken" in line]

    assert bool(told) is not holds
    assert any(entry.verb == "case unheld" for entry in w.journal) is not holds


def test_a_removed_moderators_case_is_unheld_again() -> None:
    """A case whose holder moderates no more counts as nobody's when its person writes again."""
    w = town()
    w.say("bram", "moderator my partner is late")
    number = cases(w)[0].id
    w.say("fay", f"reply H{number} how late?")
    w.make(Put(replace(person(w, "fay"), moderator=False)))
    w.say("bram", "an hour")
    w.said.clear()
    w.pass_until(w.now + timedelta(hours=25))

    assert [line for _, line in w.said if f"Nobody has taken H{number}" in line]


def test_a_promise_is_broken_once_and_in_waking_hours() -> None:
    """The apology comes once, and not at night."""
    w = town("cases.promise_hours = 10")
    w.say("bram", "moderator my partner is late")
    w.said.clear()
    w.pass_until(START + timedelta(hours=17))
    early = [line for to, line in w.said if to == "bram"]
    w.pass_until(START + timedelta(days=5))
    lines = [line for to, line in w.said if to == "bram" and "didn't keep it" in line]

    assert (early, len(lines)) == ([], 1)


def test_an_answer_keeps_the_promise() -> None:
    """Once a moderator has answered, no promise is left to break until the person writes again."""
    w = town()
    w.say("bram", "moderator my partner is late")
    w.say("esi", f"reply H{cases(w)[0].id} how late?")
    w.said.clear()
    w.pass_until(START + timedelta(days=5))

    assert [line for to, line in w.said if to == "bram"] == []


def test_other_words_open_another_case_after_a_while() -> None:
    """Within the programme's days a word opens the closed case again; later it is a new one, and old words are gone."""
    w = town("fit.feedback_days = 30")
    w.say("bram", "moderator zyzzyva")
    w.say("bram", "1")
    number = cases(w)[0].id
    w.say("esi", f"close H{number} done")
    w.pass_until(START + timedelta(days=15))
    w.say("bram", "moderator again")
    opened = {one.id: one.stage for one in cases(w)}
    w.pass_until(START + timedelta(days=40))

    assert (len(opened), opened[number]) == (2, "closed")
    assert "zyzzyva" not in str(w.programme.tables.cases.rows)


def test_memos_have_a_limit() -> None:
    """A full object says so."""
    w = town("limits.memos = 2")
    for text in ("one", "two"):
        w.say("esi", f"memo M12 {text}")

    assert answers(w, "esi", "memo M12 three") == ["There are 2 memos on M12 already, which is the most I keep."]


def test_a_moderator_keeps_no_memo_on_their_own_pair() -> None:
    """Dana is in M13."""
    w = town()

    assert answers(w, "dana", "memo M13 hm") == [
        "That is about yourself; moderators' notes on you are kept by the others."
    ]


def test_quiet_rest_at_once_when_the_hour_is_near() -> None:
    """Hours paused quietly three hours before one: the partner hears now that it is off, and nothing else."""
    w = town()
    add_hour(w, 40, 12, START + timedelta(hours=3))
    w.say("bram", "moderator urgent I am afraid")
    w.said.clear()
    w.say("bram", "2")

    assert [line for to, line in w.said if to == "ana"] == ["Today's hour is off. dana, esi or fay will write to you."]
    assert w.programme.tables.pairs.rows[12].stage == "resting"
