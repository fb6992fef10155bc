"""The moderators' team: never without the last one, and nobody learns from audit or health what concerns themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.decide import decide
from relaybot.desk import Desk
from relaybot.events import Heard, Moment
from relaybot.model import Code, Letter, Message, Put, Timer
from relaybot.nouns import codes, team
from relaybot.nouns.soundness import unsound
from tests.play import NAME, NETWORK, World, add_applicant, add_hour, add_member, add_pair, add_person, world

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PEOPLE = ("dana", "esi", "ana", "bram", "guest")


def town(members: tuple[str, ...] = ("ana", "bram")) -> World:
    """Dana and esi moderate; there are members and somebody who is none."""
    w = world(START)
    for name in ("dana", "esi"):
        add_person(w, name, moderator=True)
    for name in members:
        add_member(w, name, {})
    add_person(w, "guest")
    return w


def moderators(w: World) -> set[str]:
    """Who moderates."""
    return {p.name for p in w.programme.tables.people.rows.values() if p.moderator}


def take(w: World, reader: str) -> list[str]:
    """What a reader was told since the last look."""
    found = [line for who, line in w.said if who == reader]
    w.said = [(who, line) for who, line in w.said if who != reader]
    return found


# --------------------------------------------------------------------------------------- the last one

SAID = (
    *(f"mod {verb} {name}" for verb in ("add", "remove") for name in PEOPLE),
    "mod leave",
    "yes",
    "no",
    "1",
    "2",
    "forget me",
    "leave",
)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(SAID), st.booleans()), max_size=25))
def test_there_is_always_a_moderator_while_there_are_members(steps: list[tuple[str, str, bool]]) -> None:
    """Invariant 14, for any order of adding, removing, declining, leaving and being forgotten, in private or in the team's place."""
    w = town()
    for who, text, aloud in steps:
        w.say(who, text, place="team" if aloud else "")
        assert moderators(w)
    w.pass_until(w.now + timedelta(days=3))
    assert moderators(w)


def test_without_members_the_last_one_may_go() -> None:
    """Where nobody counts on a moderator, the last one is not held."""
    w = town(members=())
    for name in ("dana", "esi"):
        w.say(name, "mod leave")
        w.say(name, "yes")
    assert moderators(w) == set()


def test_the_gate_behind_the_commands() -> None:
    """A decision that takes the last moderator away is not sound, whatever command it came from."""
    w = town()
    desk = Desk(w.programme, w.moment())
    for person in [p for p in desk.people if p.moderator]:
        desk.put(replace(person, moderator=False))
    assert unsound(desk) == "the last moderator is gone while there are members"
    desk.put(replace(desk.people[1], moderator=True))
    assert unsound(desk) == ""


# --------------------------------------------------------------------------------------- adding


def test_an_account_of_a_network_becomes_a_record_the_network_vouches_for() -> None:
    """A bare account means the network that is spoken on; the record is theirs when they speak."""
    w = town()
    w.say("dana", "mod add fay")
    w.say("dana", "yes")
    address = w.programme.tables.addresses.rows[f"{NETWORK}/fay"]
    assert (address.person, address.verified) == (6, True)
    w.said.clear()
    w.say("fay", "health")
    assert take(w, "fay")[0].startswith("relaybot ")


@pytest.mark.parametrize(
    "said", ["#tech", "two words", "mail:x/fay", f"{NETWORK}/", f"{NETWORK}/~fay", "a" * 61, "fay!"]
)
def test_what_is_no_account_is_no_moderator(said: str) -> None:
    """Channels, addresses of networks that are not there, masks: refused with how it goes; nothing is written."""
    w = town()
    before = dict(w.programme.tables.people.rows)
    w.say("dana", f"mod add {said}")
    w.say("dana", "yes")
    assert w.programme.tables.people.rows == before
    assert take(w, "dana")[0] != ""


def test_a_removed_person_cannot_be_made_a_moderator() -> None:
    """Who was removed from the programme comes back neither by a colleague nor by a code."""
    w = town()
    bram = next(p for p in w.programme.tables.people.rows.values() if p.name == "bram")
    w.make(Put(replace(bram, stage="removed", waiting_since=None)))
    w.say("dana", f"mod add #{bram.id}")
    w.say("dana", f"mod add {NETWORK}/bram")
    w.make(Put(Code(NAME, codes.digest("AAAA-BBBB-CCCC"), "moderator", 0, "")))
    w.say("bram", "mod claim AAAA-BBBB-CCCC")
    assert "bram" not in moderators(w)
    assert take(w, "bram") == ["That person can't take part here any more."]


def test_somebody_who_became_one_meanwhile_is_not_added_twice() -> None:
    """Two moderators add the same person: the second hears the truth, nobody is asked twice."""
    w = town()
    w.say("dana", "mod add ana")
    w.say("esi", "mod add ana")
    w.say("dana", "yes")
    assert len([line for line in take(w, "ana") if "Is that all right?" in line]) == 1
    w.say("esi", "yes")
    assert "ana is a moderator already." in take(w, "esi")
    assert take(w, "ana") == []


def test_one_who_was_taken_off_meanwhile_changes_nothing() -> None:
    """A yes of somebody who is no moderator any more adds and removes nobody."""
    w = town()
    w.say("esi", "mod add ana")
    w.say("dana", "mod remove esi")
    w.say("dana", "yes")
    w.say("esi", "yes")
    assert moderators(w) == {"dana"}
    w.say("dana", "mod add esi")
    w.say("dana", "yes")
    w.say("esi", "mod remove dana")
    w.say("dana", "mod remove esi")
    w.say("dana", "yes")
    w.say("esi", "yes")
    assert moderators(w) == {"dana"}


def test_the_wish_to_decline_of_the_only_one_is_refused() -> None:
    """Dana adds guest and leaves; when guest declines, nobody would be left."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    add_member(w, "ana", {})
    add_person(w, "guest")
    for who, text in (
        ("dana", "mod add guest"),
        ("dana", "yes"),
        ("dana", "mod leave"),
        ("dana", "yes"),
        ("guest", "no"),
    ):
        w.say(who, text)
    assert moderators(w) == {"guest"}
    assert take(w, "guest")[-1].startswith("You're the only moderator.")


def test_a_guest_who_declines_is_forgotten_again() -> None:
    """A record made for a moderator-to-be who declines does not stay."""
    w = town()
    for who, text in (("dana", "mod add fay"), ("dana", "yes"), ("fay", "no")):
        w.say(who, text)
    w.pass_until(w.now + timedelta(days=2))
    assert f"{NETWORK}/fay" not in w.programme.tables.addresses.rows


def test_a_code_of_another_purpose_or_time_makes_nobody_a_moderator() -> None:
    """Only a moderator's code that has not expired; and a guess leaves the record of nobody."""
    w = town()
    w.make(Put(Code(NAME, codes.digest("AAAA-BBBB-CCCC"), "link", 3, "")))
    w.make(Put(Code(NAME, codes.digest("DDDD-EEEE-FFFF"), "moderator", 0, "", expires_at=START)))
    before = set(w.programme.tables.people.rows)
    w.say("mallory", "mod claim AAAA-BBBB-CCCC")
    w.say("mallory", "mod claim DDDD-EEEE-FFFF")
    assert set(w.programme.tables.people.rows) == before
    assert "mallory" not in str(w.programme.tables.tallies.rows)
    w.pass_until(START + timedelta(hours=2))
    assert [t for t in w.programme.tables.tallies.rows if str(t).startswith("claim")] == []


# ------------------------------------------------------------------------------- what they hold


def test_whoever_holds_work_cannot_leave_and_is_told_what_it_is() -> None:
    """Applications and cases are named; taken by another moderator they hold nobody any more."""
    w = town()
    add_applicant(w, "ravi", {})
    w.say("dana", "question A1 what do you build?")
    w.say("bram", "moderator I am stuck")
    number = w.opened[-1]
    w.say("dana", f"take H{number}")
    w.said.clear()
    w.say("dana", "mod leave")
    assert take(w, "dana")[0].startswith(f"You hold 1 application (A1) and 1 case (H{number}). Please finish them")
    w.say("esi", f"take H{number}")
    w.say("esi", "question A1 and what do you like?")
    w.said.clear()
    w.say("dana", "mod leave")
    assert take(w, "dana")[0].startswith("Stop moderating tech-peer?")


def test_what_a_removed_one_held_has_nobody() -> None:
    """The clock for a case without holder begins, the application is nobody's; a case some may not see is not named aloud."""
    w = town()
    add_applicant(w, "ravi", {})
    w.say("dana", "question A1 what do you build?")
    w.say("bram", "moderator esi was rude")
    w.say("bram", "1")
    hidden = w.opened[-1]
    w.say("dana", f"take H{hidden}")
    w.said.clear()
    w.say("esi", "mod remove dana")
    assert take(w, "esi") == [
        "Take dana off the moderators? They hold 1 application (A1); that will have nobody. dana is told that it was you. (yes/no)"
    ]
    w.say("esi", "yes")
    assert take(w, "team") == ["esi took dana off the moderators. Without a holder now: 1 application (A1)."]
    assert w.programme.tables.cases.rows[hidden].holder == 0
    assert w.programme.tables.applications.rows[1].holder == 0
    assert ("case-unheld", f"H{hidden}") in w.programme.tables.timers.rows


# ------------------------------------------------------------------------------- audit and health


def outputs(w: World, reader: str) -> list[str]:
    """Everything audit and health say to a reader, in private and where all moderators read."""
    for place in ("", "team"):
        for text in ("health", "audit bram", "audit ana", "audit dana", "audit M12", "audit guest", "audit A1"):
            w.say(reader, text, place=place)
        for number in range(1, 100):
            w.say(reader, f"audit H{number}", place=place)
    return take(w, reader) + take(w, "team")


@pytest.mark.parametrize(
    "text", ["moderator esi was rude to me", "moderator urgent esi wrote me at night", "off esi knows why"]
)
def test_a_case_about_a_moderator_is_in_nothing_they_can_ask(text: str) -> None:
    """Invariant 13: worlds with and without a case about esi say the same to esi."""
    heard: list[list[str]] = []
    for with_case in (False, True):
        w = town()
        add_pair(w, 12, "ana", "esi" if text.startswith("off") else "bram", "active", apart=True)
        if with_case:
            w.say("ana", text)
            w.say("ana", "1")
            assert w.opened
            for command in (f"take H{w.opened[-1]}", f"reply H{w.opened[-1]} thank you for saying it"):
                w.say("dana", command)
        w.said.clear()
        found = outputs(w, "esi")
        # What dana did about something hidden is left out line by line; that she was there at all is no secret.
        heard.append([line for line in found if "dana" not in line])
    assert heard[0] == heard[1]


def test_nobody_reads_of_their_own_pair() -> None:
    """A moderator in a pair learns nothing from the journal of what the partner did about it."""
    w = town()
    add_pair(w, 12, "ana", "esi", "active", apart=True)
    for said in ("drop", "3", "2", "skip", "yes"):
        w.say("ana", said)
    w.said.clear()
    found = outputs(w, "esi")
    assert not any("drop" in line for line in found)
    w.say("dana", "audit ana")
    assert any("drop" in line for line in take(w, "dana"))


def test_lines_about_hours_and_people_are_shown_by_name() -> None:
    """Who is gone is a number; relaybot itself has a name; an hour of a pair is looked up by its pair."""
    w = town()
    add_pair(w, 12, "ana", "bram", "active")
    add_hour(w, 40, 12, START + timedelta(days=2))
    w.say("ana", "reschedule S40 fri 18:00")
    w.said.clear()
    w.say("dana", "audit S40")
    assert "ana: reschedule S40" in take(w, "dana")[1]
    w.say("dana", "audit s40")
    assert "ana: reschedule S40" in take(w, "dana")[1]
    assert team.place_of(Desk(w.programme, w.moment()), w.programme.tables.people.rows[1]) == "#tech-peer-mods"


def test_health_tells_of_late_timers() -> None:
    """A timer whose moment is long past is counted, with its age."""
    w = town()
    w.programme.tables.timers.put(Timer(NAME, "mute-over", "person 3", START - timedelta(hours=5)))
    w.happen(Heard(Message(NETWORK, f"{NETWORK}/dana", f"{NETWORK}/dana", "dana", "health")))
    assert "1 timer is late, the oldest by 5 h." in take(w, "dana")


def test_health_tells_how_the_networks_are() -> None:
    """What each adapter says of itself comes last, as it is at that moment."""
    w = town()
    said = Heard(Message(NETWORK, f"{NETWORK}/dana", f"{NETWORK}/dana", "dana", "health"))
    gone = "matrix:home: not connected: the homeserver did not answer in time"
    decision = decide(w.programme, said, Moment(START, b"", (f"{NETWORK}: connected", gone)))
    (letter,) = (change.record for change in decision if isinstance(change.record, Letter))
    assert letter.text[-2:] == (f"{NETWORK}: connected", gone)


def test_health_names_the_oldest_application() -> None:
    """How long somebody has waited to be read, in days when it is days."""
    w = town()
    add_applicant(w, "ravi", {})
    w.pass_until(START + timedelta(days=2, hours=1))
    w.said.clear()
    w.say("dana", "health")
    assert "The oldest unread application waits for 2 days." in take(w, "dana")
