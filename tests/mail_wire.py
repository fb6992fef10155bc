"""A play's world on the wire of mail: real mails by SMTP to the real listener, letters read out of a real Maildir.

Who chats does it as in tests/wire.py, on real IRC servers; time is moved, never waited for. An answer goes to the
Reply-To of the letter it answers, with that letter quoted below it, as a mail program does it.
"""

from __future__ import annotations

import asyncio
import email
import re
from collections import defaultdict
from datetime import datetime
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

import aiosmtplib

from adapters.ircd import Server
from adapters.mail import MailAdapter
from adapters.mail_settings import read_settings
from relaybot import app, config
from relaybot.app import Bot
from relaybot.model import REPLY_HERE
from relaybot.policy import Policy
from relaybot.postman import Postman
from relaybot.settings import IrcTable, RelaybotTable
from tests.play import CODE, GREETING, LIST, NAME, Player
from tests.play_people import MAIL_DOMAIN
from tests.wire import Wire, WireWorld

HOST = "127.0.0.1"
BOT = "relaybot@lists.example.org"
LISTED = LIST.partition("/")[2]
AUTHSERV = "mx.example.org"  # the server in front, whose word on DMARC is believed
TOKEN = re.compile(r"relaybot\+([a-z][0-9]+|re)\.[a-z2-7]{26}@lists\.example\.org")
FOOTER = f"_______________________________________________\nPeers mailing list -- {LISTED}\nTo unsubscribe send an email to peers-leave@lists.example.org\n"


class MailWire(WireWorld):
    """tests.wire.WireWorld with mail; `others` are ("ana", "irc:other"): who is there on a further IRC network."""

    network = "irc:test"
    listed = LISTED

    def __init__(
        self,
        folder: Path,
        start: datetime,
        policy: Policy,
        runner: asyncio.Runner,
        others: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self.others = others
        self.elsewhere: dict[tuple[str, str], Wire] = {}
        self.maildir = folder / "mail"
        self.got: dict[str, list[EmailMessage]] = defaultdict(list)  # address -> its letters, the newest last
        self.code = ""  # the one-time code that was sent last
        self.about = ""  # what the letter that was sent last is about, as its Reply-To says
        self.sent = 0
        self.tokens = 0  # answers that went to an address with a token
        super().__init__(folder, start, policy, runner)

    # ------------------------------------------------------------------------------------- at the start

    async def _open(self) -> Bot:
        tables = {}
        for network, there in self.policy.networks.items():
            medium, _, name = network.partition(":")
            if medium != "irc":
                continue
            server = Server(network=name)
            host, port = await server.start(HOST, 0)
            self._stack.push_async_callback(server.stop)
            self.servers[network] = f"{host}:{port}"
            channels = (f"#{NAME}", f"#{NAME}-mods") if there.public else ("", "")
            tables[name] = _table(host, port, *channels)
        home = self.policy.networks[self.network].model_copy(update={"invites": True})
        policy = self.policy.model_copy(update={"networks": {**self.policy.networks, self.network: home}})
        programme = config.ProgrammeConfig(NAME, policy, (f"{self.network}/nobody",))
        settings = config.Config(RelaybotTable(), (programme,), tables, None, None, self.folder)
        bot = await self._stack.enter_async_context(app.open_bot(settings, clock=self.clock))
        if "mail" in policy.networks:
            self.mail = MailAdapter(read_settings("mail", await self._mail_settings(bot, policy)))
            bot.adapters.append(self.mail)
            bot.postmen["mail"] = Postman(self.mail, self.clock, bot.office.settle, bot.office.leaves)
        return bot

    async def _mail_settings(self, bot: Bot, policy: Policy) -> dict[str, object]:
        """As the embedded default has them; but behind a server that knows DMARC, and with the play's list."""
        mode = policy.networks["mail"].list_mode
        return {
            "address": BOT,
            "lists": {NAME: self.listed} if mode else {},
            "list_mode": mode or "own",
            "titles": {NAME: policy.title or NAME},
            "receive": {"smtp": f"{HOST}:0"},
            "send": {"maildir": str(self.maildir)},
            "trusted_authserv": [AUTHSERV],
            "mails_per_hour": 0,  # it counts real hours; a play has days in seconds
            "key": await bot.store.secret("mail"),
            "state_dir": self.folder,
        }

    async def _start(self) -> Bot:
        self.bot = await super()._start()
        for name, network in sorted(self.others):
            await self._connect_elsewhere(name, network)
        return self.bot

    async def _connect_elsewhere(self, name: str, network: str) -> None:
        host, _, port = self.servers[network].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        wire = Wire(name, lambda target, text: self._take(f"{name}@{network}", text), reader, writer)
        self.elsewhere[name, network] = wire
        wire.send(f"NICK {name}")
        wire.send(f"USER {name} 0 * :{name}")
        wire.task = asyncio.create_task(wire.read())
        await wire.flush()

    # --------------------------------------------------------------------------------------- what is said

    def say(self, who: str, text: str, place: str = "") -> None:
        """Someone mails relaybot or the list, or says something in chat."""
        network, _, about = place.partition("/")
        if network == "mail":
            self._run(self._write(who, text.replace(" \\n ", "\n"), about))
        elif place == "list":
            self._run(self._post(who, *text.split(" | ", 1)))
        elif network in self.servers:
            self._run(self._say_elsewhere(who, text, network))
        else:
            super().say(who, text, place)

    async def _say_elsewhere(self, who: str, text: str, network: str) -> None:
        wire = self.elsewhere[who, network]
        wire.send(f"PRIVMSG relaybot :{text}")
        await wire.flush()
        await self._rest()

    async def _write(self, who: str, text: str, about: str) -> None:
        """A mail to relaybot: an answer to a letter, or a new one that DMARC or nobody speaks for."""
        address, proven = f"{who}@{MAIL_DOMAIN}", self.vouched.get(who, True)
        mail = self._begin(who, address)
        assert proven or not about, "whoever has the token is no stranger"
        letter = self._answered(address, about or "RE") if proven else None
        if letter is not None:
            self._answer(mail, text, letter, tokens_of(letter)[about or "RE"])
        else:
            mail["To"], mail["Subject"] = self._token_of(about, address) if about else BOT, "hello"
            mail.set_content(text + "\n")
            if proven and not about:
                mail[_RESULTS[0]] = _RESULTS[1]
        await self._hand_in(mail, address, mail["To"].addresses[0].addr_spec)

    def _answered(self, address: str, about: str) -> EmailMessage | None:
        """The newest letter there that can be answered about this."""
        return next((x for x in reversed(self.got[address]) if about in tokens_of(x)), None)

    def _token_of(self, about: str, address: str) -> str:
        """The Reply-To of a letter that came before the play began: about what stage directions put there."""
        assert about[0] in "AMS", f"{address} has got no letter about {about}"
        self.tokens += 1
        return self.mail._tokens.reply_address(NAME, about, address)

    def _answer(self, mail: EmailMessage, text: str, letter: EmailMessage, to: str = "") -> None:
        """An answer to a letter: to its Reply-To, or to the address in the foot of a post."""
        self.tokens += 1
        mail["To"] = to or str(letter["Reply-To"])
        mail["Subject"] = f"Re: {letter['Subject']}"
        mail["In-Reply-To"] = str(letter["Message-ID"])
        mail["References"] = " ".join(filter(None, [letter["References"], letter["Message-ID"]]))
        quoted = "".join(f"> {line}\n" for line in body(letter).splitlines())
        mail.set_content(f"{text}\n\nOn {letter['Date']}, {letter['From']} wrote:\n{quoted}")

    async def _post(self, who: str, subject: str, words: str) -> None:
        """A mail to the list; one that others distribute brings it to relaybot as it does to every reader."""
        address = f"{who}@{MAIL_DOMAIN}"
        mail = self._begin(who.title(), address)
        external = self.policy.networks["mail"].list_mode == "external"
        mail["To"] = LISTED
        mail["Subject"] = f"[Peers] {subject}" if external else subject
        mail.set_content(f"{words}\n{FOOTER}" if external else f"{words}\n")
        if self.vouched.get(who, True):
            mail[_RESULTS[0]] = _RESULTS[1]
        if external:
            for name, value in _LISTED_HEADERS:
                mail[name] = value
            await self._hand_in(mail, "peers-bounces@lists.example.org", BOT)
        else:
            await self._hand_in(mail, address, LISTED)

    def _begin(self, name: str, address: str) -> EmailMessage:
        self.sent += 1
        mail = EmailMessage(policy=SMTP)
        mail["From"] = MailAddress(name, addr_spec=address)
        mail["Date"] = self.now
        mail["Message-ID"] = f"<{self.sent}.wire@{MAIL_DOMAIN}>"
        return mail

    def bring(self, raw: bytes, sender: str = "peers-bounces@lists.example.org") -> None:
        """A mail comes in as it is."""
        self._run(self._transmit(raw, sender, BOT))

    async def _hand_in(self, mail: EmailMessage, sender: str, to: str) -> None:
        """A mail leaves for relaybot."""
        await self._transmit(_on_top(mail), sender, to)

    async def _transmit(self, raw: bytes, sender: str, to: str) -> None:
        """The last hop: SMTP to relaybot, which has committed when it says 250."""
        assert self.mail.listening is not None
        host, port = self.mail.listening
        await aiosmtplib.send(raw, sender=sender, recipients=[to], hostname=host, port=port, start_tls=False)
        await self._rest()

    # -------------------------------------------------------------------------------------- what is heard

    def _heard(self, name: str, target: str, text: str) -> None:
        self._note_code(text)
        super()._heard(name, target, text)

    def _take(self, reader: str, text: str) -> None:
        self._note_code(text)
        self.said.append((reader, text))

    def _note_code(self, text: str) -> None:
        found = CODE.search(text)
        self.code = found[1] if found else self.code

    async def _rest(self) -> None:
        await super()._rest()
        for wire in self.elsewhere.values():
            await wire.flush()
        self._fetch()

    def _fetch(self) -> None:
        """Read what is new in the Maildir, in the order it was written, as a mail program does it."""
        if not (self.maildir / "new").exists():
            return
        for path in sorted((self.maildir / "new").iterdir(), key=_serial):
            letter = email.message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(letter, EmailMessage)
            path.rename(self.maildir / "cur" / f"{path.name}:2,S")
            address = letter["To"].addresses[0].addr_spec
            assert letter["Delivered-To"] == address, "the envelope and the mail name different readers"
            self.got[address].append(letter)
            about = about_of(letter)
            self.about = about if about not in {"", "RE"} else self.about
            user, _, domain = address.partition("@")
            reader = "list" if address == LISTED else f"{user}@mail" if domain == MAIL_DOMAIN else address
            for element in unwrapped(body(letter)):
                self._take(reader, TOKEN.sub(REPLY_HERE, element))

    def close(self) -> None:
        """Everyone leaves, relaybot ends."""

        async def work() -> None:
            for wire in self.elsewhere.values():
                await wire.close()

        self._run(work())
        super().close()


class MailPlayer(Player):
    """A player that compares mails by their words: where their lines were broken does not count."""

    def expect(self, reader: str, wanted: str) -> None:
        """The next element of a letter, or the next line."""
        mailed = reader.endswith("@mail") or reader == "list"
        super().expect(reader, squeezed(wanted) if mailed else wanted)


_RESULTS = ("Authentication-Results", f"{AUTHSERV}; dmarc=pass header.from={MAIL_DOMAIN}")
_LISTED_HEADERS = (
    ("List-Id", "Peers <peers.lists.example.org>"),
    ("List-Post", f"<mailto:{LISTED}>"),
    ("List-Unsubscribe", "<mailto:peers-leave@lists.example.org>"),
    ("Precedence", "list"),
    ("Sender", '"Peers" <peers-bounces@lists.example.org>'),
)


def _table(host: str, port: int, public: str, team: str) -> IrcTable:
    """A network as the embedded one is served."""
    return IrcTable(
        host=host,
        port=port,
        tls=False,
        nick="relaybot",
        channel={NAME: public} if public else {},
        moderators_channel={NAME: team} if team else {},
        lines_per_second=0,
        commands_per_minute=0,
    )


def _on_top(mail: EmailMessage) -> bytes:
    """The mail's bytes with the header of the server in front uppermost, where it puts it."""
    results = mail[_RESULTS[0]]
    del mail[_RESULTS[0]]
    top = f"{_RESULTS[0]}: {results}\r\n" if results else ""
    return top.encode() + mail.as_bytes()


def _serial(path: Path) -> int:
    found = re.search(r"\.L(\d+)P", path.name)
    return int(found[1]) if found else 0


def about_of(letter: EmailMessage) -> str:
    """What a letter is about, as the token in its Reply-To says: "M12", "RE" for nothing in particular, "" without one."""
    found = TOKEN.fullmatch(str(letter["Reply-To"] or ""))
    return found[1].upper() if found else ""


def tokens_of(letter: EmailMessage) -> dict[str, str]:
    """The addresses of a letter that have a token, by what they are about: in its Reply-To, and in the foot of a post."""
    found = [*TOKEN.finditer(body(letter)), *TOKEN.finditer(str(letter["Reply-To"] or ""))]
    return {token[1].upper(): token[0] for token in found}


def body(letter: EmailMessage) -> str:
    """The words of a letter as a mail program shows them."""
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def unwrapped(text: str) -> list[str]:
    """The paragraphs and rows a letter was made of; its greeting and signature are left out, as in plays."""
    found: list[str] = []
    for block in text.strip("\n").split("\n\n"):
        lines: list[str] = []
        for line in block.split("\n"):
            if line.startswith("  "):
                found.extend([" ".join(lines)] * bool(lines))
                lines = []
                found.append(line)
            else:
                lines.append(line)
        found.extend([" ".join(lines)] * bool(lines))
    if found and found[-1].startswith("relaybot, for the "):
        found.pop()
        found = found[1:] if found and GREETING.fullmatch(found[0]) else found
    return [squeezed(element) for element in found]


def squeezed(text: str) -> str:
    """Text with single spaces between its words; what it begins with stays."""
    return re.sub(r"(?<=\S)\s+", " ", text)
