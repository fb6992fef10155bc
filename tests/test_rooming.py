"""One room for two where each would see the other's id: opened by two yeses only, and nobody can tell a no from silence."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relaybot.desk import Desk, Programme
from relaybot.model import Address, Put
from relaybot.nouns import linking
from tests import test_life
from tests.play import NAME, NETWORK, PLACES, World, add_member, add_pair, add_person, policy
from tests.rooms_world import MATRIX, NOON, heard, media, pair_of, say, timers, two
from tests.test_invariants import check
from tests.watched import MOVES, ORDINARY, Move, Watched, live, sides, watched

DAY = timedelta(days=1)
ASKED = "Shall I open a room for you and bram (M21)?  1 yes, one room for both (you see each other's Matrix ids)   2 no, keep relaying"
NOTED = "Thank you. I open it when both of you want it, and invite you; until then I keep carrying your words."
KEPT = "All right; I keep carrying your words."
NOWHERE = "I have no network on which I could open one room for both of you. If you use another one, link it; until then I keep carrying your words: tell <words>"


def person_id(w: World, name: str) -> int:
    """The number of somebody."""
    return next(p.id for p in w.programme.tables.people.rows.values() if p.name == name)


# ------------------------------------------------------------------------------------------- a no is nobody's news


def heard_by_ana(bram: tuple[str, ...], *, ana_first: bool) -> list[str]:
    """All that ana reads in three weeks in which she says yes to a room, and bram this."""
    w = two()
    told: list[str] = say(w, "ana", "room", "1") if ana_first else []
    for line in bram:
        w.say("bram", line, "matrix:home")
    told += [] if ana_first else say(w, "ana", "room", "1")
    for _ in range(21):
        w.pass_until(w.now + DAY)
    return told + heard(w, "ana@matrix:home") + [x for x in heard(w, "m21@matrix:home") if pair_of(w).place]


@pytest.mark.parametrize("ana_first", [True, False])
def test_a_no_reads_like_silence(ana_first: bool) -> None:
    """Whether bram says no, later, stop or nothing, in front of her yes or behind it, ana reads the same."""
    silent = heard_by_ana((), ana_first=ana_first)
    others = [heard_by_ana(("room", answer), ana_first=ana_first) for answer in ("2", "no", "later", "stop", "?")]

    assert silent[:2] == [ASKED, NOTED]
    assert others == [silent] * 5


def test_two_yeses_open_it() -> None:
    """The second yes opens the place with both invited, tells each, and leaves nothing behind."""
    w = two()
    say(w, "ana", "room", "yes")
    say(w, "bram", "both")

    assert pair_of(w).place == f"matrix:home/#{NAME}-m21"
    assert heard(w, "m21@matrix:home")[:2] == ["+ @ana:example.org", "+ @bram:example.org"]
    assert heard(w, "ana@matrix:home") == [
        "Your room is open: M21 ana & bram; I invite you there now. What you write there only bram and I read, and I keep no copy."
    ]
    assert not {name for name in timers(w, "M21") if name.startswith("room")}


def test_the_place_is_given_its_name() -> None:
    """What is written into the place says what it is called, so that it can be called so when it is made."""
    w = two()
    say(w, "ana", "room", "1")
    w.away.add("matrix:home")
    w.say("bram", "1", "matrix:home")
    (letter,) = [x for x in w.programme.tables.letters.rows.values() if x.to.endswith("-m21")]

    assert (letter.subject, letter.invite) == (
        "M21 ana & bram",
        ("matrix:home/@ana:example.org", "matrix:home/@bram:example.org"),
    )


def test_a_yes_can_be_taken_back() -> None:
    """A no behind one's own yes: the other's yes opens nothing."""
    w = two()
    say(w, "ana", "room", "1")

    assert say(w, "ana", "room M21", "2") == ["I have your yes to it; 2 takes it back.", ASKED, KEPT]
    assert say(w, "bram", "1") == [NOTED]
    assert pair_of(w).place == ""


def test_a_yes_is_too_old_after_a_week() -> None:
    """Silence is a no after a week: neither the question nor the yes stands any more."""
    w = two()
    say(w, "ana", "room", "1")
    w.pass_until(NOON + 8 * DAY)
    heard(w, "bram@matrix:home")

    assert say(w, "bram", "room", "1")[-1] == NOTED
    assert pair_of(w).place == ""


def test_nobody_is_asked_twice_in_a_week_by_their_partner() -> None:
    """However often ana says room, bram is asked once in a week, and again after it."""
    w = two()
    say(w, "ana", "room", "2", "room", "2", "room", "2")
    say(w, "bram", "2")
    say(w, "ana", "room", "2")
    once = [line for line in heard(w, "bram@matrix:home") if line.startswith("Shall I")]
    w.pass_until(NOON + 8 * DAY)
    heard(w, "bram@matrix:home")
    say(w, "ana", "room", "2")

    assert once == []  # it was asked before his no, and read there
    assert [line for line in heard(w, "bram@matrix:home") if line.startswith("Shall I")] == [
        ASKED.replace("bram", "ana")
    ]


# ------------------------------------------------------------------------------------------------ when it is asked


@pytest.mark.parametrize(
    "rest", ["quiet 10:00-15:00", "mute 3h", "pause until 27 nov"], ids=["asleep", "on mute", "on a pause"]
)
def test_the_partner_is_asked_when_they_may_be_written_to(rest: str) -> None:
    """In quiet hours, on mute or away bram is asked nothing; after it he is."""
    w = two()
    say(w, "bram", rest)
    w.said.clear()
    say(w, "ana", "room")
    before = heard(w, "bram@matrix:home")
    w.pass_until(NOON + DAY)

    assert before == []
    assert ASKED.replace("bram", "ana") in heard(w, "bram@matrix:home")


def test_numbered_times_are_answered_first() -> None:
    """A question about times that comes while the room is open takes the digits; the room has them again after that."""
    w = two()
    say(w, "ana", "room")
    offered = say(w, "ana", "slots")
    taken = say(w, "ana", "1")
    last = say(w, "ana", "2")

    assert offered[0].startswith("Times that suit you and bram both: 1 ")
    assert taken[0].startswith("Noted: ")
    assert last == [KEPT]


def test_what_suggests_times_does_not_wait_for_it() -> None:
    """A partner's proposal is asked at once, though the question about the room is open."""
    w = two()
    say(w, "ana", "room")
    say(w, "ana", "propose fri 18:00")

    assert any(line.startswith("ana proposes an hour: Fri 27 Nov 18:00") for line in heard(w, "bram@matrix:home"))


def test_where_places_show_nobodys_id_nothing_changes() -> None:
    """On IRC a pair has its place at once, `room` says so, and no timer of it exists."""
    w = media()
    for name in ("ana", "bram"):
        add_member(w, name, {"zone": "UTC"})
    add_pair(w, 21, "ana", "bram", "trial")
    w.say("ana", "room")

    assert heard(w, "ana") == ["You two have a place of your own already: #tech-peer-m21."]
    assert timers(w, "M21") == set()


# -------------------------------------------------------------------------------------------------- who may know


def linked(w: World, name: str, address: str) -> None:
    """A further address of somebody."""
    w.make(Put(Address(NAME, address, person_id(w, name))))


def test_where_a_partner_is_linked_is_not_told() -> None:
    """Bram lives by mail; whether he has linked Matrix, too, `room` of ana answers the same, and asks him nothing."""
    answers = []
    for address in ("", "matrix:home/@bram:example.org"):
        w = two("ana@matrix:home", "bram@mail")
        if address:
            linked(w, "bram", address)
        answers.append((say(w, "ana", "room"), heard(w, "bram@mail"), heard(w, "bram@matrix:home")))

    assert answers == [([NOWHERE], [], [])] * 2


def test_who_is_linked_may_ask_a_partner_who_lives_there() -> None:
    """Ana lives on IRC and is linked on Matrix: both yeses open the room, and she is invited there."""
    w = two("ana", "bram@matrix:home")
    linked(w, "ana", "matrix:home/@ana:example.org")
    w.say("ana", "room")
    w.say("ana", "1")
    assert heard(w, "ana") == [ASKED, NOTED]
    say(w, "bram", "1")

    assert heard(w, "m21@matrix:home")[:2] == ["+ @ana:example.org", "+ @bram:example.org"]


def test_two_homeservers_are_two_networks() -> None:
    """People on different homeservers of ours have no room in common."""
    w = two("ana@matrix:home", "bram@matrix:work")

    assert say(w, "ana", "room") == [NOWHERE]


def test_an_address_that_is_gone_opens_nothing() -> None:
    """Ana took her address away after bram's yes; what is left says the truth and goes on relaying."""
    w = two("ana@matrix:home", "bram@matrix:home")
    linked(w, "ana", f"{NETWORK}/ana")
    say(w, "bram", "room", "1")
    say(w, "ana", "room")
    w.say("ana", "unlink matrix")
    heard(w, "ana")
    w.say("ana", "1")

    assert heard(w, "ana") == [
        "That can't be done any more, because things have changed since I asked. I keep carrying your words."
    ]
    assert pair_of(w).place == ""


def test_a_pair_that_ends_has_no_room_to_open() -> None:
    """After the end the open question is answered with the truth, and nothing about a room is planned."""
    w = two()
    say(w, "bram", "room")
    say(w, "ana", "drop")
    for line in ("3", "2", "skip", "yes"):
        w.say("ana", line, "matrix:home")
    ended = pair_of(w).stage
    told = say(w, "bram", "1")

    assert ended == "ending"
    assert not {name for name in timers(w, "M21") if name.startswith("room")}
    assert pair_of(w).place == ""
    assert [line.partition(".")[0] for line in told] == ["Nothing can be arranged in M21 just now"]


def test_a_question_that_waits_ends_with_the_pair() -> None:
    """Bram sleeps while ana asks for a room and then leaves: in the morning he is asked nothing about it."""
    w = two()
    say(w, "bram", "quiet 10:00-15:00")
    for line in ("room", "1", "drop", "3", "2", "skip", "yes"):
        w.say("ana", line, "matrix:home")
    heard(w, "bram@matrix:home")
    w.pass_until(NOON + DAY)

    assert not {d.form for d in w.programme.tables.dialogues.rows.values() if d.person == person_id(w, "bram")} & {
        "room"
    }
    assert [line for line in heard(w, "bram@matrix:home") if "room" in line] == []


def test_a_room_nobody_lives_at_is_not_opened() -> None:
    """Both moved on to IRC before the second yes: it would be opened where neither reads."""
    w = two()
    say(w, "bram", "room", "1")
    say(w, "ana", "room")
    for name in ("ana", "bram"):
        linked(w, name, f"{NETWORK}/{name}")
        w.say(name, "prefer irc", "matrix:home")
    heard(w, "ana")
    w.say("ana", "1")

    assert heard(w, "ana") == [
        "That can't be done any more, because things have changed since I asked. I keep carrying your words."
    ]
    assert pair_of(w).place == ""


def test_the_journal_holds_no_answer() -> None:
    """Moderators can see that `room` was said, never who wanted it."""
    w = two()
    say(w, "ana", "room", "2")
    say(w, "bram", "room", "1")

    assert {(e.verb, e.about) for e in w.journal} == {("room", "")}


def test_a_lost_address_leaves_the_room() -> None:
    """When one of them takes the address away, the place is left and words go to each."""
    w = two()
    linked(w, "ana", f"{NETWORK}/ana")
    say(w, "ana", "room", "1")
    say(w, "bram", "1")
    w.say("ana", "unlink matrix")

    assert pair_of(w).place == ""
    assert heard(w, "bram@matrix:home")[-1].startswith("M21 ana & bram cannot be used any more")


# ------------------------------------------------------------------------------------------------------- linking


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("@ana:example.org", ["matrix:home/@ana:example.org"]),
        ("@ana:example.org:8448", ["matrix:home/@ana:example.org:8448"]),
        ("matrix:home/@ana:example.org", ["matrix:home/@ana:example.org"]),
        ("home/@ana:example.org", ["matrix:home/@ana:example.org"]),
        ("matrix:@ana:example.org", ["matrix:home/@ana:example.org"]),
        ("matrix:u/ana:example.org?action=chat", ["matrix:home/@ana:example.org"]),
        ("https://matrix.to/#/@ana:example.org", ["matrix:home/@ana:example.org"]),
        ("https://matrix.to/#/%40ana%3Aexample.org", ["matrix:home/@ana:example.org"]),
        ("https://matrix.to/#/!room:example.org", []),
        ("#tech-peer:example.org", []),
        ("matrix:r/tech-peer:example.org", []),
        ("@ana", []),
        ("@:example.org", []),
        ("@ana:example.org and more", []),
        ("work/@ana:example.org", []),
    ],
)
def test_matrix_ids_are_read(said: str, found: list[str]) -> None:
    """An id, with its network named or not, and what programs copy instead of one; rooms are nobody's address."""
    assert linking.read(said, ["irc:test", "mail", "matrix:home"]) == found


def test_an_id_on_two_homeservers_is_asked_about() -> None:
    """Where several networks could be meant the one that is named is."""
    both = ["matrix:home", "matrix:work"]

    assert linking.read("@ana:example.org", both) == [f"{name}/@ana:example.org" for name in both]
    assert linking.read("Work/@ana:example.org", both) == ["matrix:work/@ana:example.org"]


def test_applying_takes_a_matrix_id_as_the_second_way() -> None:
    """Question 6 of an application sends its code to a Matrix id, and nothing private before it came back."""
    w = media()
    w.programme = Programme(
        NAME, w.programme.policy.model_copy(update={"networks": {**policy().networks, "matrix:home": MATRIX}})
    )
    for line in ("join", "yes", "rust", "sql deep", "skip", "lisbon, thu after 17:30", "english", "@eve:example.org"):
        w.said.clear()
        w.say("eve", line)

    assert heard(w, "eve")[0].startswith("Thanks. I sent a code there")
    (code,) = heard(w, "eve@matrix:home")
    assert code.startswith('Someone who is "eve" on IRC wants to link this account in tech-peer.')
    w.write("eve", f"link {w.code}", "matrix:home")
    assert heard(w, "eve@matrix:home")[0].startswith('Thank you. I know now that you are "eve" on IRC')


def test_a_moderator_on_two_media_is_let_in_on_both() -> None:
    """Who moderates and links a Matrix id is invited into the moderators' room there."""
    w = media()
    closed = MATRIX.model_copy(update={"invites": True, "moderators": "matrix:home/!mods:example.org"})
    networks = {**w.programme.policy.networks, "matrix:home": closed}
    w.programme = Programme(NAME, w.programme.policy.model_copy(update={"networks": networks}))
    esi = add_person(w, "esi", moderator=True)
    w.say("esi", "link home/@esi:example.org")
    w.write("esi", f"link {w.code}", "matrix:home")

    assert linking.owner(Desk(w.programme, w.moment()), "matrix:home/@esi:example.org", replace(esi, id=0)) == esi
    assert heard(w, "!mods@matrix:home") == ["+ @esi:example.org"]


# --------------------------------------------------------------------------------------------------- whole lives


def with_rooms(w: World) -> World:
    """The same world, where the network shows ids, changes messages and needs no `!`."""
    there = MATRIX.model_copy(update={"public": PLACES["public"], "moderators": PLACES["team"]})
    tables, serial = w.programme.tables, w.programme.serial
    w.programme = Programme(NAME, w.programme.policy.model_copy(update={"networks": {NETWORK: there}}))
    w.programme.tables, w.programme.serial = tables, serial
    return w


def asked_of(w: Watched) -> set[tuple[str, str]]:
    """Who was asked about a room for which pair, among the lines not looked at yet."""
    found = ((said.reader, re.search(r"Shall I open a room for .* \((M\d+)\)", said.line)) for said in w.history)
    return {(reader, match[1]) for reader, match in found if match}


def opened_unasked(w: Watched, asked: set[tuple[str, str]]) -> list[str]:
    """Pairs that have a place there though one of the two was never asked."""
    placed = [pair for pair in w.programme.tables.pairs.rows.values() if pair.place]
    return [f"M{p.id} {who.name}" for p in placed for who in sides(w, p) if (who.name, f"M{p.id}") not in asked]


ROOM_MOVES = st.one_of(
    MOVES,
    st.tuples(st.just("say"), st.sampled_from(("quorra", "bramwi", "lupexi", "esi")), st.just("room")),
)
BOTH_WANT_ONE: list[Move] = [
    ("pair", "quorra", "bramwi"), ("say", "quorra", "room"), ("answer", "quorra", "1"), ("say", "bramwi", "room"),
    ("answer", "bramwi", "1"), ("agree", "quorra", "bramwi"), ("hour", "", ""),
]  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    start=st.integers(0, len(ORDINARY)),
    wanted=st.integers(0, len(BOTH_WANT_ONE)),
    wild=st.lists(ROOM_MOVES, max_size=20),
)
def test_any_life_keeps_what_was_promised_where_rooms_are_asked_for(start: int, wanted: int, wild: list[Move]) -> None:
    """The invariants of test_invariants.py hold on a network whose places show ids, with rooms opened and cards shown."""
    w = watched()
    with_rooms(w)
    asked: set[tuple[str, str]] = set()
    for move in [*ORDINARY[:start], *BOTH_WANT_ONE[:wanted], *wild]:
        live(w, move)
        asked |= asked_of(w)
        check(w)
        assert opened_unasked(w, asked) == []


def test_a_life_with_a_room_reaches_it() -> None:
    """The stretches those lives are made of open a room and hold an hour in it, with its card said to the end."""
    w = watched()
    with_rooms(w)
    for move in BOTH_WANT_ONE:
        live(w, move)
    said = [s.line for s in w.history if s.reader == "m1"]

    assert {p.place for p in w.programme.tables.pairs.rows.values()} == {f"{NETWORK}/#{NAME}-m1"}
    assert any(" min left, " in line for line in said)
    assert any("finished" in line for line in said)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=st.integers(0, len(test_life.FULL_LIFE)), wild=st.lists(test_life.moves, max_size=20))
def test_any_life_is_sound_where_rooms_are_asked_for(start: int, wild: list[test_life.Move]) -> None:
    """Every state of any life is sound there, too."""
    w = with_rooms(test_life.town())
    for move in [*test_life.FULL_LIFE[:start], *wild]:
        test_life.do(w, move)
        test_life.sound(w)
