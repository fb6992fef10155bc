"""The verbs around the hour at their edges: several partners, quiet hours, silence, feedback, pairs that end meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from relaybot.desk import Desk
from relaybot.model import Meeting, Pair, Participant, Person, Put, Tally
from relaybot.nouns import meetings, pairs, sessions
from tests.play import NAME, World, add_hour, add_member, add_pair, add_person, world

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)  # a Thursday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def two(stage: str = "trial", settings: str = "", *, apart: bool = False, free: str = "any day 08:00-22:00") -> World:
    """Lupe and Oto in UTC, M21, and a moderator."""
    w = world(NOW, settings)
    add_member(w, "lupe", {"zone": "UTC", "free": free})
    add_member(w, "oto", {"zone": "UTC", "free": free})
    add_person(w, "dana", moderator=True)
    add_pair(w, 21, "lupe", "oto", stage, apart=apart)
    return w


def said(w: World, reader: str) -> list[str]:
    """What a reader got since the last look; what others got is forgotten too."""
    lines = [line for to, line in w.said if to == reader]
    w.said = []
    return lines


def pair_of(w: World, number: int = 21) -> Pair:
    """A pair as it is now."""
    return w.programme.tables.pairs.rows[number]


def side(w: World, name: str, number: int = 21) -> Participant:
    """One person's side of a pair."""
    person = person_of(w, name)
    return w.programme.tables.participants.rows[(number, person.id)]


def person_of(w: World, name: str) -> Person:
    """A person by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def change(w: World, record: Any, **fields: object) -> None:
    """Make a record something else, without an event."""
    w.make(Put(replace(record, **fields)))


def meeting_of(w: World, number: int = 40) -> Meeting:
    """An hour as it is now."""
    return w.programme.tables.meetings.rows[number]


def hold_hour(w: World, number: int, at: datetime) -> None:
    """Let an hour take place from its beginning to its end."""
    add_hour(w, number, 21, at)
    w.pass_until(at)
    w.say("lupe", "start", "m21")
    w.pass_until(at + HOUR)
    w.said = []


# ------------------------------------------------------------------------------------------ several hours


def test_with_several_hours_ahead_one_is_asked_for() -> None:
    """An id may be left out only when one hour is to come."""
    w = two()
    add_hour(w, 40, 21, NOW + 10 * HOUR)
    add_hour(w, 41, 21, NOW + 40 * HOUR)
    w.say("oto", "skip")
    assert said(w, "oto") == [
        "You have several hours ahead: S40 Thu 26 Nov 19:00, S41 Sat 28 Nov 01:00. Please add which, e.g. S40."
    ]
    w.say("oto", "skip s41")
    assert (meeting_of(w, 41).stage, meeting_of(w, 40).stage) == ("skipped", "agreed")


def test_a_move_into_another_hour_is_refused() -> None:
    """Two hours of one person cannot overlap."""
    w = two()
    add_hour(w, 40, 21, NOW + 10 * HOUR)
    add_hour(w, 41, 21, NOW + 40 * HOUR)
    w.say("oto", "reschedule S40 sat 01:30")
    assert said(w, "oto") == ["You have an hour at that time already (S41). Please name another time."]


def test_an_hour_cannot_be_extended_into_the_next_one() -> None:
    """Who has another hour at 11:10 can go on until then, whoever asks."""
    w = two()
    add_hour(w, 40, 21, NOW + HOUR)
    add_hour(w, 41, 21, NOW + 2 * HOUR + 10 * timedelta(minutes=1))
    w.pass_until(NOW + HOUR)
    w.say("lupe", "start", "m21")
    w.said = []
    w.say("oto", "!extend 15", "m21")
    assert said(w, "oto") == ["Another hour of yours begins at 11:10, so this one can go on until then at most."]
    w.say("oto", "!extend 10", "m21")
    w.say("lupe", "!yes", "m21")
    assert said(w, "m21") == ["New end 11:10, swap at 10:35."]


def test_no_more_hours_than_the_programme_keeps_open() -> None:
    """The number of agreed hours of one pair has a limit."""
    w = two(settings="session.open_hours = 1")
    add_hour(w, 40, 21, NOW + 10 * HOUR)
    w.say("lupe", "propose sat 10:00")
    assert said(w, "lupe") == ["You have as many hours agreed as I keep (1). skip S<number> takes one out."]


def test_a_proposal_that_meanwhile_clashes_is_not_agreed() -> None:
    """The partner said yes to someone else at that time: they are told, and nothing is agreed."""
    w = two(settings="cap = 2")
    add_member(w, "ana", {"zone": "UTC"})
    add_pair(w, 22, "oto", "ana", "active")
    w.say("lupe", "propose M21 sat 10:00")
    add_hour(w, 40, 22, NOW + 2 * DAY + HOUR)
    w.said = []
    w.say("oto", "1")
    assert said(w, "oto") == [
        "You have another hour then by now, so Sat 28 Nov 10:00 won't do. propose <time> suggests another one."
    ]
    assert len(w.programme.tables.meetings.rows) == 1


def test_a_verb_in_a_pairs_place_means_that_pair() -> None:
    """With two partners, the place says which one is meant."""
    w = two(settings="cap = 2")
    add_member(w, "ana", {"zone": "UTC"})
    add_pair(w, 22, "oto", "ana", "active")
    w.say("oto", "!propose sat 10:00", "m22")
    assert said(w, "ana") == ["oto proposes an hour: Sat 28 Nov 10:00 UTC. 1 fine  2 other time  3 not then"]


def test_times_that_have_passed_are_not_agreed() -> None:
    """An answer that comes after the moment itself agrees on nothing."""
    w = two()
    w.say("lupe", "propose in 2h")
    w.pass_until(NOW + 3 * HOUR)
    w.said = []
    w.say("oto", "1")
    assert said(w, "oto") == ["Those times have passed by now. slots shows new ones."]
    w.say("oto", "agree")
    assert said(w, "oto")[0].startswith("lupe has proposed nothing that is still to come.")


# ------------------------------------------------------------------------------------------- reminders


def test_no_reminder_in_quiet_hours() -> None:
    """A reminder that would fall into the night comes in the morning, for each on their own clock."""
    w = two()
    change(w, person_of(w, "oto"), zone="Asia/Kolkata")
    add_hour(w, 40, 21, datetime(2026, 11, 28, 22, 0, tzinfo=UTC))
    due = {t.name: t.due for t in w.programme.tables.timers.rows.values() if t.name.startswith("remind")}
    assert due == {
        "remind 0": datetime(2026, 11, 28, 8, 0, tzinfo=UTC),
        "remind 1": datetime(2026, 11, 28, 2, 30, tzinfo=UTC),
    }


def test_no_reminder_for_an_hour_agreed_within_a_day() -> None:
    """Who agreed just now needs no reminder; the call before the hour comes all the same."""
    w = two()
    add_hour(w, 40, 21, NOW + 5 * HOUR)
    w.pass_until(NOW + 4 * HOUR + timedelta(minutes=45))
    assert said(w, "oto") == ["oto: your hour with lupe starts in 15 minutes, in #tech-peer-m21."]


def test_a_reminder_after_an_outage_says_today() -> None:
    """A reminder that was due in an outage is sent while it is of use, with the truth about the day."""
    w = two()
    add_hour(w, 40, 21, NOW + 30 * HOUR)
    w.outage_until(NOW + 26 * HOUR)
    assert said(w, "oto")[0].startswith("Today Fri 27 Nov 15:00 (your time): trial hour with lupe (S40).")


# ------------------------------------------------------------------------------------------------ fit


def test_the_fit_question_waits_for_the_morning() -> None:
    """After an hour in the evening it is asked when quiet hours are over."""
    w = two()
    hold_hour(w, 40, datetime(2026, 11, 26, 20, 0, tzinfo=UTC))
    w.pass_until(datetime(2026, 11, 27, 7, 59, tzinfo=UTC))
    assert said(w, "lupe") == []
    w.pass_until(datetime(2026, 11, 27, 8, 0, tzinfo=UTC))
    assert said(w, "lupe")[0].startswith("How was it with oto?")


def test_a_programme_may_want_more_good_hours() -> None:
    """With four good answers wanted, two hours are asked about before the pair is a regular one."""
    w = two(settings="fit.good_fits = 4")
    for number, at in ((40, NOW + HOUR), (41, NOW + 5 * HOUR)):
        hold_hour(w, number, at)
        w.pass_until(at + HOUR + timedelta(minutes=20))
        assert pair_of(w).stage == "trial"
        w.say("lupe", "1")
        w.say("oto", "1")
    assert pair_of(w).stage == "active"


def test_a_pair_that_said_good_before_its_first_hour_here_is_active() -> None:
    """They met by themselves: two good answers are enough."""
    w = two("introduced")
    w.say("lupe", "fit good")
    w.say("oto", "fit good")
    assert pair_of(w).stage == "active"


def test_both_good_with_an_hour_agreed_names_it() -> None:
    """Nobody is asked for times when the next hour stands."""
    w = two()
    add_hour(w, 40, 21, NOW + 10 * HOUR)
    w.say("lupe", "fit good")
    w.said = []
    w.say("oto", "fit good kind")
    assert said(w, "lupe") == ["You both said good fit! Your next hour: Thu 26 Nov 19:00 (S40)."]


def test_feedback_is_deleted_some_time_after_the_end() -> None:
    """While the pair goes on it is kept; ninety days after its end it is gone."""
    w = two("active")
    w.say("lupe", "fit unsure too fast")
    kept = list(w.programme.tables.feedback.rows.values())
    assert [(f.value, f.words) for f in kept] == [("unsure", "too fast")]
    w.pass_until(NOW + 91 * DAY)
    assert len(w.programme.tables.feedback.rows) == 1
    change(w, pair_of(w), stage="ended", ended_at=w.now, ended_by=1)
    w.pass_until(w.now + 89 * DAY)
    assert len(w.programme.tables.feedback.rows) == 1
    w.pass_until(w.now + 1 * DAY)
    assert len(w.programme.tables.feedback.rows) == 0


def test_something_off_with_nobody_to_read_it_names_the_operator() -> None:
    """The only moderator is the partner: the operator is named, and the moderator learns nothing."""
    w = world(NOW, 'operator = "ops@example.org"')
    add_member(w, "lupe", {"zone": "UTC"})
    dana = add_member(w, "dana", {"zone": "UTC"})
    change(w, dana, moderator=True)
    add_pair(w, 21, "lupe", "dana", "active")
    w.say("lupe", "off she shouts")
    lines = list(w.said)
    assert [reader for reader, _ in lines] == ["lupe"]
    assert "ops@example.org" in lines[0][1]


def test_open_matters_have_a_limit() -> None:
    """More than the limit of open cases is answered with what to do instead."""
    w = two("active", settings="limits.open_cases = 1")
    w.say("lupe", "off one")
    w.said = []
    w.say("lupe", "off two")
    assert said(w, "lupe") == [
        "You have 1 open matters with the moderators; please add to one of them: moderator <words>"
    ]


def test_off_without_any_partner_says_where_to_turn() -> None:
    """Who never had a partner is shown the other way to a person."""
    w = world(NOW)
    add_member(w, "lupe", {"zone": "UTC"})
    w.say("lupe", "off hm")
    assert said(w, "lupe") == [
        "You have had no partner here yet. moderator <words> reaches a person about anything else."
    ]


# -------------------------------------------------------------------------------------------- silence


def quiet_pair(w: World) -> None:
    """The watch over a pair begins."""
    desk = Desk(w.programme, w.moment())
    sessions.watch(desk, desk.pairs[21])
    w.make(*desk.changes())


def test_a_silent_pair_rests_and_any_word_wakes_it() -> None:
    """After everything was asked in vain the pair rests; a word in its place makes it a regular one again."""
    w = two("active")
    for name in ("lupe", "oto"):
        change(w, side(w, name), fit="good", good_fits=1)
    quiet_pair(w)
    w.pass_until(NOW + 48 * DAY)
    assert pair_of(w).stage == "active"
    w.pass_until(NOW + 50 * DAY)
    assert pair_of(w).stage == "resting"
    w.say("oto", "hello, still there?", "m21")
    assert pair_of(w).stage == "active"


def test_a_pair_on_trial_that_rested_is_on_trial_again() -> None:
    """Resting is no shortcut to a regular pair: without two good answers it is a trial as before."""
    w = two("trial")
    quiet_pair(w)
    w.pass_until(NOW + 50 * DAY)
    assert pair_of(w).stage == "resting"
    w.say("oto", "pulse 1")
    assert pair_of(w).stage == "trial"


def test_a_word_begins_the_watch_anew() -> None:
    """Nobody is asked three weeks after the introduction when they spoke last week."""
    w = two("active")
    quiet_pair(w)
    w.pass_until(NOW + 15 * DAY)
    w.say("oto", "good morning", "m21")
    w.pass_until(NOW + 35 * DAY)
    assert said(w, "oto") == []
    w.pass_until(NOW + 37 * DAY)
    assert said(w, "oto")[0].startswith("It has been quiet between you and lupe for 3 weeks.")


def test_an_agreed_hour_is_no_silence() -> None:
    """While an hour is ahead nobody is asked whether all is well."""
    w = two("active")
    add_hour(w, 40, 21, NOW + 30 * DAY)
    w.pass_until(NOW + 28 * DAY)
    assert said(w, "oto") == []


def test_the_pulse_keeps_to_the_budget_of_unasked_messages() -> None:
    """Who got something unasked today is asked tomorrow."""
    w = two("active")
    quiet_pair(w)
    change(w, person_of(w, "oto"), unasked=(NOW + 21 * DAY - HOUR,))
    w.pass_until(NOW + 21 * DAY)
    assert [reader for reader, _ in w.said] == ["lupe"]
    w.pass_until(NOW + 22 * DAY)
    assert said(w, "oto")[0].startswith("It has been quiet")


def test_pulse_answers_go_where_they_should() -> None:
    """Something off becomes an urgent case, stop opens the way out, no time shows times."""
    w = two("active")
    w.say("oto", "pulse 4 she shouts")
    assert [c.urgent for c in w.programme.tables.cases.rows.values()] == [True]
    w.said = []
    w.say("oto", "pulse 3")
    assert said(w, "oto")[0].startswith("You'd like to end M21 with lupe.")
    w.say("oto", "stop")
    w.said = []
    w.say("lupe", "pulse 2")
    assert said(w, "lupe")[1].startswith("Times that suit you and oto both:")


# ------------------------------------------------------------------------------- pairs that end meanwhile


def test_a_running_hour_that_is_called_off_says_nothing_more() -> None:
    """Somebody leaves in the middle of the hour: the clock stands, no timer is left, no line comes any more."""
    w = two("active")
    add_hour(w, 40, 21, NOW + HOUR)
    w.pass_until(NOW + HOUR)
    w.say("lupe", "start", "m21")
    w.pass_until(NOW + HOUR + timedelta(minutes=10))
    w.said = []
    desk = Desk(w.programme, w.moment())
    meetings.call_off(desk, desk.meetings[40])
    w.make(*desk.changes())
    stopped = meeting_of(w)
    assert (stopped.stage, stopped.ran_at, stopped.taught) == ("off", None, (600, 0))
    assert [t.name for t in w.programme.tables.timers.rows.values() if t.about == "S40"] == []
    w.pass_until(NOW + 10 * HOUR)
    assert w.said == []


def test_an_open_question_of_a_pair_that_ends_is_answered_with_the_truth_known() -> None:
    """The partner of someone who left answers an open question: neither the leaving nor a promise is told."""
    w = two("active")
    w.say("lupe", "propose sat 10:00")
    desk = Desk(w.programme, w.moment())
    pair = desk.pairs[21]
    pairs.stop_hours(desk, pair)
    lupe = person_of(w, "lupe")
    desk.change(desk.pairs[21], stage="ending", ended_by=lupe.id, told_by="moderator")
    w.make(*desk.changes())
    w.said = []
    w.say("oto", "1")
    assert said(w, "oto") == ["Nothing can be arranged in M21 just now. dana will write to you."]
    w.say("oto", "reschedule sat 11:00")
    assert said(w, "oto") == ["Nothing can be arranged in M21 just now. dana will write to you."]
    assert not w.programme.tables.meetings.rows


def test_the_moderator_in_a_pair_is_not_told_of_its_misses() -> None:
    """What moderators hear of a pair goes past the one who is in it."""
    w = world(NOW)
    add_member(w, "lupe", {"zone": "UTC"})
    esi = add_person(w, "esi", moderator=True)
    dana = add_member(w, "dana", {"zone": "UTC"})
    change(w, dana, moderator=True)
    add_pair(w, 21, "lupe", "dana", "active")
    for name in ("lupe", "dana"):
        change(w, side(w, name), missed_in_row=1)
    add_hour(w, 40, 21, NOW + HOUR)
    w.pass_until(NOW + HOUR + timedelta(minutes=20))
    heard = [reader for reader, line in w.said if "missed in a row" in line]
    assert heard == [esi.name]


# ------------------------------------------------------------------------------------------- outages


def test_without_a_sign_of_life_the_outage_began_when_the_clock_was_due() -> None:
    """The office wrote a newer sign of life already: the moment the clock missed is named."""
    w = two("active")
    add_hour(w, 40, 21, NOW + HOUR)
    w.pass_until(NOW + HOUR)
    w.say("lupe", "start", "m21")
    w.said = []
    w.now = NOW + HOUR + timedelta(minutes=15)
    w.make(Put(Tally(NAME, "alive", (w.now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))))
    w.pass_until(w.now)
    assert said(w, "m21") == ["I was away from 10:02 to 10:15. Your clock kept running: swap at 10:30 as planned."]


def test_a_command_after_an_outage_finds_everything_settled() -> None:
    """The first word after an outage is heard before the late timer: what was due comes first, and only once."""
    w = two("active")
    add_hour(w, 40, 21, NOW + HOUR)
    w.pass_until(NOW + HOUR)
    w.say("lupe", "start", "m21")
    w.said = []
    w.now = NOW + HOUR + timedelta(minutes=40)
    w.say("oto", "!hold", "m21")
    lines = [line for reader, line in w.said if reader == "m21"]
    assert lines[0].startswith("I was away from 10:02 to 10:40. Your clock kept running: the swap was at 10:30.")
    assert lines[1] == "Clock stopped, both of you. !go when ready."
    assert meeting_of(w).taught == (30 * 60, 10 * 60)
    w.said = []
    w.pass_until(w.now)
    assert w.said == []


def test_lines_of_the_clock_fit_into_a_line_of_irc() -> None:
    """The longest names and skills, two clocks: every line stays within 400 bytes (invariant 20)."""
    w = world(NOW)
    long, skill = ("a" * 40, "b" * 40), "s" * 60
    add_member(
        w, long[0], {"zone": "America/Argentina/Buenos_Aires", "offer": f"{skill} deep", "learn": f"t{skill[1:]} new"}
    )
    add_member(w, long[1], {"zone": "Asia/Ho_Chi_Minh", "offer": f"t{skill[1:]} deep", "learn": f"{skill} new"})
    add_pair(w, 21, *long, "trial")
    add_hour(w, 40, 21, NOW + 26 * HOUR)
    w.pass_until(NOW + 26 * HOUR)
    w.say(long[0], "start", "m21")
    for verb in ("hold", "go", "extend 4"):
        w.say(long[0], verb)
    w.say(long[1], "yes", "m21")
    w.pass_until(NOW + 27 * HOUR + timedelta(minutes=24))
    lines = [line for _, line in w.said]
    assert any(line.startswith("Swap!") and skill[1:] in line for line in lines)
    assert max(len(line.encode()) for line in lines) <= 400
