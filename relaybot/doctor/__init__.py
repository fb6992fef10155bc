"""`relaybot doctor`: is everything set up right? Looks at files, networks, servers and DNS, and says what to do.

Each check is one finding (report.py); nothing is changed, and what a running relaybot holds is left to it.
"""

from __future__ import annotations

from adapters import mail_settings, matrix_settings
from relaybot import app
from relaybot.config import Config
from relaybot.doctor import house, irc, mail, matrix
from relaybot.doctor.mail import Wishes
from relaybot.doctor.report import Finding, Level, Report
from relaybot.ports import Misconfigured

__all__ = ["Finding", "Level", "Report", "Wishes", "examine"]


async def examine(config: Config, wishes: Wishes, report: Report) -> None:
    """Look at everything the configuration names. Raises Misconfigured for wishes that cannot be."""
    if not _configuration(config, report):
        return
    with house.hold(config.database) as holder:
        house.look(config, report)
        if holder:
            report.ok("relaybot", f"runs (process {holder})")
        _embedded(config, holder, report)
        for medium, name, settings in app.adapter_settings(config):
            if medium == "irc":
                await _irc(config, name, settings, holder, report)
            elif medium == "matrix":
                await matrix.look(config, name, matrix_settings.read_settings(name, settings), report)
            elif config.mail is not None:
                await mail.look(
                    mail_settings.read_settings(name, settings), config.mail.lacks_secret, holder, wishes, report
                )


def _configuration(config: Config, report: Report) -> bool:
    try:
        app.try_adapters(config)
    except Misconfigured as problem:
        for line in str(problem).splitlines():
            report.fail("configuration", line, "mend it; relaybot check names every mistake")
        return False
    names = ", ".join(programme.name for programme in config.programmes)
    networks = [*(f"irc {name}" for name in config.irc), *(f"matrix {name}" for name in config.matrix)]
    networks += ["mail"] if config.mail else []
    networks += ["embedded"] if config.embedded else []
    report.ok("configuration", f"programme {names}; networks: {', '.join(networks)}")
    return True


def _embedded(config: Config, holder: str, report: Report) -> None:
    """The ports of relaybot's own servers."""
    table = config.embedded
    if table is None:
        return
    own = house.embedded_ports(config.state_dir / app.EMBEDDED_FILE) if holder else set()
    where = {"embedded IRC server": table.irc, "embedded mail server": table.smtp if config.mail is None else ""}
    for about, text in where.items():
        host, _, number = text.rpartition(":")
        if text in own:
            report.ok(about, f"{text} is relaybot's own (process {holder})")
        elif number.isdigit():
            house.port(about, host.strip("[]"), int(number), holder, report)


async def _irc(config: Config, name: str, settings: dict[str, object], holder: str, report: Report) -> None:
    if config.irc[name].lacks_secret:
        do = "give password, password_file or password_credential (or certificate_file)"
        report.fail(f"irc {name}", "an account is named without a password", do)
    elif holder:
        do = "say health to relaybot, or stop it, run relaybot doctor, start it again"
        report.skip(f"irc {name}", f"relaybot runs (process {holder}) and has the connection", do)
    else:
        await irc.look(name, settings, report)
