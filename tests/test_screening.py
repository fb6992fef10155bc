"""Screening from inside: who may see and decide what, races, limits, and that forgotten people are forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.model import Case, Memo, Person, Put
from relaybot.policy import Network
from tests.play import NAME, NETWORK, World, add_applicant, add_member, add_pair, add_person, world

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


def _said(w: World, who: str, text: str, place: str = "") -> list[str]:
    """What everybody reads after this was said."""
    w.said.clear()
    w.say(who, text, place)
    return [f"{reader}: {line}" for reader, line in w.said]


def _moderated(settings_: str = "") -> World:
    w = world(NOW, settings_)
    add_person(w, "dana", moderator=True)
    add_person(w, "esi", moderator=True)
    return w


def _case(w: World, number: int, person: Person, hidden_from: tuple[int, ...] = ()) -> Case:
    case = Case(
        NAME, number, "help", "open", person.id, promise=NOW, hidden_from=hidden_from, words=("p it feels wrong",)
    )
    w.make(Put(case))
    return case


def test_a_hidden_case_looks_like_none() -> None:
    """A case about Dana is refused to her word for word like a number that does not exist, and is in no list she reads."""
    w = _moderated()
    ana = add_member(w, "ana", {})
    _case(w, 10, ana, hidden_from=(1,))

    hidden, none = _said(w, "dana", "show H10"), _said(w, "dana", "show H11")
    assert [line.replace("H10", "H#") for line in hidden] == [line.replace("H11", "H#") for line in none]
    assert _said(w, "dana", "queue") == ["dana: Nothing waits for a decision. 1 person waits for a partner: waiting"]
    assert _said(w, "esi", "queue", "team") == [
        "team: Nothing waits for a decision. 1 person waits for a partner: waiting"
    ]
    assert _said(w, "esi", "show H10", "team") == ["team: There is no open H10. cases lists them."]


def test_a_case_is_shown_to_those_who_may_see_it() -> None:
    """In private the other moderator sees the case, its words and its promise."""
    w = _moderated()
    ana = add_member(w, "ana", {})
    _case(w, 10, ana, hidden_from=(1,))

    assert _said(w, "esi", "queue") == ["esi: H10 help, ana: open, nobody is on it, promised by Sat 21 Nov   show H10"]
    assert _said(w, "esi", "show h10") == [
        "esi: H10 help, ana: open, nobody is on it, by Sat 21 Nov",
        'esi: ana: "it feels wrong"',
    ]


def test_the_queue_has_an_end() -> None:
    """The oldest promise first, and a number for the rest."""
    w = _moderated("limits = { queue_lines = 3 }")
    for name in ("ana", "bram", "chidi", "lupe", "oto"):
        add_applicant(w, name, {})
        w.now += timedelta(hours=1)

    lines = _said(w, "dana", "queue")
    assert [line.split(" ")[2] for line in lines[:3]] == ["ana:", "bram:", "chidi:"]
    assert lines[3:] == ["dana: ... and 2 more."]


def test_a_pair_is_shown_with_its_hours_but_not_to_its_own_moderator() -> None:
    """show M12 names people, stage and next hour; a moderator in the pair asks in vain, and so does the team's place."""
    w = _moderated()
    for name in ("ana", "bram"):
        add_member(w, name, {})
    add_pair(w, 12, "ana", "bram", "active")
    shown = _said(w, "dana", "show M12")

    assert shown[0] == "dana: M12 ana and bram: active, 0 hours held, since Sat 21 Nov"
    assert shown[1:] == [
        "dana: no hour agreed",
        "dana: ana taught 0 min",
        "dana: bram taught 0 min",
        "dana: audit M12 shows what happened when.",
    ]
    people = w.programme.tables.people.rows
    w.make(Put(replace(people[3], moderator=True)))
    assert _said(w, "ana", "show M12")[0].startswith("ana: This one another moderator has to do")
    assert "in private" in _said(w, "dana", "show M12", "team")[0]
    assert _said(w, "dana", "show M12") == shown


def test_a_person_is_shown_without_what_is_not_for_the_reader() -> None:
    """Notes and pairs of a moderator are not shown to that moderator; other people are shown whole."""
    w = _moderated()
    w.make(Put(Memo(NAME, 1, "person 1", 2, NOW, "very patient")))
    add_member(w, "ana", {})

    assert "dana: note by esi: very patient" not in _said(w, "dana", "show dana")
    assert "esi: note by esi: very patient" in _said(w, "esi", "show dana")
    assert "team: note by esi: very patient" not in _said(w, "esi", "show dana", "team")
    assert _said(w, "dana", "show #3")[0] == "dana: #3 ana, irc:test/ana: member, waits since Sat 21 Nov"
    assert _said(w, "dana", "show nobody")[0].startswith("dana: I know nobody called 'nobody'")
    assert _said(w, "dana", "show M99") == ["dana: There is no M99. pairs lists them."]
    assert _said(w, "dana", "show A99") == ["dana: There is no A99 to decide on. queue lists what waits."]


def test_a_decision_is_checked_again_at_its_yes() -> None:
    """Esi accepts while Dana looks at her own question: the yes that comes too late does nothing and says why."""
    w = _moderated()
    add_applicant(w, "ana", {})
    _said(w, "dana", "defer A1 Not this season")
    _said(w, "esi", "accept A1")
    w.now += timedelta(minutes=3)

    assert _said(w, "dana", "yes") == [
        "dana: esi accepted A1 3 minutes ago (14:05 UTC). Nothing else done. See audit A1"
    ]
    assert w.programme.tables.people.rows[3].stage == "member"


def test_an_answer_in_the_undo_window_is_passed_on() -> None:
    """A question may still be answered while a deferral waits; undone, the application is the moderators' turn again."""
    w = _moderated()
    add_applicant(w, "ana", {"zone": "UTC"})
    _said(w, "dana", "question A1 Why COBOL?")
    before = _said(w, "esi", "queue")
    _said(w, "dana", "defer A1 Not this season")
    _said(w, "dana", "yes")
    assert _said(w, "ana", "because") == ["ana: Passed on to dana, thank you.", 'team: A1 ana: "because"']
    _said(w, "dana", "undo A1")
    after = _said(w, "esi", "queue")

    assert before == ["esi: A1 ana: dana asked, ana is to answer   show A1"]
    assert after == ["esi: A1 ana: dana is on it, promised by Thu 26 Nov   show A1"]
    assert w.programme.tables.applications.rows[1].stage == "submitted"


def test_undo_leaves_an_open_question_open() -> None:
    """Undone before the applicant answered, it is the applicant's turn as before, and nothing is promised for them."""
    w = _moderated()
    add_applicant(w, "ana", {"zone": "UTC"})
    _said(w, "dana", "question A1 Why COBOL?")
    before = _said(w, "esi", "queue")
    _said(w, "dana", "defer A1 Not this season")
    _said(w, "dana", "yes")
    _said(w, "dana", "undo A1")

    assert _said(w, "esi", "queue") == before
    assert {t.name for t in w.programme.tables.timers.rows.values() if t.about == "A1"} == set()


def test_an_applicant_may_leave_while_a_letter_waits() -> None:
    """Whoever takes the application back within the window never gets the letter, and is forgotten a day later."""
    w = _moderated()
    add_applicant(w, "ana", {"zone": "UTC"})
    _said(w, "dana", "decline A1 Not for us")
    _said(w, "dana", "yes")
    _said(w, "ana", "leave")
    assert any("taken it back" in line for line in _said(w, "ana", "yes"))
    w.said.clear()
    w.pass_until(NOW + timedelta(days=2))

    assert [reader for reader, _ in w.said] == []
    _nothing_left(w, 3)


def test_limits_of_questions_and_times() -> None:
    """A talk that grows too long is turned into a chat; too many times at once are refused."""
    w = _moderated("limits = { exchange = 2, chat_times = 2 }")
    add_applicant(w, "ana", {})
    for _ in range(2):
        assert "ana" in _said(w, "dana", "question A1 Really?")[0]

    assert _said(w, "dana", "question A1 Really?") == [
        "dana: A1 has 2 questions and answers already; a short chat may help more: chat A1 <time>"
    ]
    assert _said(w, "dana", "chat A1 mon 19:00, tue 18:00, wed 17:00") == ["dana: At most 2 times at once, please."]


def test_a_chat_that_lies_in_the_past_cannot_be_chosen() -> None:
    """An answer that comes after the time is told so, with the choice still open."""
    w = _moderated()
    add_applicant(w, "ana", {"zone": "UTC"})
    _said(w, "dana", "chat A1 in 2h, mon 19:00")
    w.now += timedelta(hours=3)

    assert _said(w, "ana", "1")[0].startswith("ana: Sat 21 Nov 16:05 is past already, I'm sorry.")
    assert _said(w, "ana", "1 2")[0].startswith("ana: Mon 23 Nov 19:00 here in text.")


@pytest.mark.parametrize(("verb", "days"), [("decline", 30), ("defer", 90)])
def test_whoever_was_sent_away_is_forgotten_in_time(verb: str, days: int) -> None:
    """Until then the answers are kept, afterwards no record of the person is left."""
    w = _moderated()
    add_applicant(w, "ana", {"zone": "UTC"})
    w.make(Put(Memo(NAME, 1, "A1", 1, NOW, "writes well")))
    _said(w, "dana", f"{verb} A1 Not this season")
    _said(w, "dana", "yes")
    w.pass_until(NOW + timedelta(days=days))
    assert w.programme.tables.people.rows[3].learn != ()
    w.pass_until(NOW + timedelta(days=days, minutes=20))

    _nothing_left(w, 3)
    assert list(w.programme.tables.memos.rows) == []


def _nothing_left(w: World, person: int) -> None:
    tables = w.programme.tables
    assert person not in tables.people.rows
    for table in (tables.addresses, tables.applications, tables.dialogues, tables.codes):
        assert table.keys("person", person) == ()
    assert [t for t in tables.timers.rows.values() if t.about == f"person {person}"] == []


def test_the_second_way_to_be_reached_is_asked_where_there_is_one() -> None:
    """With a mail network the form has seven questions, and keeps an address nobody has proved as unproved."""
    w = world(NOW)
    mail = Network(public="", identity="mail")
    w.programme.policy = w.programme.policy.model_copy(
        update={"networks": {**w.programme.policy.networks, "mail": mail}}
    )
    _said(w, "ana", "join")
    for answer in ("yes", "git", "c", "skip", "lisbon, evenings"):
        _said(w, "ana", answer)
    asked = _said(w, "ana", "english")
    assert asked == [
        "ana: 6/7 If you're away from IRC for days, where may I reach you? Mail, or skip. Only moderators see it."
    ]
    assert _said(w, "ana", "my cat")[0].startswith("ana: I don't recognise an address in that. Mail, e.g.")
    assert (
        "ana: Thanks. I sent a code there; type link <code> when you like. Nothing private goes there before that."
        in _said(w, "ana", "ana@example.pt")
    )
    _said(w, "ana", "yes")
    _said(w, "ana", "yes")

    address = w.programme.tables.addresses.rows["mail/ana@example.pt"]
    assert (address.person, address.verified) == (1, False)


def test_another_member_keeps_an_address_that_is_theirs() -> None:
    """Naming somebody else's proved address as one's own changes nothing about it."""
    w = world(NOW)
    bram = add_member(w, "bram", {})
    mail = Network(public="", identity="mail")
    w.programme.policy = w.programme.policy.model_copy(
        update={"networks": {**w.programme.policy.networks, "mail": mail}}
    )
    theirs = replace(w.programme.tables.addresses.rows[f"{NETWORK}/bram"], address="mail/bram@example.org")
    w.make(Put(theirs))
    _said(w, "ana", "join")
    for answer in ("yes", "git", "c", "skip", "lisbon, evenings", "english", "bram@example.org", "yes", "yes"):
        _said(w, "ana", answer)

    assert w.programme.tables.addresses.rows["mail/bram@example.org"] == theirs
    assert theirs.person == bram.id


LINES = st.sampled_from(
    [
        "yes", "no", "1", "2", "3", "?", "back", "skip", "later", "join", "status", "help", "rules", "profile", "set zone berlin",
        "set free mon 9-17", "set learn go", "set must-language dutch", "kubernetes", "rust deep", "https://example.org", "lisbon",
        "thu after 17:30", "lisbon, evenings", "english, dutch must", "change 1", "change 4", "change 9", "hand it in", "learn +c",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=30))
def test_any_conversation_is_sound_and_stop_ends_it(lines: list[str]) -> None:
    """Whatever an applicant says in whatever order is answered, and nothing unsound is decided; stop always ends."""
    w = _moderated()
    _said(w, "ana", "join")
    for line in lines:
        assert _said(w, "ana", line), line
        w.now += timedelta(minutes=1)
    person = w.programme.tables.people.rows[3]
    assert person.stage in {"applying", "submitted"}
    if person.stage == "applying":
        _said(w, "ana", "join")
        _said(w, "ana", "stop")
        assert w.programme.tables.people.rows[3].stage == "guest"
        w.pass_until(w.now + timedelta(days=2))
        _nothing_left(w, 3)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["kubernetes", "lisbon, evenings", "english", "skip", "1", "yes", "back", "?"]), max_size=40
    )
)
def test_everything_said_twice_is_harmless(lines: list[str]) -> None:
    """A repeated answer is taken for the next question or refused; it never hands anything in twice."""
    w = _moderated()
    _said(w, "ana", "join")
    for line in lines:
        _said(w, "ana", line)
        _said(w, "ana", line)

    assert len(w.programme.tables.applications.rows) <= 1
