"""What matrix-js-sdk, the library with Element's encryption, thinks of everything relaybot says to it, in its strict mode.

One member's whole way on Matrix (tests/js_story.py). `--transcript=FILE` writes down who said what.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from benchmarks.lab import goal, table, workshop
from relaybot.homeserver import Homeserver
from tests import needs
from tests.js_story import Lived, js_story

OPTION = "--transcript="


async def measure(folder: Path) -> Lived:
    """The story, on a Synapse of its own."""
    server = Homeserver(folder / "synapse", needs.synapse())
    await asyncio.to_thread(server.start)
    try:
        (folder / "bot").mkdir()
        async with js_story(server, folder / "bot") as story:
            await story.tell()
            return await story.lived()
    finally:
        await asyncio.to_thread(server.stop)


def run() -> None:
    """Print the report, and write the transcript where it is asked for."""
    with workshop() as folder:
        lived = asyncio.run(measure(folder))
    shields, devices = lived.shields, lived.trust["devices"].values()
    signed = sum(device["signed_by_owner"] for device in devices)
    rows: list[list[object]] = [
        ["relaybot's events in the chat", shields.messages],
        *([f"of them {kind}", number] for kind, number in sorted(shields.kinds.items())),
        ["encrypted", shields.encrypted],
        ["decrypted", shields.readable],
        *([f"shield {colour}", shields.judged[colour]] for colour in ("NONE", "GREY", "RED")),
        *([f"reason {reason}", number] for reason, number in sorted(shields.reasons.items())),
        ["the member's events for relaybot", lived.said],
        ["of them never decrypted", lived.unread],
        ["relaybot's devices, signed by their owner", f"{len(devices)}, {signed}"],
        ["verification requests, called off", f"{len(lived.declined)}, {_called_off(lived)}"],
    ]
    table("matrix-js-sdk, talking to signed devices only", ["what", "number"], rows)
    print()
    without = shields.judged["NONE"]
    goal(f"{without} of {shields.messages} events without a shield", without == shields.messages > 0)
    goal(f"{lived.unread} of {lived.said} messages not decrypted (0)", lived.unread == 0 < lived.said)
    for option in sys.argv:
        if option.startswith(OPTION):
            path = Path(option.removeprefix(OPTION))
            path.write_text(lived.told, encoding="utf-8")
            print(f"transcript: {path}, {len(lived.told.splitlines())} lines")


def _called_off(lived: Lived) -> int:
    return sum(request["phase"] == "Cancelled" for request in lived.declined)
