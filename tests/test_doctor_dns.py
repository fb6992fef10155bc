"""What `relaybot doctor` makes of DNS: a server of our own on the loopback answers, wrongly where that is the test."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from relaybot.doctor import Level, Report
from relaybot.doctor.names import SETTING, Names, Unanswered
from relaybot.doctor.spf import Broken, Judge, Unknown
from relaybot.ports import Misconfigured
from tests.doctor_help import DOMAIN, GOOD, SENDS_FROM, Zone, dns_server, examined, levels, one, said

CONFIG = f"""
[mail]
address = "relaybot@{DOMAIN}"
receive = {{ lmtp = "127.0.0.1:0" }}
send = {{ host = "127.0.0.1", port = 1 }}
"""


@pytest.fixture(autouse=True)
def _short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for an answer that never comes need not wait long here."""
    monkeypatch.setattr("relaybot.doctor.names.TIMEOUT_SECONDS", 0.4)


async def looked(
    monkeypatch: pytest.MonkeyPatch, folder: Path, zone: Zone, config: str = CONFIG, **more: Any
) -> Report:
    """What the doctor finds in a world with this zone."""
    async with dns_server(monkeypatch, zone):
        return await examined(folder, config, **({"sends_from": SENDS_FROM} | more))


async def test_a_good_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MX, SPF, DMARC, PTR and a named DKIM key are in order, and each says what it found."""
    report = await looked(monkeypatch, tmp_path, GOOD, selector="key1")

    assert one(report, "MX of") == ("ok", f"mx.{DOMAIN} (10) -> ")
    assert one(report, "SPF of") == ("ok", f"lets {SENDS_FROM} send -> ")
    assert one(report, "DMARC of") == ("ok", "p=quarantine -> ")
    assert one(report, "PTR of") == ("ok", f"mx.{DOMAIN}, which leads back -> ")
    assert one(report, f"DKIM key key1._domainkey.{DOMAIN}") == ("ok", "is there -> ")


async def test_a_bare_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is missing is said with the record that has to be added."""
    report = await looked(monkeypatch, tmp_path, {DOMAIN: {"A": ["192.0.2.1"]}}, selector="key1")

    assert one(report, "MX of")[0] == "warn"
    assert 'add TXT "v=spf1 mx -all"' in one(report, "SPF of")[1]
    assert f"_dmarc.{DOMAIN}" in one(report, "DMARC of")[1]
    assert one(report, "PTR of")[0] == "fail"
    assert one(report, "DKIM key")[0] == "fail"


@pytest.mark.parametrize(
    ("zone", "level", "told"),
    [
        ({"other.test": {"A": ["192.0.2.1"]}}, "fail", "does not exist"),
        ({DOMAIN: {"TXT": ['"x"']}}, "fail", "nobody can write"),
        ({DOMAIN: {"MX": ["0 ."]}}, "fail", "takes no mail"),
        ({DOMAIN: {"MX": ["10 gone.test."]}}, "fail", "without an address: gone.test"),
        ({DOMAIN: {"MX": ["10 gone.test.", "20 mx.test."]}, "mx.test": {"A": ["192.0.2.1"]}}, "warn", "gone.test"),
        ({DOMAIN: "servfail"}, "warn", "not known: the resolver reports a failure"),
        ({DOMAIN: "silent"}, "warn", "not known: no answer within"),
    ],
)
async def test_mx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: Zone, level: str, told: str) -> None:
    """What keeps mail from coming in is a failure, what may be a passing fault a warning."""
    report = await looked(monkeypatch, tmp_path, zone)

    assert one(report, "MX of")[0] == level
    assert told in one(report, "MX of")[1]


async def test_lists_of_our_own_need_an_mx_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that relaybot distributes, on another domain, is looked up; one that others run is not."""
    listed = CONFIG + 'list = { tech-peer = "peers@other.test" }\n'
    own = await looked(monkeypatch, tmp_path, GOOD, listed)
    theirs = await looked(monkeypatch, tmp_path, GOOD, listed + 'list_mode = "external"\n')

    assert said(own, "MX of other.test")[0][0] == "fail"
    assert said(theirs, "MX of other.test") == []


async def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that is away is a warning at each record, never a failure, and is not asked for ever."""
    silent = dict.fromkeys([DOMAIN, f"_dmarc.{DOMAIN}", "25.113.0.203.in-addr.arpa"], "silent")
    report = await looked(monkeypatch, tmp_path, silent)

    for about in ("MX of", "SPF of", "DMARC of", "PTR of"):
        assert one(report, about)[0] == "warn"
    assert "the resolver does not answer" in one(report, "PTR of")[1]


def test_a_resolver_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be asked is said as a mistake of whoever set it."""
    monkeypatch.setenv(SETTING, "resolver")
    with pytest.raises(Misconfigured, match="RELAYBOT_DNS=resolver: has to be"):
        Names()


async def test_where_mail_leaves_from_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a server elsewhere nobody knows the address; without one SPF is only read."""
    config = CONFIG.replace('host = "127.0.0.1"', 'host = "smtp.elsewhere.invalid"')
    report = await looked(monkeypatch, tmp_path, GOOD, config, sends_from="")

    assert one(report, "PTR")[0] == "skip"
    assert one(report, "SPF of") == ("ok", "is there, for everybody else it says fail -> ")


async def test_this_machine_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A domain below localhost is not asked for."""
    report = await looked(monkeypatch, tmp_path, {}, CONFIG.replace(DOMAIN, "relaybot.localhost"))

    assert one(report, "DNS")[0] == "skip"


# ------------------------------------------------------------------------------------------------- DMARC


@pytest.mark.parametrize(
    ("zone", "level", "told"),
    [
        ({f"_dmarc.{DOMAIN}": {"TXT": ['"v=DMARC1; p=none; rua=mailto:x@y.z"']}}, "ok", "p=none: it only watches"),
        ({"_dmarc.lab.test": {"TXT": ['"v=DMARC1; p=none; sp=reject"']}}, "ok", "p=reject (from lab.test)"),
        ({f"_dmarc.{DOMAIN}": {"TXT": ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']}}, "fail", "2 records"),
        ({f"_dmarc.{DOMAIN}": {"TXT": ['"v=DMARC1; p=maybe"']}}, "fail", '"maybe"'),
        ({f"_dmarc.{DOMAIN}": "servfail"}, "warn", "not known"),
    ],
)
async def test_dmarc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: Zone, level: str, told: str) -> None:
    """The record of the domain, or of one above it, with the policy that holds."""
    report = await looked(monkeypatch, tmp_path, zone)

    assert one(report, "DMARC of")[0] == level
    assert told in one(report, "DMARC of")[1]


@pytest.mark.parametrize(
    ("record", "level", "told"),
    [
        ('"v=DKIM1; p="', "fail", "withdrawn"),
        ('"v=DKIM1; t=y; p=abc"', "warn", "marked as a test"),
        ('"k=rsa; p=abc"', "ok", "is there"),
        ('"nothing of the kind"', "fail", "no such record"),
    ],
)
async def test_dkim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: str, level: str, told: str) -> None:
    """A key that is there and in force, and nothing else, is in order."""
    zone = GOOD | {f"s1._domainkey.{DOMAIN}": {"TXT": [record]}}
    report = await looked(monkeypatch, tmp_path, zone, selector="s1")

    assert one(report, "DKIM key")[0] == level
    assert told in one(report, "DKIM key")[1]


async def test_ptr_that_does_not_lead_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means another machine is as good as none."""
    zone = GOOD | {f"mx.{DOMAIN}": {"A": ["192.0.2.99"]}}
    report = await looked(monkeypatch, tmp_path, zone)

    assert one(report, "PTR of")[0] == "fail"
    assert "does not lead back" in one(report, "PTR of")[1]


# --------------------------------------------------------------------------------------------------- SPF


async def judged(monkeypatch: pytest.MonkeyPatch, record: str, address: str = SENDS_FROM, **more: Any) -> str:
    """The verdict on an address by a record, in a world with some more names."""
    zone = {
        "d.test": {"TXT": [f'"{record}"'], "MX": ["10 mx.test."], "A": ["198.51.100.1"]},
        "mx.test": {"A": [SENDS_FROM], "AAAA": ["2001:db8::25"]},
        "yes.test": {"TXT": [f'"v=spf1 ip4:{SENDS_FROM} -all"']},
        "no.test": {"TXT": ['"v=spf1 -all"']},
        "loop.test": {"TXT": ['"v=spf1 include:loop.test -all"']},
        "two.test": {"TXT": ['"v=spf1 -all"', '"v=spf1 +all"']},
        "away.test": "servfail",
        **more,
    }
    async with dns_server(monkeypatch, zone):
        return await Judge(Names(), ip_address(address)).verdict("d.test")


@pytest.mark.parametrize(
    ("record", "address", "verdict"),
    [
        ("v=spf1 ip4:203.0.113.0/24 -all", SENDS_FROM, "pass"),
        ("v=spf1 ip4:203.0.113.0/30 ~all", SENDS_FROM, "softfail"),
        ("V=SPF1 MX -ALL", SENDS_FROM, "pass"),
        ("v=spf1 mx -all", "2001:db8::25", "pass"),
        ("v=spf1 mx//64 -all", "2001:db8::99", "pass"),
        ("v=spf1 mx/24//64 -all", "203.0.113.9", "pass"),
        ("v=spf1 a -all", SENDS_FROM, "fail"),
        ("v=spf1 a:mx.test -all", SENDS_FROM, "pass"),
        ("v=spf1 a/24 ?all", "198.51.100.77", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("v=spf1 include:yes.test -all", SENDS_FROM, "pass"),
        ("v=spf1 include:no.test ?all", SENDS_FROM, "neutral"),
        ("v=spf1 redirect=yes.test", SENDS_FROM, "pass"),
        ("v=spf1 -mx +all", SENDS_FROM, "fail"),
        ("v=spf1 exp=why.test", SENDS_FROM, "neutral"),
        ("v=spf10 -all", SENDS_FROM, "none"),
    ],
)
async def test_spf(monkeypatch: pytest.MonkeyPatch, record: str, address: str, verdict: str) -> None:
    """What RFC 7208 says about it."""
    assert await judged(monkeypatch, record, address) == verdict


@pytest.mark.parametrize(
    ("record", "error", "told"),
    [
        ("v=spf1 include:loop.test -all", Broken, "more than 10"),
        ("v=spf1 include:two.test -all", Broken, "only one"),
        ("v=spf1 include:nowhere.test -all", Broken, "has no SPF record"),
        ("v=spf1 redirect=nowhere.test", Broken, "has no SPF record"),
        ("v=spf1 ipv4:203.0.113.1 -all", Broken, "no mechanism"),
        ("v=spf1 ip4:203.0.113.300 -all", Broken, "no network"),
        ("v=spf1 mx/99 -all", Broken, "no network"),
        ("v=spf1 exists:%{i}.test -all", Unknown, "exists"),
        ("v=spf1 include:%{d}.test -all", Unknown, "macro"),
        ("v=spf1 include:away.test -all", Unanswered, "failure"),
    ],
)
async def test_spf_that_cannot_be_judged(
    monkeypatch: pytest.MonkeyPatch, record: str, error: type[Exception], told: str
) -> None:
    """Mistakes are told apart from what only a mail in flight could say, and from a resolver's fault."""
    with pytest.raises(error, match=told):
        await judged(monkeypatch, record)


@pytest.mark.parametrize(
    ("record", "level", "told"),
    [
        ("v=spf1 -all", "fail", f"add ip4:{SENDS_FROM}"),
        ("v=spf1 ptr -all", "warn", "cannot be judged"),
        ("v=spf1 nonsense", "fail", "cannot be used"),
    ],
)
async def test_spf_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: str, level: str, told: str
) -> None:
    """Each says what to do."""
    report = await looked(monkeypatch, tmp_path, GOOD | {DOMAIN: {"TXT": [f'"{record}"']}})

    assert one(report, "SPF of")[0] == level
    assert told in one(report, "SPF of")[1]
    assert "SPF" in "".join(levels(report, Level(level)))
