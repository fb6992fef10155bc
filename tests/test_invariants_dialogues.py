"""Invariants 9, 8 and 20 at every question of every play: answers lead to an end, `stop` is taken, a repeat is harmless.

The plays are played once; at each question that is open for the first time the world is copied and tried.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime
from pathlib import Path

import pytest

from relaybot.desk import Desk, Programme
from relaybot.forms import FORMS
from relaybot.model import Dialogue, Person
from relaybot.nouns import whereabouts
from relaybot.policy import Policy
from tests.play import NAME, PLACES, Player, World

PLAYS = sorted((Path(__file__).parent / "plays").glob("*.play"))
LINE_BYTES = 400
# What ends the questions no digit answers; one of these, or a digit, is an answer to any question there is.
VALID = (
    "1",
    "2",
    "3",
    "yes",
    "skip",
    "no",
    ".",
    "lisbon, any day 18:00-22:00",
    "english",
    "rust deep",
    "thu 18:00",
    "in 3 days",
)
STEPS = 14
WORTH = ("person", "application", "pair", "participant", "meeting", "case", "feedback", "avoid", "address", "memo")


def copy_of(w: World) -> World:
    """The same world once more, to try things in."""
    programme = Programme(w.programme.name, w.programme.policy)
    programme.serial = w.programme.serial
    for kind, table in w.programme.tables.by_kind.items():
        for record in table.rows.values():
            programme.tables.by_kind[kind].put(record)
    made = World(programme, w.now, journal=list(w.journal), vouched=dict(w.vouched))
    made._count = w._count
    made.code = w.code
    return made


def open_questions(w: World) -> list[Dialogue]:
    """Every question that somebody is asked now."""
    return [d for d in w.programme.tables.dialogues.rows.values() if d.asked_at is not None and not d.kept]


def current(w: World, who: Person, place: str) -> Dialogue | None:
    """The question an answer would go to."""
    mine = [d for d in open_questions(w) if d.person == who.id and d.place == place]
    return max(mine, key=lambda d: (d.asked_at or w.now, d.id), default=None)


def tell(w: World, who: Person, place: str, text: str) -> None:
    """Say it where the dialogue is held."""
    w.said.clear()
    asked = current(w, who, place)
    home = who.home
    if asked is not None and FORMS[asked.form].apart:  # it was asked by mail, wherever they are at home
        mine = [a.address for a in w.programme.tables.addresses.rows.values() if a.person == who.id]
        home = next(address for address in mine if address.startswith("mail/"))
    if home.startswith("mail/"):  # below the letter that asked
        about = (asked.about or f"D{asked.id}") if asked is not None else ""
        name = home.removeprefix("mail/").partition("@")[0]
        w.vouched[name] = True
        w.write(name, text, "mail", about)
        return
    where = next((name for name, address in PLACES.items() if address == place), "")
    name, _, network = w.reader(who.home).partition("@")
    w.say(name, text, where or network)


def records(w: World) -> dict[str, dict[object, object]]:
    """What matters of everything that is true."""
    return {kind: dict(w.programme.tables.by_kind[kind].rows) for kind in WORTH}


def ends_by_answers(w: World, asked: Dialogue) -> bool:
    """Whether some answers lead from this question to the end of its dialogue; the shortest way, digits first."""
    who = w.programme.tables.people.rows[asked.person]
    ways, seen = deque([(w, 0)]), set()
    while ways:
        here, steps = ways.popleft()
        for word in (*VALID, w.code):
            trial = copy_of(here)
            tell(trial, who, asked.place, word)
            left = trial.programme.tables.dialogues.rows.get(asked.id)
            if left is None:
                return True
            state = (left.asking, tuple(key for key, _ in left.answers))
            if (
                left.kept
                or state in seen
                or steps >= STEPS
                or state == (asked.asking, tuple(k for k, _ in asked.answers))
            ):
                continue
            seen.add(state)
            ways.append((trial, steps + 1))
            break  # the first word that leads on is enough
    return False


def stops(w: World, asked: Dialogue) -> bool:
    """Whether `stop` ends this dialogue, and says something."""
    who = w.programme.tables.people.rows[asked.person]
    trial = copy_of(w)
    tell(trial, who, asked.place, "stop")
    left = trial.programme.tables.dialogues.rows.get(asked.id)
    return (left is None or left.kept) and bool(trial.said)


def repeat_changes(w: World, asked: Dialogue) -> list[str]:
    """Answers that change something when they come once more though no question is open any more."""
    found = []
    who = w.programme.tables.people.rows[asked.person]
    for word in ("1", "2", "3", "yes", "no", "stop"):
        trial = copy_of(w)
        tell(trial, who, asked.place, word)
        still = trial.programme.tables.people.rows.get(who.id)
        if still is None or current(trial, who, asked.place) is not None:
            continue
        before = records(trial)
        tell(trial, who, asked.place, word)
        if records(trial) != before:
            found.append(word)
    return found


class Everywhere:
    """What is tried at each question of the plays, once for each question there is."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.problems: list[str] = []

    def __call__(self, w: World, play: str) -> None:
        """Try what is new."""
        for asked in open_questions(w):
            name = (asked.form, asked.asking)
            who = w.programme.tables.people.rows[asked.person]
            if name in self.seen or current(w, who, asked.place) != asked:
                continue
            self.seen.add(name)
            where = f"{play}: {asked.form}/{asked.asking}"
            if not ends_by_answers(w, asked):
                self.problems.append(f"{where}: no answers lead to its end")
            if not stops(w, asked):
                self.problems.append(f"{where}: stop does not end it")
            self.problems += [f"{where}: {word} once more changes something" for word in repeat_changes(w, asked)]


def long_or_without_next(w: World) -> list[str]:
    """Lines IRC would cut, and people whose status does not end in who acts next."""
    found = [line for reader, line in w.said if "@" not in reader and len(line.encode()) > LINE_BYTES]
    desk = Desk(w.programme, w.moment())
    for someone in w.programme.tables.people.rows.values():
        lines = whereabouts.lines(desk, someone)
        if not lines[-1].startswith("Next: ") or len(lines[-1]) < 10:
            found.append(f"{someone.name}: {lines[-1]}")
        found += [line for line in lines if not line or len(line.encode()) > LINE_BYTES]
    return found


class Watching(World):
    """A world of a play in which everything is tried after each event."""

    tried: Everywhere
    play: str
    found: list[str]

    def say(self, who: str, text: str, place: str = "") -> None:
        """Look at what was answered, try what is open now."""
        super().say(who, text, place)
        self.look()

    def pass_until(self, moment: datetime) -> None:
        """The same after time has passed."""
        super().pass_until(moment)
        self.look()

    def look(self) -> None:
        """Try every new question."""
        self.found.extend(f"{self.play}: {line}" for line in long_or_without_next(self))
        self.tried(self, self.play)


@pytest.fixture(scope="module")
def everywhere() -> tuple[Everywhere, list[str]]:
    """Every question of every play, tried; and what was too long or without a next."""
    tried, found = Everywhere(), list[str]()
    for path in PLAYS:

        def make(start: datetime, policy: Policy, play: str = path.stem) -> World:
            made = Watching(Programme(NAME, policy), start)
            made.tried, made.play, made.found = tried, play, found
            return made

        Player(path, make_world=make).run()
    return tried, found


def test_every_question_comes_to_an_end(everywhere: tuple[Everywhere, list[str]]) -> None:
    """Invariant 9: digits and simple words lead from any question to its end, `stop` ends it, a repeat changes nothing."""
    assert everywhere[0].problems == []


def test_every_form_is_among_them(everywhere: tuple[Everywhere, list[str]]) -> None:
    """There is no form whose questions no play asks."""
    assert set(FORMS) - {form for form, _ in everywhere[0].seen} == set()


def test_every_line_fits_and_everybody_has_a_next(everywhere: tuple[Everywhere, list[str]]) -> None:
    """Invariants 8 and 20: after every line of every play, whoever asks for their status."""
    assert everywhere[1] == []


PEOPLE = re.compile(r"\b(ana|bram|lupe|oto|dana|esi|mette|ravi|chidi|carol|newton)\b")
MANY_SKILLS = ", ".join(f"skillwithaverylongname{number}{'z' * 14} deep" for number in range(3))


def with_long_names(line: str) -> str:
    """The same line of a play with names of thirty characters and long lists of long skills."""
    line = PEOPLE.sub(lambda found: f"{found[1]}_{'averyverylongnickname' * 2}"[:30], line)
    if line.startswith(("member ", "applicant ")):
        line = re.sub(r'(learn|offer)="([^"]*)"', lambda found: f'{found[1]}="{found[2]}, {MANY_SKILLS}"', line)
    return line


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_long_names_fit_into_lines(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 20: no line of any play is cut by IRC when names and skills are as long as they may be."""
    player = Player(path)
    monkeypatch.setattr(player, "settled", lambda: None)
    said = 0
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if not line or line.startswith("#") or line.partition(" ")[2].startswith("<"):
            continue
        player.line(with_long_names(line), 0)
        if line.startswith(("set ", "now ")):  # the world is made with these by the first line that needs it
            continue
        chat = [text for reader, text in player.world.said if "@" not in reader]  # letters are wrapped by their writer
        assert [text for text in chat if len(text.encode()) > LINE_BYTES] == []
        said += len(player.world.said)
        player.world.said.clear()
    assert said > 0
