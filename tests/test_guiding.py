"""Help is made from what exists, and the public line counts without naming anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import relaybot.decide  # noqa: F401 - fills the registry of commands
from relaybot.commands import COMMANDS, Who, find, read_args
from relaybot.desk import Desk
from relaybot.events import Moment
from relaybot.nouns import meetings
from relaybot.words import guiding as words
from tests.play import World, add_member, add_person, world

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


def _said(w: World, who: str, text: str, place: str = "") -> list[str]:
    w.said.clear()
    w.say(who, text, place)
    return [line for _, line in w.said]


@pytest.mark.parametrize("topic", words.TOPICS)
def test_every_topic_has_help_of_readable_length(topic: str) -> None:
    """A topic says what it is about and lists its commands, in lines that fit a chat."""
    w = world(NOW)
    add_person(w, "dana", moderator=True)
    lines = _said(w, "dana", f"help {topic}")

    assert 2 <= len(lines) <= 15
    assert lines[0] == words.topic_head(topic) != ""
    assert all(len(line.encode()) <= 400 for line in lines)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_and_its_examples_parse(name: str) -> None:
    """help <command> shows how it goes and examples; every example is read by that very command."""
    command = COMMANDS[name]
    w = world(NOW)
    add_person(w, "dana", moderator=True)
    lines = _said(w, "dana", f"help {name}")

    assert f"{command.usage}   {command.help}" in lines
    assert command.examples
    assert command.topic in {*words.TOPICS, "help"}
    for example in command.examples:
        found = find(example)
        assert found is not None
        assert found[0] is command
        assert isinstance(read_args(*found), dict)


def test_every_command_is_found_through_some_topic() -> None:
    """Nothing can be said that no help topic names."""
    w = world(NOW)
    add_person(w, "dana", moderator=True)
    shown = " ".join(line for topic in words.TOPICS for line in _said(w, "dana", f"help {topic}"))

    assert [c.name for c in COMMANDS.values() if c.name not in shown] == []


def test_members_are_not_shown_moderators_commands_outside_their_topic() -> None:
    """A member's help for now lists what a member may do."""
    w = world(NOW)
    add_member(w, "ana", {})
    shown = "\n".join(_said(w, "ana", "help"))

    assert 5 <= len(_said(w, "ana", "help")) <= 10
    for command in COMMANDS.values():
        if command.who == Who.MODERATOR:
            assert f"{command.usage}   " not in shown


@pytest.mark.parametrize(("count", "shown"), [(0, "fewer than 5"), (4, "fewer than 5"), (5, "5"), (31, "31")])
def test_the_public_line_hides_small_counts(count: int, shown: str) -> None:
    """Below five nothing is counted aloud, whatever it counts."""
    line = words.public_line("tech-peer", count, count, count)

    assert line.endswith(f"{shown[0].upper()}{shown[1:]} people wait, {shown} pairs, {shown} hours last week.")


def test_hours_are_counted_by_the_week() -> None:
    """Hours of this week are not last week's; a year's turn makes no difference."""
    w = world(NOW)
    monday = datetime(2026, 12, 28, 9, 0, tzinfo=UTC)
    desk = Desk(w.programme, Moment(monday, b"1"))
    for day in range(6):
        meetings.count_held(desk, monday + timedelta(days=day))
    w.programme.apply(desk.changes())

    assert meetings.held_last_week(Desk(w.programme, Moment(monday + timedelta(days=5), b"1"))) == 0
    assert meetings.held_last_week(Desk(w.programme, Moment(monday + timedelta(days=7), b"1"))) == 6
    assert meetings.held_last_week(Desk(w.programme, Moment(monday + timedelta(days=14), b"1"))) == 0


def test_rules_are_the_programmes_own_where_it_has_them() -> None:
    """The text of the programme's file is printed line by line with its version."""
    w = world(NOW, 'rules_text = "Be kind.\\n\\nBe on time."\nrules_version = 3')

    assert _said(w, "ana", "rules") == ["The rules of tech-peer, version 3:", "Be kind.", "Be on time."]
