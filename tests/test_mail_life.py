"""Lives by mail at random: replies to new and old letters, forged and stolen ones, posts, returned mail, calendars, time.

After every move every record is sound, one mail was answered by one letter at most, and no letter holds an address that
is not its reader's. Some moves are whole stretches of life, and the test asserts what such lives reached.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relaybot.events import Bounced, Heard
from relaybot.forms import FORMS
from relaybot.model import Block, Enclosure, Letter, Message, Person, Style
from relaybot.words.enrolment import LABELS
from tests.list_world import ListWorld, address, begun
from tests.play import CODE, LIST, NAME, add_member, add_person
from tests.test_life import sound

PEERS = ("chidi", "mette", "lupe", "oto")
NEW = ("carol", "ravi")
EVERYBODY = (*PEERS, *NEW, "fay", "ana", "eve")
WORDS = {
    "chidi": {"learn": "kubernetes", "offer": "rust deep", "zone": "Africa/Lagos"},
    "mette": {"learn": "rust new", "offer": "kubernetes deep", "zone": "Europe/Copenhagen"},
    "lupe": {"learn": "rust", "offer": "kubernetes", "zone": "Europe/Madrid"},
    "oto": {"learn": "kubernetes new", "offer": "rust", "zone": "Asia/Kolkata"},
    "ana": {"learn": "haskell", "offer": "postgres deep", "zone": "Europe/Lisbon"},
}
PROSE = "Hello, I would like to take part. I can teach PostgreSQL, and want to learn Haskell. I live in Lagos, evenings after 18."
SAID = (
    "yes", "no", "1", "2", "3", "1 2", "stop", "later", "skip", "back", "?", "join", "help", "status", "drop", "leave", "forget me",
    "set name Zoe", "set zone Europe/Madrid", "mute 2d", "resume", "pause until in 3 days", "subscribe", "unsubscribe", "list digest",
    "list each", "ask haskell, I can give postgres", "ask stop", "asks", "answer P1 I do", "pair P1", "drop P1", "link chidi@example.net",
    "link zoe@example.net", "unlink mail", "prefer irc", "prefer mail", "propose tomorrow 18:00", "slots", "agree", "calendar",
    "moderator it is difficult", "rules\nstatus\nhelp", "!status", "status\n\nand thank you", "tell see you on thursday",
    "See you on Thursday, and thank you for the book.", "Yes\n\nthat suits me well, see you then", "1) 2\n2) 1\n3) 5\n4) 1", "privacy", "mydata",
    "merge", "match me", "rematch yes", "fit good", "thanks you are kind", "", "   ", "x" * 25_000, "word " * 3_900, "talk", ".", "file 1",
    "format letters", "length 30", "skip", "reschedule in 2 days", PROSE,
)  # fmt: skip
MODERATION = (
    "queue", "pairs", "cases", "waiting", "health", "accept A1", "accept A1\naccept A2", "decline A1 no room", "pair chidi mette now",
    "withdraw M1", "undo", "approve P1", "hold P1", "drop P1", "show P1", "list add eve@example.net", "list remove eve@example.net",
    "audit M1", "import", "mod add ana", "unlink ana mail", "yes", "no", "1", "Thanks.",
)  # fmt: skip

reached: Counter[str] = Counter()


@dataclass
class Life(ListWorld):
    """A world of letters that remembers who was written to about what."""

    typed: list[str] = field(default_factory=list)  # what people wrote lately: it may be shown to them again

    def hears(self, who: str, text: str, **fields: object) -> list[Letter]:
        """A mail; at most one letter answers it."""
        before = len(self.letters)
        at = address(who)
        given_ = {"name": who.title(), "text": text, "style": Style.LETTER, "thread": f"<{before}@x>", **fields}
        self.w.happen(Heard(Message("mail", at, at, **given_)))  # type: ignore[arg-type]
        made = self.letters[before:]
        # Later news that a farewell has arrived is no answer to the mail of the moderator who sent it.
        answers = [x for x in made if x.to == at and "has been told. M" not in " ".join(x.text)]
        assert len(answers) <= 1, (text[:60], fields, [x.text for x in answers])
        return made

    def last(self, who: str, back: int = 0) -> Letter | None:
        """A letter somebody got, the newest first."""
        mine = self.to(who)
        return mine[-1 - back] if back < len(mine) else None

    def reply(self, who: str, text: str, back: int = 0, **fields: object) -> list[Letter]:
        """An answer to a letter of ours, from where it was sent to."""
        letter = self.last(who, back)
        return self.hears(who, text, about=letter.about if letter is not None else "", **fields)

    def found(self, name: str) -> Person | None:
        """Somebody by name, unless they were forgotten."""
        people = self.w.programme.tables.people.rows.values()
        return next((p for p in people if p.name.lower() == name), None)

    def with_code(self, who: str, line: str) -> None:
        """A moderator's command, and the code it asks for."""
        self.hears(who, line)
        for _ in range(3):
            letter = self.last(who)
            code = CODE.search(" ".join(letter.text)) if letter is not None else None
            if code is None:
                return
            self.reply(who, code[1])

    def open_forms(self, who: str) -> set[str]:
        """The forms of the questions somebody is asked."""
        person = self.found(who)
        rows = self.w.programme.tables.dialogues.rows.values()
        return {d.form for d in rows if person is not None and d.person == person.id and d.asked_at is not None}


def town() -> Life:
    """Two moderators, one by mail; four members who read mail and one on IRC and by mail."""
    lw = begun("mail.newcomers_per_hour = 20")
    life = Life(lw.w, lw.letters)
    add_person(life.w, "fay@mail", moderator=True, zone="Europe/Lisbon")
    for name in PEERS:
        add_member(life.w, f"{name}@mail", {**WORDS[name], "free": "any day 08:00-22:00"})
    add_member(life.w, "ana", WORDS["ana"])
    life.w.say("ana", "link ana@example.net")
    life.hears("ana", "yes")
    return life


# -------------------------------------------------------------------------------------------- stretches


def enrol(life: Life, name: str) -> None:
    """Somebody applies by mail and answers all that is asked."""
    life.hears(name, PROSE, proven=False)
    blocks = tuple(
        Block(LABELS[key], words)
        for key, words in (
            ("hours", "evenings after 18"),
            ("languages", "English"),
            ("reach", "skip"),
            ("rules", "yes"),
        )
    )
    life.reply(name, "\n".join(b.words for b in blocks), blocks=blocks)


def accept(life: Life) -> None:
    """The moderator accepts whoever has handed something in."""
    for application in list(life.w.programme.tables.applications.rows.values()):
        if application.stage == "submitted":
            life.with_code("fay", f"accept A{application.id}")


def become_a_pair(life: Life, first: str, second: str) -> None:
    """A moderator pairs two people, by mail and with a code; both say yes."""
    life.with_code("fay", f"pair {first} {second} now")
    life.reply("fay", "yes")
    for name in (first, second, first, second):
        if "offer" in life.open_forms(name):
            life.reply(name, "yes")


def refuse(life: Life, first: str, second: str) -> None:
    """A moderator pairs two people, and the first one asked says no."""
    life.with_code("fay", f"pair {first} {second} now")
    life.reply("fay", "yes")
    for name in (first, second):
        if "offer" in life.open_forms(name):
            life.reply(name, "no")


def agree_on_an_hour(life: Life, first: str, second: str) -> None:
    """One proposes, the other agrees."""
    life.hears(first, "propose tomorrow 18:00")
    life.reply(second, "yes")


def leave(life: Life, name: str) -> None:
    """Drop, told by a moderator, who approves it with a code."""
    life.hears(name, "drop")
    life.reply(name, "1) 3\n2) 2\n3) 3 zq1x we do not click\n4) yes")
    for case in list(life.w.programme.tables.cases.rows.values()):
        life.with_code("fay", f"approve H{case.id} now")
        life.reply("fay", "yes")
    wait(life, 14)


def wait(life: Life, hours: int) -> None:
    """Time passes."""
    life.w.pass_until(life.w.now + timedelta(hours=hours))


def post(life: Life, who: str, proven: bool) -> None:
    """A letter to the list."""
    life.hears(who, "Does anybody know a good book?", place=LIST, subject="Books", proven=proven, programme=NAME)


def calendar(life: Life, who: str, answer: str) -> None:
    """Somebody's calendar answers the dates of the newest hour."""
    number = max((m.id for m in life.w.programme.tables.meetings.rows.values()), default=1)
    life.hears(who, answer, calendar=True, about=f"S{number}")


Move = tuple[str, str, str, int]
people_ = st.sampled_from(EVERYBODY)
peers = st.sampled_from(PEERS)
moves = st.one_of(
    st.tuples(st.just("reply"), people_, st.sampled_from(SAID), st.integers(0, 3)),
    st.tuples(st.just("twice"), people_, st.sampled_from(SAID), st.integers(0, 1)),
    st.tuples(st.just("new"), people_, st.sampled_from(SAID), st.just(0)),
    st.tuples(st.just("forged"), people_, st.sampled_from((*SAID, *MODERATION)), st.integers(0, 1)),
    st.tuples(st.just("stolen"), people_, peers, st.integers(0, 3)),
    st.tuples(st.just("fay"), st.just("fay"), st.sampled_from(MODERATION), st.integers(0, 2)),
    st.tuples(st.just("chat"), st.just("ana"), st.sampled_from(SAID), st.just(0)),
    st.tuples(st.just("file"), people_, st.sampled_from(("", "here it is")), st.integers(0, 2)),
    st.tuples(st.just("html"), people_, st.sampled_from(SAID), st.integers(0, 2)),
    st.tuples(st.just("subject"), people_, st.sampled_from(SAID), st.integers(0, 2)),
    st.tuples(st.just("post"), people_, st.just(""), st.integers(0, 1)),
    st.tuples(st.just("bounce"), people_, st.just(""), st.integers(0, 1)),
    st.tuples(st.just("calendar"), people_, st.sampled_from(("yes", "skip")), st.just(0)),
    st.tuples(st.just("enrol"), st.sampled_from(NEW), st.just(""), st.just(0)),
    st.tuples(st.just("accept"), st.just(""), st.just(""), st.just(0)),
    st.tuples(st.just("pair"), peers, peers, st.just(0)),
    st.tuples(st.just("refuse"), peers, peers, st.just(0)),
    st.tuples(st.just("agree"), peers, peers, st.just(0)),
    st.tuples(st.just("leave"), peers, st.just(""), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.just(""), st.sampled_from((1, 6, 25, 100, 400))),
)


def do(life: Life, move: Move) -> None:
    """Make one move."""
    kind, who, what, number = move
    newest = life.last(who, number)
    about = newest.about if newest is not None else ""
    if kind in {"reply", "fay"}:
        life.reply(who, what, number)
    elif kind == "twice":
        life.hears(who, what, about=about)
        life.hears(who, what, about=about)
    elif kind == "new":
        life.hears(who, what)
    elif kind == "forged":
        life.hears(who, what, proven=False, doubtful=bool(number))
    elif kind == "stolen":
        letter = life.last(what, number)
        life.hears(who, "yes", about=letter.about if letter is not None else "A1", stranger=True, proven=False)
    elif kind == "chat":
        life.w.say("ana", what[:400])
    elif kind == "file":
        life.hears(who, what, about=about, files=(Enclosure("a.pdf", "application/pdf", 1000, "f1"),))
    elif kind == "html":
        life.hears(who, what, about=about, complete=False)
    elif kind == "subject":
        life.hears(who, "", about=about, subject=what[:200])
    else:
        _stretch(life, kind, who, what, number)


def _stretch(life: Life, kind: str, who: str, what: str, number: int) -> None:
    if kind == "post":
        post(life, who, bool(number))
    elif kind == "bounce":
        life.w.happen(Bounced(address(who), bool(number), f"550 <{who}@example.net> is not here"))
        life.w.fire_until(life.w.now)
    elif kind == "calendar":
        calendar(life, who, what)
    elif kind == "enrol":
        enrol(life, who)
    elif kind == "accept":
        accept(life)
    elif kind == "pair":
        become_a_pair(life, who, what)
    elif kind == "refuse":
        refuse(life, who, what)
    elif kind == "agree":
        agree_on_an_hour(life, who, what)
    elif kind == "leave":
        leave(life, who)
    else:
        wait(life, number)


# ------------------------------------------------------------------------------------- what must hold

ADDRESS = re.compile(r'\b([a-z0-9]+)@example\.net\b(?!" by mail)')  # who asks for a link says who they are
ABOUT = re.compile(r"(?:|[ADHMPS][0-9]{1,19})")


def check(life: Life, since: int) -> None:
    """Every record, and every letter written since."""
    sound(life.w)
    tables = life.w.programme.tables
    timed = {(timer.name, timer.about) for timer in tables.timers.rows.values()}
    for dialogue in tables.dialogues.rows.values():
        assert not FORMS[dialogue.form].apart or ("proof-forgotten", f"person {dialogue.person}") in timed
    for code in tables.codes.rows.values():
        kept_by = (
            ("proof-forgotten", f"person {code.person}") if code.purpose == "act" else ("code-expires", code.digest)
        )
        assert kept_by in timed, code
    moderators = {a.address for a in tables.addresses.rows.values() if tables.people.rows[a.person].moderator}
    for letter in life.letters[since:]:
        assert ABOUT.fullmatch(letter.about), letter
        if not letter.to.startswith("mail/") or letter.to in moderators or letter.to == LIST:
            continue
        reader = tables.addresses.rows.get(letter.to)
        mine = {letter.to} | {
            a.address for a in tables.addresses.rows.values() if reader is not None and a.person == reader.person
        }
        shown = {
            f"mail/{name}@example.net" for name in ADDRESS.findall(" ".join((*letter.text, letter.subject, letter.via)))
        }
        own = {f"mail/{name}@example.net" for name in ADDRESS.findall(" ".join(life.typed))}
        assert shown <= mine | own, letter
        if letter.about[:1] in {"M", "S"} and "zq1x" in " ".join(letter.text):
            raise AssertionError(letter)


def live(life: Life, story: list[Move]) -> None:
    """Make the moves, and look after each."""
    for move in story:
        since = len(life.letters)
        life.typed = [move[2], *life.typed][:50]
        do(life, move)
        check(life, since)
        note_reach(life)


def note_reach(life: Life) -> None:
    """Remember what this life got to."""
    tables = life.w.programme.tables
    reached.update(f"person {p.stage}" for p in tables.people.rows.values())
    reached.update(f"pair {p.stage}" for p in tables.pairs.rows.values())
    reached.update(f"meeting {m.stage}" for m in tables.meetings.rows.values())
    reached.update(f"post {p.stage}" for p in tables.posts.rows.values())
    reached.update(f"form {d.form}" for d in tables.dialogues.rows.values())
    reached.update("relayed" for letter in life.letters if letter.via and letter.about.startswith("M"))
    reached.update("refused mailbox" for box in tables.mailboxes.rows.values() if box.refusing_since)


FULL_LIFE: list[Move] = [
    ("post", "eve", "", 0), ("forged", "ravi", PROSE, 0), ("new", "chidi", "subscribe", 0), ("post", "mette", "", 1), ("enrol", "carol", "", 0), ("accept", "", "", 0),
    ("pair", "chidi", "mette", 0), ("agree", "chidi", "mette", 0), ("calendar", "mette", "yes", 0),
    ("reply", "chidi", "See you on Thursday, and thank you for the book.", 0), ("wait", "", "", 25), ("wait", "", "", 25),
    ("leave", "chidi", "", 0), ("forged", "oto", "set name Zoe", 0), ("pair", "lupe", "oto", 0), ("refuse", "chidi", "ana", 0), ("wait", "", "", 400),
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=st.integers(0, len(FULL_LIFE)), wild=st.lists(moves, max_size=25))
def test_any_life_by_mail_is_sound(start: int, wild: list[Move]) -> None:
    """However a life by mail goes on from any stretch of an ordinary one, every state and every letter on the way is right."""
    live(town(), [*FULL_LIFE[:start], *wild])


def test_an_ordinary_life_by_mail_reaches_its_end() -> None:
    """The stretches reach held hours, a told farewell, an accepted newcomer, a held and an open post, and words that were relayed."""
    for end in range(len(FULL_LIFE) + 1):
        live(town(), FULL_LIFE[:end])
    for what in (
        "person applying", "person submitted", "person member", "pair introduced", "pair ended", "meeting agreed", "meeting held",
        "post held", "post open", "relayed", "form prove", "pair refused",
    ):  # fmt: skip
        assert reached[what] > 0, f"no life reached: {what}; reached {dict(reached)}"
