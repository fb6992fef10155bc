"""Hours in people's calendars: what is asked for, moved and called off, and that no calendar tells it first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import letters_write
from relaybot.desk import Desk
from relaybot.events import Heard
from relaybot.model import Address, Invitation, Letter, Meeting, Message, Pair, Participant, Person, Put, Style
from relaybot.nouns import afterhour, dates, hour, sessions
from relaybot.nouns.soundness import unsound
from relaybot.policy import Network
from tests.play import NAME, World, add_hour, add_member, add_pair, add_person, world

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 12, 5, 16, 0, tzinfo=UTC)


@dataclass
class Post(World):
    """A world that keeps the letters themselves."""

    letters: list[Letter] = field(default_factory=list)

    def _hand_out(self, letter: Letter) -> None:
        if letter.id in self.programme.tables.letters.rows:
            self.letters.append(letter)
        super()._hand_out(letter)

    def taken(self) -> list[Letter]:
        """The letters since the last look."""
        found, self.letters = self.letters, []
        self.said.clear()
        return found


def post(first: str = "chidi@mail", second: str = "mette@mail", stage: str = "trial", settings_: str = "") -> Post:
    """Two partners M19, on mail or on the chat, without a place of their own; dana and esi moderate on the chat."""
    plain = world(NOON, settings_)
    w = Post(plain.programme, NOON)
    mail = Network(style=Style.LETTER, identity="mail", pair_places=False)
    networks = {**w.programme.policy.networks, "mail": mail}
    w.programme.policy = w.programme.policy.model_copy(update={"networks": networks})
    for name in ("dana", "esi"):
        add_person(w, name, moderator=True)
    add_member(w, first, {"zone": "Africa/Lagos", "offer": "postgresql deep", "learn": "accessibility"})
    add_member(w, second, {"zone": "Europe/Copenhagen", "offer": "accessibility deep", "learn": "postgresql"})
    add_pair(w, 19, first.partition("@")[0], second.partition("@")[0], stage, apart=True)
    return w


def person(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def side(w: World, name: str) -> Participant:
    """Somebody's side of M19."""
    return w.programme.tables.participants.rows[(19, person(w, name).id)]


def pair(w: World) -> Pair:
    """M19."""
    return w.programme.tables.pairs.rows[19]


def meeting(w: World, number: int = 1) -> Meeting:
    """An hour."""
    return w.programme.tables.meetings.rows[number]


def agree(w: Post, first: str = "chidi@mail", second: str = "mette@mail", at: str = "sat 17:00") -> list[Letter]:
    """The two agree on an hour; the letters of the moment they did."""
    say(w, first, f"propose {at}")
    w.taken()
    say(w, second, "agree")
    return w.taken()


def say(w: Post, who: str, text: str, about: str = "") -> None:
    """Somebody writes, where they are."""
    name, _, network = who.partition("@")
    w.say(name, text, f"{network}/{about}" if about else network)


def answer(w: Post, who: str, said: str, about: str, **fields: object) -> list[Letter]:
    """A calendar answers to a date."""
    address = f"mail/{who}@example.net"
    message = Message("mail", address, address, who, said, style=Style.LETTER, about=about, calendar=True)
    w.happen(Heard(replace(message, **fields)))  # type: ignore[arg-type]
    return w.taken()


def to(letters: list[Letter], name: str) -> list[Letter]:
    """The letters to somebody."""
    return [x for x in letters if x.to == f"mail/{name}@example.net"]


def shown(letters: list[Letter]) -> list[tuple[str, int, bool]]:
    """The dates in letters: (uid, sequence, called off)."""
    return [(i.uid, i.sequence, i.cancelled) for x in letters for i in x.invitations]


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
        assert one.text[0].startswith("Moved: your hour with")


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
    assert carried.text[0] == "My number is 20 12 34 56, call me then."
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


def drop(w: Post, reason: str = "3 I leave tired") -> list[Letter]:
    """Chidi lets a moderator tell it."""
    say(w, "chidi@mail", "drop", "M19")
    say(w, "chidi@mail", f"1) 3 \\n 2) 2 \\n 3) {reason}", "M19")
    return w.taken()


def test_the_leavers_calendar_is_true_at_once_and_the_partners_says_nothing() -> None:
    """Product 3.15: never with the calendar cancellation first."""
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
    assert "hour is off" in letters[0].text[0]
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


# ----------------------------------------------------------------------------------------- in the hour


def test_an_hour_of_a_chat_and_a_mailbox_begins_by_itself() -> None:
    """Presence is asked of nobody; the one on the chat has the clock, and may say that they come late."""
    w = post(second="ravi")
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY - timedelta(minutes=15))
    assert [x.to for x in w.taken() if "starts in 15 minutes" in x.text[0]] == ["irc:test/ravi"]
    say(w, "ravi", "late 5")
    w.pass_until(SATURDAY + timedelta(minutes=1))
    assert meeting(w).stage == "waiting"
    w.pass_until(SATURDAY + timedelta(minutes=5))
    assert (meeting(w).stage, meeting(w).began_at) == ("first_half", SATURDAY + timedelta(minutes=5))
    lines = [line for who, line in w.said if who == "ravi"]
    assert any(line.startswith("Go.") for line in lines)


@pytest.mark.parametrize("word", ["start", "here"])
def test_whoever_is_late_may_come_earlier(word: str) -> None:
    """A word from the chat begins the hour that waited for it."""
    w = post(second="ravi")
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY - timedelta(minutes=10))
    say(w, "ravi", "late 10")
    w.pass_until(SATURDAY + timedelta(minutes=2))
    say(w, "ravi", word)
    assert meeting(w).stage == "first_half"


def test_lines_of_the_hour_go_stale() -> None:
    """A mail about the clock leaves within minutes or not at all, and not when the hour is over."""
    w = post()
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY - timedelta(minutes=1))
    w.taken()
    w.pass_until(SATURDAY + timedelta(minutes=30))
    clock = [x for x in w.taken() if x.text[0].startswith(("Go.", "Swap"))]
    assert len(clock) == 4
    assert {x.expires_at - x.written_at for x in clock if x.expires_at} == {timedelta(seconds=120)}
    assert {(x.claim, x.about) for x in clock} == {("meeting 1 waiting,first_half,second_half", "S1")}
    assert [x.subject for x in to(clock, "chidi")] == ["Now: your hour with mette", "Swap: your hour with mette"]


def test_an_hour_during_an_outage_took_place() -> None:
    """The calendar was the clock: nobody missed it, moderators hear of nothing, the two are asked about it."""
    w = post()
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY - timedelta(hours=1))
    w.taken()
    w.outage_until(SATURDAY + timedelta(hours=2))
    assert (meeting(w).stage, meeting(w).taught) == ("asked", (1800, 1800))
    assert pair(w).held == 1
    letters = w.taken()
    assert [x for x in letters if x.text[0].startswith(("Go.", "Swap", "I was away"))] == []
    assert len([x for x in letters if "Did it take place" in " ".join(x.text)]) == 2


# --------------------------------------------------------------------------------------- did it take place?


def held(first: str, second: str, settings_: str = "") -> Post:
    """An hour is over, and the two say whether it took place ("" says nothing)."""
    w = post(stage="active", settings_=settings_)
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY + timedelta(hours=2))
    w.taken()
    for name, said in (("chidi", first), ("mette", second)):
        if said:
            say(w, f"{name}@mail", said, "M19")
    w.pass_until(SATURDAY + timedelta(days=8))
    return w


@pytest.mark.parametrize(
    ("first", "second", "stage", "partly", "count"),
    [
        ("yes", "yes", "held", False, 1),
        ("Yes, it did.", "", "held", False, 1),
        ("", "", "held", False, 1),
        ("partly", "yes", "held", True, 1),
        ("no", "yes", "held", True, 1),
        ("no", "partly", "held", True, 1),
        ("no", "no", "missed", False, 0),
        ("no", "", "missed", False, 0),
        ("3", "", "missed", False, 0),
    ],
)
def test_the_record_says_what_they_say(first: str, second: str, stage: str, partly: bool, count: int) -> None:
    """Held, partly or missed; what did not take place counts for nobody, and nobody missed it alone."""
    w = held(first, second)
    assert (meeting(w).stage, meeting(w).partly, pair(w).held) == (stage, partly, count)
    assert [side(w, n).taught_seconds for n in ("chidi", "mette")] == [1800 * count] * 2
    assert side(w, "chidi").missed_in_row == side(w, "mette").missed_in_row == (stage == "missed")
    weeks = [t.value for t in w.programme.tables.tallies.rows.values() if t.name.startswith("held ")]
    assert sum(weeks) == count


def test_moderators_hear_of_the_second_in_a_row() -> None:
    """One hour that did not take place is nobody's business; the second in a row is told, without names of guilt."""
    w = held("no", "no")
    assert not any("in a row" in line for _, line in w.said)
    w.said.clear()
    add_hour(w, 2, 19, SATURDAY + timedelta(days=14))
    w.pass_until(SATURDAY + timedelta(days=14, hours=2))
    w.said.clear()
    for name in ("chidi", "mette"):
        say(w, f"{name}@mail", "no", "M19")
    assert ("team", "M19: 2 hours in a row did not take place, they say. No automatic consequence.") in w.said


def test_an_hour_asked_about_when_the_pair_ends_counts() -> None:
    """What was held stays held when somebody leaves before the question is answered."""
    w = post(stage="active")
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY + timedelta(minutes=70))
    drop(w)
    assert (meeting(w).stage, pair(w).held) == ("held", 1)


@pytest.mark.parametrize(
    ("said", "fit", "took"),
    [
        ("1 yes", "good", "yes"),
        ("yes 1", "good", "yes"),
        ("1\nyes", "good", "yes"),
        ("good fit, patient teacher\npartly", "good", "partly"),
        ("2, partly", "unsure", "partly"),
        ("not sure yet. yes", "unsure", "yes"),
        ("1", "good", "yes"),
        ("no", "", "no"),
        ("3 no", "no", "no"),
    ],
)
def test_two_questions_in_one_letter(said: str, fit: str, took: str) -> None:
    """On trial a letter asks both; answers are found in any order, on one line or on two."""
    w = post()
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY + timedelta(hours=2))
    say(w, "chidi@mail", said.replace("\n", " \\n "), "M19")
    assert side(w, "chidi").fit == fit
    assert dict(meeting(w).took)[person(w, "chidi").id] == took


# ------------------------------------------------------------------------------------------- `calendar`


def test_calendar_by_mail_sends_the_next_hours_again() -> None:
    """One letter with all dates, as they are: the same sequence, so that nothing changes where they are known."""
    w = post(stage="active")
    agree(w)
    agree(w, at="12 dec 17:00")
    say(w, "chidi@mail", "calendar")
    (one,) = to(w.taken(), "chidi")
    assert shown([one]) == [(f"s{n}-{half}", 0, False) for n in (1, 2) for half in (1, 2)]
    assert one.subject == "Your next 2 hours"


def test_calendar_on_a_chat_needs_a_mail_address() -> None:
    """Lines with the dates; the file only where there is a verified mail address, and then what changes comes there."""
    w = post(second="ravi", stage="active")
    add_hour(w, 1, 19, SATURDAY)
    say(w, "ravi", "calendar")
    (line, link) = next(x.text for x in w.taken() if x.to == "irc:test/ravi")
    assert line == "S1: Sat 5 Dec 17:00 Copenhagen, with chidi"
    assert "link you@example.org" in link
    w.make(Put(Address(NAME, "mail/ravi@example.net", person(w, "ravi").id)))
    say(w, "ravi", "calendar")
    letters = w.taken()
    assert shown(to(letters, "ravi")) == [("s1-1", 0, False), ("s1-2", 0, False)]
    assert "on their way to ravi@example.net" in " ".join(x.text[-1] for x in letters if x.to == "irc:test/ravi")
    say(w, "ravi", "skip")
    assert shown(to(w.taken(), "ravi")) == [("s1-1", 1, True), ("s1-2", 1, True)]


def test_calendar_without_hours_says_so() -> None:
    """Nothing agreed: nothing to send."""
    w = post()
    say(w, "chidi@mail", "calendar")
    (one,) = to(w.taken(), "chidi")
    assert "No hour of yours is agreed" in one.text[0]


def test_another_format_changes_the_dates_to_come() -> None:
    """Alternating is one date: the second half is called off, the first lasts the whole hour."""
    w = post(stage="active")
    agree(w)
    say(w, "chidi@mail", "format alternate")
    say(w, "chidi@mail", "yes", w.about)
    w.taken()
    say(w, "mette@mail", "yes", "M19")
    letters = w.taken()
    for name in ("chidi", "mette"):
        (one,) = to(letters, name)
        assert sorted(shown([one])) == [("s1-1", 1, False), ("s1-2", 1, True)]
        asked = next(i for i in one.invitations if not i.cancelled)
        assert asked.ends_at - asked.starts_at == timedelta(hours=1)


# --------------------------------------------------------------------------------------------- arithmetic

ZONES = ["Africa/Lagos", "Europe/Copenhagen", "America/Toronto", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.integers(0, 365 * 24 * 4),
    st.integers(20, 180),
)
def test_both_halves_are_the_same_moments_for_both(one: str, two: str, quarter: int, minutes: int) -> None:
    """Over every change of a clock: the same instants for both, halves within a minute, local times as zoneinfo has them."""
    w = post()
    at = NOON + timedelta(minutes=15 * quarter)
    chidi, mette = person(w, "chidi"), person(w, "mette")
    w.make(Put(replace(chidi, zone=one)), Put(replace(mette, zone=two)), Put(replace(pair(w), minutes=minutes)))
    desk = Desk(w.programme, w.moment())
    made = sessions.agree(desk, desk.pairs[19], at, 0)
    mine, theirs = (dates.invitations(desk, desk.pairs[19], made, p) for p in (chidi, mette))
    assert [(i.starts_at, i.ends_at) for i in mine] == [(i.starts_at, i.ends_at) for i in theirs]
    assert mine[0].starts_at == at
    assert mine[-1].ends_at == hour.end(made)
    assert mine[0].ends_at == mine[1].starts_at
    lengths = [(i.ends_at - i.starts_at).total_seconds() for i in mine]
    assert abs(lengths[0] - lengths[1]) <= 60
    row = next(
        line for line in dates.letter(desk, desk.pairs[19], made, desk.people[chidi.id]) if line.startswith("  ")
    )
    assert row.startswith(f"  {at.astimezone(ZoneInfo(one)):%H:%M}-")


def test_what_nobody_says_after_a_week_is_settled_once() -> None:
    """The last word of the question is time; afterwards an answer changes nothing."""
    w = held("", "")
    settled = meeting(w)
    desk = Desk(w.programme, w.moment())
    afterhour.settle(desk, settled)
    assert desk.meetings.changed == {}
    say(w, "chidi@mail", "no", "M19")
    assert meeting(w) == settled
