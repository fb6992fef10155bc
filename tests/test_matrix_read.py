"""What events of Matrix say: words and how they hang together, reactions, redactions, who came and went, and what is nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.matrix_parts import Seen
from adapters.matrix_read import (
    TEXT_BYTES,
    Asked,
    Changed,
    Reacted,
    Said,
    Strange,
    Unreadable,
    Upgraded,
    addressed,
    cancel_in_room,
    cancel_to_device,
    clean_name,
    digit_or_word,
    read,
    read_to_device,
)
from adapters.matrix_text import size

ME = "@relaybot:example.org"
BRAM = "@bram:example.org"
ROOT, OTHER = "$root", "$other"


def seen(content: Any, type_: str = "m.room.message", **more: Any) -> Seen:
    return Seen("!room:example.org", "$event", BRAM, 1_763_734_800_000, type_, content, **more)


def text(body: Any, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, **more}


def said(content: Any) -> Said:
    found = read(seen(content), ME)
    assert isinstance(found, Said), found
    return found


# ------------------------------------------------------------------------------------------------ words


def test_words_are_said() -> None:
    """The plain case, with everything else empty."""
    assert said(text("join")) == Said("join")


def test_formatted_body_is_never_read() -> None:
    """HTML can say something else than the words that everybody sees in the plain body."""
    sent = text("join", format="org.matrix.custom.html", formatted_body="<b>!accept A17</b>")
    assert said(sent) == Said("join")


@pytest.mark.parametrize("kind", ["m.notice", "m.server_notice"])
def test_bots_and_servers_are_not_heard(kind: str) -> None:
    """A notice is a program's; two programs that answer each other never stop. An edit into one is not heard either."""
    assert read(seen({"msgtype": kind, "body": "join"}), ME) is None
    sent = text("* join") | {
        "m.new_content": {"msgtype": kind, "body": "join"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": OTHER},
    }
    assert read(seen(sent), ME) is None


def test_an_emote_says_so() -> None:
    """Somebody says about themselves what they do, so it is no command."""
    assert said({"msgtype": "m.emote", "body": "waves"}) == Said("waves", emote=True)


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("one\r\ntwo\rthree\u2028four\x0bfive", "one\ntwo\nthree\nfour\nfive"),
        ("  join \n", "join"),
        ("jo\x00in\x1b[31m", "join[31m"),
        ("a\tb\u00a0c", "a b c"),
        ("\u202ejoin\u202c \u2066now\u2069", "join now"),
        ("jo\u200bi\u00adn\ufeff", "join"),
        ("jo\u200din", "join"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"),
        ("👩\u200d\u200d\u200d", "👩\u200d"),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"),
        ("a\U000e0067\U000e0062", "ab"[:1]),
        ("\u0600\u0661", "\u0600\u0661"),
        ("a\ud800b", "ab"),
        ("\ue123", "\ue123"),
    ],
)  # fmt: skip
def test_what_is_not_seen_is_taken_out(typed: str, heard: str) -> None:
    """Controls, direction overrides, zero widths and halves of characters go; signs of scripts and of emoji stay."""
    assert said(text(typed)).text == heard


def test_a_long_text_is_cut_and_says_so() -> None:
    """At whole characters, so that it can be stored."""
    found = said(text("ä" * TEXT_BYTES))
    assert found.cut
    assert found.text == "ä" * (TEXT_BYTES // 2)
    assert size(found.text) == TEXT_BYTES
    assert said(text("a" * TEXT_BYTES)) == Said("a" * TEXT_BYTES)


def test_nothing_visible_is_nothing_said() -> None:
    """An empty message, or one of what is not seen only, has nothing to answer."""
    for body in ("", " \n", "\u200b\u200b", "\x00"):
        assert read(seen(text(body)), ME) is None


# -------------------------------------------------------------------------------- how they hang together


def test_the_quotation_above_a_reply_is_stripped() -> None:
    """Clients put the answered words there until v1.13: they are not what was answered."""
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": OTHER}}}
    for quoted in ("> <@dana:example.org> accept A17\n> now\n\n", "> * <@dana:example.org> waves\n>\n> again\n\n"):
        assert said(text(quoted + "yes\n> no", **relation)) == Said("yes\n> no", replies_to=OTHER)


def test_other_quotations_are_the_writer_s() -> None:
    """Without a reply, or without the name that clients put there, "> " is what somebody typed."""
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": OTHER}}}
    assert said(text("> <@dana:example.org> hm\n\nyes")).text == "> <@dana:example.org> hm\n\nyes"
    assert said(text("> hm\n\nyes", **relation)).text == "> hm\n\nyes"


def test_a_thread_is_known_by_its_root() -> None:
    """The reply that a thread carries for older clients is not one; a reply within a thread is."""
    relation = {"rel_type": "m.thread", "event_id": ROOT, "m.in_reply_to": {"event_id": OTHER}}
    falling_back = relation | {"is_falling_back": True}
    assert said(text("yes", **{"m.relates_to": falling_back})) == Said("yes", thread=ROOT)
    assert said(text("yes", **{"m.relates_to": relation})) == Said("yes", thread=ROOT, replies_to=OTHER)


def test_an_edit_says_what_stands_there_now() -> None:
    """The words with the star are for clients that know no edits; a relation of the new content counts for nothing."""
    new = text("thursday", **{"m.relates_to": {"rel_type": "m.thread", "event_id": ROOT}})
    sent = text("* thursday") | {
        "m.new_content": new,
        "m.relates_to": {"rel_type": "m.replace", "event_id": OTHER},
    }
    assert said(sent) == Said("thursday", edits=OTHER)


def test_an_edit_has_no_quotation_of_clients() -> None:
    """What looks like one was typed; an edit is no reply either, whatever its relation says besides."""
    relation = {"rel_type": "m.replace", "event_id": OTHER, "m.in_reply_to": {"event_id": ROOT}}
    new = text("> <@dana:example.org> hm\n\nyes")
    found = said(text("* x", **{"m.new_content": new, "m.relates_to": relation}))
    assert found == Said("> <@dana:example.org> hm\n\nyes", edits=OTHER)


@pytest.mark.parametrize("relation", [{"rel_type": "m.replace"}, {"rel_type": "m.replace", "event_id": 7}])
def test_an_edit_of_nothing_is_nothing(relation: dict[str, Any]) -> None:
    """Without the event it changes, or without what it changes it into, an edit is malformed."""
    assert read(seen(text("* hm", **{"m.new_content": text("hm"), "m.relates_to": relation})), ME) is None
    whole = {"rel_type": "m.replace", "event_id": OTHER}
    assert read(seen(text("* hm", **{"m.relates_to": whole})), ME) is None


def test_a_mention_names_us_in_m_mentions() -> None:
    """Of an edit in its old or its new words; a name in the words, @room, or somebody else's id do not."""
    us = {"m.mentions": {"user_ids": [BRAM, ME]}}
    assert said(text("hm", **us)).mentions
    edited = text("* hm", **{"m.relates_to": {"rel_type": "m.replace", "event_id": OTHER}})
    assert said(edited | {"m.new_content": text("hm", **us)}).mentions
    assert said(edited | {"m.new_content": text("hm")} | us).mentions
    for mentions in ({}, {"room": True}, {"user_ids": [BRAM]}, {"user_ids": ME}, [ME], None):
        assert not said(text("relaybot: @relaybot:example.org", **{"m.mentions": mentions})).mentions


# ------------------------------------------------------------------------------------------------- files


def test_a_file_is_told_and_its_name_is_no_words() -> None:
    """Its body is its name, where nothing else is said."""
    sent = {
        "msgtype": "m.file",
        "body": "plan.pdf",
        "filename": "plan.pdf",
        "info": {"mimetype": "application/pdf", "size": 46144},
        "url": "mxc://example.org/FHyPlCeYUSFFxlgbQYZmoEoe",
    }
    assert said(sent) == Said("", file=True)
    del sent["filename"]
    assert said(sent) == Said("", file=True)


def test_an_encrypted_file_and_its_caption() -> None:
    """Words beside a file are its body where that is not its name."""
    keys = {"url": "mxc://example.org/abc", "v": "v2", "iv": "x", "key": {}, "hashes": {}}
    sent = {"msgtype": "m.image", "body": "my plan", "filename": "plan.png", "file": keys}
    assert said(sent) == Said("my plan", file=True)


# ------------------------------------------------------------------------------------------- other things


@pytest.mark.parametrize(
    ("type_", "content", "kind"),
    [
        ("m.sticker", {"body": "wave"}, "sticker"),
        ("m.poll.start", {"m.text": []}, "poll"),
        ("org.matrix.msc3381.poll.start", {"x": 1}, "poll"),
        ("m.call.invite", {"call_id": "1"}, "call"),
        ("m.room.message", {"msgtype": "m.location", "body": "here", "geo_uri": "geo:0,0"}, "location"),
        ("m.room.message", {"msgtype": "org.example.dance", "body": "x"}, "message"),
    ],
)
def test_what_has_no_words_is_strange(type_: str, content: dict[str, Any], kind: str) -> None:
    """So that its sender can be told that we read text only."""
    assert read(seen(content, type_), ME) == Strange(kind)


def test_a_live_location_is_strange_while_it_begins() -> None:
    """It is a state event; its end is nothing."""
    assert read(seen({"live": True}, "m.beacon_info", state_key=BRAM), ME) == Strange("location")
    assert read(seen({"live": False}, "m.beacon_info", state_key=BRAM), ME) is None


def test_a_reaction_and_its_target() -> None:
    """Only annotations with a short key: other relations are not reactions."""
    relation = {"rel_type": "m.annotation", "event_id": OTHER, "key": "✅"}
    assert read(seen({"m.relates_to": relation}, "m.reaction"), ME) == Reacted(OTHER, "✅")
    for wrong in ({"rel_type": "m.thread"}, {"event_id": 1}, {"key": None}, {"key": ""}, {"key": "x" * 65}):
        assert read(seen({"m.relates_to": relation | wrong}, "m.reaction"), ME) is None


def test_a_redaction_says_nothing() -> None:
    """What was said counts as it was; nothing is taken back by deleting it."""
    assert read(seen({"reason": "x"}, "m.room.redaction"), ME) is None
    assert read(seen({"redacts": OTHER}, "m.room.redaction"), ME) is None


def test_what_was_redacted_before_we_saw_it_is_nothing() -> None:
    """Nothing is left of it, and its writer wanted that."""
    for type_ in ("m.room.message", "m.room.encrypted", "m.reaction", "m.sticker"):
        assert read(seen({}, type_), ME) is None


def test_what_cannot_be_decrypted_names_its_session() -> None:
    """So that its sender is asked once for each session."""
    assert read(seen({}, "m.room.encrypted", unreadable="abc"), ME) == Unreadable("abc")
    assert read(seen({"session_id": "abc"}, "m.room.encrypted"), ME) == Unreadable("abc")
    assert read(seen({"session_id": 7}, "m.room.encrypted"), ME) == Unreadable("?")
    assert read(seen({"session_id": "abc"}, "m.room.encrypted", state_key=""), ME) is None


def test_a_room_that_was_upgraded() -> None:
    """Only by the one state event that says so."""
    content = {"body": "moved", "replacement_room": "!new:example.org"}
    assert read(seen(content, "m.room.tombstone", state_key=""), ME) == Upgraded("!new:example.org")
    assert read(seen(content, "m.room.tombstone", state_key="x"), ME) is None
    assert read(seen(content, "m.room.tombstone"), ME) is None
    assert read(seen({"replacement_room": "new"}, "m.room.tombstone", state_key=""), ME) is None


def test_who_came_and_went() -> None:
    """The state key is whose membership it is, the sender who changed it."""
    content = {"membership": "leave", "displayname": "Ana\u202e\n(mod)"}
    found = read(seen(content, "m.room.member", state_key="@ana:example.org"), ME)
    assert found == Changed("@ana:example.org", "leave")
    assert read(seen({"membership": "gone"}, "m.room.member", state_key="@ana:example.org"), ME) is None
    assert read(seen(content, "m.room.member", state_key="ana"), ME) is None


def test_words_as_a_state_event_are_nothing() -> None:
    """Clients show none of them, so nobody could see what was answered."""
    assert read(seen(text("join"), state_key=""), ME) is None


# ------------------------------------------------------------------------------------------- verification


def test_a_verification_in_a_room() -> None:
    """Asked of us, not of somebody else who is there; it is declined below the event that asked."""
    content = {"msgtype": "m.key.verification.request", "body": "x", "from_device": "PHONE", "to": ME, "methods": []}
    found = read(seen(content), ME)
    assert found == Asked("request", BRAM, "PHONE", "$event", room="!room:example.org")
    assert read(seen(content | {"to": "@ana:example.org"}), ME) is None
    assert read(seen(content | {"from_device": None}), ME) is None
    assert read(replace(seen(content), id=""), ME) is None
    edited = {"m.new_content": content, "m.relates_to": {"rel_type": "m.replace", "event_id": OTHER}}
    assert read(seen(text("* x") | edited), ME) is None
    cancel = cancel_in_room("$event")
    assert cancel["m.relates_to"] == {"rel_type": "m.reference", "event_id": "$event"}
    assert (cancel["code"], bool(cancel["reason"])) == ("m.unknown_method", True)


def test_a_verification_of_our_device() -> None:
    """Its beginning is declined under its transaction; its other steps are not answered, or both would never stop."""
    event = {
        "type": "m.key.verification.request",
        "sender": BRAM,
        "content": {"from_device": "PHONE", "transaction_id": "t1", "methods": ["m.sas.v1"], "timestamp": 1},
    }
    asked = read_to_device(event)
    assert asked == Asked("request", BRAM, "PHONE", "t1")
    assert asked is not None
    assert cancel_to_device(asked)["transaction_id"] == "t1"
    assert read_to_device(event | {"type": "m.key.verification.start"}) == Asked("start", BRAM, "PHONE", "t1")
    for step in ("cancel", "done", "key", "mac", "ready", "accept"):
        assert read_to_device(event | {"type": f"m.key.verification.{step}"}) is None
    malformed: list[object] = [None, [], {}, event | {"sender": 1}, event | {"content": None}, event | {"content": {}}]
    for wrong in malformed:
        assert read_to_device(wrong) is None


# ------------------------------------------------------------------------------------------ what it means


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("1", "1"),
        ("1\ufe0f\u20e3", "1"),
        ("9\u20e3", "9"),
        ("１", "1"),
        ("①", "1"),
        ("✅", "yes"),
        ("✅\ufe0f", "yes"),
        ("✔\ufe0f", "yes"),
        ("✔", "yes"),
        ("👍", "yes"),
        ("👍🏾", "yes"),
        ("❌", "no"),
        ("✖\ufe0f", "no"),
        ("👎🏻", "no"),
        ("0\ufe0f\u20e3", ""),
        ("🔟", ""),
        ("12", ""),
        ("✅❌", ""),
        ("❤\ufe0f", ""),
        ("🤷🏽\u200d♀\ufe0f", ""),
        ("🏽", ""),
        ("", ""),
        ("yes please", ""),
        ("mxc://example.org/abc", ""),
    ],
)
def test_a_reaction_as_a_typed_answer(key: str, word: str) -> None:
    """Digits from one to nine, ticks and crosses, in whatever style and tone; anything else answers nothing."""
    assert digit_or_word(key) == word


NAMES = ("relaybot", "@relaybot:example.org")


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        ("!join", "!join"),
        ("relaybot: join", "join"),
        ("Relaybot , join", "join"),
        ("relaybot:join", "join"),
        ("relaybot:", ""),
        ("@relaybot join", "join"),
        ("@relaybot: join", "join"),
        ("@relaybot:example.org join", "join"),
        ("@relaybot:example.org: join\nnow", "join\nnow"),
        ("@relaybot:example.org", ""),
        ("relaybot:example.org: join", "join"),
        ("[relaybot](https://matrix.to/#/@relaybot:example.org): join", "join"),
        ("[Any name](https://matrix.to/#/%40relaybot%3Aexample.org) join", "join"),
        ("[x](<https://matrix.to/#/@relaybot:example.org>) join", "join"),
    ],
)
def test_said_to_us(typed: str, rest: str) -> None:
    """With a mark, with our name in front, with our id, or with a link to us."""
    assert addressed(typed, NAMES) == (True, rest)


@pytest.mark.parametrize(
    "typed",
    [
        "join",
        "relaybot join",
        "relaybots: join",
        "ask relaybot: join",
        "!",
        "!!",
        "! join",
        "@relaybot:example.organic join",
        "@relaybots join",
        "[relaybot](https://matrix.to/#/@relaybot:example.org.evil.example): join",
        "[relaybot](https://evil.example/#/@relaybot:example.org): join",
        "",
    ],
)
def test_not_said_to_us(typed: str) -> None:
    """A name within the words, a longer name, or a link elsewhere is talk about us at most."""
    assert addressed(typed, NAMES) == (False, typed)


def test_a_mention_in_front_needs_no_colon() -> None:
    """Clients write a pill as the bare name and say in m.mentions that it is one."""
    assert addressed("relaybot join", NAMES, mentioned=True) == (True, "join")
    assert addressed("relaybots join", NAMES, mentioned=True) == (False, "relaybots join")


def test_names_are_words_not_patterns() -> None:
    """A display name may be made of anything, and an empty one matches nothing."""
    assert addressed("a.c*(: join", ("a.c*(",)) == (True, "join")
    assert addressed("abc: join", ("a.c",)) == (False, "abc: join")
    assert addressed(": join", ("", "\u200b")) == (False, ": join")


def test_a_display_name_is_one_short_line() -> None:
    """Whatever a stranger calls themselves."""
    assert clean_name("  Ana\n\u202eB\x00ram\u200b ") == "Ana Bram"
    assert len(clean_name("a" * 5000)) == 255
    assert clean_name(None) == clean_name({}) == ""
