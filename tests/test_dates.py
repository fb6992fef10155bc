"""Hours in people's calendars: what is asked for, moved and called off, and that no calendar tells it first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters import letters_write
from relaybot.desk import Desk
from relaybot.model import Invitation, Letter
from relaybot.nouns.soundness import unsound
from tests.dates_world import (
    NOON,
    SATURDAY,
    Post,
    agree,
    answer,
    drop,
    meeting,
    pair,
    person,
    post,
    say,
    shown,
    side,
    to,
)

# ------------------------------------------------------------------------------------------- asked for


def test_an_hour_brings_a_date_for_each_half() -> None:
    """Each reader of mail gets one letter with two dates, on their own clock, named from their side, without addresses."""
    w = post()
    letters = agree(w)
    (mine,), (theirs,) = to(letters, "chidi"), to(letters, "mette")
    assert shown([mine]) == shown([theirs]) == [("s1-1", 0, False), ("s1-2", 0, False)]
    assert [i.summary for i in mine.invitations] == ["You teach mette: postgresql", "mette teaches you: accessibility"]
    assert [i.summary for i in theirs.invitations] == [
        "chidi teaches you: postgresql",
        "You teach chidi: accessibility",
    ]
    assert [(i.starts_at, i.ends_at, i.zone) for i in mine.invitations] == [
        (SATURDAY, SATURDAY + timedelta(minutes=30), "Africa/Lagos"),
        (SATURDAY + timedelta(minutes=30), SATURDAY + timedelta(minutes=60), "Africa/Lagos"),
    ]
    assert {i.zone for i in theirs.invitations} == {"Europe/Copenhagen"}
    assert (mine.subject, mine.about) == ("Sat 5 Dec: your hour with mette, in two halves", "S1")
    assert not any("@" in i.summary + i.description for x in letters for i in x.invitations)


def test_both_times_are_said_in_words() -> None:
    """Some calendars take only the first date of a letter, so the text says both halves plainly."""
    w = post()
    (mine,) = to(agree(w), "chidi")
    text = "\n".join(mine.text)
    assert "17:00-17:30 Lagos" in text
    assert "17:30-18:00 Lagos" in text


def test_a_letter_with_an_hour_is_a_mail_with_a_calendar() -> None:
    """What the core decides can be sent: one mail, METHOD:REQUEST, two events, the summaries as decided."""
    w = post()
    (mine,) = to(agree(w), "chidi")
    header = letters_write.Header(
        title="tech-peer",
        address="relaybot@lists.example.org",
        domain="lists.example.org",
        to="chidi@example.net",
        message_id="<1@lists.example.org>",
        loop="x",
        date=NOON,
        reply_to="relaybot+s1.abc@lists.example.org",
    )
    raw = letters_write.write(mine, header)
    start = raw.index(b"Content-Type: text/calendar")
    assert b"method=REQUEST" in raw[start : start + 120]
    assert raw.count(b"S1.ics") >= 1


def test_a_chats_reader_keeps_a_line() -> None:
    """A partner on a chat hears of the hour in one line, and nothing is sent anywhere else."""
    w = post(second="ravi")
    say(w, "chidi@mail", "propose sat 17:00")
    w.taken()
    say(w, "ravi", "agree")
    letters = w.taken()
    assert [x.text for x in letters if x.to == "irc:test/ravi"] == [
        ("Agreed: Sat 5 Dec 17:00-18:00 Copenhagen and Lagos (S1).",)
    ]
    assert shown(letters) == [("s1-1", 0, False), ("s1-2", 0, False)]


def test_no_halves_is_one_date() -> None:
    """Where a programme does not swap, an hour is one date."""
    w = post(settings_='[session]\nswap = "off"')
    (mine,) = to(agree(w), "chidi")
    assert [i.summary for i in mine.invitations] == ["Your hour with mette"]


def test_hours_agreed_ahead_take_turns_only_when_uneven() -> None:
    """Who teaches first is what the letter said, also if another hour is held in between."""
    w = post(stage="active")
    agree(w)
    (second,) = to(agree(w, at="12 dec 17:00"), "chidi")
    assert second.invitations[0].summary == "mette teaches you: accessibility"
    w.pass_until(SATURDAY + timedelta(days=7))
    w.pass_until(SATURDAY + timedelta(days=7))
    assert w.programme.tables.meetings.rows[2].teachers == (person(w, "mette").id, person(w, "chidi").id)


# ----------------------------------------------------------------------------------------------- moved


def move(w: Post) -> list[Letter]:
    """Chidi asks to move the hour, mette agrees."""
    say(w, "chidi@mail", "reschedule sun 18:00", "S1")
    say(w, "chidi@mail", "yes", w.about)
    w.taken()
    say(w, "mette@mail", "1", "S1")
    return w.taken()


def test_a_moved_hour_keeps_its_dates() -> None:
    """The same dates with a higher sequence, in one letter to each; nothing is called off."""
    w = post()
    agree(w)
    letters = move(w)
    assert meeting(w, 2).calendar == 1
    for name in ("chidi", "mette"):
        (one,) = to(letters, name)
        assert shown([one]) == [("s1-1", 1, False), ("s1-2", 1, False)]
        assert one.invitations[0].starts_at == datetime(2026, 12, 6, 17, 0, tzinfo=UTC)
        assert any(line.startswith("Moved: your hour with") for line in one.text)


def test_a_calendar_that_knows_the_old_number_means_the_moved_hour() -> None:
    """The dates keep the number of the first hour; declining them leaves the moved one out."""
    w = post()
    agree(w)
    move(w)
    answer(w, "mette", "skip", "S1")
    assert meeting(w, 2).stage == "skipped"


def test_a_calendars_yes_is_no_answer_to_a_question() -> None:
    """While a move is asked about, a calendar that accepts the first dates does not agree to the move."""
    w = post()
    agree(w)
    say(w, "chidi@mail", "reschedule sun 18:00", "S1")
    say(w, "chidi@mail", "yes", w.about)
    w.taken()
    assert answer(w, "mette", "yes", "S1") == []
    assert (meeting(w).stage, meeting(w).starts_at) == ("agreed", SATURDAY)


# ------------------------------------------------------------------------------------------- called off


def test_accepting_is_noted_without_a_letter() -> None:
    """A calendar accepts both dates: nobody gets a mail for that."""
    w = post()
    agree(w)
    assert answer(w, "chidi", "yes", "S1") == []
    assert answer(w, "chidi", "yes", "S1") == []
    assert [e.verb for e in w.journal if e.about == "S1"] == ["accepted", "accepted"]


def test_declining_leaves_the_hour_out_once() -> None:
    """The first date declined is a skip, told to both with the dates called off; the second one says nothing new."""
    w = post()
    agree(w)
    letters = answer(w, "chidi", "skip", "S1")
    assert meeting(w).stage == "skipped"
    for name in ("chidi", "mette"):
        (one,) = to(letters, name)
        assert shown([one]) == [("s1-1", 1, True), ("s1-2", 1, True)]
    assert answer(w, "chidi", "skip", "S1") == []


def test_a_forged_refusal_takes_nothing_out() -> None:
    """A calendar's answer from a bare From line waits for a yes; one from a stranger is nothing at all."""
    w = post()
    agree(w)
    (asked,) = answer(w, "chidi", "skip", "S1", proven=False)
    assert "From line" in " ".join(asked.text)
    assert answer(w, "eve", "skip", "S1", stranger=True) == []
    assert answer(w, "chidi", "skip", "S7") == []
    assert meeting(w).stage == "agreed"


@pytest.mark.parametrize("words", ["skip", "skip S1", "skip I am ill"])
def test_a_typed_skip_is_a_skip(words: str) -> None:
    """As the first line of a reply it means that hour; words after it go nowhere."""
    w = post()
    agree(w)
    say(w, "mette@mail", words, "S1")
    letters = w.taken()
    assert meeting(w).stage == "skipped"
    assert not any("ill" in line for line in to(letters, "chidi")[0].text)


def test_other_words_about_an_hour_go_to_the_partner() -> None:
    """A reply about the hour that is no command is carried."""
    w = post()
    agree(w)
    say(w, "mette@mail", "My number is 20 12 34 56, call me then.", "S1")
    (carried,) = to(w.taken(), "chidi")
    assert "My number is 20 12 34 56, call me then." in carried.text
    assert meeting(w).stage == "agreed"


def test_a_pause_takes_hours_out_of_both_calendars() -> None:
    """Whoever pauses, and the partner who is told of it."""
    w = post()
    agree(w)
    say(w, "chidi@mail", "pause until 20 dec")
    letters = w.taken()
    for name in ("chidi", "mette"):
        (one,) = to(letters, name)
        assert shown([one]) == [("s1-1", 1, True), ("s1-2", 1, True)]
    assert side(w, "mette").dates == ()


# --------------------------------------------------------------------------------------------- farewell


def test_the_leavers_calendar_is_true_at_once_and_the_partners_says_nothing() -> None:
    """Nobody learns of a farewell from their calendar: what stands in it goes after they were told."""
    w = post()
    agree(w)
    letters = drop(w)
    assert meeting(w).stage == "off"
    assert {i for x in to(letters, "chidi") for i in shown([x])} == {("s1-1", 1, True), ("s1-2", 1, True)}
    assert to(letters, "mette") == []
    assert len(side(w, "mette").dates) == 2


def test_after_the_farewell_the_dates_go_without_a_word_of_why() -> None:
    """The cancellation comes after the farewell, by itself, with neither comment nor reason."""
    w = post()
    agree(w)
    drop(w)
    say(w, "dana", f"approve H{w.opened[-1]} now")
    told = to(w.taken(), "mette")
    assert "chidi has decided to end your hours together" in " ".join(line for x in told for line in x.text)
    assert shown(told) == []
    w.pass_until(w.now + timedelta(hours=1))
    (off,) = to(w.taken(), "mette")
    assert shown([off]) == [("s1-1", 1, True), ("s1-2", 1, True)]
    assert [(i.summary, i.description) for i in off.invitations] == [("Your hour with chidi", "")] * 2
    assert "tired" not in " ".join(off.text)
    assert side(w, "mette").dates == ()


def test_the_neutral_line_takes_out_its_hour_alone() -> None:
    """Nobody acted: the line that the hour is off tells the calendar too; a later hour stays as it was."""
    w = post(stage="active")
    agree(w)
    agree(w, at="12 dec 17:00")
    drop(w)
    w.pass_until(SATURDAY - timedelta(hours=1))
    letters = [x for x in to(w.taken(), "mette") if x.invitations]
    assert [i for x in letters for i in shown([x])] == [("s1-1", 1, True), ("s1-2", 1, True)]
    assert "hour is off" in " ".join(letters[0].text)
    assert [d.uid for d in side(w, "mette").dates] == ["s2-1", "s2-2"]


def test_a_case_that_rests_a_pair_is_told_by_no_calendar() -> None:
    """Somebody asks to pause the hours quietly: their calendar is true, the partner's is left alone."""
    w = post()
    agree(w)
    say(w, "chidi@mail", "moderator mette keeps sending me job ads")
    say(w, "chidi@mail", "2", w.about)
    letters = w.taken()
    assert pair(w).stage == "resting"
    assert shown(to(letters, "chidi")) == [("s1-1", 1, True), ("s1-2", 1, True)]
    assert to(letters, "mette") == []


def test_a_calendar_that_would_tell_it_is_not_sound() -> None:
    """The gate behind: no letter calls off the hours of a pair whose end its reader has not been told."""
    w = post()
    agree(w)
    drop(w)
    desk = Desk(w.programme, w.moment())
    mette = person(w, "mette")
    off = tuple(
        Invitation(d.uid, 1, d.starts_at, d.ends_at, "UTC", "off", cancelled=True) for d in side(w, "mette").dates
    )
    desk.tell(mette, "Your hour is off.", invitations=off)
    assert unsound(desk) == f"the calendar of person {mette.id} would tell that M19 ends"


def test_somebody_forgotten_is_named_in_no_calendar() -> None:
    """After `forget me` the partner's dates are called off in words that name nobody."""
    w = post(stage="active")
    agree(w, at="12 dec 17:00")
    say(w, "chidi@mail", "forget me")
    say(w, "chidi@mail", "yes", w.about)
    w.taken()
    w.pass_until(w.now + timedelta(hours=30))
    letters = [x for x in to(w.taken(), "mette") if x.invitations]
    assert [i for x in letters for i in shown([x])] == [("s1-1", 1, True), ("s1-2", 1, True)]
    assert {i.summary for x in letters for i in x.invitations} == {"Your hour"}
    assert not any("chidi" in line for x in letters for line in x.text)
