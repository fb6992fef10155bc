"""Sentences about files that partners send each other."""

from __future__ import annotations

from datetime import datetime

from relaybot import times
from relaybot.model import Enclosure
from relaybot.words.common import short


def size(count: int) -> str:
    """Bytes as people say them: "180 kB", "1.4 MB"."""
    if count < 1000:
        return f"{count} bytes"
    if count < 1_000_000:
        return f"{round(count / 1000)} kB"
    return f"{count / 1_000_000:.1f}".removesuffix(".0") + " MB"


def attached(name: str, file: Enclosure, number: int, days: int) -> str:
    return f"{name} attached {short(file.name)} ({size(file.size)}). Get it: file {number} (kept {days} days)"


def too_large(file: Enclosure, most: int) -> str:
    return f"{short(file.name)} was not passed on: it is larger than {size(most)}. A link to it goes through."


def too_many(file: Enclosure, name: str, most: int) -> str:
    return f"{short(file.name)} was not passed on: {most} files for {name} are kept already."


def here(file: Enclosure) -> str:
    return f"Here is {short(file.name)} ({size(file.size)}), as it was sent to you. I have not looked into it."


def subject(file: Enclosure) -> str:
    return short(file.name)


def mailed(file: Enclosure) -> str:
    return f"{short(file.name)} goes to your mail address."


def no_way(file: Enclosure, number: int, until: datetime, zone: str, *, mail: bool) -> str:
    """To somebody without a mail address; `mail`: there is mail at all."""
    kept = f"It is kept until {times.show(until, zone)}."
    if not mail:
        return f"I send files by mail only, and I have no mail at the moment, so {short(file.name)} waits. {kept}"
    return f"I send files by mail only. link <your mail address> first; then file {number} brings {short(file.name)} there. {kept}"


def none(number: int) -> str:
    return f"I have no file {number} for you. Files are kept some days only; whoever sent it can send it again."


def not_taken(file: Enclosure, number: int) -> str:
    return f"{short(file.name)} could not be mailed to you. Perhaps it is too large for your mailbox; file {number} tries again."
