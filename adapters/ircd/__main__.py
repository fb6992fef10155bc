"""python -m adapters.ircd HOST PORT: the embedded IRC server as a process of its own.
Prints "listening HOST PORT" once clients can connect (port 0 picks a free one); SIGTERM and SIGINT end it.
Exit status: 0 when it was told to end, 1 when it could not listen, 2 for a wrong command line."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from adapters.ircd.server import Server


async def serve(host: str, port: int, lines_per_second: float | None) -> None:
    """Runs one server until a signal comes. Raises what Server.start raises."""
    server = Server(lines_per_second=lines_per_second)
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    bound_host, bound_port = await server.start(host, port)
    sys.stdout.write(f"listening {bound_host} {bound_port}\n")
    sys.stdout.flush()
    await told.wait()
    await server.stop()


def main() -> int:
    """Reads the command line and serves; returns the exit status."""
    reader = argparse.ArgumentParser(prog="python -m adapters.ircd", description=(__doc__ or "").splitlines()[0])
    reader.add_argument("host", help="a loopback address")
    reader.add_argument("port", type=int, help="0 picks a free one")
    reader.add_argument("--lines-per-second", type=float, help="how fast each client is read; default: no limit")
    given = reader.parse_args()
    try:
        asyncio.run(serve(given.host, given.port, given.lines_per_second))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"cannot listen on {given.host} {given.port}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
