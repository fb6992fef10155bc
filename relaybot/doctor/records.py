"""What DNS says about the mail domain: MX, SPF, DKIM, DMARC, and the name of the sending host (PTR).

Without these, mail does not come in or lands in spam folders. A resolver that does not answer is a warning each time.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from relaybot.doctor.names import Names, NoSuchName, Unanswered
from relaybot.doctor.report import Report
from relaybot.doctor.spf import Broken, Judge, Unknown

Ip = IPv4Address | IPv6Address
LABELS_MAX = 8  # of a domain when its DMARC record is looked for further up
ANYWHERE = "192.0.2.1", 9  # TEST-NET-1: "connecting" UDP sends nothing and tells our own address


class Records:
    """Looks up what the world knows of one mail domain."""

    def __init__(self, names: Names, domain: str, report: Report) -> None:
        self._names, self.domain, self._report = names, domain, report

    async def receiving(self, domains: Iterable[str]) -> None:
        """MX of every domain that has an address of ours."""
        for domain in domains:
            await self._asked(f"MX of {domain}", lambda name=domain: self._mx(name))  # type: ignore[misc]

    async def sending(self, address: Ip | None, guessed: bool) -> None:
        """SPF, DMARC and PTR; `address` is where mail leaves from, `guessed` that nobody said so."""
        await self._asked(f"SPF of {self.domain}", lambda: self._spf(address, guessed))
        await self._asked(f"DMARC of {self.domain}", self._dmarc)
        if address is None:
            self._report.skip(
                "PTR",
                "the address that mail leaves from is not known here",
                "relaybot doctor --sends-from ADDRESS checks its name, and SPF for it",
            )
        else:
            await self._asked(f"PTR of {address}", lambda: self._ptr(address, guessed))

    async def signed(self, signatures: Iterable[tuple[str, str]]) -> None:
        """The keys of DKIM signatures, given as (domain, selector)."""
        for domain, selector in signatures:
            about = f"DKIM key {selector}._domainkey.{domain}"
            await self._asked(about, lambda d=domain, s=selector: self._dkim(d, s))  # type: ignore[misc]

    async def _asked(self, about: str, check: Callable[[], Awaitable[None]]) -> None:
        try:
            await check()
        except Unanswered as problem:
            self._report.warn(about, f"not known: {problem}", "see to this machine's resolver, then ask again")

    # ------------------------------------------------------------------------------------------- MX

    async def _mx(self, domain: str) -> None:
        about = f"MX of {domain}"
        do = f"{domain} needs an MX record that names the mail server which hands its mail to relaybot"
        try:
            servers = await self._names.mail_servers(domain)
        except NoSuchName:
            self._report.fail(about, "the domain does not exist", do)
            return
        if not servers:
            if await self._names.addresses(domain):
                self._report.warn(about, "there is none; senders then try the domain's own address", do)
            else:
                self._report.fail(about, "there is none, and no address either: nobody can write", do)
            return
        if servers == [(servers[0][0], "")]:
            self._report.fail(about, 'is "." (RFC 7505): the domain says that it takes no mail', do)
            return
        missing = [host for _, host in servers if not await self._names.addresses(host)]
        told = ", ".join(f"{host} ({preference})" for preference, host in servers)
        if missing:
            told = f"{told}; without an address: {', '.join(missing)}"
            level = self._report.fail if len(missing) == len(servers) else self._report.warn
            level(about, told, "give these names A or AAAA records, or take them out of the MX records")
        else:
            self._report.ok(about, told)

    # ------------------------------------------------------------------------------------------ SPF

    async def _spf(self, address: Ip | None, guessed: bool) -> None:
        about, report = f"SPF of {self.domain}", self._report
        judge = Judge(self._names, address)
        try:
            result = await judge.verdict(self.domain)
        except Broken as problem:
            report.fail(about, f"cannot be used: {problem}", "mend the TXT record; receivers ignore it or refuse mail")
            return
        except Unknown as part:
            report.warn(about, f"cannot be judged from here because of {part}", "send a mail out and read its headers")
            return
        if result == "none":
            report.warn(
                about, "there is none", f'add TXT "v=spf1 mx -all" to {self.domain}, with every server it sends by'
            )
            return
        if address is None:
            if result == "pass":
                report.warn(about, "lets everybody send (+all)", "end it with -all or ~all")
            else:
                report.ok(about, f"is there, for everybody else it says {result}")
            return
        where = f"{address}" + (" (this machine's address, a guess)" if guessed else "")
        if result == "pass":
            report.ok(about, f"lets {where} send")
        elif guessed:
            report.warn(
                about,
                f"says {result} for {where}",
                "if mail leaves from there, add it; else say from where: relaybot doctor --sends-from ADDRESS",
            )
        else:
            report.fail(about, f"says {result} for {where}", f"add ip{address.version}:{address} to the TXT record")

    # ---------------------------------------------------------------------------------------- DMARC

    async def _dmarc(self) -> None:
        about, report = f"DMARC of {self.domain}", self._report
        labels = self.domain.split(".")[-LABELS_MAX:]
        for first in range(max(1, len(labels) - 1)):
            place = ".".join(labels[first:]) if first else self.domain
            found = await self._names.texts(f"_dmarc.{place}", "v=DMARC1")
            if len(found) > 1:
                report.fail(about, f"_dmarc.{place} has {len(found)} records, so none counts", "leave only one")
                return
            if found:
                self._policy(about, place, tags(found[0]))
                return
        do = f'add TXT "v=DMARC1; p=none; rua=mailto:you@{self.domain}" to _dmarc.{self.domain}, later p=quarantine'
        report.warn(about, "there is none; large providers want one", do)

    def _policy(self, about: str, place: str, found: dict[str, str]) -> None:
        own = place == self.domain
        policy = found.get("p", "") if own else found.get("sp") or found.get("p", "")
        where = "" if own else f" (from {place})"
        if policy.lower() not in ("none", "quarantine", "reject"):
            self._report.fail(about, f'its policy is "{policy[:40]}"{where}', "p has to be none, quarantine or reject")
        elif policy.lower() == "none":
            self._report.ok(about, f"p=none{where}: it only watches; forged mail in your name is not refused")
        else:
            self._report.ok(about, f"p={policy.lower()}{where}")

    # ----------------------------------------------------------------------------------- DKIM and PTR

    async def _dkim(self, domain: str, selector: str) -> None:
        about, report = f"DKIM key {selector}._domainkey.{domain}", self._report
        found = await self._names.texts(f"{selector}._domainkey.{domain}", "")
        keys = [text for text in found if "p" in tags(text)]
        if not keys:
            report.fail(about, "there is no such record, so no signature holds", "publish the signer's key as TXT")
        elif not tags(keys[0])["p"]:
            report.fail(about, "the key was withdrawn (p= is empty)", "sign with another selector, or publish the key")
        elif not aligned(domain, self.domain):
            do = f"sign as {self.domain}; for DMARC only a signature of the From domain counts"
            report.warn(about, "is there, but of another domain", do)
        elif "y" in tags(keys[0]).get("t", "").split(":"):
            report.warn(about, "is there, marked as a test (t=y)", "take t=y out when signing works")
        else:
            report.ok(about, "is there")

    async def _ptr(self, address: Ip, guessed: bool) -> None:
        about = f"PTR of {address}"
        hosts = await self._names.names_of(address)
        level = self._report.warn if guessed else self._report.fail
        do = "ask whoever gave you the address for a PTR record that names the mail server"
        if not hosts:
            level(about, "there is none; large providers refuse mail from there", do)
            return
        back = [host for host in hosts if address in await self._names.addresses(host)]
        if back:
            self._report.ok(about, f"{back[0]}, which leads back")
        else:
            level(about, f"{hosts[0]}, which does not lead back to {address}", "make the two agree")


def tags(record: str) -> dict[str, str]:
    """The tags of a DKIM or DMARC record."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, mark, value in pairs if mark}


def aligned(one: str, other: str) -> bool:
    """Whether two domains belong together: equal, or one is below the other."""
    one, other = one.lower(), other.lower()
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def leaves_from(host: str) -> Ip | None:
    """The address that mail probably leaves from: ours beside a server on this machine; None where nothing is known."""
    try:
        if not ip_address(host).is_loopback:
            return None
    except ValueError:
        if host != "localhost":
            return None  # another server's way out need not be the address it takes mail on
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        try:
            link.connect(ANYWHERE)
            own = ip_address(link.getsockname()[0])
        except OSError:
            return None
    return own if own.is_global else None
