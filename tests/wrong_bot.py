"""`python -m tests.wrong_bot NAMES run -c FILE`: the real relaybot with something broken in it, or with less patience.

core, adapter: a bug in the office's decision, or in the mail adapter, on mails that say BOOM. impatient: tries again
after half a second where it would wait for minutes. brisk: gives a homeserver three seconds where it would give it half a
minute. away: its clock is a week ahead of everybody's. debug: every log line there is.
"""

from __future__ import annotations

import logging
import sys
import time
from datetime import datetime, timedelta, tzinfo
from typing import Any

from adapters import mail_hear, mail_outbox, mail_send, matrix, matrix_send
from adapters.matrix_client import Client
from relaybot import cli, clock, decide, postman
from relaybot.events import Heard

BOOM = "BOOM"
SECONDS = 0.5
BRISK_SECONDS = 3.0
AWAY = timedelta(days=7)


def core() -> None:
    """A bug in the core."""
    right = decide.decide

    def wrong(programme: Any, event: Any, moment: Any) -> Any:
        if isinstance(event, Heard) and BOOM in event.message.text:
            raise RuntimeError("a bug in the core")
        return right(programme, event, moment)

    decide.decide = wrong


def adapter() -> None:
    """A bug in the adapter."""
    right = mail_hear.Hearing._message

    def wrong(self: Any, where: Any, mail: Any) -> Any:
        if BOOM in mail.words:
            raise RuntimeError("a bug in the adapter")
        return right(self, where, mail)

    mail_hear.Hearing._message = wrong  # type: ignore[method-assign]


def impatient() -> None:
    """Waits for half a second at most."""
    mail_send.RETRY_SECONDS = mail_send.DOWN_SECONDS = mail_outbox.UNSURE_SECONDS = SECONDS
    mail_outbox.BACKOFF_SECONDS_MIN = mail_outbox.BACKOFF_SECONDS_MAX = SECONDS
    postman.RETRY_SECONDS_MIN = postman.RETRY_SECONDS_MAX = SECONDS


def brisk() -> None:
    """Waits a little for answers of a homeserver."""
    matrix.SYNC_MS = int(BRISK_SECONDS * 1000)
    assert Client.__init__.__kwdefaults__ == {"request_seconds": 30}
    Client.__init__.__kwdefaults__["request_seconds"] = BRISK_SECONDS


class Ahead(datetime):
    """Datetimes of a clock that is ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return datetime.now(tz) + AWAY


def away() -> None:
    """It was not there for a week, as far as it can tell."""
    real = time.time
    time.time = lambda: real() + AWAY.total_seconds()
    for module in (clock, matrix, matrix_send):
        assert module.datetime is datetime
        module.datetime = Ahead  # type: ignore[attr-defined]


def debug() -> None:
    """Everybody's log lines, also those of libraries."""
    logging.basicConfig(level=logging.DEBUG)
    logging.captureWarnings(capture=True)


if __name__ == "__main__":
    known = {found.__name__: found for found in (core, adapter, impatient, brisk, away, debug)}
    for name in sys.argv.pop(1).split(","):
        known[name]()
    cli.main()
