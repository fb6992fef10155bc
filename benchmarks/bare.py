"""The anchor of `irc_commands`: the simplest bot one could write on the `irc` library that keeps what it is told.

One synchronous loop; each message is one row and one durable commit (WAL, synchronous=FULL), then one line is
answered. No identity, no dialogue, no outbox, no pacing: what remains is the price of the library and of the disk.
`python -m benchmarks.bare PORT DATABASE`.
"""

from __future__ import annotations

import sqlite3
import sys
from typing import Any

import irc.client


def main(port: int, path: str) -> None:
    """Connect, and answer until killed."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE IF NOT EXISTS member (nick TEXT PRIMARY KEY, about TEXT NOT NULL) STRICT")

    def heard(connection: Any, event: Any) -> None:
        text = event.arguments[0].removeprefix("set about ")
        nick = event.source.nick
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            "INSERT INTO member VALUES (?, ?) ON CONFLICT DO UPDATE SET about = excluded.about", (nick, text)
        )
        database.execute("COMMIT")
        connection.privmsg(nick, f'Noted: about "{text}".')

    def welcomed(connection: Any, event: Any) -> None:
        print("relaybot bare is running;", flush=True)

    reactor = irc.client.Reactor()
    connection = reactor.server().connect("127.0.0.1", port, "relaybot")
    connection.add_global_handler("privmsg", heard)
    connection.add_global_handler("endofmotd", welcomed)
    connection.add_global_handler("nomotd", welcomed)
    while True:
        reactor.process_once(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
