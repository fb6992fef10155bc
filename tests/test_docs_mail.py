"""What docs/operators.md tells operators to write into Postfix, tried with a real one: what is relaybot's arrives, the rest is refused."""

from __future__ import annotations

import asyncio
import re
import smtplib
from pathlib import Path
from typing import Any

import pytest

from adapters.mail_tokens import Tokens
from tests.mail_help import HOST, KEY, Listening, mail, running, until
from tests.mail_servers import open_folder, start_postfix
from tests.needs import ROOT
from tests.servers import free_ports

pytestmark = [pytest.mark.servers, pytest.mark.docs]

PAGES = ["README.md", "docs/operators.md"]


def recipes() -> list[tuple[str, str]]:
    """Every recipe for Postfix with the page it stands on: the map and the lines of main.cf."""
    return [
        (page, block)
        for page in PAGES
        for block in re.findall(r"^```cfg\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.M | re.S)
        if "/etc/postfix/main.cf" in block
    ]


@pytest.mark.parametrize(("page", "recipe"), recipes(), ids=[f"{page} {n}" for n, (page, _) in enumerate(recipes())])
async def test_the_recipe_for_postfix_works(tmp_path: Path, page: str, recipe: str) -> None:
    """relaybot's address with and without `+` and the list's arrive as they were written; nobody's is refused at RCPT."""
    (port,) = free_ports(1)
    domain = "lists.example.org" if "relay_domains" in recipe else "example.org"
    address, listed = f"relaybot@{domain}", f"peers@{domain}"
    reply = Tokens(KEY, address, {"tech-peer": listed}, ("tech-peer",)).reply_address(
        "tech-peer", "A1", "ann@home.test"
    )
    ear = Listening()
    with open_folder("recipe") as folder:
        table = folder / "etc/relaybot"
        lines, _, more = recipe.partition("# /etc/postfix/main.cf\n")
        postfix = await asyncio.to_thread(start_postfix, folder, more.replace("/etc/postfix/relaybot", str(table)))
        try:
            table.write_text(lines.replace("127.0.0.1]:8024", f"{HOST}]:{port}"))
            own: dict[str, Any] = {
                "address": address,
                "lists": {"tech-peer": listed},
                "receive": {"lmtp": f"{HOST}:{port}"},
            }
            async with running(tmp_path, ear, **own):
                assert await asyncio.to_thread(handed, postfix.port, address, listed, reply, f"nobody@{domain}") == [
                    550
                ]
                await until(lambda: len(ear.heard) == 3, 30)
        finally:
            postfix.running.stop()

    assert sorted((m.place, m.about, m.proven) for m in ear.heard) == [
        ("", "", False),
        ("", "A1", True),
        (f"mail/{listed}", "", False),
    ]


def handed(port: int, *recipients: str) -> list[int]:
    """Somebody's mails arrive at Postfix; the replies to recipients it refuses."""
    refused = []
    with smtplib.SMTP(HOST, port) as client:
        for to in recipients:
            try:
                client.sendmail("ann@home.test", to, mail("ann@home.test", to))
            except smtplib.SMTPRecipientsRefused as error:
                refused += [code for code, _ in error.recipients.values()]
    return refused
