"""The few sentences that the adapter for Matrix says itself, because the core never hears what they are about.

Each is plain and says what to do instead.
"""

from __future__ import annotations


def could_not_read() -> str:
    """To somebody whose messages could not be decrypted; said once for each session of theirs."""
    return (
        "I could not decrypt what you wrote here. Please send it again. "
        "If that fails too, verify this session in your app's settings first."
    )


def reads_text_only() -> str:
    """To somebody who sent what has no words for us: a sticker, a poll, a location, a call."""
    return "I read text only. Please write it in your own words, or say help."


def no_files() -> str:
    """To somebody who sent a file."""
    return "I can't take files here. Please send a link to it instead, or write what it says."


def too_long() -> str:
    """To somebody whose message was longer than what is read of one (matrix_read.TEXT_BYTES)."""
    return "That was long: I read the first 16 KiB only. Please send the rest as another message."


def too_many(limit: int, seconds: float) -> str:
    """To somebody who gave more commands in a minute than one person may; they are not heard for so many seconds."""
    return (
        f"I take {limit} commands a minute from one person, so that everybody gets a turn. "
        f"I listen to you again in {seconds / 60:g} minutes."
    )


def not_private() -> str:
    """In a direct chat in which there are more than the two of us."""
    return "Somebody else is in this chat, or may come in, so I say nothing personal here. Please open a new chat with me alone."


def chats_of_two() -> str:
    """The reason for not coming into a room, or going, that the one who asked us in may see."""
    return "I talk to people in direct chats of two. Please open one with me."


def not_now() -> str:
    """The reason for not coming into somebody's chat: too many of them were opened."""
    return "Too many chats were opened with me just now. Please ask me again in an hour."


def cannot_verify() -> str:
    """To somebody who asked to compare emoji; also the reason that their app may show."""
    return "I'm a program and can't compare emoji. My owner signed this device, which your app checks by itself."
