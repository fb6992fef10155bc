"""Whatever comes from a homeserver: events of the specification, of other projects' tests, naughty words, any JSON at all.

Nothing raises, what is found is safe to keep and to show, and time is not asserted (machines differ): what could be slow stands
here so that it would be noticed.
"""

from __future__ import annotations

import copy
import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.matrix_parts import Seen
from adapters.matrix_read import (
    TEXT_BYTES,
    Asked,
    Changed,
    Found,
    Reacted,
    Said,
    Strange,
    Unreadable,
    Upgraded,
    addressed,
    clean_name,
    digit_or_word,
    read,
    read_to_device,
)
from adapters.matrix_text import clean, size
from adapters.matrix_write import contents, notice
from relaybot.model import Letter, Urgency
from tests.needs import corpus

ME = "@relaybot:example.org"
NAMES = ("relaybot", ME)


def seen(content: Any, type_: str = "m.room.message", **more: Any) -> Seen:
    return Seen("!room:example.org", "$event", "@bram:example.org", 1, type_, content, **more)


def said(body: str) -> Said:
    found = read(seen({"msgtype": "m.text", "body": body}), ME)
    assert isinstance(found, Said), found
    return found


def sound(found: Found | None) -> Found | None:
    """What was found can be stored, said and used as an id: valid UTF-8, bounded, nothing unseen in the words."""
    if found is None:
        return None
    json.dumps(asdict(found), ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
    match found:
        case Said():
            found.text.encode()
            assert size(found.text) <= TEXT_BYTES
            assert clean(found.text).strip() == found.text
            assert found.text or found.file
            assert all(one == "" or one.isascii() for one in (found.thread, found.replies_to, found.edits))
        case Reacted():
            assert digit_or_word(found.key) in {"", *"123456789", "yes", "no"}
        case Unreadable():
            assert 0 < len(found.session) <= 255
    return found


# ------------------------------------------------------------------------------------------- other projects' events


@cache
def documents() -> list[tuple[str, Any]]:
    """Everything in the corpus: examples of the specification (YAML or JSON) and another library's test data."""
    files = [path for path in sorted(corpus("matrix-events").rglob("*.*")) if path.suffix in (".json", ".yaml")]
    return [(path.name, loaded(path)) for path in files]


def loaded(path: Path) -> Any:
    text = path.read_text("utf-8")
    return yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text, strict=False)


def events(document: Any) -> list[dict[str, Any]]:
    """Every object that could be an event, however deep it lies."""
    if isinstance(document, list):
        return [found for one in document for found in events(one)]
    if not isinstance(document, dict):
        return []
    inside = [found for one in document.values() for found in events(one)]
    return [document, *inside] if "content" in document or "type" in document else inside


def as_seen(raw: dict[str, Any]) -> Seen:
    key = raw.get("state_key")
    return Seen(
        "!room:example.org",
        str(raw.get("event_id", "$event")),
        str(raw.get("sender", "@bram:example.org")),
        1,
        raw.get("type", "m.room.message"),
        raw.get("content"),  # type: ignore[arg-type]  # as it came
        state_key=key,
    )


def test_no_event_of_the_corpus_raises() -> None:
    """Valid for the specification or malformed on purpose; and all of them as something sent to our device."""
    found = [(raw, sound(read(as_seen(raw), ME))) for _, document in documents() for raw in events(document)]
    assert len(found) >= 80
    assert len([one for _, one in found if one is not None]) >= 10
    asked = [one for _, document in documents() for raw in events(document) if (one := read_to_device(raw))]
    assert all(one.kind in ("request", "start") for one in asked)


FOUND = {
    "m.room.message__m.text.yaml": Said("This is an example text message"),
    "m.room.message__m.emote.yaml": Said("thinks this is an example emote", emote=True),
    "m.room.message__m.notice.yaml": None,
    "m.room.message__m.server_notice.yaml": None,
    "m.room.message__m.file.yaml": Said(
        "",
        file=True,
    ),
    "m.room.encrypted__megolm.yaml": Unreadable("X3lUlvLELLYxeTx4yOVu6UDpasGEVO0Jbu+QFnm0cKQ"),
    "m.room.topic.yaml": None,
    "m.call.answer.yaml": None,
    "events_message_notice.json": None,
    "events_redacted.json": None,
    "events_reaction.json": Reacted("$B4UkDqYQ7JRC3GEMl7pTyu0x2vLFKgm_wgCR1mEw2CM", "❤️"),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_the_specification_s_examples_say(name: str) -> None:
    """The right answers are in the examples themselves."""
    matching = [document for one, document in documents() if one == name]
    assert len(matching) == 1
    assert read(as_seen(matching[0]), ME) == FOUND[name]


def test_the_specification_s_verification_request() -> None:
    """Asked of somebody else it is not ours; asked of us it is."""
    raw = next(document for name, document in documents() if name == "m.room.message__m.key.verification.request.yaml")
    assert read(as_seen(raw), ME) is None
    found = read(as_seen(raw), raw["content"]["to"])
    assert isinstance(found, Asked)
    assert found.device == "AliceDevice2"


# ------------------------------------------------------------------------------------------------- naughty words


def naughty() -> list[str]:
    strings: list[str] = json.loads((corpus("naughty-strings") / "blns.json").read_text("utf-8"))
    return strings


def test_naughty_words_are_heard_and_said_as_they_are() -> None:
    """But for what cannot be seen; those in which nothing can be seen say nothing."""
    heard = 0
    for text in naughty():
        visible = clean(text).strip()
        if not visible:
            assert read(seen({"msgtype": "m.text", "body": text}), ME) is None
            continue
        found = said(text)
        sound(found)
        assert (found.text, found.cut) == (visible, False)
        if text.isprintable():
            assert found.text == text.strip()
        written = Letter("tp", 1, "matrix:home/@a:b", (found.text,), Urgency.URGENT, datetime(2026, 11, 21, tzinfo=UTC))
        (content,) = contents(written, mention=["@a:b"], names={"@a:b": found.text[:9]})
        assert "\n".join(row.rstrip() for row in found.text.split("\n")) == content["body"].replace("\u200b", "")
        heard += 1
    assert heard >= 200


def test_naughty_words_anywhere_in_an_event() -> None:
    """As names, keys, ids, types of files and devices."""
    for text in naughty():
        for content, type_ in (
            ({"msgtype": text, "body": text}, "m.room.message"),
            ({"msgtype": "m.file", "body": text, "filename": text, "url": text}, "m.room.message"),
            ({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$a", "key": text}}, "m.reaction"),
            ({"session_id": text}, "m.room.encrypted"),
            ({"redacts": text}, "m.room.redaction"),
        ):
            sound(read(seen(content, type_), ME))
        sound(read(seen({"membership": "join", "displayname": text}, "m.room.member", state_key="@a:b"), ME))
        assert clean_name(clean_name(text)) == clean_name(text)


def test_names_that_look_like_ours_are_not_ours() -> None:
    """A letter of another script in our name calls somebody else."""
    pairs: list[dict[str, str]] = json.loads((corpus("confusables") / "ascii-confusables.json").read_text("utf-8"))
    tried = 0
    for pair in pairs:
        imitated = "relaybot".replace(pair["ascii"], pair["looks_like"])
        if imitated.casefold() != "relaybot":
            assert not addressed(f"{imitated}: join", NAMES)[0], pair
            tried += 1
    assert tried >= 100


# --------------------------------------------------------------------------------------------------- any JSON

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
WORDS = st.text(alphabet="> <@a:b>\n*\u200d\u202e\ud800@room!,:é😀🏽\x00relaybot", max_size=60)
IDS = st.sampled_from(
    ["$event", "$", "!room:example.org", ME, "mxc://a/b", "m.replace", "m.thread", "m.notice", "join"]
)
RELATED = {"rel_type": "m.thread", "event_id": "$a", "is_falling_back": False, "m.in_reply_to": {"event_id": "$b"}}
REPLACED = {"rel_type": "m.replace", "event_id": "$a"}
ANNOTATED = {"rel_type": "m.annotation", "event_id": "$a", "key": "1\ufe0f"}
TEXT = {"msgtype": "m.text", "body": "> <@a:b> x\n\nhm", "m.mentions": {"user_ids": [ME]}}
FILE = {
    "msgtype": "m.image",
    "body": "see",
    "filename": "a.png",
    "url": "mxc://a/b",
    "info": {"size": 7, "mimetype": "a/b"},
}
ASKED = {"msgtype": "m.key.verification.request", "body": "x", "from_device": "PHONE", "to": ME}
VALID: dict[str, tuple[type[Found], dict[str, Any]]] = {
    "thread": (Said, {"type": "m.room.message", "content": TEXT | {"m.relates_to": RELATED}}),
    "edit": (Said, {"type": "m.room.message", "content": TEXT | {"m.new_content": TEXT, "m.relates_to": REPLACED}}),
    "file": (Said, {"type": "m.room.message", "content": FILE}),
    "secret file": (Said, {"type": "m.room.message", "content": FILE | {"file": {"url": "mxc://a/b", "key": {}}}}),
    "verification": (Asked, {"type": "m.room.message", "content": ASKED}),
    "sticker": (Strange, {"type": "m.sticker", "content": {"body": "wave"}}),
    "reaction": (Reacted, {"type": "m.reaction", "content": {"m.relates_to": ANNOTATED}}),
    "encrypted": (Unreadable, {"type": "m.room.encrypted", "content": {"session_id": "abc", "algorithm": "m.x"}}),
    "upgrade": (Upgraded, {"type": "m.room.tombstone", "state_key": "", "content": {"replacement_room": "!b:b"}}),
    "member": (
        Changed,
        {"type": "m.room.member", "state_key": "@a:b", "content": {"membership": "join", "displayname": "Ana"}},
    ),
    "location": (Strange, {"type": "m.beacon_info", "state_key": "@a:b", "content": {"live": True}}),
}
START = {"type": "m.key.verification.start", "sender": "@a:b", "content": {"from_device": "X", "transaction_id": "t"}}


def places(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where something stands in an object, at whatever depth."""
    if not isinstance(value, dict):
        return [path]
    return [path] * bool(path) + [one for key, inner in value.items() for one in places(inner, (*path, key))]


@st.composite
def broken(draw: st.DrawFn, valid: dict[str, Any]) -> dict[str, Any]:
    """An event in which up to three things are missing or are something else."""
    made = copy.deepcopy(valid)
    for *path, key in draw(st.lists(st.sampled_from(places(made)), max_size=3)):
        inside: Any = made
        for step in path:
            inside = inside.get(step) if isinstance(inside, dict) else None
        if isinstance(inside, dict):
            value = draw(st.none() | WORDS | IDS | ANY)
            if value is None:
                inside.pop(key, None)
            else:
                inside[key] = value
    return made


@pytest.mark.parametrize("name", VALID)
def test_any_broken_event_is_read(name: str) -> None:
    """What is said when nothing is broken; and whatever stands in it, wherever: something sound, or nothing."""
    kind, valid = VALID[name]
    assert type(read(as_seen(valid), ME)) is kind

    @settings(max_examples=60)
    @given(broken(valid))
    def check(raw: dict[str, Any]) -> None:
        sound(read(as_seen(raw), ME))

    check()


@given(ANY, st.sampled_from([one["type"] for _, one in VALID.values()]), st.sampled_from([None, "", "@a:b"]))
def test_any_json_is_read(content: Any, type_: str, key: str | None) -> None:
    """No content of any event raises, and none at all sent to our device."""
    sound(read(seen(content, type_, state_key=key), ME))
    sound(read(seen(content, type_, state_key=key, unreadable="abc"), ME))
    assert read_to_device(content) is None


@given(broken(START) | broken(START | {"type": "m.key.verification.request"}))
def test_any_verification_is_read(raw: dict[str, Any]) -> None:
    """A beginning by somebody with a device, or nothing."""
    assert read_to_device(START) == Asked("start", "@a:b", "X", "t")
    asked = read_to_device(raw)
    assert asked is None or (asked.kind in ("request", "start") and asked.user == raw["sender"] and asked.device != "")


@given(WORDS)
def test_words_are_found_whatever_they_are(body: str) -> None:
    """If they can be seen; and nothing is found otherwise."""
    found = read(seen({"msgtype": "m.text", "body": body}), ME)
    assert (found.text if isinstance(found, Said) else "") == clean(body).strip()


@given(WORDS, st.lists(WORDS, max_size=3), st.booleans())
def test_any_words_may_be_said_to_us(text: str, names: list[str], mentioned: bool) -> None:
    """Words after a name are a part of what was said; other words are not changed."""
    called, rest = addressed(text, names, mentioned=mentioned)
    assert text.strip().endswith(rest)
    assert called or rest == text.strip()


# --------------------------------------------------------------------------------------------------- made to be slow

HUGE = 64 * 1024
SLOW = {
    "quotes": "> <@a:b> x\n" + "> \n" * (HUGE // 3),
    "a quote without an end": "> <@" + "a" * HUGE,
    "name and spaces": "relaybot" + " " * HUGE,
    "id and spaces": ME + " " * HUGE + "x",
    "brackets": "[" * HUGE,
    "links": "[a](https://matrix.to/#/" * (HUGE // 24),
    "joiners": "👩" + "\u200d" * HUGE,
    "accents": "e" + "\u0301" * HUGE,
    "flags": "🇪" * (HUGE // 4),
    "tags": "🏴" + "\U000e0067" * (HUGE // 4),
    "controls": "\x01" * HUGE,
    "line breaks": "\r\n" * HUGE,
    "rooms": "@room" * (HUGE // 5),
    "one word": "a" * HUGE,
}


@pytest.mark.parametrize("name", SLOW)
def test_what_is_made_to_be_slow(name: str) -> None:
    """As large as an event may be: read, looked for our name, said again."""
    text = SLOW[name]
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": "$a"}}}
    found = sound(read(seen({"msgtype": "m.text", "body": text} | relation), ME))
    assert found is None or isinstance(found, Said)
    for mentioned in (True, False):
        addressed(text, NAMES, mentioned=mentioned)
    written = Letter("tp", 1, "matrix:home/@a:b", (text,), Urgency.URGENT, datetime(2026, 11, 21, tzinfo=UTC))
    names = {f"@{number}:b": "a" * number for number in range(1, 20)}
    assert sum(size(one["body"]) for one in contents(written, mention=list(names), names=names)) <= 2 * size(text)
    if clean(text).strip():
        assert notice(text)["body"]
