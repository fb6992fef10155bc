"""The people of a play on Matrix: each a nio client with keys of its own, encrypted chats, and the rooms of a programme.

Nobody syncs by themselves: a world asks everybody to look when it wants to know what has arrived. A room's words are
counted once, however many hear them; what somebody cannot decrypt fails the play.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from relaybot.homeserver import Homeserver
from relaybot.settings import MatrixTable
from tests.matrix_talk import Heard
from tests.play import NAME
from tests.play_people import MATRIX_SERVER
from tests.synapse import PASSWORD
from tests.synapse_people import Person

HOME = "matrix:home"
PAIR_ROOM = re.compile(r"\bm(\d+)\b", re.I)  # "tech-peer-m12", or "M12 bram & ana" as people are shown it
SIGNS = {"yes": "✅", "no": "❌"}


class Town:
    """Everybody on one homeserver; `take` is told (reader, line) of all that the bot says to them."""

    def __init__(self, server: Homeserver, folder: Path, take: Callable[[str, str], None], suffix: str = "") -> None:
        self.server, self.folder, self._take = server, folder, take
        self._suffix = suffix  # behind the names of readers: "" where this is the play's usual network
        self._mark = secrets.token_hex(3)  # every play has people of its own on the one homeserver
        self._strange = re.compile(rf"@([a-z0-9.-]+)-{self._mark}:localhost")
        self.people: dict[str, Person] = {}
        self.chats: dict[str, str] = {}  # who -> their chat with the bot
        self.rooms: dict[str, str] = {}  # room id -> "public", "team", "m12"
        self.about = ""  # what the letter that came last to a person is about
        self.heard: list[tuple[str, Heard]] = []  # (reader, event): everything the bot said
        self._at: dict[str, int] = {}  # how many events of each person were looked at
        self._in: set[tuple[str, str]] = set()  # (who, room) since when their join was seen there
        self._counted: set[str] = set()
        self.acted = 0  # position in the homeserver's stream after the last thing somebody did
        self.bot = server.register(f"relaybot-{self._mark}", PASSWORD, "relaybot")

    # ---------------------------------------------------------------------------------- names and addresses

    def user(self, name: str) -> str:
        """Somebody's id."""
        return f"@{name}-{self._mark}:localhost"

    def real(self, text: str) -> str:
        """Text of a play with the ids that people have here: "@ana:example.org" is somebody else on the next day."""
        return re.sub(rf"@([a-z0-9.-]+):{re.escape(MATRIX_SERVER)}", lambda found: self.user(found[1]), text)

    def played(self, text: str) -> str:
        """The other way round."""
        return self._strange.sub(rf"@\1:{MATRIX_SERVER}", text)

    # ------------------------------------------------------------------------------------------- the rooms

    async def build(self) -> MatrixTable:
        """A public room in clear and an encrypted one for moderators, by somebody who is in both and says nothing."""
        keeper = await self.come("keeper")
        alias = f"{NAME}-{self._mark}"
        public = await keeper.create_room(encrypted=False, room_alias_name=alias, preset="public_chat", name="all")
        team = await keeper.create_room(self.bot, name="team")
        self.rooms |= {public: "public", team: "team"}
        return MatrixTable(
            homeserver=self.server.url,
            user=self.bot,
            password=PASSWORD,
            room={NAME: f"#{alias}:localhost"},
            moderators_room={NAME: team},
            display_name="relaybot",
            commands_per_minute=0,  # it counts real minutes; a play has days in seconds
        )

    def room(self, place: str) -> str:
        """The id of a room by its name in plays."""
        return next(room for room, name in self.rooms.items() if name == place)

    # ---------------------------------------------------------------------------------------------- people

    async def come(self, name: str) -> Person:
        """Somebody is here, with an account and a device."""
        if name not in self.people:
            user = await asyncio.to_thread(self.server.register, f"{name}-{self._mark}", PASSWORD, name)
            self.people[name] = await Person.login(self.server, user, self.folder / "people" / name)
            self._at[name] = 0
        return self.people[name]

    async def open_chat(self, name: str) -> None:
        """Somebody opens a direct chat with the bot, as Element does it, and waits until the bot is there."""
        person = await self.come(name)
        if name not in self.chats:
            self.chats[name] = await person.dm(self.bot)
            self._moved(person)

    async def enter(self, name: str, place: str) -> None:
        """Into the public room, or asked into the moderators'."""
        person, room = await self.come(name), self.room(place)
        if room in person.client.rooms:
            return
        if place == "public":
            await person.client.join(room)
        else:
            await self.people["keeper"]._must(self.people["keeper"].client.room_invite(room, person.user_id))
            await person.accept(room)
        await person.joined(room, person.user_id)
        self._moved(person)

    async def say(self, name: str, text: str, room: str, about: str = "") -> None:
        """Somebody says it there; below a message of the bot's about that, or (" ~> ") as an edit of what they had said."""
        person = self.people[name]
        if " ~> " in text:
            was, _, text = text.partition(" ~> ")
            event = self._own(name, was, room)[-1]
            await person.edit(str(event.relation.get("event_id") or event.id), text, room)
        elif about:
            event = self._message_about(person, room, about)
            if text in SIGNS:
                await person.react(event.id, SIGNS[text], room)
            else:
                await person.reply(event.id, text, room)
        else:
            await person.say(text, room)
        await person.sync()
        self._moved(person)

    def has_said(self, name: str, text: str, room: str) -> bool:
        """Whether somebody said these words there, or edited others into them."""
        return bool(self._own(name, text, room))

    def _own(self, name: str, text: str, room: str) -> list[Heard]:
        person = self.people[name]
        mine = [e for e in person.seen if e.sender == person.user_id and e.room == room]
        return [e for e in mine if e.content.get("m.new_content", e.content).get("body") == text]

    def _message_about(self, person: Person, room: str, about: str) -> Heard:
        """The newest message there that says it is about this."""
        found = [e for e in person.seen if e.room == room and e.content.get("org.relaybot.about") == about]
        assert found, f"{person.user_id} has seen no message about {about}"
        return found[-1]

    def _moved(self, person: Person) -> None:
        self.acted = max(self.acted, position(person.client.next_batch))

    # --------------------------------------------------------------------------------------------- hearing

    async def look(self) -> bool:
        """Everybody reads what there is, and comes in where they are invited; whether somebody did that."""
        came = await asyncio.gather(*(self._look(name, person) for name, person in list(self.people.items())))
        return any(came)

    async def _look(self, name: str, person: Person) -> bool:
        await person.sync()
        invited = list(person.client.invited_rooms)
        for room in invited:
            shown = person.client.invited_rooms[room].name or ""
            if room in self.rooms:
                place = self.rooms[room]
            elif found := PAIR_ROOM.search(shown):
                place = self.rooms[room] = f"m{found[1]}"
            else:
                place, self.chats[name] = "", room
            if place:
                self._take(f"{place}{self._suffix}", f"+ {name if not self._suffix else f'@{name}:{MATRIX_SERVER}'}")
            await person.accept(room)
            self._moved(person)
        for event in person.seen[self._at[name] :]:
            if event.kind == "m.room.member" and event.state_key == person.user_id:
                self._in.add((name, event.room))
            elif event.sender == self.bot and event.kind in {"m.room.message", "m.room.encrypted"}:
                self._hear(name, event)
        self._at[name] = len(person.seen)
        return bool(invited)

    def _hear(self, name: str, event: Heard) -> None:
        if not event.readable and (name, event.room) not in self._in:
            return  # it was said before they came in
        assert event.readable, f"{name} cannot decrypt {event}"
        place = self.rooms.get(event.room, "")
        assert place or event.room == self.chats[name], f"{name} hears the bot in a room nobody knows: {event}"
        assert event.encrypted or place == "public", f"the bot says it in clear: {event}"
        if event.id in self._counted:
            return
        self._counted.add(event.id)
        reader = f"{place or name}{self._suffix}"
        self.heard.append((reader, event))
        if not place:
            self.about = str(event.content.get("org.relaybot.about") or self.about)
        shown = event.content.get("m.new_content") or event.content
        for line in str(shown["body"]).split("\n"):
            self._take(reader, self.played(line))

    def bells(self, words: str) -> list[tuple[str, set[str]]]:
        """What the bot said that begins with these words: (reader, who is called in it). A bell that rings nobody fails."""
        found = [(reader, event) for reader, event in self.heard if event.body.startswith(words)]
        for reader, event in found:
            assert event.content["msgtype"] == "m.text", f"{reader}: an m.notice rings nobody: {event}"
            assert event.encrypted, f"{reader}: {event}"
        return [(reader, set(event.content["m.mentions"]["user_ids"])) for reader, event in found]

    async def close(self) -> None:
        """Everybody goes."""
        for person in self.people.values():
            await person.close()


def position(token: str) -> int:
    """How far a sync token is in the stream of events."""
    return int(re.split(r"[s_~]", token.removeprefix("s"))[0]) if token else 0
