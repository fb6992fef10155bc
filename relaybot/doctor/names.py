"""DNS for the doctor, on dnspython: records as plain texts, and every failure with a reason to print.

RELAYBOT_DNS=host:port asks that server instead of the system's.
"""

from __future__ import annotations

import os
from ipaddress import IPv4Address, IPv6Address, ip_address

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver
import dns.reversename

from relaybot.ports import Misconfigured

SETTING = "RELAYBOT_DNS"
TIMEOUT_SECONDS = 5.0
SILENCES_MAX = 2  # in a row; then nobody is asked any more, or each of a dozen questions would take 5 s


class NoSuchName(Exception):
    """The name does not exist (NXDOMAIN)."""


class Unanswered(Exception):
    """Nobody could say; the text is why."""


class Names:
    """Asks; remembers when nobody answers at all."""

    def __init__(self) -> None:
        """Raises Unanswered where this machine has no resolver, Misconfigured for a setting that is none."""
        where = os.environ.get(SETTING, "")
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not where)
        except dns.exception.DNSException as problem:
            raise Unanswered(f"this machine has no resolver: {problem}") from None
        if where:
            host, _, port = where.rpartition(":")
            try:
                self._resolver.nameservers = [host.strip("[]")]
                self._resolver.port = int(port)
            except ValueError:
                raise Misconfigured(f"{SETTING}={where}: has to be an address and a port, e.g. 127.0.0.1:53") from None
        self._silences = 0

    async def ask(self, name: str, kind: str) -> list[str]:
        """The records of a kind, as texts; none where the name has no such. Raises NoSuchName and Unanswered."""
        if self._silences >= SILENCES_MAX:
            raise Unanswered("the resolver does not answer")
        try:
            asked = dns.name.from_text(name)
            answer = await self._resolver.resolve(asked, kind, lifetime=TIMEOUT_SECONDS, search=False)
        except dns.resolver.NXDOMAIN:
            self._silences = 0
            raise NoSuchName(name) from None
        except dns.resolver.NoAnswer:
            self._silences = 0
            return []
        except dns.exception.Timeout:
            self._silences += 1
            raise Unanswered(f"no answer within {TIMEOUT_SECONDS:g} s") from None
        except dns.resolver.NoNameservers:
            raise Unanswered("the resolver reports a failure (SERVFAIL or refused)") from None
        except (dns.exception.DNSException, OSError) as problem:
            raise Unanswered(str(problem) or type(problem).__name__) from None
        self._silences = 0
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return [record.to_text() for record in answer]

    async def texts(self, name: str, beginning: str) -> list[str]:
        """The TXT records that begin with a word; none where the name does not exist. Raises Unanswered."""
        try:
            found = await self.ask(name, "TXT")
        except NoSuchName:
            return []
        return [text for text in found if text.lower().startswith(beginning.lower())]

    async def mail_servers(self, domain: str) -> list[tuple[int, str]]:
        """MX: preference and host, best first; a host of "" is a null MX (RFC 7505). Raises NoSuchName, Unanswered."""
        found = [record.split() for record in await self.ask(domain, "MX")]
        return sorted((int(preference), host.rstrip(".").lower()) for preference, host in found)

    async def addresses(self, host: str) -> list[IPv4Address | IPv6Address]:
        """A and AAAA; none where there is no such host. Raises Unanswered."""
        try:
            found = [*await self.ask(host, "A"), *await self.ask(host, "AAAA")]
        except NoSuchName:
            return []
        return [ip_address(address) for address in found]

    async def names_of(self, address: IPv4Address | IPv6Address) -> list[str]:
        """PTR. Raises Unanswered."""
        try:
            found = await self.ask(dns.reversename.from_address(str(address)).to_text(), "PTR")
        except NoSuchName:
            return []
        return [host.rstrip(".").lower() for host in found]
