"""Mail that comes in by LMTP and SMTP: "250" after the commit only, nothing lost, nothing bounced, nothing believed."""

from __future__ import annotations

from pathlib import Path

from tests.mail_help import LIST, Hand, Listening, mail, running


async def test_mail_is_heard_before_250(tmp_path: Path) -> None:
    """A mail to relaybot becomes one private, unproven letter."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        assert [code for code, _ in await hand.send(mail())] == [250]
        (message,) = ear.heard
        assert (message.sender, message.reply) == ("mail/chidi@example.net", "mail/chidi@example.net")
        assert (message.text.strip(), message.place, message.proven, message.stranger) == ("status", "", False, False)


async def test_post_to_the_list_has_its_place(tmp_path: Path) -> None:
    """A mail to the list's address is said in the list's place, in its programme."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        await hand.send(mail(to=LIST), LIST)
        (message,) = ear.heard
        assert (message.place, message.programme) == (f"mail/{LIST}", "tech-peer")
