"""What rooms and chats can do that a plain line cannot: threads, replies, edits, words in clear, and words read days later."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaybot.events import Heard
from relaybot.model import Letter, Message, Put
from relaybot.nouns import corrections
from tests.play import NAME, NETWORK, PLACES, World, add_applicant, add_member, add_pair, add_person, world

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def town() -> World:
    """Dana moderates, ana and bram are M12, lupe has applied (A1)."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    add_member(w, "ana", {"zone": "Europe/Lisbon"})
    add_member(w, "bram", {"zone": "America/Toronto"})
    add_pair(w, 12, "ana", "bram", "active", apart=True)
    add_applicant(w, "lupe", {})
    return w


def hear(w: World, who: str, text: str, place: str = "", **fields: Any) -> list[Letter]:
    """Somebody says something; the letters that were written because of it."""
    address, where = f"{NETWORK}/{who}", PLACES.get(place, place)
    fields.setdefault("addressed", not place)
    message = Message(NETWORK, address, address, who, text, place=where, programme=NAME if place else "", **fields)
    w.fire_until(w.now)
    decision = w.happen(Heard(message))
    return [change.record for change in decision if isinstance(change, Put) and isinstance(change.record, Letter)]


def test_an_answer_stays_in_the_thread_it_was_asked_in() -> None:
    """In private and in the moderators' place; what goes to others is in no thread."""
    w = town()
    (answer,) = hear(w, "ana", "status", thread="!dm - $1")
    assert answer.thread == "!dm - $1"
    (answer,) = hear(w, "dana", "show A1", "team", thread="!mods $root $2")
    assert (answer.to, answer.thread, answer.about) == (PLACES["team"], "!mods $root $2", "A1")
    for letter in hear(w, "ana", "tell hello", thread="!dm - $3"):
        assert letter.thread == ("!dm - $3" if letter.to.endswith("/ana") else "")
    for letter in hear(w, "dana", "!show A1", "public", thread="!public - $4"):
        assert letter.thread == ("!public - $4" if letter.to == PLACES["public"] else "")


def test_what_moderators_are_told_names_its_object() -> None:
    """One application, one thread: what is said of it in the moderators' place carries its id."""
    w = town()
    told = [x for x in hear(w, "dana", "accept A1") if x.to == PLACES["team"]]
    assert [x.about for x in told] == ["A1"]
    told = [x for x in hear(w, "ana", "moderator please help me") if x.to == PLACES["team"]]
    assert told
    assert all(x.about[:1] == "H" for x in told)


# ------------------------------------------------------------------------------------------- replies


def lines(w: World, who: str) -> list[str]:
    """What somebody (or a place) was told since the last look."""
    found = [line for reader, line in w.said if reader == who]
    w.said = [(reader, line) for reader, line in w.said if reader != who]
    return found


def test_a_reply_answers_the_question_it_names_and_no_other() -> None:
    """Two questions are open: each is answered by a reply to it, and a tick elsewhere answers neither."""
    w = town()
    hear(w, "ana", "drop")
    (drop,) = [d for d in w.programme.tables.dialogues.rows.values() if d.form == "drop"]
    hear(w, "ana", "yes", about="M12")
    assert lines(w, "ana")[-1].startswith("Nothing about that message waits for an answer from you.")
    assert w.programme.tables.dialogues.rows[drop.id] == drop
    hear(w, "ana", "1", about="A1")
    assert lines(w, "ana")[-1] == (
        "Nothing about that message waits for an answer from you. status shows where you stand."
    )
    assert w.programme.tables.dialogues.rows[drop.id] == drop
    hear(w, "ana", "3", about=f"D{drop.id}")
    assert w.programme.tables.dialogues.rows[drop.id].answers == (("what", "end"),)


def test_words_for_the_partner_never_answer_a_private_question() -> None:
    """However short: a reply to what the partner said goes to the partner, whatever relaybot asked meanwhile."""
    w = town()
    hear(w, "ana", "drop")
    w.said.clear()
    hear(w, "ana", "good idea", about="M12")
    assert lines(w, "bram") == ["ana: good idea"]
    hear(w, "ana", "No hurry", about="M12")
    assert lines(w, "bram") == ["ana: No hurry"]
    (drop,) = [d for d in w.programme.tables.dialogues.rows.values() if d.form == "drop"]
    assert drop.answers == ()


def test_a_question_put_off_is_taken_up_by_a_reply() -> None:
    """As by mail: whoever said `later` may answer below the question."""
    w = town()
    hear(w, "ana", "drop")
    (drop,) = [d for d in w.programme.tables.dialogues.rows.values() if d.form == "drop"]
    hear(w, "ana", "later")
    assert w.programme.tables.dialogues.rows[drop.id].kept
    hear(w, "ana", "3", about=f"D{drop.id}")
    assert w.programme.tables.dialogues.rows[drop.id].answers == (("what", "end"),)


def test_a_command_is_a_command_and_other_replies_are_none() -> None:
    """A command below anything runs; words below what is no pair's are read as if nothing were quoted."""
    w = town()
    hear(w, "ana", "status", about="M12")
    assert lines(w, "bram") == []
    assert lines(w, "ana")
    hear(w, "ana", "!tell M12 hi", about="D99")
    assert lines(w, "bram") == ["ana: hi"]
    hear(w, "lupe", "what happens now?", about="A1")
    assert lines(w, "lupe")[-1].startswith("I'm a bot and don't understand that.")


@pytest.mark.parametrize(
    ("said", "does"),
    [
        ("accept", True),
        ("show", True),
        ("question Why screen readers?", True),
        ("!question why screen readers?", True),
        ("question is whether she has the time", False),
        ("decline I'd say", False),
        ("decline is too harsh, I think", False),
        ("accept? not yet", False),
        ("yes", False),
    ],
)
def test_in_a_thread_the_id_may_be_left_out(said: str, does: bool) -> None:
    """In the moderators' place below A1; what they say to each other is no command though it begins like one."""
    w = town()
    w.said.clear()
    letters = hear(w, "dana", said, "team", about="A1", addressed=False, thread="!mods $root $2")
    assert bool(letters) is does
    assert all(x.about == "A1" and x.thread == "!mods $root $2" for x in letters if x.to == PLACES["team"])


def test_a_moderators_reply_in_private_names_its_object_too() -> None:
    """As by mail: below what was said of A1."""
    w = town()
    hear(w, "dana", "accept", about="A1")
    assert w.programme.tables.applications.rows[1].stage == "accepted"


def test_a_tick_in_the_moderators_place_asks_back_when_nothing_is_open() -> None:
    """One short line in the thread."""
    w = town()
    (letter,) = hear(w, "dana", "yes", "team", about="A1", addressed=True, thread="!mods $root $2")
    assert (letter.text, letter.to) == (
        ("Nothing about that message waits for an answer from you. status shows where you stand.",),
        PLACES["team"],
    )


# --------------------------------------------------------------------------------------------- edits


def corrected(w: World, who: str, was: str, now: str, **fields: Any) -> list[str]:
    """What the partner reads because of an edit."""
    w.said.clear()
    hear(w, who, now, corrected=was, **fields)
    return lines(w, "bram" if who == "ana" else "ana")


NOTHING = "I took that message as it was first; an edit changes nothing here. Please write it again if it matters."


@pytest.mark.parametrize(
    ("was", "now", "reads"),
    [
        ("tell see you tuesday", "tell see you Thursday", ['ana corrected: "tuesday" -> "Thursday"']),
        ("!tell M12 see you", "tell M12 see you soon", ['ana corrected: "you" -> "you soon"']),
        ("tell not on tuesday", "tell on tuesday", ['ana corrected: "not on" -> "on"']),
        ("tell a b c d e", "tell x b c d y", ["ana corrected: x b c d y"]),
        ("tell one", "tell two\nlines", ['ana corrected: "one" -> "two lines"']),
        ("tell see you", "tell  see   you", []),
        ("tell " + "a " * 50, "tell " + "b " * 50, ["ana corrected: " + " ".join(["b"] * 50)]),
    ],
)
def test_the_partner_reads_what_was_corrected(was: str, now: str, reads: list[str]) -> None:
    """Only the differing words, or the whole new text where that is more than a spot."""
    w = town()
    assert corrected(w, "ana", was, now) == reads
    assert NOTHING not in lines(w, "ana")


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("tell hello", "moderator he frightens me"),
        ("moderator he frightens me", "tell hello"),
        ("good", "tell it was good"),
        ("?", "tell hello"),
        ("tell M12 hello", "tell M15 hello"),
        ("drop", "pause 2 days"),
    ],
)
def test_other_edits_do_nothing_and_say_so(was: str, now: str) -> None:
    """No command runs, no question is answered, nothing goes to the partner."""
    w = town()
    add_member(w, "oto", {})
    add_pair(w, 15, "ana", "oto", "active", apart=True)
    before = {kind: dict(table.rows) for kind, table in w.programme.tables.by_kind.items() if kind != "tally"}
    assert corrected(w, "ana", was, now) == []
    assert w.said == [("ana", NOTHING)]
    assert before == {kind: dict(table.rows) for kind, table in w.programme.tables.by_kind.items() if kind != "tally"}


def test_what_was_said_before_a_talk_is_not_told_to_the_partner() -> None:
    """An edit during a talk is of words of that talk only when they were said in it; else they may be anybody's."""
    w = town()
    before = w.now
    w.now += timedelta(minutes=5)
    hear(w, "ana", "talk")
    assert corrected(w, "ana", "he frightens me", "he frightens me a little", first_said_at=before) == []
    assert corrected(w, "ana", "he frightens me", "he frightens me a little") == []
    assert lines(w, "ana") == [NOTHING]
    said = corrected(w, "ana", "see you sx", "see you six", first_said_at=w.now)
    assert said == ['ana corrected: "sx" -> "six"']
    assert corrected(w, "ana", "help", "help me", first_said_at=w.now) == []


def test_edits_of_kept_words_are_kept_too_and_no_word_of_them_is_stored() -> None:
    """After a leaving nobody has been told of, an edit looks like on any other day, and lies in its letter only."""
    w = town()
    hear(w, "bram", "mute 2d")
    assert corrected(w, "ana", "tell see you tuesday", "tell see you k4nary") == []
    assert lines(w, "ana") == ["Kept, not delivered yet."]
    holders = {
        kind
        for kind, table in w.programme.tables.by_kind.items()
        if any("k4nary" in str(asdict(row)) for row in table.rows.values())
    }
    assert holders == {"letter"}
    assert not any("k4nary" in str(asdict(entry)) for entry in w.journal)


def test_an_edit_about_a_pair_that_is_over_is_told_the_truth() -> None:
    """As `tell` would be."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    for name in ("ana", "bram"):
        add_member(w, name, {})
    pair = add_pair(w, 12, "ana", "bram", "active", apart=True)
    w.make(Put(replace(pair, stage="ended", ended_at=w.now)))
    assert corrected(w, "ana", "tell M12 one", "tell M12 two") == []
    assert "M12" in lines(w, "ana")[-1]


def test_in_a_pairs_place_an_edit_is_read_by_the_partner_themselves() -> None:
    """Nothing is said; only where the partner must not be reached now the correction is kept with the words."""
    w = town()
    pair = replace(w.programme.tables.pairs.rows[12], place=f"{NETWORK}/#{NAME}-m12")
    w.make(Put(pair))
    assert hear(w, "ana", "see you six", pair.place, corrected="see you sx") == []
    hear(w, "bram", "mute 2d")
    (kept, _) = hear(w, "ana", "see you six", pair.place, corrected="see you sx")
    assert kept.held
    assert kept.text == ('ana corrected: "sx" -> "six"',)
    (said,) = hear(w, "ana", "!hold", pair.place, corrected="!hald", addressed=True)
    assert (said.to, said.text) == (f"{NETWORK}/ana", (NOTHING,))


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_a_correction_says_no_more_than_the_new_text_and_no_less_than_the_difference(
    before: list[str], after: list[str]
) -> None:
    """Nothing for no difference; a spot that turns the one text into the other; or the whole new text."""
    was, now = " ".join(before), " ".join(after)
    said = corrections.differing(was, now)
    if before == after:
        assert said == ""
    elif said != now:
        old, new = re.fullmatch(r'"(.*)" -> "(.*)"', said).groups()  # type: ignore[union-attr]
        spots = [i for i in range(len(was)) if was.startswith(old, i)]
        assert now in {was[:i] + new + was[i + len(old) :] for i in spots}


# ------------------------------------------------------------------------------- in clear, and late


def test_nothing_a_moderator_says_in_clear_is_done() -> None:
    """Whatever it is, wherever; a peer is heard as ever, and their talk in a place is left alone."""
    w = town()
    refused = (
        "That came unencrypted, although this room is encrypted, so I did nothing. Please send it again, encrypted."
    )
    for place, said in (("", "accept A1"), ("team", "accept A1"), ("", "yes"), ("", "tell hello")):
        (letter,) = hear(w, "dana", said, place, clear=True)
        assert letter.text == (refused,)
        assert letter.to == (PLACES[place] if place else f"{NETWORK}/dana")
    assert hear(w, "dana", "good morning all", "team", clear=True) == []
    assert w.programme.tables.applications.rows[1].stage == "submitted"
    w.said.clear()
    hear(w, "ana", "tell hello", clear=True)
    assert lines(w, "bram") == ["ana: hello"]


def test_what_is_answered_days_later_says_so_once() -> None:
    """On the clock of whoever said it; what others hear because of it is as ever."""
    w = town()
    said_at = START - timedelta(days=9)
    first, *rest = hear(w, "ana", "status", said_at=said_at, thread="!dm - $1")
    assert first.text[0] == "I was away and read only now what you wrote Thu 12 Nov 12:00 (your time)."
    assert len(first.text) > 1
    assert first.thread == ""
    assert not any("I was away" in line for letter in rest for line in letter.text)
    w.said.clear()
    hear(w, "ana", "tell hello", said_at=said_at)
    assert lines(w, "bram") == ["ana: hello"]
    (stranger,) = hear(w, "eve", "hello", said_at=said_at)
    assert stranger.text[0] == "I was away and read only now what you wrote Thu 12 Nov 12:00 (UTC)."
