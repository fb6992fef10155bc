"""Shunted events as text: what could not be decided is kept as JSON, so that it can be decided again."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from relaybot.events import Bounced, Came, Due, Event, Heard, Started
from relaybot.model import Block, Enclosure, Forwarded, Message, Style, Timer


def dump_event(event: Event) -> str:
    """An event as JSON, so that `relaybot shunted replay` can decide it again."""
    if isinstance(event, Heard):
        return json.dumps({"heard": asdict(event.message)})
    if isinstance(event, Due):
        return json.dumps({"due": {**asdict(event.timer), "due": event.timer.due.isoformat()}})
    if isinstance(event, Came):
        return json.dumps({"came": {"address": event.address}})
    if isinstance(event, Bounced):
        return json.dumps({"bounced": asdict(event)})
    if isinstance(event, Started):
        return json.dumps({"started": {}})
    return json.dumps({"told": {"receipt": event.letter.receipt, "outcome": event.outcome, "reason": event.reason}})


def read_event(text: str) -> Event:
    """The event `dump_event` wrote; raises ValueError for one that cannot be replayed (receipts)."""
    found: dict[str, dict[str, object]] = json.loads(text)
    if "heard" in found:
        return Heard(_message(found["heard"]))
    if "due" in found:
        fields = found["due"]
        return Due(Timer(**{**fields, "due": datetime.fromisoformat(str(fields["due"]))}))  # type: ignore[arg-type]
    if "started" in found:
        return Started()
    if "came" in found:
        return Came(str(found["came"]["address"]))
    if "bounced" in found:
        return Bounced(**found["bounced"])  # type: ignore[arg-type]
    raise ValueError("a receipt cannot be replayed; the letter's fate is known")


def _message(fields: dict[str, Any]) -> Message:
    """A message out of JSON."""
    return Message(
        **{
            **fields,
            "style": Style(fields["style"]),
            "blocks": tuple(Block(**block) for block in fields.get("blocks", ())),
            "files": tuple(Enclosure(**file) for file in fields.get("files", ())),
            "forwarded": Forwarded(**fields["forwarded"]) if fields.get("forwarded") else None,
        }
    )
