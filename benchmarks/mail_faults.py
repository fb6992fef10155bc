"""Each fault between relaybot and its mail server, one at a time on the real process: mails sent, lost, doubled.

Then what large and hostile mails cost its memory. tests/test_mail_faults.py and test_mail_hostile.py hold the figures.
"""

from __future__ import annotations

import asyncio

from benchmarks.lab import goal, table, workshop
from tests import mail_faults
from tests.mail_faults import REPEATED, SCENARIOS, Row


def run() -> None:
    """All of them, in order."""
    found: dict[str, Row] = {}
    for name, scenario in SCENARIOS.items():
        if name == "full_disk" and not mail_faults.can_mount():
            print("disk full: left out, it needs root on Linux")
            continue
        with workshop() as folder:
            found[name] = asyncio.run(scenario(folder))
    rows = [[row.fault, row.sent, row.lost, row.doubled, row.note] for row in found.values()]
    table("Faults by mail", ["fault", "mails", "lost", "doubled", ""], rows)
    goal("nothing taken with 250 is lost", not any(row.lost for row in found.values()))
    doubled = {name: row.doubled for name, row in found.items() if row.doubled}
    goal("nothing comes twice, except unsure mails where there are no self-receipts", doubled == REPEATED)
