"""The invariants of a programme: where each is proved, and the proofs that need whole lives.

| invariant | proved in |
|---|---|
| 1 no name before both said yes, no address ever | here; test_pairing_invariants.py; soundness of letters: test_pairing.py |
| 2 whatever did not come together reads the same | test_pairing_invariants.py |
| 3 reasons reach moderators only, none in the pair | here (lives, exports, files); test_leaving.py (byte-equal worlds) |
| 4 the limit of partners, with simultaneous answers | test_pairing_invariants.py; test_life.py |
| 5 equal time in both directions | test_hour.py |
| 6 every timer once across crash and restart | test_invariants_crash.py; test_plays.py (a restart after every event); test_crash.py (kill -9) |
| 7 one mail in, at most one out to its sender; none for a machine's | test_mail_hostile.py (all its mails); test_mail_loops.py (two relaybots, vacation notes, returned mail); test_crash_mail.py (kill -9) |
| 8 everybody has a next, in every state | here (lives); test_invariants_dialogues.py (plays); test_whereabouts.py (every stage) |
| 9 every dialogue ends, accepts stop, bears a repeat | test_invariants_dialogues.py |
| 10 the same on every medium leaves the same behind | test_styles.py; test_plays_by_mail.py; test_private_mail.py; test_matrix_wire.py |
| 11 no relayed words after delivery, nor in logs | test_invariants_words.py; test_mail_private.py (the real process by mail, every log line); test_storage_store.py (deleted means gone from the files) |
| 13 nobody sees a case about themselves | test_cases.py; here (lives) |
| 14 never without the last moderator; no case unheld in silence | here; test_soundness.py; test_cases.py |
| 15 undone means that nothing was | here |
| 16 private words only to the linked account, when they leave | test_irc_contract.py (embedded and real servers) |
| 17 nothing unasked to who is on a pause, and not counted | here; test_resting.py |
| 18 small counts are not printed in public | here; test_guiding.py |
| 19 one medium down: the words come another way, or a moderator is told | test_medium_down.py; medium_down.play; test_mail_faults.py (the mail server down) |
| 20 lines fit into IRC's | here (lives); test_invariants_dialogues.py (plays, also with the longest names) |

12 speaks of weekly hours.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.desk import Desk
from relaybot.events import Due, Moment
from relaybot.model import Entry, Pair, Put, Timer
from relaybot.nouns import people, whereabouts
from tests.play import NAME, add_applicant, add_hour, add_member
from tests.watched import ALL, MOVES, ORDINARY, PEERS, START, Move, Watched, change, live, moderators, watched

LINE_BYTES = 400
reached: Counter[str] = Counter()


# ------------------------------------------------------------------------------ what must hold in any life


def names_known_too_early(w: Watched) -> list[str]:
    """Invariant 1: lines in which somebody who does not moderate reads the name of one they were not introduced to."""
    readers = set(PEERS) - moderators(w)
    found = []
    for said in w.history:
        if said.reader in readers:
            strangers = {n for n in PEERS if n in said.line} - said.acquainted - {said.reader}
            found += [f"{said.reader} < {said.line}"] if strangers else []
            others = [n for n in ALL if n != said.reader and f"test/{n}" in said.line]
            found += [f"{said.reader} < {said.line}"] if others else []
        elif said.reader == "public" and any(n in said.line for n in PEERS):
            found.append(f"public < {said.line}")
    return found


def secrets_read(w: Watched) -> list[str]:
    """Invariants 3 and 13: words for moderators that reached somebody else, or one whom they concern."""
    return [
        f"{said.reader} < {said.line}"
        for said in w.history
        for word in re.findall(r"zq\d+x", said.line)
        if said.reader in w.secrets[word]
    ]


def unasked_on_a_pause(w: Watched) -> list[str]:
    """Invariant 17: lines that a timer or a receipt wrote to somebody who is on a pause."""
    return [f"{s.reader} < {s.line}" for s in w.history if s.paused and isinstance(s.cause, Due)]


def too_long(w: Watched) -> list[str]:
    """Invariant 20: lines that an IRC network would cut."""
    return [f"{s.reader} < {s.line}" for s in w.history if len(s.line.encode()) > LINE_BYTES]


DAY = re.compile(r"\bby (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def without_next(w: Watched) -> list[str]:
    """Invariant 8: people whose status does not end in who acts next, or promises a day that is over."""
    desk, found = Desk(w.programme, w.moment()), []
    for someone in w.programme.tables.people.rows.values():
        lines = whereabouts.lines(desk, someone)
        if not re.fullmatch(r"Next: \S.*", lines[-1]) or any(not line for line in lines):
            found.append(f"{someone.name}: {lines}")
        today = w.now.astimezone(ZoneInfo(people.zone(someone))).date()
        for day, month in DAY.findall(lines[-1]):
            promised = datetime(today.year, MONTHS.index(month) + 1, int(day)).date()  # noqa: DTZ001 - a date only
            if timedelta(0) < today - promised < timedelta(days=180):
                found.append(f"{someone.name} on {today}: {lines[-1]}")
    return found


def nobody_moderates(w: Watched) -> list[str]:
    """Invariant 14: members without anybody who moderates."""
    members = [p.name for p in w.programme.tables.people.rows.values() if p.stage == "member"]
    return members if not moderators(w) else []


def planned_for_nothing(w: Watched) -> list[str]:
    """Invariant 6: timers of an offer that is over, except for the news of it."""
    over = {f"M{p.id}" for p in w.programme.tables.pairs.rows.values() if p.stage in {"refused", "lapsed", "withdrawn"}}
    timers = w.programme.tables.timers.rows.values()
    return [f"{t.name} {t.about}" for t in timers if t.about in over and t.name not in {"offer-neutral", "offer-gone"}]


def check(w: Watched) -> None:
    """Everything above, over what was said since the last time."""
    assert names_known_too_early(w) == []
    assert secrets_read(w) == []
    assert unasked_on_a_pause(w) == []
    assert too_long(w) == []
    assert without_next(w) == []
    assert nobody_moderates(w) == []
    assert planned_for_nothing(w) == []
    w.history.clear()


ASKING = ("status", "profile", "privacy", "mydata", "pairs", "cases", "queue", "health", "waiting", "audit M1", "audit M2", "audit M3",
          "show M1", "show M2", "show M3", "show quorra", "audit bramwi")  # fmt: skip


@settings(max_examples=60)
@given(start=st.integers(0, len(ORDINARY)), wild=st.lists(MOVES, max_size=25))
def test_any_life_keeps_what_was_promised(start: int, wild: list[Move]) -> None:
    """However a life goes on from any stretch of an ordinary one: 1, 3, 8, 13, 14, 17, 20 hold, whoever asks for what at the end."""
    w = watched()
    for move in [*ORDINARY[:start], *wild]:
        live(w, move)
        check(w)
    every = [f"{verb} H{number}" for number in w.programme.tables.cases.rows for verb in ("show", "audit")]
    for name in (*ALL, "dana"):
        for line in (*ASKING, *every):
            w.say(name, "stop")
            w.say(name, line)
    check(w)
    reached.update(w.reached)


def test_an_ordinary_life_is_one() -> None:
    """The stretches the random lives go on from reach a no, an introduction, a held hour and a farewell, with secrets in each."""
    w = watched()
    for move in ORDINARY:
        live(w, move)
    stages = {m.stage for m in w.programme.tables.meetings.rows.values()}

    assert {"pair refused", "pair introduced", "pair trial", "pair ending", "pair ended"} <= w.reached
    assert "held" in stages
    read = {word for said in w.history for word in re.findall(r"zq\d+x", said.line)}
    assert len(w.secrets) >= 7
    assert read >= set(w.secrets) - {"zq1x"}  # the word for a good fit is nobody's news


# --------------------------------------------------------------------------------------- undone (invariant 15)

UNDONE = (
    ("pair quorra bramwi", "M1"), ("pair quorra bramwi note both like tea", "M1"), ("pair esi lupexi", "M1"),
    ("decline A1 not this year", "A1"), ("defer A1 we have nobody for COBOL", "A1"),
)  # fmt: skip
AFTERWARDS = st.lists(
    st.tuples(st.sampled_from(ALL), st.sampled_from(("status", "profile", "privacy", "mydata"))), max_size=4
)


def members_hear(
    decision: str, waits: int, asked: list[tuple[str, str]], undo: str
) -> tuple[list[tuple[str, str]], list[Entry]]:
    """What everybody but the moderator hears in three weeks, and the journal, with a decision taken back or none at all."""
    w = watched()
    w.said.clear()
    add_applicant(w, "newton", {})
    if decision:
        for line in (decision, "yes"):
            w.say("dana", line)
        w.pass_until(w.now + timedelta(seconds=waits))
        w.say("dana", undo)
    else:
        w.pass_until(w.now + timedelta(seconds=waits))
    for who, line in asked:
        w.say(who, line)
    w.pass_until(w.now + timedelta(days=3))
    return [(s.reader, s.line) for s in w.history if s.reader not in {"dana", "team"}], w.journal


@given(st.sampled_from(UNDONE), st.integers(0, 599), AFTERWARDS)
def test_undone_is_as_if_it_had_not_been(decision: tuple[str, str], waits: int, asked: list[tuple[str, str]]) -> None:
    """Within the ten minutes: what members hear is what they hear in a world without it, and one line of the journal says undo."""
    said, number = decision
    with_, journal = members_hear(said, waits, asked, f"undo {number}")
    without, _ = members_hear("", waits, asked, "")

    assert with_ == without
    assert [(e.verb, e.about) for e in journal if e.verb == "undo"] == [("undo", number)]


def test_a_decision_is_heard_when_it_is_not_undone() -> None:
    """The worlds above could differ: without the undo they do."""
    for said, number in UNDONE:
        heard, _ = members_hear(said, 700, [], f"undo {number}")
        assert heard != members_hear("", 700, [], "")[0]


# ---------------------------------------------------------------------------------------- pauses (invariant 17)


def test_who_is_on_a_pause_hears_nothing_unasked() -> None:
    """Offer, reminders, still looking, fit, silence, farewell: nothing of all that comes in forty days of a pause."""
    for name in ("lupexi", "quorra"):  # one who waits, one with a partner and an hour
        w = watched()
        for move in ORDINARY[1:3]:
            live(w, move)
        w.say(name, "pause until 20 jan")
        w.history.clear()
        w.pass_until(w.now + timedelta(days=40))

        assert [s.line for s in w.history if s.reader == name] == []


def test_an_hour_just_after_a_pause_is_not_announced_within_it() -> None:
    """The hour on the day they are back stays, and the reminder of the day before, which falls into the pause, does not come."""
    w = watched()
    for move in ORDINARY[1:2]:
        live(w, move)
    add_hour(w, 40, 1, w.now + timedelta(days=10, hours=9))
    w.say("quorra", "pause in 10 days")
    w.history.clear()
    w.pass_until(w.now + timedelta(days=9, hours=14))

    assert [s.line for s in w.history if s.reader == "quorra"] == []
    assert any("Is that still good?" in s.line for s in w.history if s.reader == "bramwi")
    assert w.programme.tables.meetings.rows[40].stage == "agreed"


@pytest.mark.parametrize("name", sorted(people._NUDGES))
def test_whatever_is_planned_waits_for_the_end_of_a_pause(name: str) -> None:
    """An unasked message that falls into a pause is not said before it is over, whichever it is and whoever planned it."""
    w = watched()
    someone = next(p for p in w.programme.tables.people.rows.values() if p.name == "lupexi")
    change(w, someone, paused_until=w.now + timedelta(days=30))
    w.make(Put(Timer(NAME, f"nudge {name}", f"person {someone.id}", w.now + timedelta(hours=1))))
    w.pass_until(w.now + timedelta(days=29))

    assert [s.line for s in w.history if s.reader == "lupexi"] == []
    assert (f"nudge {name}", f"person {someone.id}") in w.programme.tables.timers.rows


@given(st.lists(st.integers(0, 14 * 24), max_size=30), st.integers(0, 23))
def test_unasked_messages_keep_to_their_budget(hours: list[int], begins: int) -> None:
    """At most one a day and three a week, never in quiet hours, whatever was said before; the first moment that is free."""
    w = watched(now=START + timedelta(hours=begins))
    someone = next(p for p in w.programme.tables.people.rows.values() if p.name == "lupexi")
    said: list[datetime] = []
    for later in sorted(hours):
        moment = w.now + timedelta(hours=later)
        desk = Desk(w.programme, Moment(max([moment, *said]), b""))
        at = people.may_write_at(desk, replace(someone, unasked=tuple(said)))
        said.append(at)
        assert 8 <= at.astimezone(ZoneInfo(someone.zone)).hour < 21
    for at in said:
        assert len([other for other in said if at <= other < at + timedelta(days=1)]) <= 1
        assert len([other for other in said if at <= other < at + timedelta(days=7)]) <= 3


@pytest.mark.parametrize(("wish", "waits"), [("yes", True), ("later", False), ("no", False)])
def test_nobody_is_looked_for_against_their_wish(wish: str, waits: bool) -> None:
    """Whoever wants no one new is not put into the list again by anything that ends, and in no count of who waits."""
    w = watched()
    w.say("lupexi", f"rematch {wish}")
    someone = next(p for p in w.programme.tables.people.rows.values() if p.name == "lupexi")
    desk = Desk(w.programme, w.moment())
    people.start_waiting(desk, desk.people[someone.id], front=True)

    assert (desk.people[someone.id].waiting_since is not None) is waits
    assert (someone.id in {p.id for p in people.waiting(desk)}) is waits


@settings(max_examples=30)
@given(
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.lists(st.sampled_from(("active", "resting", "ending")), max_size=12),
)
def test_public_counts_are_of_those_who_are_there(away: list[bool], stages: list[str]) -> None:
    """Invariants 17 and 18: the public line counts neither who is on a pause nor pairs that rest; below 5 it says no number."""
    w = watched()
    for number, rests in enumerate(away):
        member = add_member(w, f"m{number}", {})
        if rests:
            w.say(member.name, "pause until 20 jan")
    for number, stage in enumerate(stages):
        pair = Pair(NAME, 100 + number, stage, drafted_by=0, drafted_at=w.now, told_by="self", ended_by=1)
        w.make(Put(pair))
    w.history.clear()
    w.say("quorra", "!help", "public")
    waiting, pairs = len(ALL) + away.count(False), len(stages) - stages.count("resting")
    line = next(s.line for s in w.history if s.reader == "public")

    assert (f" {waiting} people wait" in line) == (waiting >= 5)
    assert ("fewer than 5 pairs" in line) == (pairs < 5)
    assert (f" {pairs} pairs" in line) == (pairs >= 5)
    # A pause that is over counts again.
    w.pass_until(w.now + timedelta(days=80))
    w.history.clear()
    w.say("quorra", "!help", "public")
    assert f" {len(ALL) + len(away)} people wait" in next(s.line for s in w.history if s.reader == "public")


# ------------------------------------------------------------------------------------ moderators (invariant 14)

TEAM = st.lists(
    st.tuples(
        st.sampled_from(("dana", "esi", "otokar")),
        st.sampled_from(("mod leave", "mod remove dana", "mod remove esi", "mod remove otokar", "mod add otokar", "mod add dana", "forget me",
                         "yes", "no", "leave", "1", "2", "day")),
    ),
    max_size=25,
)  # fmt: skip


@given(TEAM)
def test_the_last_moderator_stays(moves: list[tuple[str, str]]) -> None:
    """However moderators come, go, remove one another and are forgotten: while there are members, somebody moderates."""
    w = watched()
    for who, line in moves:
        if line == "day":
            w.pass_until(w.now + timedelta(hours=25))
        else:
            w.say(who, line)
            if line.startswith("mod ") or line in {"forget me", "leave"}:
                w.say(who, "yes")
        assert nobody_moderates(w) == []
