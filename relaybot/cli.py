"""The command line: run, demo, init, check, mail-in, backup, restore, export, forget, shunted, test.

Every command says in plain lines what it did or what is wrong and what to do; exit status 0 means it
was done, 1 that something is wrong, 2 that the command line was not understood.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import typer

from relaybot import __version__, config
from relaybot.config import Config
from relaybot.ports import Misconfigured, StoreFailed
from relaybot.settings import is_loopback

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="relaybot runs a peer mentoring programme where its people already talk.",
)

FileOption = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="Configuration file (default: ./relaybot.toml, else the embedded default)."),
]


def main() -> None:
    """Entry point of the command `relaybot`."""
    try:
        cli()
    except Misconfigured as problem:
        for line in str(problem).splitlines():
            print(line, file=sys.stderr)
        raise SystemExit(1) from None
    except StoreFailed as problem:
        print(f"relaybot: the database could not be used: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


def read_config(path: Path | None) -> Config:
    """The configuration named, ./relaybot.toml, or the embedded default in the current directory."""
    if path is not None:
        return config.load(path)
    local = Path("relaybot.toml")
    return config.load(local) if local.exists() else config.default(Path())


# --------------------------------------------------------------------------------------------- run


@cli.command()
def run(
    file: FileOption = None,
    speed: Annotated[
        float, typer.Option(min=0, max=100_000, help="A rehearsal: the programme's clock runs this many times faster.")
    ] = 0,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Log more.")] = False,
) -> None:
    """Run relaybot until it is stopped."""
    found = read_config(file)
    hosts = [*(table.host for table in found.irc.values()), *(account.host for account in found.matrix.values())]
    if speed and not all(map(is_loopback, hosts)):
        raise Misconfigured("--speed is a rehearsal on this machine; networks with other people keep real time")
    _log_to_stderr(verbose)
    asyncio.run(_run(found, speed))


async def _run(found: Config, speed: float) -> None:
    from relaybot import app

    async with app.open_bot(found, speed=speed) as bot:
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, _stop, task)
        try:
            await app.serve(bot, lambda: _say_where(bot))
        except asyncio.CancelledError:
            print("relaybot: stopped; what was not delivered yet waits in the database.", flush=True)
        except BaseExceptionGroup as group:
            wrong, rest = group.split(Misconfigured)
            if wrong is None or rest is not None:
                raise
            raise Misconfigured("\n".join(_leaves(wrong))) from None


def _leaves(group: BaseExceptionGroup[Any]) -> list[str]:
    """What each of the grouped errors says."""
    found: list[str] = []
    for inner in group.exceptions:
        found.extend(_leaves(inner) if isinstance(inner, BaseExceptionGroup) else [str(inner)])
    return found


def _stop(task: asyncio.Task[Any] | None) -> None:
    if task is not None:
        task.cancel()


def _say_where(bot: Any) -> None:
    """What a newcomer needs to know once everything is up."""
    names = ", ".join(bot.programmes)
    print(f"relaybot {__version__} is running; programme: {names}.", flush=True)
    channel = next(iter(bot.programmes))
    if "irc" in bot.embedded:
        host, _, port = bot.embedded["irc"].rpartition(":")
        print(f"Connect an IRC program to {host} port {port} without TLS, for example:", flush=True)
        print(f"  irssi -c {host} -p {port} -n ana     then: /join #{channel}   and: /msg relaybot join", flush=True)
    if "smtp" in bot.embedded:
        domain = bot.embedded["mail_domain"]
        print(
            f"Mail to {channel}@{domain} (the list) or relaybot@{domain} goes to {bot.embedded['smtp']}, for example:",
            flush=True,
        )
        print(
            f"  swaks --server {bot.embedded['smtp']} --from chidi@example.net --to {channel}@{domain}"
            ' --body "I know PostgreSQL and would like to learn accessibility testing. Chidi"',
            flush=True,
        )
        print(
            f"  answers lie in the Maildir {bot.embedded['maildir']}, which mail programs open, e.g. mutt -f",
            flush=True,
        )
    for account in bot.config.matrix.values():
        print(f"On Matrix people start a direct chat with {account.user}.", flush=True)
    if bot.code:
        print(f"The first moderator says to relaybot in private:  mod claim {bot.code}", flush=True)


def _log_to_stderr(verbose: bool) -> None:
    """One line per event: moment, level, where, what; never anybody's words or addresses."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


# ------------------------------------------------------------------------------------ demo and test


@cli.command()
def demo(
    speed: Annotated[
        float, typer.Option(min=0, max=10_000, help="How much faster than real time the hour passes.")
    ] = 0,
    plain: Annotated[bool, typer.Option("--plain", help="Plain lines, no live display.")] = False,
    matrix: Annotated[
        bool,
        typer.Option(
            "--matrix", help="People on Matrix too, at a Synapse that is installed where it is missing (240 MB)."
        ),
    ] = False,
) -> None:
    """Tell the whole story on this machine: eight people, by chat and mail, real connections, a faster clock."""
    if matrix:
        raise SystemExit(_demo_matrix(speed, plain))
    from relaybot.demo import tell

    raise SystemExit(asyncio.run(tell(speed, plain)))


def _demo_matrix(speed: float, plain: bool) -> int:
    """The demo with a homeserver beside it; whatever happens, that ends with it."""
    from relaybot.demo_matrix import tell_there
    from relaybot.homeserver import NoHomeserver
    from relaybot.stage_matrix import homeserver

    def say(text: str) -> None:
        print(f"relaybot: {text}", flush=True)

    try:
        with homeserver(say) as server:
            say(f"Synapse, a Matrix homeserver, runs at {server.url} until the story is over.")
            return asyncio.run(tell_there(server, speed, plain))
    except NoHomeserver as problem:
        say(str(problem))
        return 1


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run every check: linters, types, import contracts, all tests (--quick: the everyday part)."""
    from relaybot.check_all import run_all

    raise SystemExit(run_all(context.args))


# ----------------------------------------------------------------------------------- configuration


@cli.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where the files go.")] = Path(),
) -> None:
    """Ask a few questions and write relaybot.toml, programmes/*.toml and a systemd unit."""
    from relaybot.setup import ask_and_write

    ask_and_write(folder)


@cli.command()
def check(file: FileOption = None) -> None:
    """Read the configuration and print every mistake at once, without connecting anywhere."""
    from relaybot import app

    found = read_config(file)
    app.try_adapters(found)
    names = ", ".join(p.name for p in found.programmes)
    mail, embedded = (["mail"] if found.mail else []), (["embedded"] if found.embedded else [])
    chats = [*(f"irc {n}" for n in found.irc), *(f"matrix {n}" for n in found.matrix)]
    networks = ", ".join([*chats, *mail, *embedded])
    print(f"The configuration is in order: programme {names}; networks: {networks}.")
    for programme in found.programmes:
        if not programme.moderators and not found.embedded:
            print(f"Note: {programme.name} names no moderators; the one-time code makes the first one.")
        elif len(programme.moderators) == 1:
            print(
                f"Note: {programme.name} has one moderator; with two, cases about one of them have somebody to read them."
            )
    for name, table in found.irc.items():
        if table.moderators_channel and not table.moderators_closed:
            print(f"Note: irc {name}: whoever is in the moderators' channel reads what relaybot says there;")
            print("      keep it invite-only, or make relaybot its operator and set moderators_closed = true.")
        if table.lacks_secret:
            print(f"Note: irc {name} has an account but neither a password nor a certificate yet; run needs one.")
    for name, account in found.matrix.items():
        if account.lacks_secret:
            print(f"Note: matrix {name} has no password yet; run needs one.")
    loud = {a for p in found.programmes for a in p.moderators if a.startswith("matrix:") and not _is_lower(a)}
    for address in sorted(loud):
        print(f"Note: {address} has capital letters. Case counts in Matrix ids, and newer accounts have none.")
    if found.mail is not None and found.mail.lacks_secret:
        print("Note: mail has an account but no password yet; run needs one.")


def _is_lower(address: str) -> bool:
    """Whether the localpart of a Matrix id is as the specification wants new ones."""
    localpart = address.partition("/")[2].partition(":")[0]
    return localpart == localpart.lower()


@cli.command("mail-in")
def mail_in(
    file: FileOption = None,
    lmtp: Annotated[
        str, typer.Option(help="host:port where relaybot takes mail by LMTP; the configuration is not read then.")
    ] = "",
    sender: Annotated[
        str | None, typer.Option(help="Envelope sender (default: as the mail server's variables say).")
    ] = None,
    recipient: Annotated[
        str, typer.Option(help="Envelope recipient (default: as the mail server's variables say).")
    ] = "",
) -> None:
    """For a mail server's pipe: hand one mail from stdin to the running relaybot. Exit status 0: taken, 75: try again."""
    from adapters import mail_pipe

    told_sender, told_recipient = mail_pipe.envelope()
    recipient = recipient or told_recipient
    if not recipient:
        print("relaybot: mail-in needs the address the mail is for: --recipient, or $RECIPIENT", file=sys.stderr)
        raise SystemExit(mail_pipe.EX_TEMPFAIL)
    try:
        host, port, by_lmtp = _door(file, lmtp)
    except Misconfigured as problem:  # never a reason to send somebody's mail back
        print(problem, file=sys.stderr)
        raise SystemExit(mail_pipe.EX_TEMPFAIL) from None
    given = told_sender if sender is None else sender
    code = mail_pipe.hand_in(sys.stdin.buffer, host, port, lmtp=by_lmtp, sender=given, recipient=recipient)
    raise SystemExit(code)


def _door(file: Path | None, lmtp: str) -> tuple[str, int, bool]:
    """Where the running relaybot takes mail, and whether by LMTP."""
    by_lmtp, smtp = lmtp, ""
    if not lmtp:
        found = read_config(file)
        if found.mail is not None:
            by_lmtp, smtp = found.mail.receive.lmtp, found.mail.receive.smtp
        elif found.embedded is not None:
            smtp = _picked(found) or found.embedded.smtp
    host, _, port = (by_lmtp or smtp).rpartition(":")
    if not host or not port.isdigit():
        raise Misconfigured("mail-in needs host:port; with [mail] receive = { lmtp = ... } or { smtp = ... } I know it")
    return host.strip("[]"), int(port), bool(by_lmtp)


def _picked(found: Config) -> str:
    """Where the embedded mail server listens, as a running relaybot has written it down."""
    try:
        told = json.loads((found.state_dir / "embedded.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(told.get("smtp", "")) if isinstance(told, dict) else ""


@cli.command()
def doctor(
    file: FileOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything at the end, as JSON.")] = False,
    sends_from: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The IP address that mail leaves from (for SPF and PTR).")
    ] = "",
    selector: Annotated[str, typer.Option(metavar="NAME", help="DKIM selector, where no loop mail tells it.")] = "",
    wait: Annotated[float, typer.Option(min=1, max=3600, help="Seconds to wait for the loop mail.")] = 60,
) -> None:
    """Is everything set up right? Tries each server, right, limit and DNS record and says what to do."""
    from relaybot.doctor import Report, Wishes, examine

    report = Report(lambda finding: None if as_json else print("\n".join(finding.lines()), flush=True))
    try:
        asyncio.run(examine(read_config(file), Wishes(sends_from, selector, wait), report))
    except Misconfigured as problem:
        for line in str(problem).splitlines():
            report.fail("configuration", line, "mend it, then ask again")
    print(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) if as_json else report.summary())
    raise SystemExit(1 if report.failed else 0)


# ---------------------------------------------------------------------------------------- database


@cli.command()
def backup(target: Path, file: FileOption = None) -> None:
    """Copy the database into TARGET while relaybot may be running."""
    from storage.copies import backup as copy
    from storage.copies import note_backup

    found = read_config(file)
    try:
        copy(found.database, target)
    except (OSError, sqlite3.Error) as problem:
        raise Misconfigured(f"no backup was made: {problem}") from None
    with contextlib.suppress(OSError):  # another user's backup is one all the same
        note_backup(found.state_dir, target)
    print(f"Backed up to {target} ({target.stat().st_size // 1024} KiB).")


@cli.command()
def restore(source: Path, file: FileOption = None) -> None:
    """Put the backup SOURCE in place of the database; relaybot must not be running."""
    from storage.copies import restore as put_back

    database = read_config(file).database
    try:
        aside = put_back(source, database)
    except (OSError, sqlite3.Error) as problem:
        raise Misconfigured(f"nothing was restored: {problem}") from None
    print(f"{database} is now the copy {source}." + (f" What was there is kept as {aside}." if aside else ""))


@cli.command()
def export(person: str, file: FileOption = None) -> None:
    """Print everything stored about PERSON (a name, an address or #number) as JSON; relaybot must not be running."""

    async def work(found: Config) -> None:
        async with _offline(found) as bot:
            programme, known = _find(bot, person)
            rows = await bot.store.person_rows(programme.name, known.id)
            print(json.dumps(rows, indent=2, ensure_ascii=False, default=str))

    asyncio.run(work(read_config(file)))


@cli.command()
def forget(
    person: str,
    file: FileOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase PERSON (a name, an address or #number); relaybot must not be running."""

    async def work(found: Config) -> None:
        from relaybot.desk import Desk
        from relaybot.events import Moment
        from relaybot.nouns.forgetting import forget as erase
        from relaybot.ports import Refused

        async with _offline(found) as bot:
            programme, known = _find(bot, person)
            if not yes and not typer.confirm(
                f"Erase {known.name} (#{known.id}) and everything they said? This cannot be undone"
            ):
                print("Nothing was changed.")
                return
            desk = Desk(programme, Moment(bot.clock.now(), secrets.token_bytes(16)))
            try:
                erase(desk, desk.people[known.id])
            except Refused as no:
                raise Misconfigured(str(no)) from None
            await bot.store.commit([desk.changes()], [])
            await bot.store.tidy()
            print(f"{known.name} is forgotten. Partners and moderators are told when relaybot runs again.")

    asyncio.run(work(read_config(file)))


@cli.command()
def shunted(
    action: Annotated[str, typer.Argument(help="replay, or nothing to list.")] = "",
    number: Annotated[int, typer.Argument(help="Number of the event.")] = 0,
    file: FileOption = None,
) -> None:
    """List events that could not be handled, or decide one again (replay NUMBER); relaybot must not be running."""
    if action not in {"", "replay"}:
        raise Misconfigured(f"shunted knows only: shunted, and shunted replay NUMBER (not {action!r})")
    if action and not number:
        raise Misconfigured("shunted replay needs the number of an event; relaybot shunted lists them")
    asyncio.run(_shunted(read_config(file), number))


async def _shunted(found: Config, number: int) -> None:
    from relaybot.shunted import read_event

    async with _offline(found) as bot:
        kept = await bot.store.shunted()
        if not number:
            for event in kept:
                done = f", replayed {event.replayed_at:%Y-%m-%d %H:%M}" if event.replayed_at else ""
                print(f"{event.id}  {event.at:%Y-%m-%d %H:%M}  {event.programme}{done}\n{event.traceback}")
            print(f"{len(kept)} shunted." if kept else "Nothing was shunted.")
            return
        event = next((e for e in kept if e.id == number), None)
        if event is None:
            raise Misconfigured(f"there is no shunted event {number}; relaybot shunted lists them")
        if event.replayed_at is not None:
            raise Misconfigured(f"event {number} was replayed already, {event.replayed_at:%Y-%m-%d %H:%M}")
        before = bot.office.shunted
        try:
            bot.office.put(bot.programmes[event.programme], read_event(event.event))
        except (KeyError, ValueError) as problem:
            raise Misconfigured(f"event {number} cannot be replayed: {problem}") from None
        await bot.office.work()
        if bot.office.shunted > before:
            raise Misconfigured(f"event {number} failed again; relaybot shunted shows how")
        await bot.store.shunt_replayed(number, bot.clock.now())
        print(f"Event {number} was decided; what it said is delivered when relaybot runs again.")


@contextlib.asynccontextmanager
async def _offline(found: Config) -> AsyncIterator[Any]:
    """A wired bot that connects nowhere, on a database that is there already."""
    from relaybot import app

    if not found.database.is_file():
        raise Misconfigured(f"there is no database {found.database}; name your configuration with -c")
    async with app.open_bot(found, connect=False) as bot:
        yield bot


def _find(bot: Any, person: str) -> tuple[Any, Any]:
    """The programme and the person meant; the same name in two programmes is a question, not a guess."""
    from relaybot.desk import Desk
    from relaybot.events import Moment
    from relaybot.nouns import people
    from relaybot.ports import Refused

    hits: list[tuple[Any, Any]] = []
    problems: list[str] = []
    for programme in bot.programmes.values():
        try:
            hits.append((programme, people.find(Desk(programme, Moment(bot.clock.now(), b"")), person)))
        except Refused as no:
            problems.append(str(no) if len(bot.programmes) == 1 else f"{programme.name}: {no}")
    if not hits:
        raise Misconfigured("\n".join(problems))
    if len(hits) > 1:
        names = " and ".join(programme.name for programme, _ in hits)
        raise Misconfigured(f"{person!r} is in {names}; use a configuration file that names only one of them")
    return hits[0]


@cli.command()
def version() -> None:
    """Print the version."""
    print(f"relaybot {__version__}")


if __name__ == "__main__":
    main()
