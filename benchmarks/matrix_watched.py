"""relaybot with a watch on its loop: every step is timed, and SIGUSR1 has the longest since the last one written down.

`python -m benchmarks.matrix_watched FILE run -c relaybot.toml`: FILE gets one line: its milliseconds,
the most milliseconds of CPU time in one step, and what the longest was.
"""

from __future__ import annotations

import asyncio
import runpy
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Watch:
    """The longest step: as long as it took, and how much of that was work (the machine may have had others to serve)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin()

    def _begin(self) -> None:
        self._seconds, self._cpu, self._what = 0.0, 0.0, ""

    def run(self, handle: Any, step: Callable[[Any], None]) -> None:
        """Take one step of the loop."""
        began, cpu = time.perf_counter(), time.thread_time()
        step(handle)
        seconds = time.perf_counter() - began
        self._cpu = max(self._cpu, time.thread_time() - cpu)
        if seconds > self._seconds:
            self._seconds, self._what = seconds, _name(handle)

    def tell(self, *_: Any) -> None:
        """Write it down, and begin anew."""
        part = self._path.with_suffix(".part")
        part.write_text(f"{self._seconds * 1000:.1f} {self._cpu * 1000:.1f} {self._what}\n")
        part.replace(self._path)
        self._begin()


def _name(handle: Any) -> str:
    """What a step belonged to, as far as it tells."""
    task = getattr(handle._callback, "__self__", None)  # noqa: SLF001 - empty once the step was cancelled
    return getattr(task.get_coro(), "__qualname__", "?") if isinstance(task, asyncio.Task) else "?"


def main(path: Path, arguments: list[str]) -> None:
    """Run relaybot so."""
    watch = Watch(path)
    step = asyncio.Handle._run  # noqa: SLF001 - the one place every step of a loop goes through

    def watched(handle: asyncio.Handle) -> None:
        watch.run(handle, step)

    asyncio.Handle._run = watched  # type: ignore[method-assign, assignment]  # noqa: SLF001
    signal.signal(signal.SIGUSR1, watch.tell)
    sys.argv = ["relaybot", *arguments]
    runpy.run_module("relaybot", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
