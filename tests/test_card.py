"""The card of an hour: one message, ambient, replaced while it waits, true when it leaves; and nothing of it where messages stay as sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from relaybot.events import Told
from relaybot.model import Address, Put, Urgency
from relaybot.nouns import card_letters
from tests.play import NAME, NETWORK, World, add_hour, add_member, add_pair
from tests.rooms_world import NOON, cards, heard, media, pair_of, say, timers, two

MINUTE = timedelta(minutes=1)


def running(w: World) -> World:
    """Their hour S40 runs since noon; what was said until then is forgotten."""
    add_hour(w, 40, 21, NOON)
    w.pass_until(NOON)
    w.away.clear()
    for name in ("ana", "bram"):
        network = next(p for p in w.programme.tables.people.rows.values() if p.name == name).home.partition("/")[0]
        w.write(name, "here", network) if network in w.programme.policy.networks else w.say(name, "here")
    w.said.clear()
    return w


def in_a_room() -> World:
    """An hour in a room both agreed to, begun at noon."""
    w = two()
    say(w, "ana", "room", "1")
    say(w, "bram", "1")
    add_hour(w, 40, 21, NOON)
    w.pass_until(NOON)
    for name in ("ana", "bram"):
        w.say(name, "here", "matrix:home/m21")
    w.said.clear()
    return w


def minutes(w: World, count: int) -> datetime:
    """Let minutes pass."""
    w.pass_until(w.now + count * MINUTE)
    return w.now


# ------------------------------------------------------------------------------------------------- the letter


def test_one_card_waits_at_most() -> None:
    """While the network is away a new card takes the place of the one that waits; bells wait beside it."""
    w = in_a_room()
    w.away.add("matrix:home")
    minutes(w, 5)
    w.say("ana", "hold", "matrix:home/m21")
    w.say("ana", "go", "matrix:home/m21")
    (waiting,) = cards(w)

    assert (waiting.card, waiting.urgency, waiting.to) == ("clock S40", Urgency.AMBIENT, f"matrix:home/#{NAME}-m21")
    assert waiting.text == ("S40  ana teaches bram: rust   25 min left, swap 12:30",)
    assert waiting.expires_at == w.now + card_letters.FRESH


def test_a_card_that_may_have_left_is_not_taken_back() -> None:
    """One that was handed to the network keeps its place; the next one changes what it may have made."""
    w = in_a_room()
    w.away.add("matrix:home")
    minutes(w, 5)
    (first,) = cards(w)
    w.make(Put(replace(first, tried_at=w.now)))
    w.say("ana", "hold", "matrix:home/m21")

    assert [x.text[0].partition("rust")[2] for x in cards(w)] == ["   25 min left, swap 12:30", "   clock stopped"]


def test_cards_come_while_the_clock_runs() -> None:
    """Every five minutes; not while it stands, nor when the hour is over."""
    w = in_a_room()
    minutes(w, 12)
    said = [line for line in heard(w, "m21@matrix:home") if line.startswith("S40")]
    w.say("ana", "hold", "matrix:home/m21")
    standing = timers(w, "S40")
    heard(w, "m21@matrix:home")
    minutes(w, 12)
    silent = heard(w, "m21@matrix:home")
    w.say("ana", "go", "matrix:home/m21")
    w.say("bram", "end", "matrix:home/m21")

    assert [line.partition("rust")[2] for line in said] == ["   25 min left, swap 12:30", "   20 min left, swap 12:30"]
    assert ("clock" in standing, silent) == (False, [])
    assert heard(w, "m21@matrix:home")[-1] == "S40  finished 12:24"
    assert "clock" not in timers(w, "S40")


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("session.swap = 'off'", "S40  ana and bram   60 min left, end 13:00"),
        ("session.min_half_minutes = 40", "S40  ana teaches bram: rust   60 min left, end 13:00"),
        ("session.length_minutes = 50", "S40  ana teaches bram: rust   25 min left, swap 12:25"),
    ],
)
def test_every_shape_of_an_hour_has_a_card(setting: str, shown: str) -> None:
    """Without halves, in one direction, or another length: who teaches, how long, until when."""
    w = two(settings=setting)
    add_hour(w, 40, 21, NOON)
    w.pass_until(NOON)
    say(w, "ana", "here")

    assert [line for line in say(w, "bram", "here") if line.startswith("S40")] == [shown]


def test_an_hour_called_off_leaves_no_timer() -> None:
    """The pair ends while the hour runs: its card says that it is off, and nothing about it is said any more."""
    w = in_a_room()
    for line in ("drop", "3", "2", "skip", "yes"):
        w.say("ana", line, "matrix:home")
    assert heard(w, "m21@matrix:home") == ["S40  called off"]
    minutes(w, 20)

    assert timers(w, "S40") == set()
    assert heard(w, "m21@matrix:home") == []


@pytest.mark.parametrize(("bram", "cards_"), [("bram@matrix:home", ["S40  called off"]), ("bram", [])])
def test_a_private_card_does_not_stay_as_it_was(bram: str, cards_: list[str]) -> None:
    """Called off for one of them, both read it where a card of theirs stands; one that waits is replaced by it."""
    w = running(two("ana@matrix:home", bram))
    w.away.add("matrix:home")
    minutes(w, 5)
    for line in ("drop", "3", "2", "skip", "yes"):
        w.say("ana", line, "matrix:home")
    waiting = [x.text for x in cards(w)]
    w.away.clear()
    w.deliver()

    assert waiting == [("S40  called off",)] * (1 + len(cards_))
    assert [line for line in heard(w, "ana@matrix:home") if line.startswith("S40")] == ["S40  called off"]
    assert [line for line in heard(w, bram) if line.startswith("S40")] == cards_


def test_an_hour_that_has_not_begun_has_no_card_to_finish() -> None:
    """Dropped before or while they are waited for: no message about a clock that nobody has seen."""
    for begun in (False, True):
        w = two()
        add_hour(w, 40, 21, NOON + MINUTE)
        w.pass_until(NOON + (2 if begun else 0) * MINUTE)
        for line in ("drop", "3", "2", "skip", "yes"):
            w.say("ana", line, "matrix:home")

        assert w.programme.tables.pairs.rows[21].stage == "ending"
        assert not any(line.startswith("S40") for _, line in w.said)


def test_a_room_opened_in_the_middle_takes_the_card_along() -> None:
    """Those both had in private end, the room shows the clock at once, and from then on only the room does."""
    w = running(two())
    minutes(w, 6)
    say(w, "ana", "room", "1")
    heard(w, "bram@matrix:home")
    bram = say(w, "bram", "room", "1")
    said = [(to, line) for to, line in w.said if line.startswith("S40")]
    w.said.clear()
    minutes(w, 5)

    assert [line for line in bram if line.startswith("S40")] == ["S40  goes on elsewhere"]
    assert sorted(said) == [
        ("ana@matrix:home", "S40  goes on elsewhere"),
        ("m21@matrix:home", "S40  ana teaches bram: rust   24 min left, swap 12:30"),
    ]
    assert [(to, line) for to, line in w.said if line.startswith("S40")] == [
        ("m21@matrix:home", "S40  ana teaches bram: rust   19 min left, swap 12:30")
    ]


def linked(w: World, name: str) -> None:
    """Somebody has linked their address on IRC, too."""
    person = next(p for p in w.programme.tables.people.rows.values() if p.name == name)
    w.make(Put(Address(NAME, f"{NETWORK}/{name}", person.id)))


@pytest.mark.parametrize("how", ["prefer irc", "unlink matrix"])
def test_who_reads_elsewhere_keeps_no_card_that_is_wrong(how: str) -> None:
    """Ana goes on on IRC, or has no Matrix any more: her card ends where it stands, bram's is as it was and goes on."""
    w = running(two())
    linked(w, "ana")
    minutes(w, 6)
    w.said.clear()
    w.write("ana", how, "matrix:home")
    said = [(to, line) for to, line in w.said if line.startswith("S40")]
    w.said.clear()
    minutes(w, 5)

    assert said == [("ana@matrix:home", "S40  goes on elsewhere")]
    assert [(to, line) for to, line in w.said if line.startswith("S40")] == [
        ("bram@matrix:home", "S40  ana teaches bram: rust   20 min left, swap 12:30")
    ]


def test_a_room_lost_in_the_middle_leaves_no_card_that_is_wrong() -> None:
    """Ana cannot come to Matrix any more: the room's card ends before relaybot goes, and bram has one in private."""
    w = in_a_room()
    linked(w, "ana")
    minutes(w, 6)
    w.said.clear()
    w.write("ana", "unlink matrix", "matrix:home")
    said = [line for line in heard(w, "m21@matrix:home") if line]
    minutes(w, 5)

    assert said == ["S40  goes on elsewhere"]
    assert pair_of(w).place == ""
    assert [(to, line) for to, line in w.said if line.startswith("S40")] == [
        ("bram@matrix:home", "S40  ana teaches bram: rust   20 min left, swap 12:30")
    ]


def test_after_an_outage_the_card_tells_how_it_is() -> None:
    """Relaybot was off over the swap: one line says so, and the card shows the second half."""
    w = in_a_room()
    minutes(w, 7)
    w.said.clear()
    w.outage_until(NOON + 40 * MINUTE)
    w.deliver()
    said = heard(w, "m21@matrix:home")

    assert [line for line in said if line.startswith("I was away")] != []
    assert [line for line in said if line.startswith("S40")][
        -1
    ] == "S40  bram teaches ana: rust   20 min left, end 13:00"


def test_the_last_card_is_said_when_the_network_comes_back_soon() -> None:
    """An end that fell into a short absence is shown, because a card that is wrong would stay wrong."""
    w = in_a_room()
    minutes(w, 57)
    w.away.add("matrix:home")
    minutes(w, 10)
    w.said.clear()
    w.away.clear()
    w.deliver()

    assert heard(w, "m21@matrix:home")[-1] == "S40  finished 13:00"


# ---------------------------------------------------------------------------------------------------- who reads it


def test_without_a_place_each_who_lives_there_has_one() -> None:
    """In private each reads it on their own clock; whoever lives on IRC or by mail reads none."""
    w = running(two("ana@matrix:home", "bram"))
    minutes(w, 5)

    assert heard(w, "ana@matrix:home") == ["S40  ana teaches bram: rust   25 min left, swap 12:30"]
    assert heard(w, "bram") == []


def test_a_card_goes_nowhere_else() -> None:
    """Refused, waiting, or its reader moves: a card is never carried to another address."""
    w = running(two("ana@matrix:home", "bram"))
    ana = next(p for p in w.programme.tables.people.rows.values() if p.name == "ana")
    w.make(Put(Address(NAME, f"{NETWORK}/ana", ana.id)))
    w.away.add("matrix:home")
    minutes(w, 5)
    (waiting,) = cards(w)
    w.happen(Told(waiting, "undeliverable", "forbidden"))
    w.happen(Told(waiting, "waiting", "not connected"))
    refused = heard(w, "ana")
    w.write("ana", "prefer irc", "matrix:home")

    assert refused == []
    assert [x.to for x in cards(w)] == [waiting.to]
    assert not any(line.startswith("S40") for line in heard(w, "ana"))


def test_a_bell_that_goes_elsewhere_leaves_the_card_behind() -> None:
    """A bell that waits follows ana to IRC in time; the card that was said with it does not."""
    w = running(two("ana@matrix:home", "bram", "reach.urgent_minutes = 1"))
    ana = next(p for p in w.programme.tables.people.rows.values() if p.name == "ana")
    w.make(Put(Address(NAME, f"{NETWORK}/ana", ana.id)))
    w.away.add("matrix:home")
    w.say("bram", "hold")
    minutes(w, 1)
    said = heard(w, "ana")

    assert said[-1] == "Clock stopped, both of you. go when ready."
    assert not any(line.startswith("S40") for line in said)
    assert [x.to for x in cards(w)] == ["matrix:home/@ana:example.org"]


def test_on_irc_and_by_mail_nothing_of_it_exists() -> None:
    """No timer, no letter: what is stored there is what was stored before there were cards."""
    for first, second in (("ana", "bram"), ("ana@mail", "bram@mail"), ("ana", "bram@mail")):
        w = running(two(first, second))
        minutes(w, 6)
        assert ("clock" in timers(w, "S40"), cards(w)) == (False, [])
    w = media()
    for name in ("ana", "bram"):
        add_member(w, name, {"zone": "UTC"})
    add_pair(w, 21, "ana", "bram", "trial")
    add_hour(w, 40, 21, NOON)
    w.pass_until(NOON)
    for name in ("ana", "bram"):
        w.say(name, "here", "m21")

    assert w.programme.tables.meetings.rows[40].stage == "first_half"
    assert (pair_of(w).place, "clock" in timers(w, "S40")) == (f"{NETWORK}/#{NAME}-m21", False)


# ------------------------------------------------------------------------------------------------------ bare words


def test_where_nothing_needs_a_mark_none_is_printed() -> None:
    """In a room of Matrix the lines of the hour name commands as they are typed there, and they work so."""
    w = in_a_room()
    w.say("ana", "hold", "matrix:home/m21")
    held = heard(w, "m21@matrix:home")
    w.say("bram", "go", "matrix:home/m21")
    minutes(w, 50)
    last = [line for line in heard(w, "m21@matrix:home") if line.startswith("Ten minutes")]
    w.say("ana", "propose sat 18:00", "matrix:home/m21")

    assert held[0] == "Clock stopped, both of you. go when ready."
    assert last[0].endswith("(yes / propose <time>)")
    assert heard(w, "bram@matrix:home")[-1].startswith("ana proposes an hour: Sat 28 Nov 18:00")


@pytest.mark.parametrize(
    "line", ["propose what we read", "slots are full today", "tell me more", "room for doubt", "drop it"]
)
def test_talk_is_not_answered(line: str) -> None:
    """Sentences that begin like a command are words to the partner."""
    w = in_a_room()
    w.say("ana", line, "matrix:home/m21")

    assert w.said == []
