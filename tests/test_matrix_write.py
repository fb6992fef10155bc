"""Letters as events of Matrix: what rings and what does not, threads and edits, pieces, and ids that stay the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.matrix_text import clean, hushed, size, split
from adapters.matrix_write import (
    ABOUT,
    BODY_BYTES,
    EVENT_BYTES,
    MARK,
    contents,
    edit,
    notice,
    remark_transaction,
    transaction,
    weight,
)
from relaybot.model import Letter, Urgency

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=UTC)
BRAM, RAVI = "@bram:example.org", "@ravi:example.org"
THINGS = st.text(alphabet="ab \n\t\r\\\"'<&ä€😀🇪🇺\u200d\u0301\u202e\x00@rom", max_size=400)


def letter(*text: str, **more: Any) -> Letter:
    first = Letter("tech-peer", 7, f"matrix:home/{BRAM}", text or ("Hello.",), Urgency.PERSONAL, NOW)
    return replace(first, **more)


def one(written: Letter, **more: Any) -> dict[str, Any]:
    made = contents(written, **more)
    assert len(made) == 1
    return made[0]


# ------------------------------------------------------------------------------------------------- ringing


def test_a_personal_letter() -> None:
    """The whole event: its lines as one plain body, nobody mentioned, no HTML."""
    assert one(letter("Hello Bram.", "1/7  What would you like to learn?", about="A18")) == {
        "msgtype": "m.text",
        "body": "Hello Bram.\n1/7  What would you like to learn?",
        "m.mentions": {},
        MARK: transaction(letter(), 0),
        ABOUT: "A18",
    }


def test_an_ambient_letter_rings_nobody() -> None:
    """m.notice never notifies, not even with mentions, so it carries none."""
    content = one(letter(urgency=Urgency.AMBIENT), mention=[BRAM])
    assert (content["msgtype"], content["m.mentions"]) == ("m.notice", {})


def test_an_urgent_letter_calls_by_user_id() -> None:
    """Whom it calls stands in m.mentions, once each, and only what is a user id."""
    content = one(letter(urgency=Urgency.URGENT), mention=[BRAM, RAVI, BRAM, "@room", ""])
    assert (content["msgtype"], content["m.mentions"]) == ("m.text", {"user_ids": [BRAM, RAVI]})
    assert one(letter(urgency=Urgency.URGENT))["m.mentions"] == {}
    many = [f"@p{number}:example.org" for number in range(100)]
    assert one(letter(urgency=Urgency.URGENT), mention=many)["m.mentions"] == {"user_ids": many[:20]}


def test_names_of_the_called_are_links() -> None:
    """The plain body stays as it was; without HTML for a person who is not called or not named."""
    written = letter("Swap. Ravi teaches Bram <now>.", urgency=Urgency.URGENT)
    content = one(written, mention=[BRAM], names={BRAM: "Bram", RAVI: "Ravi"})
    assert content["body"] == "Swap. Ravi teaches Bram <now>."
    assert content["format"] == "org.matrix.custom.html"
    link = '<a href="https://matrix.to/#/@bram:example.org">Bram</a>'
    assert content["formatted_body"] == f"Swap. Ravi teaches {link} &lt;now&gt;."
    assert "formatted_body" not in one(written, mention=[BRAM], names={BRAM: "Chidi"})
    assert "formatted_body" not in one(written, names={BRAM: "Bram"})


def test_a_link_that_makes_an_event_too_large_is_left_out() -> None:
    """The words arrive in any case."""
    written = letter("Bram " + "&" * (BODY_BYTES - 5), urgency=Urgency.URGENT)
    content = one(written, mention=[BRAM], names={BRAM: "Bram"})
    assert content["m.mentions"] == {"user_ids": [BRAM]}
    assert "formatted_body" not in content


@pytest.mark.parametrize("typed", ["@room", "hm @ROOM!", "bob@room.example", "@room@room", "@roomé"])
def test_nobody_s_words_call_the_whole_room(typed: str) -> None:
    """Old clients look for the word itself; to the eye it stays the same."""
    body = one(letter(typed))["body"]
    assert "@room" not in body.lower()
    assert body.replace("\u200b", "") == typed
    assert notice(typed)["body"] == body


def test_longer_words_are_left_as_they_are() -> None:
    """Only the word that rings is broken."""
    assert hushed("@roommate @rooms @room_1 room@home") == "@roommate @rooms @room_1 room@home"


# -------------------------------------------------------------------------------------------- hanging below


def test_a_letter_in_a_thread() -> None:
    """Every piece belongs to it; clients without threads show an answer to its root, or to what was asked."""
    made = contents(letter("a" * BODY_BYTES, "b"), thread="$root", reply_to="$asked")
    relation = {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": True}
    assert [content["m.relates_to"] for content in made] == [
        relation | {"m.in_reply_to": {"event_id": "$asked"}},
        relation | {"m.in_reply_to": {"event_id": "$root"}},
    ]


def test_an_answer_without_a_thread() -> None:
    """Only its first piece: the others follow it."""
    made = contents(letter("a" * BODY_BYTES, "b"), reply_to="$asked")
    assert [content.get("m.relates_to") for content in made] == [{"m.in_reply_to": {"event_id": "$asked"}}, None]
    assert "m.relates_to" not in one(letter())


def test_a_card_is_changed_without_a_sound() -> None:
    """It is a notice however urgent its letter is, and the change carries the new text twice, once for older clients."""
    card = one(
        letter("21 min left", card="clock S44", about="S44", urgency=Urgency.URGENT), mention=[BRAM], thread="$r"
    )
    assert (card["msgtype"], card["m.mentions"]) == ("m.notice", {})
    changed = edit(card, "$card")
    assert changed == {
        "msgtype": "m.notice",
        "body": "* 21 min left",
        "m.mentions": {},
        MARK: transaction(letter(), 0),
        ABOUT: "S44",
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$card"},
        "m.new_content": {
            "msgtype": "m.notice",
            "body": "21 min left",
            "m.mentions": {},
            MARK: transaction(letter(), 0),
            ABOUT: "S44",
        },
    }


def test_a_change_calls_nobody_again() -> None:
    """Whatever was called when it was first said."""
    changed = edit(one(letter(urgency=Urgency.URGENT), mention=[BRAM]), "$first")
    assert changed["m.mentions"] == changed["m.new_content"]["m.mentions"] == {}


def test_a_card_is_one_event() -> None:
    """What is changed later cannot be two; its change stays small enough to be sent, with the new text complete."""
    card = one(letter("😀" * BODY_BYTES, card="clock S44"))
    changed = edit(card, "$card")
    assert changed["m.new_content"]["body"] == card["body"] == "😀" * (BODY_BYTES // 4)
    assert changed["body"].startswith("* 😀")
    assert weight(changed) <= EVENT_BYTES


def test_the_adapter_s_own_sentences() -> None:
    """A notice to nobody in particular."""
    assert notice("I read text only.") == {"msgtype": "m.notice", "body": "I read text only.", "m.mentions": {}}


# --------------------------------------------------------------------------------------------------- pieces


def test_a_long_letter_is_cut_between_lines() -> None:
    """Only its first piece rings, and every piece is known again."""
    rows = [f"{number:4} " + "row " * 20 for number in range(400)]
    made = contents(letter(*rows, urgency=Urgency.URGENT), mention=[BRAM])
    assert "\n".join(content["body"] for content in made) == "\n".join(row.rstrip() for row in rows)
    assert [content["m.mentions"] for content in made] == [{"user_ids": [BRAM]}] + [{}] * (len(made) - 1)
    assert [content[MARK] for content in made] == [transaction(letter(), number) for number in range(len(made))]
    assert len(made) == 3


@pytest.mark.parametrize(
    ("text", "room", "pieces"),
    [
        ("one two\nthree four", 12, ["one two", "three four"]),
        ("one two three", 8, ["one two", "three"]),
        ("four five", 4, ["four", "five"]),
        ("four\nfive", 4, ["four", "five"]),
        ("e" + "\u0301" * 6, 5, ["e\u0301\u0301", "\u0301\u0301", "\u0301\u0301"]),
        ("onetwothree", 4, ["onet", "woth", "ree"]),
        ("äöü", 4, ["äö", "ü"]),
        ("🇪🇺🇫🇷🇩🇪", 20, ["🇪🇺🇫🇷", "🇩🇪"]),
        ("e\u0301e\u0301", 5, ["e\u0301", "e\u0301"]),
        ("a👩\u200d💻", 11, ["a", "👩\u200d💻"]),
        ("👍🏾👍🏾", 10, ["👍🏾", "👍🏾"]),
        ("", 10, []),
        (" \n ", 10, []),
    ],
)
def test_pieces_end_where_a_reader_would(text: str, room: int, pieces: list[str]) -> None:
    """Between lines, else words, else what is seen as one character."""
    assert split(text, room) == pieces


def test_a_letter_of_nothing_is_no_event() -> None:
    """A homeserver would take it, and a person would see an empty line."""
    assert contents(letter("", "\u200b", "\n")) == []


@given(st.lists(THINGS, max_size=5), st.sampled_from(Urgency))
@example(["\\" * 30_000, '"' * 30_000, "😀" * 9_000], Urgency.URGENT)
@example(["e" + "\u0301" * 20_000], Urgency.URGENT)
def test_whatever_a_letter_says(text: list[str], urgency: Urgency) -> None:
    """Every word arrives in its order, nothing rings a room, nothing is unseen, and every event can be sent."""
    written = letter(*text, urgency=urgency) if text else letter()
    called = [f"@{'x' * 200}{number}:example.org" for number in range(20)]
    made = contents(written, mention=called, names=dict.fromkeys(called, "a"))
    for content in made:
        assert size(content["body"]) <= BODY_BYTES
        assert weight(content) <= EVENT_BYTES
        assert json.loads(json.dumps(content)) == content
        assert "@room" not in content["body"].lower()
        assert clean(content["body"]) == content["body"].replace("\u200b", "")
        assert weight(edit(content, "$" + "x" * 43)) <= EVENT_BYTES
    said = "".join(content["body"] for content in made).replace("\u200b", "")
    assert "".join(said.split()) == "".join(clean("\n".join(written.text)).split())


@given(THINGS, st.integers(4, 40))
def test_nothing_is_lost_between_pieces(text: str, room: int) -> None:
    """But the line break or space at which it was cut, and pieces that nobody could see."""
    pieces = split(text, room)
    assert all(size(piece) <= room and piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


# ------------------------------------------------------------------------------------------------ known again


def test_the_same_letter_has_the_same_ids() -> None:
    """They must not change from one try to the next, nor from one version of relaybot to the next: these stand still."""
    assert transaction(letter(), 0) == transaction(letter(tried_at=NOW), 0) == "l7-0-b0dbeb9fbb5365d446798c8e6b0a18bd"
    assert remark_transaction("!a:b", "k") == "r-c76bc8d70977bc5647e2ad2405aa30ec"


def test_other_letters_have_other_ids() -> None:
    """Another piece, number, programme or reader, or a number given a second time after a restored backup."""
    first = letter()
    others = [
        replace(first, id=8),
        replace(first, programme="tech"),
        replace(first, to=f"matrix:home/{RAVI}"),
        replace(first, written_at=NOW + timedelta(days=1)),
    ]
    ids = {transaction(first, 0), transaction(first, 1), *(transaction(other, 0) for other in others)}
    assert len(ids) == 6
    assert remark_transaction("!a:b", "k") not in {remark_transaction("!a:b", "l"), remark_transaction("!a:c", "k")}
    assert all(one.isascii() and "/" not in one and len(one) < 64 for one in ids)
