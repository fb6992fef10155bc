"""What the doctor looks at for mail: DNS, the server that takes our mail, the mailbox or port where mail comes in.

Then the loop mail (loop.py), and with what came back the keys of its signatures.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
from dataclasses import dataclass
from ipaddress import ip_address

from adapters.mail_settings import ImapSettings, MailSettings
from relaybot.doctor import house, loop
from relaybot.doctor.links import TIMEOUT_SECONDS, Eye, Sender, server
from relaybot.doctor.names import Names, Unanswered
from relaybot.doctor.records import Ip, Records, leaves_from
from relaybot.doctor.report import Report
from relaybot.ports import Misconfigured
from relaybot.settings import is_loopback

STOP = "stop relaybot, run relaybot doctor, start it again"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever asks may say besides."""

    sends_from: str = ""  # the address that mail leaves from, as others see it
    selector: str = ""  # of DKIM, where no loop mail tells it
    wait_seconds: float = 60.0  # for the loop mail


async def look(settings: MailSettings, lacks_secret: bool, holder: str, wishes: Wishes, report: Report) -> None:
    """Everything about mail; `holder` is the process of a relaybot that runs, "" where none does."""
    records, address, guessed = await _records(settings, wishes, report)
    if records is not None:
        domains = [settings.address, *(settings.lists.values() if settings.list_mode == "own" else ())]
        await records.receiving(dict.fromkeys(address.rpartition("@")[2].lower() for address in domains))
        await records.sending(address, guessed)
    if lacks_secret:
        report.fail(
            "mail", "an account is named without a password", "give password, password_file or password_credential"
        )
        return
    sends, receives = await _sending(settings, report), await _receiving(settings, holder, report)
    found: list[tuple[str, str]] = []
    if settings.send.maildir:
        report.skip("loop mail", "letters go into a Maildir, not to a server")
    elif holder:
        report.skip("loop mail", f"relaybot runs (process {holder}) and takes what comes in", STOP)
    elif not (sends and receives):
        report.skip("loop mail", "mail cannot be sent and received yet", "mend what is above, then ask again")
    else:
        found = await loop.look(settings, wishes.wait_seconds, report)
    if wishes.selector:
        found.append((settings.address.rpartition("@")[2].lower(), wishes.selector))
    if records is not None:
        await _signatures(records, found, report)


async def _records(settings: MailSettings, wishes: Wishes, report: Report) -> tuple[Records | None, Ip | None, bool]:
    """DNS for the mail domain, and where mail leaves from; no Records where there is nothing to ask."""
    domain = settings.address.rpartition("@")[2].lower()
    if domain == "localhost" or domain.endswith(".localhost"):
        report.skip("DNS", f"{domain} is this machine only")
        return None, None, False
    try:
        names = Names()
    except Unanswered as problem:
        report.warn("DNS", str(problem), "see to /etc/resolv.conf")
        return None, None, False
    if wishes.sends_from:
        try:
            return Records(names, domain, report), ip_address(wishes.sends_from), False
        except ValueError:
            raise Misconfigured(f"--sends-from {wishes.sends_from}: is not an address like 192.0.2.7") from None
    return Records(names, domain, report), leaves_from(settings.send.host), True


async def _signatures(records: Records, found: list[tuple[str, str]], report: Report) -> None:
    if found:
        await records.signed(dict.fromkeys(found))
    else:
        report.skip(
            "DKIM",
            "no signature was seen, and mail to ourselves is often not signed",
            "write to an outside mailbox and look for DKIM-Signature; relaybot doctor --selector NAME checks its key",
        )


# --------------------------------------------------------------------------------------------- sending


async def _sending(settings: MailSettings, report: Report) -> bool:
    """Whether the server takes us."""
    if settings.send.maildir:
        report.ok("sending", f"into the Maildir {settings.send.maildir}")
        return True
    about = f"sending server {settings.send.host}:{settings.send.port}"
    sender = Sender(server(settings))
    try:
        able, tls = await sender.features()
    except (Misconfigured, OSError) as problem:
        report.fail(about, str(problem), "mend [mail] send, or the server")
        return False
    finally:
        await sender.close()
    _policy(about, settings, able, tls, report)
    _features(about, settings, able, report)
    return True


def _policy(about: str, settings: MailSettings, able: dict[str, str], tls: str, report: Report) -> None:
    send = settings.send
    login = f", login as {send.user} works" if send.user else ""
    if tls:
        report.ok(about, f"takes us with {tls}, the certificate is valid{login}")
    elif is_loopback(send.host):
        report.ok(about, f"takes us without TLS, on this machine{login}")
    else:
        offered = (
            'it offers STARTTLS: set tls = "starttls"' if "starttls" in able else 'set tls = "starttls" or "implicit"'
        )
        report.warn(about, f"takes us without TLS{login}: everybody on the way can read", offered)


def _features(about: str, settings: MailSettings, able: dict[str, str], report: Report) -> None:
    """What we would miss."""
    size = able.get("size", "")
    room = int(size) if size.isdigit() else 0
    if 0 < room < settings.file_bytes * 4 // 3:
        do = f"raise its limit above {settings.file_bytes * 4 // 3:,} bytes (Postfix: message_size_limit)"
        report.warn(about, f"takes mails up to {room:,} bytes; files passed on may be larger", do)
    if "smtputf8" not in able:
        do = "only if you have such members: turn it on (Postfix: smtputf8_enable = yes)"
        report.warn(about, "has no SMTPUTF8: addresses like josé@example.org cannot be written to", do)
    if "8bitmime" not in able:
        report.warn(
            about, "has no 8BITMIME", "letters with other than ASCII letters may arrive damaged; use another server"
        )
    there = [name.upper() for name in ("size", "8bitmime", "smtputf8", "pipelining") if name in able]
    report.ok(about, f"can {', '.join(there) or 'nothing besides plain SMTP'}" + (f" ({room:,} bytes)" if room else ""))


# ------------------------------------------------------------------------------------------- receiving


async def _receiving(settings: MailSettings, holder: str, report: Report) -> bool:
    """Whether mail can come in."""
    receive = settings.receive
    if receive.imap is not None:
        return await _mailbox(receive.imap, report)
    host, number = receive.listen()
    about = f"listening for {'LMTP' if receive.lmtp else 'SMTP'}"
    there = await asyncio.to_thread(house.port, about, host, number, holder, report)
    if there and not is_loopback(host):
        do = "let only your mail server reach it (a firewall), best by listening on 127.0.0.1"
        report.warn(about, f"{host} can be reached from other machines; whoever reaches it writes to relaybot", do)
    return there


async def _mailbox(imap: ImapSettings, report: Report) -> bool:
    about = f"mailbox {imap.user} at {imap.host}:{imap.port}"
    eye = Eye(imap.model_copy(update={"timeout_seconds": TIMEOUT_SECONDS}))
    try:
        number, missing = await asyncio.to_thread(eye.enter)
    except Misconfigured as problem:
        report.fail(about, str(problem), "mend [mail] receive, or the account")
        return False
    except imaplib.IMAP4.error as problem:
        report.fail(about, f'the folder "{imap.folder}" cannot be opened: {problem}', "name a folder that is there")
        return False
    except OSError as problem:
        report.fail(about, f"cannot be reached: {problem.strerror or problem}", "check host, port, tls and firewall")
        return False
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(eye.leave)
    for folder in missing:
        report.fail(about, f'the folder "{folder}" (move_to) is not there', "make it in the mailbox")
    report.ok(about, f'login works, "{imap.folder}" has {number} mails')
    return not missing
