"""Sentences that only letters have: how they end, and what is said about the mail itself."""

from __future__ import annotations

from collections.abc import Sequence

from relaybot.words.common import join_words


def signature(title: str, moderators: Sequence[str]) -> str:
    """The last line of every letter."""
    who = f" ({join_words(sorted(moderators)[:5])})" if moderators else ""
    return f"relaybot, for the {title} moderators{who}"
