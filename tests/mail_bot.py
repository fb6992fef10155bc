"""The real relaybot as a process with nothing but mail: LMTP in, SMTP out to a sink of the test's.

`wrong` starts it with something broken or impatient in it (tests/wrong_bot.py).
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.crash_bot import BotProcess
from tests.servers import free_ports

DOMAIN = "lists.lab.test"
LIST = f"peers@{DOMAIN}"
MODERATOR = "dana@home.test"
RECEIPT_SECONDS = 3.0
CONFIGURATION = """\
[relaybot]
database = "relaybot.db"
name = "{user}"
[programme.tech-peer]
moderators = ["mail/dana@home.test"]
{settings}
[mail]
address = "{user}@{domain}"
list = {{ tech-peer = "peers@{domain}" }}
receive = {{ lmtp = "127.0.0.1:{port}" }}
send = {{ host = "127.0.0.1", port = {out} }}
{mail}
"""


class MailBot(BotProcess):
    """One relaybot by mail. `mail` are more lines of [mail], `settings` of the programme, `wrong` faults by name."""

    def __init__(
        self,
        directory: Path,
        out: int,
        *,
        mail: str = "",
        settings: str = "",
        domain: str = DOMAIN,
        wrong: tuple[str, ...] = (),
        speed: float = 0,
        user: str = "relaybot",
    ) -> None:
        self.lmtp_port = free_ports(1)[0]
        super().__init__(directory, self.lmtp_port, speed=speed)
        self.address, self.list = f"{user}@{domain}", f"peers@{domain}"
        if "receipt_seconds" not in mail:
            mail += f"\nreceipt_seconds = {RECEIPT_SECONDS}"
        text = CONFIGURATION.format(
            settings=settings, domain=domain, port=self.lmtp_port, out=out, mail=mail, user=user
        )
        self.config.write_text(text)
        self.wrong(*wrong)

    def wrong(self, *names: str) -> None:
        """From the next life on these faults are in it."""
        self.module = ("tests.wrong_bot", ",".join(names)) if names else ("relaybot",)

    def memory_mb(self) -> float:
        """Resident memory of the process now."""
        assert self.process is not None
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def memory_peak_mb(self) -> float:
        """Its most resident memory so far (Linux)."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6

    def forget_peak(self) -> None:
        """Measure the peak from now on (proc(5): clear_refs)."""
        assert self.process is not None
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
