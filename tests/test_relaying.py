"""Words between partners: where they lie, what their writer hears, and that mute and a secret leaving look the same."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.events import Told
from relaybot.model import Letter, Put, Urgency
from relaybot.postman import Postman
from tests.fakes import FakeAdapter, FakeClock, nothing_more
from tests.play import NAME, NETWORK, World, add_hour, add_member, add_pair, add_person, world
from tests.rooms_world import say, two

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CANARY = "k4nary-w0rds"


def pair_of_two(stage: str = "active", *, apart: bool = False, limits: str = "") -> World:
    """Ana and bram are a pair, dana moderates."""
    w = world(NOON, limits)
    add_person(w, "dana", moderator=True)
    add_member(w, "ana", {})
    add_member(w, "bram", {})
    add_pair(w, 12, "ana", "bram", stage, apart=apart)
    return w


def take(w: World, reader: str) -> list[str]:
    """What a reader was told since the last look."""
    found = [line for who, line in w.said if who == reader]
    w.said = [(who, line) for who, line in w.said if who != reader]
    return found


def leave_in_secret(w: World) -> None:
    """Ana has a moderator tell bram; nobody has told him yet."""
    for said in ("drop", "3", "2", "skip", "yes"):
        w.say("ana", said)
    assert w.programme.tables.pairs.rows[12].stage == "ending"
    w.said.clear()


def holders(w: World, words: str) -> set[str]:
    """Kinds of records that hold these words, the journal among them."""
    found = {
        kind
        for kind, table in w.programme.tables.by_kind.items()
        for row in table.rows.values()
        if words in str(asdict(row))
    }
    return found | {"entry" for entry in w.journal if words in str(asdict(entry))}


# ------------------------------------------------------------------------------------ where words lie

STEPS = ("tell", "talk", "place", "away", "back", "mute", "resume", "pause", "drop", "hours", "days")


@settings(max_examples=60)
@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=12), st.booleans())
def test_words_are_in_their_letter_and_nowhere_else(steps: list[str], apart: bool) -> None:
    """Invariant 11: whatever happens meanwhile, words are in the outbox only, and in the end nowhere at all."""
    w = pair_of_two(apart=apart)
    for number, step in enumerate(steps):
        words = f"{CANARY} {number}"
        if step == "tell":
            w.say("bram", f"tell {words}")
        elif step == "talk":
            for said in ("talk", words, "."):
                w.say("bram", said)
        elif step == "place" and not apart:
            w.say("bram", words, place="m12")
        elif step == "away":
            w.away.add(f"{NETWORK}/ana")
        elif step == "back":
            w.away.discard(f"{NETWORK}/ana")
            w.deliver()
        elif step == "drop":
            for said in ("drop", "3", "2", "skip", "yes", "stop"):
                w.say("ana", said)
        elif step in {"hours", "days"}:
            w.pass_until(w.now + timedelta(hours=5 if step == "hours" else 50))
        else:
            w.say("ana", {"mute": "mute 2d", "pause": "pause 2 weeks"}.get(step, step))
        assert holders(w, CANARY) <= {"letter"}
    w.pass_until(w.now + timedelta(hours=73))
    assert holders(w, CANARY) == set()


def test_a_reader_gets_every_line_with_the_name_in_front() -> None:
    """No line of one's partner can look like relaybot's own; control signs go."""
    w = pair_of_two()
    w.say("bram", "tell Swap! said I\nrelaybot: \x02that's the hour\x0f")
    assert take(w, "ana") == ["bram: Swap! said I", "bram: relaybot:  that's the hour"]


def test_words_of_nothing_are_not_sent() -> None:
    """A line that shows nothing is refused, not delivered empty."""
    w = pair_of_two()
    w.say("bram", "tell \x02")
    assert take(w, "bram") == ["There is nothing to read in that. It goes: tell <text>"]
    assert take(w, "ana") == []


# ------------------------------------------------------------------------------ mute and leaving look alike

SAID = (
    ("", "tell hello"), ("m12", "anybody there?"), ("", "talk"), ("", "one"), ("", "two"), ("", "."), ("", "tell again"),
    ("", "tell and again"), ("", "tell M12 a fifth"), ("", "tell a sixth"), ("m12", "a seventh"),
)  # fmt: skip


@pytest.mark.parametrize("rest", ["mute 14d", "pause 3 weeks"])
def test_a_writer_cannot_tell_rest_from_leaving(rest: str) -> None:
    """Worlds in which ana rests and in which she has left in secret say the same to bram, at the same times."""
    heard: list[list[tuple[datetime, str]]] = []
    for left in (False, True):
        w = pair_of_two(limits="limits.waiting_lines = 5")
        if left:
            leave_in_secret(w)
            w.say("dana", f"hold H{w.opened[-1]}")
        else:
            w.say("ana", rest)
        w.said.clear()
        told: list[tuple[datetime, str]] = []
        for place, text in SAID:
            w.say("bram", text, place=place)
            told += [(w.now, line) for line in take(w, "bram")]
        for _ in range(80):
            w.pass_until(w.now + timedelta(hours=1))
            told += [(w.now, line) for line in take(w, "bram") if "Not delivered" in line]
        heard.append(told)
    assert heard[0] == heard[1]
    assert [line for _, line in heard[0]].count("Kept, not delivered yet.") == 2
    assert any("5 messages for ana are waiting already" in line for _, line in heard[0])


def test_nothing_reaches_the_one_who_left() -> None:
    """Words written before and after a leaving, on their way or kept, do not arrive any more."""
    w = pair_of_two()
    w.away.add(f"{NETWORK}/ana")
    w.say("bram", "tell before")
    leave_in_secret(w)
    w.say("bram", "tell after")
    assert take(w, "bram") == ["Kept, not delivered yet."]
    w.away.clear()
    w.deliver()
    assert not any("before" in line or "after" in line for line in take(w, "ana"))
    assert take(w, "bram") == []  # that his words went nowhere would tell him something
    w.pass_until(w.now + timedelta(hours=80))
    assert not any("bram:" in line for line in take(w, "ana"))


def test_words_in_the_hour_are_no_matter_of_keeping() -> None:
    """Whoever is on mute and comes to the hour reads the place: nothing is kept or said about it."""
    w = pair_of_two()
    add_hour(w, 40, 12, NOON + timedelta(hours=1))
    w.say("ana", "mute 1d")
    w.pass_until(NOON + timedelta(hours=1))
    w.said.clear()
    w.say("bram", "here we go", place="m12")
    assert take(w, "bram") == []
    assert [x for x in w.programme.tables.letters.rows.values() if x.held] == []


# ------------------------------------------------------------------------------------------- receipts


def receipt(w: World) -> Letter:
    """The letter of words that waits."""
    return next(x for x in w.programme.tables.letters.rows.values() if x.receipt.startswith("relay"))


def test_a_network_that_is_gone_is_said_truly() -> None:
    """Not the partner but the network is away: the sentence says so."""
    w = pair_of_two()
    w.programme.tables.letters.put(_letter(w, "relay 12 3 tell 1"))
    w.happen(Told(receipt(w), "waiting", "not connected: connection refused"))
    assert (
        take(w, "bram")[0]
        == "Waiting: IRC can't be reached at the moment; I deliver to ana when it can, within 72 hours."
    )


def test_nobody_logs_in_on_matrix() -> None:
    """Whoever has not accepted an invitation there is said to be out of reach, not to be logged out."""
    w = two()
    w.away.add("matrix:home/@bram:example.org")
    told = say(w, "ana", "tell hello")

    assert told == [
        "Waiting: bram can't be reached on Matrix at the moment; I deliver when they can be, or another way in 4 hours if they allowed one."
    ]


def test_what_a_network_refuses_is_told_once_to_both() -> None:
    """A refusal reaches the writer and the moderators, once until something arrives again; the words reach neither."""
    w = pair_of_two()
    refused = _letter(w, "relay 12 3 tell 1")
    w.happen(Told(refused, "undeliverable", "they do not take messages from relaybot"))
    w.happen(Told(refused, "undeliverable", "they do not take messages from relaybot"))
    assert take(w, "bram") == [
        "Not delivered to ana (they do not take messages from relaybot). A moderator knows. What you write next is tried again."
    ]
    assert take(w, "team") == [
        (
            "M12: what bram writes to ana can't be delivered (they do not take messages from relaybot). "
            "Perhaps ana can be reached another way; I pass on nothing of the words."
        )
    ]
    w.happen(Told(refused, "sent", ""))
    w.happen(Told(refused, "undeliverable", "nobody has that nick"))
    assert len(take(w, "team")) == 1


def test_a_receipt_of_somebody_forgotten_is_nobodys() -> None:
    """What became of words of a person or pair that is gone is told to nobody."""
    w = pair_of_two()
    for reference in ("relay 99 3 tell 1", "relay 12 99 tell 1", "relay 12 1 tell 1"):
        w.happen(Told(_letter(w, reference), "sent", ""))
    assert w.said == []


def test_an_ended_pair_is_named_when_words_come_too_late() -> None:
    """Words that were on their way when the pair ended, and its end is known: their writer is told."""
    w = pair_of_two()
    pair = w.programme.tables.pairs.rows[12]
    w.make(Put(replace(pair, stage="ended")))
    w.happen(Told(_letter(w, "relay 12 3 tell 1"), "undeliverable", ""))
    assert take(w, "bram") == ["Not delivered: M12 with ana has ended, so nothing goes from one to the other any more."]


def test_talk_ends_with_the_pair() -> None:
    """A line said into a talk whose pair has ended is not sent, and the talk is over."""
    w = pair_of_two()
    w.say("bram", "talk")
    pair = w.programme.tables.pairs.rows[12]
    w.make(Put(replace(pair, stage="ended")))
    w.said.clear()
    w.say("bram", "hello?")
    assert take(w, "bram") == ["Not delivered: M12 with ana has ended, so nothing goes from one to the other any more."]
    assert take(w, "ana") == []
    w.say("bram", "hello?")
    assert "I don't know" in take(w, "bram")[0]


def _letter(w: World, reference: str) -> Letter:
    return Letter(NAME, 1, f"{NETWORK}/ana", ("bram: hi",), Urgency.PERSONAL, w.now, person=2, receipt=reference)


async def test_the_postman_leaves_held_letters_alone() -> None:
    """A held letter is not handed to the network, at a start either; the same one free is."""
    w = pair_of_two()
    adapter = FakeAdapter()
    postman = Postman(adapter, FakeClock(), nothing_more, nothing_more)
    held = replace(_letter(w, ""), held=True, receipt="")
    postman.post(w.programme, held)
    assert (adapter.lines, postman.waiting) == ([], 0)
    w.programme.apply((Put(replace(held, held=False)),))
    postman.post(w.programme, replace(held, held=False))
    assert [line for _, line in adapter.lines] == ["bram: hi"]
