"""`python -m benchmarks [name ...] [--wrong] [--transcript=FILE]`: run all measurements, or some, and print their tables.

`--wrong`: `corpora` lists the mails that are read wrongly. `--transcript=FILE`: `matrix_shields` writes down who said what.
"""

from __future__ import annotations

import importlib
import sys
import time

NAMES = (
    "irc_commands",
    "bell",
    "stock_server",
    "slow_disk",
    "mail",
    "mail_faults",
    "corpora",
    "matrix",
    "matrix_shields",
    "matrix_faults",
)


def main(names: list[str]) -> int:
    """Run what was asked for, in order."""
    # Those that options are for look for them themselves.
    names = [name for name in names if name != "--wrong" and not name.startswith("--transcript=")]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in names or NAMES:
        began = time.perf_counter()
        print(f"\n## {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").run()
        print(f"\n({name}: {time.perf_counter() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
