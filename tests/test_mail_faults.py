"""Every fault between relaybot and its mail server, one at a time, on the real process: nothing is lost, nothing comes twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import mail_faults, needs

pytestmark = [pytest.mark.crash, pytest.mark.slow]


@pytest.mark.parametrize("name", mail_faults.SCENARIOS)
async def test_nothing_lost_nothing_twice(tmp_path: Path, name: str) -> None:
    """Whoever's mail was taken is enrolled and has one answer; without self-receipts exactly the unsure ones come again."""
    if name == "full_disk" and not mail_faults.can_mount():
        needs.missing("the right to mount a tmpfs", "run as root outside a confined container")
    row = await mail_faults.SCENARIOS[name](tmp_path)
    print(f"\n{row}")
    assert row.sent >= mail_faults.MAILS
    assert (row.lost, row.doubled) == (0, mail_faults.REPEATED.get(name, 0))
