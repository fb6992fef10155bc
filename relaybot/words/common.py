"""Sentences every verb needs: misunderstandings, exits of a dialogue, names and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times


def join_words(items: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def choose_one(name: str, choices: Sequence[str]) -> str:
    return f"I need {name} to be one of: {', '.join(choices)}."


def choose_again(choices: Sequence[str]) -> str:
    return f"I didn't understand. Please answer with {join_words(choices, 'or')}, or say stop."


def need_id(kind: str, example: str, got: str) -> str:
    return f"I need the {kind}'s number here, e.g. {example}, and read {short(got)!r}."


def need_number(name: str, got: str, most: int) -> str:
    return f"I need {name} as a number up to {most} here, and read {short(got)!r}."


def unexpected(got: str, usage: str) -> str:
    return f"I didn't understand {short(got)!r} there. It goes: {usage}"


def usage(shape: str, examples: Sequence[str]) -> str:
    like = f", e.g. {examples[0]}" if examples else ""
    return f"I didn't understand all of that. It goes: {shape}{like}"


def short(text: str, most: int = 60) -> str:
    """A text cut for quoting."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def explain_exits() -> str:
    return "Answer in your own words, or: back (one question back), skip, later (I keep it), stop (I throw it away)."


def nothing_before() -> str:
    return "This is the first question; there is nothing to go back to."


def cannot_skip() -> str:
    return "This one I need an answer to; later keeps it for another day, stop throws it away."


def kept() -> str:
    return "Kept for later."


def stopped() -> str:
    return "All right, nothing happens."


def letter_form(questions: Sequence[str]) -> tuple[str, ...]:
    """A whole form as the lines of one letter: a number and the question for each."""
    lines = [f"{number}) {asked}" for number, asked in enumerate(questions, 1)]
    return (*lines, "Please answer with the question's number in front, each on a line of its own, for example:  1) 3")


def answered_nothing() -> str:
    return "I couldn't find an answer to any of these in your mail."


def unknown(word: str) -> str:
    return f'I don\'t know "{short(word)}". help shows what I can do for you now.'


def not_a_command() -> str:
    return (
        "I'm a bot and don't understand that. help shows what I can do for you now; moderator <words> reaches a person."
    )


def hello(name: str, title: str) -> str:
    """What somebody reads who says anything at all and is not known yet."""
    return (
        f"Hello {name}. In {title} two people teach each other, one hour a week, for free. "
        "Say join to begin (a few short questions), help to look around first."
    )


def unknown_but_near(word: str, meant: str) -> str:
    return f'I don\'t know "{short(word)}". If you meant {short(meant)}, please say that.'


def nearly(name: str, shape: str, examples: Sequence[str]) -> str:
    like = f", e.g. {examples[0]}" if examples else ""
    return f"Did you mean {name}? It goes: {shape}{like}"


def too_long(most: int) -> str:
    return f"That is longer than I can keep: at most {most} characters, please."


def written_privately(name: str) -> str:
    return f"{name}: I've written to you privately."


def only_moderators() -> str:
    return "That is something moderators do. moderator <words> reaches them."


def not_known_yet() -> str:
    return "I don't know you yet. Say join to take part, or help to look around."


def not_sure_who() -> str:
    return "I don't know you yet, or can't be sure it's you: on IRC please log in to services, then say it again. help looks around."


def nothing_open() -> str:
    return "Nothing is waiting for an answer from you. status shows where you stand."


def heard_late(at: datetime, zone: str) -> str:
    """What an answer begins with that comes long after; `zone` is the reader's, "" while it is unknown."""
    clock = "your time" if zone else "UTC"
    return f"I was away and read only now what you wrote {times.show(at, zone or 'UTC')} ({clock})."


def in_clear() -> str:
    return "That came unencrypted, although this room is encrypted, so I did nothing. Please send it again, encrypted."


def edit_changes_nothing() -> str:
    return "I took that message as it was first; an edit changes nothing here. Please write it again if it matters."


def asks_nothing(number: int = 0, said: str = "") -> str:
    """`number`: of the pair the message was about, whose partner may have been meant by `said`."""
    perhaps = f"If it is for your partner: tell M{number} {said}" if number else "status shows where you stand."
    return f"Nothing about that message waits for an answer from you. {perhaps}"


def shunted(number: int) -> str:
    return f"Something went wrong on my side with what you just said. It is kept (number {number}), and the moderators know."


def shunted_for_team(number: int) -> str:
    return f"Something went wrong on my side (number {number}); nothing was changed by it. The operator sees it with: relaybot shunted"


def cannot_write_down() -> str:
    return "I can't write anything down at the moment, so nothing you say now is kept. Please say it again in a few minutes; the operator sees why."


def shown_address(address: str) -> str:
    """An address as its owner writes it: "libera/ana" on IRC, "chidi@example.net" by mail."""
    network, _, local = address.partition("/")
    name = network.partition(":")[2]
    return f"{name}/{local}" if name else local


LINE_BYTES = 380  # one line on IRC is at most 400 bytes; a little is left for marks around it


def fold_lines(text: str, most: int = LINE_BYTES) -> tuple[str, ...]:
    """A long text as lines short enough for every medium, cut between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(longer.encode()) > most:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(lines)
