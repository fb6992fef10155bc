"""`relaybot demo --matrix`: the same story of ten people, three of them on Matrix, at a homeserver on this machine.

Lupe and Oto, both there, get an encrypted room of their own; mei is there too, and her partner tom is on IRC. On Matrix
questions are answered by signs below them, and the clock of an hour is one message that changes.
"""

from __future__ import annotations

import functools

from relaybot.app import Bot
from relaybot.demo import APPLICANTS, Applicant, Story, tell
from relaybot.homeserver import Homeserver
from relaybot.stage import Audience, Failed, Player, StoryClock, settled
from relaybot.stage_matrix import MatrixActor, account, stored

CONFIGURATION = """\
[matrix.home]
homeserver = "{url}"
user = "{user}"
password = "{password}"
commands_per_minute = 0
"""
MORE = {
    "mei": Applicant("ansible from zero", "haskell deep, elm", "vienna, thu after 18:00", "german, english"),
    "tom": Applicant("haskell a little", "ansible deep", "dublin, thu evening", "english"),
}
EVERYBODY = {**APPLICANTS, **MORE}
ON_MATRIX = ("lupe", "oto", "mei")
ONE, TWO = "1\ufe0f\u20e3", "2\ufe0f\u20e3"  # signs that people put below a message


async def tell_there(server: Homeserver, speed: float = 0, plain: bool = False) -> int:
    """Tell the story with people on that homeserver; 0 when every step really happened, else 1."""
    user, password = account(server, "relaybot")
    more = CONFIGURATION.format(url=server.url, user=user, password=password)
    return await tell(speed, plain, more=more, make=functools.partial(MatrixStory, server))


class MatrixStory(Story):
    """The scenes that are more, or other."""

    names = (*Story.names, *MORE)
    applicants = EVERYBODY
    room = "M2 lupe & oto"

    def __init__(self, server: Homeserver, bot: Bot, clock: StoryClock, audience: Audience) -> None:
        self.server = server
        self.on_matrix: dict[str, MatrixActor] = {}
        super().__init__(bot, clock, audience)
        self.mei, self.tom = self.people[7:]
        self.pairs.append((self.mei, self.tom, "both read more than they write", ""))

    def player(self, name: str, colour: str, shows: frozenset[str]) -> Player:
        if name not in ON_MATRIX:
            return super().player(name, colour, shows)
        found = self.on_matrix[name] = MatrixActor(name, self.audience, colour, shows)
        return found

    async def connect(self) -> None:
        await super().connect()
        folder = self.bot.config.base / "people"
        folder.mkdir()
        for chatter in self.on_matrix.values():
            await chatter.connect(self.server, self.bot.config.matrix["home"].user, folder)

    async def begins(self, who: Player) -> None:
        chatter = self.on_matrix.get(who.name)
        if chatter is None:
            await super().begins(who)
            return
        self.audience.scene(f"{who.name} is on Matrix, and applies in an encrypted direct chat")
        await chatter.open_chat()
        await who.expect("Say join to begin")
        await who.ask("join", "1/7")

    async def words_both_ways(self) -> None:
        await super().words_both_ways()
        self.audience.scene("Words go both ways between Matrix and IRC")
        await self.mei.ask("tell Hallo Tom! Do you know recursion schemes?", "Delivered to tom on IRC")
        await self.tom.expect("mei: Hallo Tom! Do you know recursion schemes?")
        await self.tom.ask("tell Only by name. I'd love to!", "Delivered to mei on Matrix")
        await self.mei.expect("tom: Only by name. I'd love to!")

    async def times(self) -> None:
        self.audience.scene("Two pairs agree on a time for the trial hour")
        await self.agree(self.ana, self.bram)
        await self.agree(self.mei, self.tom)
        await self.own_room(self.on_matrix["lupe"], self.on_matrix["oto"])

    async def own_room(self, lupe: MatrixActor, oto: MatrixActor) -> None:
        """Both answer by signs below the questions: first the time, then whether they want a room."""
        self.audience.scene("lupe and oto, both on Matrix, agree too, and with a yes of each get an encrypted room")
        await lupe.expect("Times that suit you and oto both")
        lupe.react(TWO)
        await lupe.expect("Noted")
        await lupe.expect("Shall I open a room for you and oto")
        lupe.react(ONE)
        await lupe.expect("I open it when both of you want it")
        await oto.expect("Times that suit you and lupe both")
        oto.react(TWO)
        await oto.expect("Agreed")
        await lupe.expect("Agreed")
        await oto.expect("Shall I open a room for you and lupe")
        oto.react(ONE)
        await oto.expect("Your room is open: M2 lupe & oto")
        await lupe.expect("Your room is open: M2 lupe & oto")
        for who in (lupe, oto):
            await who.expect("this is your place (M2)", where=self.room)
        await settled(self.bot)

    async def hour(self) -> None:
        await super().hour()
        for who, place in (("lupe", self.room), ("oto", self.room), ("mei", "")):
            await self.on_matrix[who].expect("finished", where=place)
        lupe, oto = self.on_matrix["lupe"], self.on_matrix["oto"]
        await lupe.reads(oto.user, "hi, here too", self.room)
        await oto.reads(lupe.user, "here", self.room)

    def check(self) -> None:
        """The database, what people on Matrix saw, and what their homeserver could see of it."""
        super().check()
        tables = self.bot.programmes["tech-peer"].tables
        home = {p.name: p.home for p in tables.people.rows.values()}
        places = [p.place for p in tables.pairs.rows.values()]
        chatters, words = list(self.on_matrix.values()), stored(self.server)
        lupe, oto, mei = chatters
        clocks = [[text for _, text in who.changes] for who in chatters]
        wrong = [
            (all(home.get(who.name) == f"matrix:home/{who.user}" for who in chatters), "that three people live there"),
            (places.count("matrix:home/#tech-peer-m2") == 1, "a room of lupe's and oto's"),
            (lupe.company(self.room) == oto.company(self.room) == {lupe.user, oto.user}, "only the two in their room"),
            (all(len(clock) > 2 and "finished" in clock[-1] for clock in clocks), "clocks that were changed"),
            (words.encrypted > 0 == words.clear, "encrypted words only"),
            (not any(who.unread for who in chatters), "keys for everything that was said"),
            (not any(mei.user in line for _, line in self.tom.seen), "that tom never saw mei's address"),
        ]
        for true, what in wrong:
            if not true:
                raise Failed(f"Matrix does not show {what}")
        self.fact("people on Matrix", len(chatters))
        self.fact("messages there, encrypted + in clear", f"{words.encrypted} + {words.clear}")
        self.fact("changes of an hour's clock read there", sum(map(len, clocks)))
