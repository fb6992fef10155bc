"""Leaving: what the partner gets says nothing of why, whoever asks what; and every way a farewell can go.

The conversations are plays (farewell*.play, drop_silence.play, leave_programme*.play); here are the worlds
compared with each other, and the branches no conversation needs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from relaybot.events import Told
from relaybot.model import Case, Pair, Person, Put, Style
from tests.play import World, add_hour, add_member, add_pair, add_person, world

START = datetime(2026, 12, 8, 14, 5, tzinfo=UTC)
HOUR = datetime(2026, 12, 10, 18, 0, tzinfo=UTC)
CANARY = "zyzzyva"


def town(settings_: str = "", *, hour: datetime | None = HOUR, style: Style = Style.LINE) -> World:
    """Dana and Esi moderate; Ana and Bram are M12, with an hour on Thursday."""
    w = world(START, settings_, style)
    for name in ("dana", "esi"):
        add_person(w, name, moderator=True)
    add_member(w, "ana", {"zone": "Europe/Lisbon"})
    add_member(w, "bram", {"zone": "America/Toronto"})
    add_pair(w, 12, "ana", "bram", "active")
    if hour is not None:
        add_hour(w, 40, 12, hour)
    return w


def person(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def pair(w: World) -> Pair:
    """M12."""
    return w.programme.tables.pairs.rows[12]


def case(w: World) -> Case:
    """The farewell."""
    return next(c for c in w.programme.tables.cases.rows.values() if c.topic == "farewell")


def heard(w: World, name: str) -> list[str]:
    """What somebody has been told since this was asked last."""
    lines = [line for to, line in w.said if to == name]
    w.said = [(to, line) for to, line in w.said if to != name]
    return lines


def says(w: World, name: str, *lines: str) -> list[str]:
    """Say several lines; returns what was answered to the last."""
    for line in lines:
        heard(w, name)
        w.say(name, line)
    return heard(w, name)


# ------------------------------------------------------------------------------- two worlds


REASONS = ["skip", "1", "2 boring", "3 we are too different", "4 it felt wrong", "5", f"5 {CANARY}", CANARY]
AFTER = [(), ("rematch yes. no",), ("later", "yes"), ("rematch no. yes",), ("stop",), (f"moderator {CANARY} {CANARY}",)]
BRAM = [
    "status",
    "propose fri 18:00",
    "tell are you there?",
    "rematch yes",
    "match me",
    "slots",
    "skip",
    "fit good",
    "help",
]


def read_by_bram(
    reason: str, after: tuple[str, ...], own: tuple[str, ...], told: str, gap: int
) -> list[tuple[datetime, str, str]]:
    """(when, where, line) of everything bram can read, in a world where ana leaves with this reason and these words."""
    w = town()
    seen: list[tuple[datetime, str, str]] = []

    def note() -> None:
        seen.extend((w.now, to, line) for to, line in w.said if to in {"bram", "m12", "public"})
        w.said.clear()

    for line in ("drop", "3", "2", reason, "yes"):
        w.say("ana", line)
    note()
    if reason.startswith("4"):
        w.say("ana", "2")
    for line in after:
        w.say("ana", line)
    note()
    number = case(w).id
    for line in own:
        w.pass_until(w.now + timedelta(hours=gap))
        w.say("bram", line)
        note()
    if told == "approve":
        w.say("dana", f"reply H{number} {CANARY}")
        w.say("dana", f"approve H{number} now")
        note()
        w.pass_until(w.now + timedelta(hours=20))
        w.say("bram", "1")
        w.say("bram", "status")
    note()
    w.pass_until(START + timedelta(days=6))
    note()
    return seen


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    reason=st.sampled_from(REASONS),
    after=st.sampled_from(AFTER),
    own=st.lists(st.sampled_from(BRAM), max_size=4).map(tuple),
    told=st.sampled_from(["approve", "nobody"]),
    gap=st.integers(0, 14),
)
@example(reason="4 it felt wrong", after=("rematch no. yes",), own=("tell hi", "status"), told="approve", gap=5)
@example(reason="1", after=(f"moderator {CANARY} {CANARY}",), own=("propose fri 18:00",), told="nobody", gap=14)
def test_the_partner_reads_the_same_whatever_the_reason(
    reason: str, after: tuple[str, ...], own: tuple[str, ...], told: str, gap: int
) -> None:
    """Worlds that differ only in reason, words to moderators and wishes afterwards give the partner byte-equal messages."""
    plain = read_by_bram("skip", (), own, told, gap)
    other = read_by_bram(reason, after, own, told, gap)

    assert other == plain
    assert CANARY not in str(other)
    assert any(told != "approve" or "has decided to end" in line for _, _, line in plain)


def test_looking_for_someone_new_shows_nothing_to_the_partner_until_told() -> None:
    """The leaver's wish for someone new changes nothing for the partner before the farewell."""
    worlds = []
    for wish in ("rematch yes. no", "rematch no. yes"):
        w = town()
        says(w, "ana", "drop", "3", "2", "skip", "yes", wish)
        worlds.append([says(w, "bram", line) for line in ("status", "profile", "help", "propose fri 18:00", "slots")])

    assert worlds[0] == worlds[1]


# ------------------------------------------------------------------------------- settings


def test_only_the_ways_the_programme_allows_are_offered() -> None:
    """farewell.via leaves digits unused, and a way that is not offered cannot be chosen."""
    w = town('farewell.via = ["moderator"]')

    assert says(w, "ana", "drop", "3") == ["Who tells bram? 2) a moderator tells bram for me"]
    assert says(w, "ana", "1") == ["I didn't understand. Please answer with 2, or say stop."]


def test_neutral_words_do_not_say_who_ended_it() -> None:
    """farewell.neutral: neither the words nor the line before the hour name the leaver as the one who left."""
    w = town("farewell.neutral = true")
    shown = says(w, "ana", "drop", "3", "2", "skip")
    says(w, "ana", "yes")
    w.say("dana", f"approve H{case(w).id} now")

    assert "Your hours with ana have come to an end." in shown[-1]
    assert "decided" not in " ".join(heard(w, "bram"))


def test_a_letter_asks_everything_that_is_open_at_once() -> None:
    """In LETTER style the same questions come as one letter and a reply to several of them ends the pair."""
    w = town(style=Style.LETTER)
    says(w, "ana", "drop")
    says(w, "ana", "what: 3\nwho: 2")
    says(w, "ana", "text: yes")
    says(w, "ana", "text: yes") if pair(w).stage == "active" else None

    assert pair(w).stage == "ending"


# ------------------------------------------------------------------------------- the way through


def test_drop_can_pause_instead() -> None:
    """Choice 2 asks for a day and does what pause does; the pair goes on."""
    w = town()
    assert says(w, "ana", "drop", "2") == ["Until which day? E.g. 4 jan."]
    assert "past" in says(w, "ana", "2020-01-01")[0]
    says(w, "ana", "20 dec")

    until = person(w, "ana").paused_until
    assert until is not None
    assert until.date().isoformat() == "2026-12-20"
    assert pair(w).stage in {"active", "resting"}


def test_pausing_by_command_answers_the_question() -> None:
    """Whoever says pause while asked "pause, or end it?" is not asked any more."""
    w = town()
    says(w, "ana", "drop", "pause until 20 dec")

    assert not [d for d in w.programme.tables.dialogues.rows.values() if d.form == "drop"]


@pytest.mark.parametrize("line", ["stop", "pause until 20 dec"])
def test_nothing_is_ended_before_the_approving_yes(line: str) -> None:
    """Everything before the yes can be taken back without a trace."""
    w = town()
    says(w, "ana", "drop", "3", "2", "4 it felt wrong", line)
    w.pass_until(START + timedelta(hours=20))

    assert pair(w).stage != "ending"
    assert [to for to, line_ in w.said if to in {"dana", "esi"}] == []


def test_the_hours_are_off_from_the_yes() -> None:
    """No reminder, no welcome and no clock line of the hour that was agreed."""
    w = town()
    says(w, "ana", "drop", "3", "2", "skip", "yes", "stop")
    w.said.clear()
    w.pass_until(HOUR + timedelta(hours=2))

    assert {m.stage for m in w.programme.tables.meetings.rows.values()} == {"off"}
    assert [line for to, line in w.said if to == "m12"] == []


def test_one_of_two_pairs_is_left() -> None:
    """With two partners drop asks which one, and the other pair goes on."""
    w = town("cap = 2")
    add_member(w, "oto", {})
    add_pair(w, 13, "ana", "oto", "active")

    assert "which" in says(w, "ana", "drop")[0]
    says(w, "ana", "drop M12", "3", "2", "skip", "yes", "later. no")
    assert (pair(w).stage, w.programme.tables.pairs.rows[13].stage) == ("ending", "active")


def test_leaving_asks_about_every_partner() -> None:
    """Leaving the programme with two partners: each of them is told, then one is out."""
    w = town("cap = 2")
    add_member(w, "oto", {})
    add_pair(w, 13, "ana", "oto", "active")
    says(w, "ana", "leave", "yes", "2", "skip", "yes")
    first = person(w, "ana").stage
    says(w, "ana", "2", "skip", "yes")

    stages = [p.stage for p in w.programme.tables.pairs.rows.values()]
    assert (first, person(w, "ana").stage, stages) == ("member", "left", ["ending", "ending"])


def test_leaving_drops_an_open_offer() -> None:
    """Somebody who leaves while an offer is open is asked nothing more, and the other one is not left waiting."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    add_member(w, "ana", {"learn": "kubernetes", "offer": "rust deep"})
    add_member(w, "bram", {"learn": "rust", "offer": "kubernetes deep"})
    for line in ("pair ana bram now", "yes"):
        w.say("dana", line)
    asked = next(d for d in w.programme.tables.dialogues.rows.values() if d.form == "offer")
    name = w.programme.tables.people.rows[asked.person].name
    says(w, name, "leave", "yes")

    assert person(w, name).stage == "left"
    assert [p.stage for p in w.programme.tables.pairs.rows.values()] == ["withdrawn"]
    assert [t for t in w.programme.tables.timers.rows.values() if t.about == f"person {asked.person}"] == []


# ------------------------------------------------------------------------------- the words on their way


def gone(w: World) -> None:
    """Ana has left M12, and answered everything."""
    says(w, "ana", "drop", "3", "2", "skip", "yes", "rematch later. no")


def test_words_that_cannot_be_delivered_come_back_to_moderators() -> None:
    """When the letter is given up the pair is still ending, moderators know, and approve tries again."""
    w = town()
    gone(w)
    w.away.add("irc:test/bram")
    w.say("dana", f"approve H{case(w).id} now")
    w.pass_until(w.now + timedelta(hours=80))
    told = [line for to, line in w.said if to == "team" and "could not be delivered" in line]
    stage = pair(w).stage
    w.away.clear()
    w.say("esi", f"approve H{case(w).id} now")
    w.pass_until(w.now + timedelta(hours=24))

    assert (len(told), stage, pair(w).stage) == (1, "ending", "ended")


def test_a_receipt_that_comes_twice_ends_the_pair_once() -> None:
    """Receipts may repeat after a crash: the second one changes nothing and says nothing."""
    w = town()
    gone(w)
    w.away.add("irc:test/bram")
    w.say("dana", f"approve H{case(w).id} now")
    letter = next(x for x in w.programme.tables.letters.rows.values() if x.receipt.startswith("farewell"))
    w.away.clear()
    w.deliver()
    ended = pair(w)
    w.said.clear()

    assert w.happen(Told(letter, "sent")) == ()
    assert (w.said, pair(w), ended.stage) == ([], ended, "ended")


def test_a_late_timer_still_tells_the_farewell() -> None:
    """After an outage over the planned moment the words leave, in waking hours; nothing is said twice."""
    w = town()
    gone(w)
    w.say("dana", f"approve H{case(w).id}")
    w.said.clear()
    w.outage_until(START + timedelta(hours=20))
    w.pass_until(START + timedelta(hours=30))

    assert sum("has decided to end" in line for to, line in w.said if to == "bram") == 1


def test_held_words_do_not_leave_but_the_hour_is_called_off() -> None:
    """hold takes approved words back, and the neutral line before the hour comes all the same."""
    w = town()
    gone(w)
    number = case(w).id
    w.pass_until(START + timedelta(hours=40))
    w.say("dana", f"approve H{number}")
    w.say("dana", f"hold H{number}")
    w.pass_until(HOUR)

    lines = heard(w, "bram")
    assert [line for line in lines if "hour is off" in line] != []
    assert [line for line in lines if "has decided" in line] == []


def test_the_words_go_after_their_time() -> None:
    """What was said to moderators is deleted 90 days after the pair's end; the pair's record stays."""
    w = town()
    says(w, "ana", "drop", "3", "2", f"1 {CANARY}", "yes", "rematch later. no")
    w.say("dana", f"approve H{case(w).id} now")
    before = CANARY in str(w.programme.tables.cases.rows)
    w.pass_until(START + timedelta(days=91))

    assert (before, CANARY in str(w.programme.tables.cases.rows), pair(w).stage) == (True, False, "ended")


def test_too_long_words_are_refused_with_the_limit() -> None:
    """The leaver's and a moderator's own words have a limit that is named."""
    w = town("farewell.notice_chars = 100")
    answer = says(w, "ana", "drop", "3", "2", "skip", f"edit {'a' * 101}")
    says(w, "ana", "yes", "stop")
    refused = says(w, "dana", f"edit H{case(w).id} {'a' * 101}")

    assert answer == refused == ["That is longer than I can pass on: at most 100 characters, please."]


def test_no_line_is_longer_than_irc_carries() -> None:
    """Every line of a farewell stays under 400 bytes with usual names."""
    w = town()
    says(w, "ana", "drop")
    lines: list[str] = []
    for line in ("3", "2", "4 it felt wrong", "yes", "1", "rematch later. no"):
        w.say("ana", line)
        lines += [said for _, said in w.said]
        w.said.clear()
    w.say("dana", f"reply H{case(w).id} I am here")
    w.say("dana", f"approve H{case(w).id} now")
    lines += [said for _, said in w.said]

    assert max(len(line.encode()) for line in lines) <= 400, max(lines, key=len)


# ------------------------------------------------------------------------------- both, in any order


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ana", "bram"]),
            st.sampled_from(
                ["drop", "1", "2", "3", "yes", "no", "done", "skip", "leave", "later", "stop", "rematch yes"]
            ),
        ),
        min_size=4,
        max_size=25,
    ),
    st.lists(st.integers(1, 100), max_size=3),
)
def test_two_who_leave_in_any_order_come_to_an_end_or_stay(moves: list[tuple[str, str]], waits: list[int]) -> None:
    """Whatever both say, nothing breaks; and a pair that is ending is ended by approving every farewell there is."""
    w = town()
    for index, (name, line) in enumerate(moves):
        w.say(name, line)
        if index % 5 == 4 and waits:
            w.pass_until(w.now + timedelta(hours=waits[index % len(waits)]))
    if pair(w).stage == "ending":
        w.pass_until(w.now + timedelta(days=5))
        for one in [c for c in w.programme.tables.cases.rows.values() if c.stage != "closed"]:
            w.say("dana", f"reply H{one.id} hello")
        for one in [c for c in w.programme.tables.cases.rows.values() if c.topic == "farewell" and c.stage != "closed"]:
            w.say("dana", f"approve H{one.id} now")
        w.pass_until(w.now + timedelta(days=2))

    assert pair(w).stage in {"active", "resting", "trial", "ended"}


def test_someone_who_becomes_moderator_does_not_see_their_own_farewell() -> None:
    """The partner is made a moderator while the farewell waits: it stays hidden from them."""
    w = town()
    gone(w)
    w.make(Put(replace(person(w, "bram"), moderator=True)))

    assert says(w, "bram", "cases") == ["No case is open."]
    assert says(w, "bram", f"show H{case(w).id}") == [f"There is no open H{case(w).id}. cases lists them."]
