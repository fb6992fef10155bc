"""A list that others run (Mailman, Google Groups): their mails, on the wire; nothing is answered to the list by accident."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from relaybot.model import Style
from relaybot.policy import Network
from tests.mail_wire import LISTED, MailWire
from tests.play import World, add_member, add_person, policy

MAILS = Path(__file__).parent / "mailman"
NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
GOOGLE = "peers@googlegroups.com"
FOOT = b"\n_______________________________________________\nPeers mailing list -- peers@lists.example.org\n"
LIST_HEADERS = b"Precedence: list\nList-Id: <peers.lists.example.org>\nList-Post: <mailto:peers@lists.example.org>\n"


class OtherList(MailWire):
    """A world with a list of others; dana moderates, ana chats, chidi reads mail and the list."""

    def begin(self) -> OtherList:
        """People come."""
        world = cast("World", self)
        add_person(world, "dana", moderator=True)
        add_member(world, "ana", {})
        add_member(world, "chidi@mail", {"zone": "Africa/Lagos"})
        self.deliver()
        self.said.clear()
        return self

    def comes(self, name: str) -> list[tuple[str, str]]:
        """A recorded mail comes in; what is said to anybody because of it."""
        self.said.clear()
        self.bring((MAILS / f"{name}.eml").read_bytes())
        return self.said

    def letters(self) -> list[str]:
        """Everybody who was ever written a mail."""
        return [address for address, mails in self.got.items() for _ in mails]


class GoogleList(OtherList):
    """The same, on Google Groups."""

    listed = GOOGLE


def made(folder: Path, kind: type[OtherList], runner: asyncio.Runner) -> OtherList:
    usual = policy('mail.confirm_posts = "unproven"')
    mail = Network(
        public=f"mail/{kind.listed}", style=Style.LETTER, identity="mail", pair_places=False, list_mode="external"
    )
    both = usual.model_copy(update={"networks": {**usual.networks, "mail": mail}})
    return kind(folder, NOW, both, runner).begin()


@pytest.fixture
def mailman(tmp_path: Path) -> Iterator[OtherList]:
    with asyncio.Runner() as runner:
        world = made(tmp_path, OtherList, runner)
        yield world
        world.close()


@pytest.fixture
def google(tmp_path: Path) -> Iterator[OtherList]:
    with asyncio.Runner() as runner:
        world = made(tmp_path, GoogleList, runner)
        yield world
        world.close()


def readers(said: list[tuple[str, str]]) -> set[str]:
    """Who something was said to."""
    return {reader for reader, _ in said}


NOT_OURS = """post command stranger_let_in munged_replies_to_list own_post own_post_acknowledged held held_for_the_owner
digest_plaintext digest_mime confirm welcome goodbye""".split()


@pytest.mark.parametrize("name", NOT_OURS)
def test_what_is_the_lists_own_business(name: str, mailman: OtherList) -> None:
    """Posts, a word that would be a command, our own ask, notices, digests, requests to confirm: nobody hears anything."""
    assert mailman.comes(name) == []
    assert mailman.letters() == []
    assert not mailman.programme.tables.posts.rows
    assert len(mailman.programme.tables.people.rows) == 3


@pytest.mark.parametrize("name", ["google_post", "google_digest", "google_confirm", "google_held"])
def test_what_is_googles_own_business(name: str, google: OtherList) -> None:
    """The same for Google Groups."""
    assert google.comes(name) == []
    assert google.letters() == []


@pytest.mark.parametrize("name", ["looking_for", "munged", "wrapped"])
def test_an_ask_on_the_list(name: str, mailman: OtherList) -> None:
    """A member's ask is known as theirs behind any DMARC mitigation, and is in the channel when they have said yes."""
    assert readers(mailman.comes(name)) == {"chidi@mail"}
    mailman.said.clear()
    mailman.say("chidi", "1", "mail/P1")
    assert ("public", "P1 chidi (mail") in {(reader, line[:14]) for reader, line in mailman.said}
    assert set(mailman.letters()) == {"chidi@example.net"}


@pytest.mark.parametrize("name", ["google_munged", "google_munged_replies_to_list"])
def test_an_ask_on_google(name: str, google: OtherList) -> None:
    """Google names the writer in headers of its own."""
    assert readers(google.comes(name)) == {"chidi@mail"}
    assert set(google.letters()) == {"chidi@example.net"}


def test_a_genuine_list_proves_no_writer(mailman: OtherList) -> None:
    """DMARC says that the list's address is genuine; who wrote to the list it does not say, so chidi is asked."""
    raw = (MAILS / "munged.eml").read_bytes()
    top = b"Authentication-Results: mx.example.org; dmarc=pass header.from=lists.example.org\r\n"
    mailman.bring(top + raw)
    assert readers(mailman.said) == {"chidi@mail"}


def test_our_own_ask_comes_back(mailman: OtherList) -> None:
    """An ask from chat goes to the list as one mail; the copy that the list sends us means nothing."""
    for line in ("ask haskell type classes", "yes"):
        mailman.say("ana", line)
    (post,) = mailman.got[LISTED]
    assert "via" in str(post["From"])
    mailman.said.clear()
    raw = post.as_bytes().replace(b"\nSubject: ", b"\nSubject: [Peers] ", 1)
    mailman.bring(LIST_HEADERS + raw + FOOT)
    assert mailman.said == []
    assert mailman.letters() == [LISTED]


def test_an_unmistakable_application(mailman: OtherList) -> None:
    """It is answered to its writer alone, who is told truly that the list has read it."""
    said = mailman.comes("enrolment")
    assert readers(said) == {"mette@example.org"}
    assert any("your mail went to the list" in line for _, line in said)
    assert mailman.letters() == ["mette@example.org"]


def test_an_application_behind_dmarc(mailman: OtherList) -> None:
    """The writer is answered, not the list whose address stands in From."""
    raw = (MAILS / "enrolment.eml").read_bytes()
    hidden = b"From: Mette via Peers <peers@lists.example.org>\r\nReply-To: Mette <mette@example.org>"
    mailman.bring(raw.replace(b"From: Mette <mette@example.org>", hidden, 1))
    assert mailman.letters() == ["mette@example.org"]


def test_perhaps_an_application(mailman: OtherList) -> None:
    """What may be meant for others is not answered; the moderators know of it, once."""
    raw = (MAILS / "enrolment.eml").read_bytes().replace(b"in the mentoring", b"in the sprint")
    mailman.bring(raw)
    assert readers(mailman.said) == {"team"}
    assert "mette@example.org" in mailman.said[0][1]
    mailman.said.clear()
    mailman.bring(raw.replace(b"Message-ID: <", b"Message-ID: <again", 1))
    assert mailman.said == []
    assert mailman.letters() == []


def test_a_hidden_writer_nobody_names(mailman: OtherList) -> None:
    """A list that tells nobody who wrote is believed to have written itself."""
    raw = (MAILS / "munged.eml").read_bytes().replace(b"Reply-To: Chidi <chidi@example.net>\r\n", b"")
    mailman.bring(raw)
    assert mailman.said == []
