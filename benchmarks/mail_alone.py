"""The anchor of `mail_post`: aiosmtplib alone sends mails that are ready over one kept connection, each time a line comes.

`python -m benchmarks.mail_alone SMTP_PORT FILE`; the file is a pickled list of (envelope sender, recipients, content).
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from pathlib import Path

import aiosmtplib

from benchmarks.mail_wire import HOST


async def main(port: int, mails: list[tuple[str, list[str], bytes]]) -> None:
    """Send all of them for every line of standard input."""
    client = aiosmtplib.SMTP(hostname=HOST, port=port, local_hostname="lab.test", start_tls=False)
    await client.connect()
    print("aiosmtplib is running;", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        for sender, recipients, content in mails:
            await client.sendmail(sender, recipients, content)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), pickle.loads(Path(sys.argv[2]).read_bytes())))
