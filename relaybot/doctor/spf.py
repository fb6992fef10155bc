"""SPF (RFC 7208) as far as it is simple: whether a domain lets an address send, with includes, a, mx, ip4, ip6, redirect.

What only a mail in flight could decide (macros, exists, ptr) is said to be unknown instead of guessed.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from relaybot.doctor.names import Names, NoSuchName

LOOKUPS_MAX = 10  # section 4.6.4: more make every receiver give up
HOSTS_MAX = 10
RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_TERM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9._-]*)(?:([:=/])(.*))?")


class Broken(Exception):
    """The record cannot be used (permerror); the text is why."""


class Unknown(Exception):
    """The record asks for what is not known here; the text is which part."""


class Judge:
    """Judges one address; None asks only whether the record can be read to its end."""

    def __init__(self, names: Names, address: IPv4Address | IPv6Address | None) -> None:
        self._names, self._address = names, address
        self.lookups = 0

    async def verdict(self, domain: str) -> str:
        """pass, fail, softfail, neutral, or none (no record). Raises Broken, Unknown, and Unanswered."""
        found = [text for text in await self._names.texts(domain, "v=spf1") if text.lower().split()[0] == "v=spf1"]
        if len(found) > 1:
            raise Broken(f"{domain} has {len(found)} SPF records, and there may be only one")
        if not found:
            return "none"
        redirect = ""
        for term in found[0].split()[1:]:
            read = _TERM.fullmatch(term)
            if read is None:
                raise Broken(f'{domain}: "{term}" cannot be read')
            sign, name, mark, rest = read[1] or "+", read[2].lower(), read[3] or "", read[4] or ""
            if mark == "=":
                redirect = rest if name == "redirect" else redirect
            elif await self._matches(domain, name, mark, rest):
                return RESULTS[sign]
        if not redirect:
            return "neutral"
        self._count()
        result = await self.verdict(self._plain(redirect))
        if result == "none":
            raise Broken(f"{domain} refers to {redirect}, which has no SPF record")
        return result

    async def _matches(self, domain: str, name: str, mark: str, rest: str) -> bool:
        """Whether a mechanism is about the address."""
        match name:
            case "all":
                return True
            case "ip4" | "ip6":
                try:
                    network = ip_network(rest, strict=False)
                except ValueError:
                    raise Broken(f'{domain}: "{name}:{rest}" is no network') from None
                return self._is_in(network)
            case "include":
                self._count()
                result = await self.verdict(self._plain(rest))
                if result == "none":
                    raise Broken(f"{domain} includes {rest}, which has no SPF record")
                return result == "pass"
            case "a" | "mx":
                self._count()
                return await self._is_host(domain, name, rest if mark == ":" else f"/{rest}" if mark else "")
            case "exists" | "ptr":
                self._count()
                raise Unknown(f"{name} in the record of {domain}")
        raise Broken(f'{domain}: "{name}" is no mechanism of SPF')

    async def _is_host(self, domain: str, name: str, rest: str) -> bool:
        host, *lengths = rest.split("/", 1)
        host = self._plain(host) or domain
        four, _, six = (lengths[0] if lengths else "").partition("//")
        if lengths and lengths[0].startswith("/"):  # only "//length"
            four, six = "", lengths[0].strip("/")
        hosts = [host]
        if name == "mx":
            try:
                hosts = [target for _, target in await self._names.mail_servers(host) if target][:HOSTS_MAX]
            except NoSuchName:
                hosts = []
        for target in hosts:
            for address in await self._names.addresses(target):
                length = (four or "32") if address.version == 4 else (six or "128")
                try:
                    network = ip_network(f"{address}/{length}", strict=False)
                except ValueError:
                    raise Broken(f'{domain}: "{name}/{rest}" is no network') from None
                if self._is_in(network):
                    return True
        return False

    def _is_in(self, network: IPv4Network | IPv6Network) -> bool:
        return self._address is not None and self._address in network

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > LOOKUPS_MAX:
            raise Broken(f"it needs more than {LOOKUPS_MAX} DNS look-ups, where receivers give up")

    @staticmethod
    def _plain(name: str) -> str:
        if "%" in name:
            raise Unknown(f"the macro in {name}")
        return name
