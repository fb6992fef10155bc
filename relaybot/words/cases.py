"""Sentences about help cases."""

from __future__ import annotations


def no_such(number: int) -> str:
    return f"There is no open H{number}. cases lists them."
