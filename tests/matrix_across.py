"""A play's world on several wires at once: Matrix on a real Synapse, IRC on real servers, mail by SMTP and a Maildir.

People on Matrix are a second network here, "bram@matrix:home", with all that it can: rooms that show ids, edits, replies,
reactions. The others are as in tests/mail_wire.py.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from adapters.matrix import Matrix
from adapters.matrix_settings import read_settings
from relaybot.app import Bot
from relaybot.homeserver import Homeserver
from relaybot.model import Address, Change, Message
from relaybot.policy import Policy
from relaybot.postman import Postman
from relaybot.stage import let_pass
from tests.mail_wire import MailPlayer, MailWire
from tests.matrix_town import HOME, Town
from tests.matrix_wire import MatrixPlayer, OnMatrix
from tests.play import Player
from tests.synapse import PASSWORD

ON_IRC = re.compile(r"^(?!public|team|m\d)(\w+) [<>]", re.M)
ON_MATRIX = re.compile(rf"^(?!m\d)(\w+)@{HOME}(?:/\S+)? [<>]", re.M)
ELSEWHERE = re.compile(r"^(\w+)@(irc:\w+) [<>]", re.M)


class AcrossWire(OnMatrix, MailWire):
    """tests.mail_wire.MailWire with people on Matrix as well."""

    def __init__(
        self,
        folder: Path,
        start: datetime,
        policy: Policy,
        runner: asyncio.Runner,
        server: Homeserver,
        play: str,
    ) -> None:
        self.logged_in = frozenset(ON_IRC.findall(play))  # who is there before relaybot knows them
        self.on_matrix = frozenset(ON_MATRIX.findall(play))
        self.town = Town(server, folder, self._take_matrix, f"@{HOME}")
        MailWire.__init__(self, folder, start, policy, runner, frozenset(ELSEWHERE.findall(play)))

    def _take_matrix(self, reader: str, line: str) -> None:
        self._take(reader, line)
        self.about = self.town.about or self.about

    async def _open(self) -> Bot:
        bot = await super()._open()
        settings = {
            "homeserver": self.town.server.url,
            "user": self.town.bot,
            "password": PASSWORD,
            "key": await bot.store.secret("matrix"),
            "state_dir": self.folder / "matrix",
            "commands_per_minute": None,
        }
        self.adapter = Matrix("home", read_settings("home", settings))
        bot.adapters.append(self.adapter)
        bot.hear = self._in_story_time(bot.hear)  # type: ignore[assignment,method-assign]
        bot.postmen[HOME] = Postman(self.adapter, self.clock, bot.office.settle, bot.office.leaves)
        return bot

    def _in_story_time(
        self, hear: Callable[[Message], asyncio.Future[None]]
    ) -> Callable[[Message], asyncio.Future[None]]:
        """The homeserver says by its own clock when what is edited was said; in a play that is now."""

        def heard(message: Message) -> asyncio.Future[None]:
            first = self.clock.now() if message.first_said_at is not None else None
            return hear(replace(message, first_said_at=first))

        return heard

    async def _start(self) -> Bot:
        self.bot = await super()._start()
        for name in sorted(self.logged_in):
            await self._connected(name)
        for name in sorted(self.on_matrix):
            await self._greet(name)
        return self.bot

    def make(self, *changes: Change) -> None:
        """Make records true; who is on Matrix has a chat with relaybot already."""
        real = [self._real(change) for change in changes]
        super().make(*real)
        for change in real:
            if isinstance(change.record, Address) and change.record.address.startswith(f"{HOME}/"):
                self._run(self._arrive(self._names()[-1]))

    async def _arrive(self, name: str) -> None:
        await self._greet(name)
        await self._rest()

    def say(self, who: str, text: str, place: str = "") -> None:
        """Someone says it on Matrix, or anywhere else; ids in it are those that people have here."""
        network, _, about = place.partition("/")
        if network == HOME:
            self._run(self._say_on_matrix(who, self.town.real(text), about))
        else:
            super().say(who, self.town.real(text), place)

    async def _say_on_matrix(self, who: str, text: str, about: str) -> None:
        await self._greet(who)
        in_room = about[:1].islower()
        room = self.town.room(about) if in_room else self.town.chats[who]
        was, edits, _ = text.partition(" ~> ")
        if edits and not self.town.has_said(who, was, room):
            await self.town.say(who, was, room)  # the play leaves it out with its answer
            await self._rest()
            self.said = [(reader, line) for reader, line in self.said if reader != f"{who}@{HOME}"]
        await self.town.say(who, text, room, "" if in_room else about)
        await self._rest()

    async def _rest(self) -> None:
        for wire in (*self.people.values(), *self.elsewhere.values()):
            await wire.flush()
        await self._settle_matrix()
        await super()._rest()

    def pass_until(self, moment: datetime) -> None:
        """Time passes."""

        async def work() -> None:
            for name in self._known():
                await self._connected(name)
            await let_pass(self.bot, self.clock, moment, rest=self._rest)

        self._run(work())

    def _heard(self, name: str, target: str, text: str) -> None:
        super()._heard(name, target, self.town.played(text))

    def _take(self, reader: str, text: str) -> None:
        super()._take(reader, self.town.played(text))

    def close(self) -> None:
        """Everyone leaves, relaybot ends."""
        self._run(self.town.close())
        super().close()


class AcrossPlayer(MatrixPlayer, MailPlayer):
    """A player for all media: invitations as people on Matrix saw them, mails by their words."""

    def expect(self, reader: str, wanted: str) -> None:
        """The next line or element; on IRC nobody is invited who is there already, as in tests/wire.py."""
        if reader.partition("@")[2] == HOME:
            MatrixPlayer.expect(self, reader, wanted)
        else:
            MailPlayer.expect(self, reader, wanted)

    def settled(self) -> None:
        """Nothing unexpected is left."""
        Player.settled(self)
