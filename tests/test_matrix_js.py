"""The encryption Element has, in the mode in which it talks to signed devices only, against the whole relaybot.

The story is lived once (js_story.py); each test looks at one side of what came of it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from relaybot.homeserver import Homeserver
from tests.js_story import Lived, js_story

pytestmark = pytest.mark.servers


async def live(server: Homeserver, folder: Path) -> Lived:
    async with js_story(server, folder) as story:
        await story.tell()
        return await story.lived()


@pytest.fixture(scope="module")
def lived(synapse: Homeserver, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """What came of the story, which breaks where a step of it does not happen."""
    return asyncio.run(live(synapse, tmp_path_factory.mktemp("js_story")))


def test_everything_relaybot_says_is_read_without_a_shield(lived: Lived) -> None:
    """Every event is encrypted, opens, and comes from a device its owner signed."""
    shields = lived.shields

    assert shields.messages > 40
    assert shields.encrypted == shields.readable == shields.messages
    assert (shields.judged, shields.reasons) == ({"NONE": shields.messages}, {})
    assert {"m.text", "m.notice", "edit", "in a thread", "m.key.verification.cancel"} == set(shields.kinds)
    assert lived.trust["has_identity"]
    assert not lived.trust["needs_approval"]
    assert [device["signed_by_owner"] for device in lived.trust["devices"].values()] == [True]


def test_everything_relaybot_is_told_is_read(lived: Lived) -> None:
    """Nothing waits for a key, nobody was asked to send anything again, nothing went wrong, nothing is left to send."""
    assert (lived.unread, lived.shunted, lived.outbox) == (0, 0, 0)
    assert "could not decrypt" not in lived.told


def test_the_story_is_in_the_database(lived: Lived) -> None:
    """Two members, an hour with equal halves, a farewell told by a moderator."""
    assert lived.members == {"ana": "irc:embedded/ana", "bram": f"matrix:home/{lived.bram}"}
    ((first, second),) = lived.taught
    assert abs(first - second) <= 60
    assert first + second > 55 * 60
    assert lived.farewells == ["moderator"]
    assert "too little time" not in "\n".join(lived.ana_read)


def test_the_clock_is_one_message_that_changes(lived: Lived) -> None:
    """It is said once, quietly; every five minutes it is changed, and in the end it shows that the hour is over."""
    shown = [event for event in lived.timeline if event["id"] == lived.card]
    edits = [event for event in lived.heard if event.relation.get("rel_type") == "m.replace"]

    assert [event["body"] for event in shown] == ["S1  finished 20:00"]
    assert shown[0]["content"]["msgtype"] == "m.notice"
    assert len(edits) >= 12
    assert {event.relation["event_id"] for event in edits} == {lived.card}
    assert {str(event.content["m.mentions"]) for event in edits} == {"{}"}
    assert all(event.body.removeprefix("* ") == event.content["m.new_content"]["body"] for event in edits)


def test_the_swap_rings(lived: Lived) -> None:
    """It is a message of its own, which mentions the one it is for, and ana hears it on IRC in her own time."""
    (swap,) = [event for event in lived.heard if event.body.startswith("Swap!")]

    assert swap.content["msgtype"] == "m.text"
    assert swap.content["m.mentions"] == {"user_ids": [lived.bram]}
    assert swap.body == "Swap! ana teaches bram: rust, until 20:00."
    assert "Swap! ana teaches bram: rust, until 19:00." in lived.ana_read


def test_words_between_media(lived: Lived) -> None:
    """A reply reaches the partner as words, an edit as a correction; what is taken back changes nothing."""
    to_ana = [line for line in lived.ana_read if line.startswith("bram")]

    assert to_ana[:3] == [
        "bram: Not yet, which version?",
        "bram: I can come on tuesday at five",
        'bram corrected: "tuesday" -> "Thursday"',
    ]
    assert [event.body for event in lived.heard if event.body.startswith("ana: ")] == [
        "ana: Hi Bram! Do you have cargo installed?"
    ]


def test_what_is_asked_in_a_thread_is_answered_there(lived: Lived) -> None:
    """The answer to `status` hangs below the same message, and nothing else does."""
    (root,) = [event.id for event in lived.heard if event.body.startswith("ana: Hi Bram!")]
    threaded = [event for event in lived.heard if event.relation.get("rel_type") == "m.thread"]

    assert [event.relation["event_id"] for event in threaded] == [root]
    assert threaded[0].body.startswith("You are bram to me")


def test_comparing_emoji_is_declined(lived: Lived) -> None:
    """Whether the person or the device is asked: it is called off by relaybot at once, in the room with a word why."""
    declined = {"phase": "Cancelled", "code": "m.unknown_method", "by": lived.relaybot}

    assert lived.declined == [declined, declined]
    assert sum("can't compare emoji" in event.body for event in lived.heard) == 1
