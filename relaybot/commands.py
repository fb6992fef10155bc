"""Commands: declared once with typed arguments; `understand` reads a line, help and usage are generated.

A handler is `def accept(desk, call) -> None`. It finds its arguments on the call, changes records on
the desk and answers with `call.reply`; it says no by raising Refused. Timer handlers, receipt handlers
and what is overheard in a pair's place are declared here in the same way.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from relaybot.desk import Desk
from relaybot.model import Entry, Letter, Message, Pair, Person
from relaybot.ports import Invalid
from relaybot.words import common as words


class Who(IntEnum):
    """Who may use a command."""

    ANYONE = 0
    MEMBER = 1  # anybody with a record here: applicant, member, moderator
    MODERATOR = 2


# ------------------------------------------------------------------------------------------ arguments


@dataclass(frozen=True)
class Arg:
    """One argument: `read` takes its part of the line and returns the value and the rest."""

    name: str
    optional: bool = False

    @property
    def usage(self) -> str:
        """How it is written in help."""
        return f"[{self.shape}]" if self.optional else self.shape

    @property
    def shape(self) -> str:
        """The argument without the brackets of an optional one."""
        return f"<{self.name}>"

    def read(self, text: str) -> tuple[object, str]:
        """The value (None when an optional one is absent) and what is left; raises Invalid."""
        word, _, rest = text.partition(" ")
        return (word or None), rest.strip()


@dataclass(frozen=True)
class Word(Arg):
    """One word, perhaps out of a few."""

    choices: tuple[str, ...] = ()

    @property
    def shape(self) -> str:
        """The choices, or the name."""
        return "|".join(self.choices) if self.choices else f"<{self.name}>"

    def read(self, text: str) -> tuple[object, str]:
        """A word; one that is not among the choices is left for the next argument when optional."""
        word, _, rest = text.partition(" ")
        if self.choices and word and word.lower() not in self.choices:
            if self.optional:
                return None, text
            raise Invalid(words.choose_one(self.name, self.choices))
        return (word.lower() if self.choices else word) or None, rest.strip()


@dataclass(frozen=True)
class Text(Arg):
    """All that is left of the line."""

    def read(self, text: str) -> tuple[object, str]:
        """Everything."""
        return text or None, ""


LETTERS = {"application": "A", "pair": "M", "meeting": "S", "case": "H", "post": "P"}


@dataclass(frozen=True)
class Ref(Arg):
    """The id of an object: A17, M12, S40, H9; `name` is the kind of object. Case does not matter."""

    @property
    def shape(self) -> str:
        """An example id."""
        return {"application": "A17", "pair": "M12", "meeting": "S40", "case": "H9", "post": "P4"}[self.name]

    def read(self, text: str) -> tuple[object, str]:
        """The number; other words are left alone when optional."""
        word, _, rest = text.partition(" ")
        letter = LETTERS[self.name]
        if word[:1].upper() == letter and word[1:].isascii() and word[1:].isdigit() and len(word) < 12:
            return int(word[1:]), rest.strip()
        if self.optional or not word:
            return None, text
        raise Invalid(words.need_id(self.name, self.shape, word))


@dataclass(frozen=True)
class Number(Arg):
    """A whole number with its unit in the name, e.g. Number("minutes")."""

    most: int = 10_000

    def read(self, text: str) -> tuple[object, str]:
        """The number, 0 to `most`."""
        word, _, rest = text.partition(" ")
        if word.isascii() and word.isdigit() and len(word) < 8 and int(word) <= self.most:
            return int(word), rest.strip()
        if self.optional or not word:
            return None, text
        raise Invalid(words.need_number(self.name, word, self.most))


@dataclass(frozen=True)
class Keys(Arg):
    """Named parts in any order at the end: flags ("now") and words up to the next key ("note <words>")."""

    flags: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()  # "note", or "first:person" where something else than words follows the key
    optional: bool = True

    @property
    def usage(self) -> str:
        """All keys, each in brackets."""
        pairs = [text.partition(":") for text in self.texts]
        return " ".join(
            [*(f"[{key} <{what or 'words'}>]" for key, _, what in pairs), *(f"[{key}]" for key in self.flags)]
        )

    def read(self, text: str) -> tuple[object, str]:
        """A dict key -> words; a flag maps to "yes". A flag counts at the very end of the line only."""
        found: dict[str, str] = {}
        parts = text.split()
        while parts and parts[-1].lower() in self.flags:
            found[parts.pop().lower()] = "yes"
        key = ""
        texts = {text.partition(":")[0] for text in self.texts}
        for part in parts:
            if part.lower() in texts and part.lower() not in found:
                key = part.lower()
                found[key] = ""
            elif key:
                found[key] = f"{found[key]} {part}".strip()
            else:
                raise Invalid(words.unexpected(part, self.usage))
        return found, ""


# ------------------------------------------------------------------------------------------- commands

Handler = Callable[[Desk, "Call"], None]


@dataclass(frozen=True)
class Command:
    """One command of the one grammar."""

    name: str
    args: tuple[Arg, ...]
    who: Who
    topic: str  # the help topic it belongs to
    help: str  # one line: what it does
    examples: tuple[str, ...]
    handler: Handler
    always: bool = False  # understood even while free text is asked
    journal: bool = False  # the office hands the journal of the object named in
    public: bool = False  # answers in a public place with at most one line
    proof: bool = True  # by mail it needs a sender who is proven; False: it only reads, or asks before it does anything
    code: bool = False  # by mail it needs a one-time code besides: a forged one would do harm to others

    @property
    def usage(self) -> str:
        """How it is typed."""
        return " ".join([self.name, *(arg.usage for arg in self.args)])


@dataclass
class Call:
    """A command as someone gave it: who, where, with which arguments."""

    message: Message
    person: Person | None
    command: Command
    args: dict[str, Any] = field(default_factory=dict)
    journal: tuple[Entry, ...] = ()
    team: bool = False  # said in the moderators' place, so answered there

    def text(self, name: str) -> str:
        """A textual argument; "" when absent."""
        return self.args.get(name) or ""

    def number(self, name: str) -> int:
        """A number or the number of an id; 0 when absent."""
        return self.args.get(name) or 0

    def keys(self) -> dict[str, str]:
        """The named parts."""
        return self.args.get("keys") or {}

    def object_id(self) -> str:
        """The id of the object it names, e.g. "A17", for the journal; "" when it names none."""
        for kind, letter in LETTERS.items():
            if self.args.get(kind):
                return f"{letter}{self.args[kind]}"
        return ""

    @property
    def me(self) -> Person:
        """The person who gave the command; commands for MEMBER and MODERATOR always have one."""
        if self.person is None:
            raise LookupError("a command without a person reached a handler that needs one")
        return self.person

    def _shown(self) -> str:
        """The id of the object of `show A17`, which takes names too; "" when it is none."""
        said = (value.strip().upper() for value in self.args.values() if isinstance(value, str))
        return next((one for one in said if one[:1] in LETTERS.values() and one[1:].isdecimal()), "")

    def reply(self, desk: Desk, *lines: str) -> None:
        """Answer where it was asked, privately unless it was asked in the moderators' place."""
        if self.team:
            desk.post(self.message.place, *lines, about=self.object_id() or self._shown())
        elif self.person is not None and self.message.sender:
            desk.answer(self.person, self.message.sender, *lines)
        else:
            desk.post(self.message.reply, *lines)


COMMANDS: dict[str, Command] = {}
_TIMERS: dict[str, Callable[[Desk, str, float], None]] = {}
Receiver = Callable[[Desk, Letter, str, str, str], None]
_RECEIPTS: dict[str, Receiver] = {}
Listener = Callable[[Desk, Pair, Person, str], "bool | None"]
_OVERHEARD: list[Listener] = []
_NOTICED: list[Callable[[Desk, Person, str], None]] = []
Replied = Callable[[Desk, Message, Person, int], bool]
_REPLIES: dict[str, Replied] = {}
Written = Callable[[Desk, Message, "Person | None"], bool]
_PROSE: list[Written] = []
_POSTS: list[Written] = []
Returned = Callable[[Desk, str, bool, str], None]
_BOUNCES: list[Returned] = []


def command(  # noqa: PLR0913 - a declaration: every argument has a name and most are left out
    name: str,
    *args: Arg,
    who: Who = Who.MEMBER,
    topic: str,
    help: str,  # noqa: A002 - the field's natural name, and a keyword only here
    examples: tuple[str, ...],
    always: bool = False,
    journal: bool = False,
    public: bool = False,
    about: str = "",
    proof: bool = True,
    code: bool = False,
) -> Callable[[Handler], Handler]:
    """Declare a command; the decorated function is its handler.

    `about="case"` declares the sense a word has only before such an id: `hold H9` is not the `hold` of an hour.
    """
    key = f"{name} {LETTERS[about]}" if about else name

    def declare(handler: Handler) -> Handler:
        assert key not in COMMANDS, f"{key} is declared twice"
        COMMANDS[key] = Command(
            name, args, who, topic, help, examples, handler, always, journal, public, proof=proof, code=code
        )
        return handler

    return declare


def on_timer(name: str) -> Callable[..., Any]:
    """Declare what happens when timer `name` is due: handler(desk, about, late_seconds)."""

    def declare(handler: Callable[[Desk, str, float], None]) -> Callable[[Desk, str, float], None]:
        assert name not in _TIMERS, f"timer {name} is declared twice"
        _TIMERS[name] = handler
        return handler

    return declare


def on_receipt(name: str) -> Callable[..., Any]:
    """Declare what happens with receipts "name <reference>": handler(desk, letter, reference, outcome, reason)."""

    def declare(handler: Receiver) -> Receiver:
        assert name not in _RECEIPTS, f"receipt {name} is declared twice"
        _RECEIPTS[name] = handler
        return handler

    return declare


def overhears(handler: Listener) -> Listener:
    """Declare who listens to words said in a pair's own place; returning True says: they answered something, no command is meant."""
    _OVERHEARD.append(handler)
    return handler


def notices(handler: Callable[[Desk, Person, str], None]) -> Callable[[Desk, Person, str], None]:
    """Declare who learns that a person said something in private: handler(desk, person, command name or "")."""
    _NOTICED.append(handler)
    return handler


def on_reply(kind: str) -> Callable[[Replied], Replied]:
    """Declare who takes a letter that answers one about an object of this kind (and is no command and answers no question).

    handler(desk, message, person, number) -> whether it was taken.
    """

    def declare(handler: Replied) -> Replied:
        assert kind not in _REPLIES, f"replies about a {kind} are declared twice"
        _REPLIES[kind] = handler
        return handler

    return declare


def on_prose(handler: Written) -> Written:
    """Declare who reads a letter that is neither command nor answer: handler(desk, message, person or None) -> taken."""
    _PROSE.append(handler)
    return handler


def on_post(handler: Written) -> Written:
    """Declare who takes a letter to the list that is neither command nor application: handler(desk, message, person or None)."""
    _POSTS.append(handler)
    return handler


def on_bounce(handler: Returned) -> Returned:
    """Declare who learns that mail came back: handler(desk, address, permanent, reason)."""
    _BOUNCES.append(handler)
    return handler


def replied(desk: Desk, message: Message, person: Person, kind: str, number: int) -> bool:
    """Hand a letter to whoever takes answers about this kind of object."""
    taker = _REPLIES.get(kind)
    return taker is not None and taker(desk, message, person, number)


def wrote(desk: Desk, message: Message, person: Person | None, *, to_list: bool) -> bool:
    """Hand a letter that is neither command nor answer to whoever takes it."""
    takers = [*_PROSE, *_POSTS] if to_list else _PROSE
    return any(taker(desk, message, person) for taker in takers)


def bounced(desk: Desk, address: str, *, permanent: bool, reason: str) -> None:
    """Tell that mail came back."""
    for handler in _BOUNCES:
        handler(desk, address, permanent, reason)


def fire(desk: Desk, name: str, about: str, late_seconds: float) -> None:
    """Run a timer's handler."""
    _TIMERS[name](desk, about, late_seconds)


def settle(desk: Desk, letter: Letter, outcome: str, reason: str) -> None:
    """Run the handler of a letter's receipt."""
    name, _, reference = letter.receipt.partition(" ")
    _RECEIPTS[name](desk, letter, reference, outcome, reason)


def overhear(desk: Desk, pair: Pair, person: Person, text: str) -> bool:
    """Let every listener hear a word said in a pair's place; True when it was an answer to one of them."""
    answered = [listener(desk, pair, person, text) for listener in _OVERHEARD]  # every one of them hears it
    return any(answered)


def notice(desk: Desk, person: Person, name: str) -> None:
    """Tell that a person said something in private that was understood."""
    for listener in _NOTICED:
        listener(desk, person, name)


def timer_handlers() -> Mapping[str, Callable[[Desk, str, float], None]]:
    """Every timer's handler, for the reference: its docstring says what happens."""
    return _TIMERS


# -------------------------------------------------------------------------------------- understanding


MORE_FOR_CASE = re.compile(r"moderator H([0-9]+) ")  # what a line means that a person in a case adds without a command


def find(text: str) -> tuple[Command, str] | None:
    """The command a line begins with, and the rest of the line; two-word names win over one-word ones."""
    parts = text.split(None, 2)
    if not parts:
        return None
    first = parts[0].lower()
    if len(parts) > 1:
        two = COMMANDS.get(f"{first} {parts[1].lower()}")
        if two is not None:
            return two, (parts[2].strip() if len(parts) > 2 else "")
        with_id = COMMANDS.get(f"{first} {parts[1][0].upper()}") if parts[1][1:].isdecimal() else None
        if with_id is not None:
            return with_id, text.strip()[len(first) :].strip()
    one = COMMANDS.get(first)
    if one is None:
        return None
    return one, text.strip()[len(first) :].strip()


def read_args(found: Command, rest: str) -> dict[str, Any]:
    """The arguments of a command; raises Invalid with a whole sentence and the usage."""
    values: dict[str, Any] = {}
    for arg in found.args:
        value, rest = arg.read(rest)
        if value is None and not arg.optional:
            raise Invalid(words.usage(found.usage, found.examples))
        values["keys" if isinstance(arg, Keys) else arg.name] = value
    if rest:
        raise Invalid(words.usage(found.usage, found.examples))
    return values


def nearest(text: str, person: Person | None) -> str:
    """The line as it may have been meant: the first word replaced by the nearest command, or ""."""
    first, _, rest = text.strip().partition(" ")
    names = [name for name, c in COMMANDS.items() if " " not in name and allowed(c, person)]
    close = difflib.get_close_matches(first.lower()[:40], names, n=1, cutoff=0.7)
    return f"{close[0]} {rest}".strip() if close else ""


def allowed(found: Command, person: Person | None) -> bool:
    """Whether a person may use a command at all."""
    if found.who == Who.ANYONE:
        return True
    if person is None:
        return False
    return found.who == Who.MEMBER or person.moderator
