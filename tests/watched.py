"""A world that is watched: every line with its moment, reader and cause, what each person may know by then, and whole lives.

tests/test_invariants.py lives these lives and looks at what was said; nothing here asserts anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from relaybot.desk import Programme
from relaybot.events import Event
from relaybot.model import Change, Decision, Dialogue, Letter, Pair, Person, Put
from relaybot.rules import OPEN_PAIRS
from tests.play import NAME, World, add_member, add_person, policy

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
# Names that no sentence, skill or city contains. Esi moderates and takes part; Dana only moderates.
PEERS = ("quorra", "bramwi", "lupexi", "otokar")
ALL = (*PEERS, "esi")
PROFILES = {
    "quorra": {"learn": "kubernetes a little", "offer": "rust deep", "zone": "Europe/Lisbon"},
    "bramwi": {"learn": "rust new", "offer": "kubernetes deep", "zone": "America/Toronto"},
    "lupexi": {"learn": "rust a little", "offer": "kubernetes comfortable", "zone": "Europe/Madrid"},
    "otokar": {"learn": "kubernetes new", "offer": "rust comfortable", "zone": "Asia/Kolkata"},
    "esi": {"learn": "kubernetes new", "offer": "rust comfortable", "zone": "Europe/Paris"},
}


@dataclass(frozen=True)
class Said:
    """One line that somebody could read, with what they may know by then."""

    at: datetime
    reader: str  # a name, "public", "team", "m12"
    line: str
    cause: Event | None  # what made relaybot speak
    paused: bool  # the reader was on a pause then
    acquainted: frozenset[str]  # whom the reader has been introduced to


@dataclass
class Watched(World):
    """A world that remembers what was said to whom, why, and who has been introduced to whom."""

    history: list[Said] = field(default_factory=list)
    acquainted: set[frozenset[str]] = field(default_factory=set)
    secrets: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # a word nobody else uses -> who must never read it
    reached: set[str] = field(default_factory=set)
    _cause: Event | None = None
    _causes: dict[int, Event | None] = field(default_factory=dict)

    def happen(self, event: Event) -> Decision:
        """Remember the cause of what is written now."""
        before, self._cause = self._cause, event
        decision = super().happen(event)
        self._cause = before
        return decision

    def make(self, *changes: Change) -> None:
        """Remember why each letter was written, and who has been introduced."""
        for change_ in changes:
            record = change_.record
            if isinstance(record, Letter):
                self._causes.setdefault(record.id, self._cause)
            elif isinstance(record, Pair):
                self.reached.add(f"pair {record.stage}")
        super().make(*changes)
        for pair in (c.record for c in changes):
            if isinstance(pair, Pair) and pair.introduced_at is not None:
                self.acquainted.add(frozenset(p.name for p in sides(self, pair)))

    def _hand_out(self, letter: Letter) -> None:
        if letter.id in self.programme.tables.letters.rows:
            person = self.programme.tables.people.rows.get(letter.person)
            paused = person is not None and person.paused_until is not None and person.paused_until > self.now
            cause, reader = self._causes.get(letter.id), self.reader(letter.to)
            known = frozenset(name for two in self.acquainted if reader in two for name in two)
            self.history.extend(Said(self.now, reader, line, cause, paused, known) for line in letter.text)
        super()._hand_out(letter)
        self.said.clear()

    def secret(self, *never: str) -> str:
        """A word nobody else uses, which these must never read; the moderators' place is read by all moderators."""
        word = f"zq{len(self.secrets)}x"
        team = {"team"} & {*never} or ({"team"} if moderators(self) & {*never} else set())
        self.secrets[word] = frozenset({*never, *team, "public"})
        return word


# ---------------------------------------------------------------------------------------- looking at it


def person(w: World, name: str) -> Person | None:
    """Somebody by name, unless they were forgotten."""
    return next((p for p in w.programme.tables.people.rows.values() if p.name == name), None)


def sides(w: World, pair: Pair) -> list[Person]:
    """The people of a pair who are still known."""
    tables = w.programme.tables
    found = [s.person for s in tables.participants.rows.values() if s.pair == pair.id]
    return [tables.people.rows[number] for number in found if number in tables.people.rows]


def near(w: World, name: str) -> set[str]:
    """Who is in a pair with somebody, or being asked about one."""
    pairs = [p for p in w.programme.tables.pairs.rows.values() if p.stage in OPEN_PAIRS or p.stage == "ended"]
    found = [{p.name for p in sides(w, pair)} for pair in pairs]
    return {other for two in found if name in two for other in two} - {name}


def dialogues(w: World, name: str) -> list[Dialogue]:
    """Open questions to somebody, newest first."""
    who = person(w, name)
    mine = [d for d in w.programme.tables.dialogues.rows.values() if who and d.person == who.id and d.asked_at]
    return sorted(mine, key=lambda d: (d.asked_at or START, d.id), reverse=True)


def moderators(w: World) -> set[str]:
    """Names of those who moderate."""
    return {p.name for p in w.programme.tables.people.rows.values() if p.moderator}


def change(w: World, someone: Person, **fields: object) -> None:
    """Change a record without an event."""
    w.make(Put(replace(someone, **fields)))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ lives


def watched(settings: str = "", now: datetime = START) -> Watched:
    """Dana and Esi moderate; Esi and four others are members who wait."""
    w = Watched(Programme(NAME, policy(settings)), now)
    add_person(w, "dana", moderator=True, zone="Europe/Lisbon")
    for name in ALL:
        member = add_member(w, name, {**PROFILES[name], "free": "any day 08:00-22:00"})
        if name == "esi":
            change(w, member, moderator=True)
    return w


MEMBER_LINES = (
    "status", "help", "drop", "pause in 3 days", "resume", "moderator it is {z}", "moderator urgent {z}", "propose tomorrow 18:00",
    "skip", "skip {z}", "late 5", "start", "swap", "hold", "go", "extend 5", "end", "fit good {z}", "fit unsure {z}", "fit no {z}",
    "rematch yes", "mute 1d", "match me", "leave", "tell how are you", "yes", "no", "no {z}", "privacy", "mydata", "profile",
    "reschedule in 2 days", "join", "agree", "off {z}", "pulse 2 {z}", "quiet 22:00-07:00", "forget me", "set about I like tea", "slots",
)  # fmt: skip
ANSWERS = ("1", "2", "3", "4", "yes", "no", "skip", "stop", "later", "thu 18:00", "1 {z}", "3 {z}", "4 {z}", "5 {z}")
MODERATORS_LINES = (
    "queue", "waiting", "pairs", "cases", "health", "status", "withdraw {m}", "undo {m}", "suggest quorra", "why quorra bramwi",
    "show {m}", "show {h}", "show lupexi", "take {h}", "approve {h} now", "hold {h}", "audit {m}", "audit {h}", "audit bramwi", "yes",
    "mod leave", "mod remove dana", "mod remove esi", "mod add fenwick",
)  # fmt: skip
TO_CASES = ("reply {h} {z}", "close {h} {z}", "memo {h} {z}", "edit {h} {z}")

Move = tuple[str, str, str]
peers = st.sampled_from(ALL)
MOVES = st.one_of(
    st.tuples(st.just("answer"), peers, st.sampled_from(ANSWERS)),
    st.tuples(st.just("say"), peers, st.sampled_from(MEMBER_LINES)),
    st.tuples(
        st.just("moderate"),
        st.sampled_from(("dana", "esi", "dana@team", "esi@team")),
        st.sampled_from(MODERATORS_LINES),
    ),
    st.tuples(st.just("case"), st.sampled_from(("dana", "esi")), st.sampled_from(TO_CASES)),
    st.tuples(st.just("pair"), peers, peers),
    st.tuples(st.just("refuse"), peers, peers),
    st.tuples(st.just("agree"), peers, peers),
    st.tuples(st.just("hour"), st.just(""), st.just("")),
    st.tuples(st.just("leave"), peers, st.just("")),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from(("1", "6", "25", "100", "400"))),
)
# An ordinary life; random ones go on from any stretch of it.
ORDINARY: list[Move] = [
    ("refuse", "lupexi", "otokar"), ("pair", "quorra", "bramwi"), ("agree", "quorra", "bramwi"), ("hour", "", ""),
    ("answer", "quorra", "1 {z}"), ("answer", "bramwi", "2 {z}"), ("say", "bramwi", "moderator it is {z}"), ("answer", "bramwi", "1"),
    ("case", "dana", "reply {h} {z}"), ("leave", "quorra", ""), ("pair", "lupexi", "esi"), ("agree", "esi", "lupexi"), ("hour", "", ""),
    ("say", "lupexi", "off {z}"), ("leave", "lupexi", ""), ("wait", "", "400"),
]  # fmt: skip


def live(w: Watched, move: Move) -> None:
    """Make one move."""
    kind, who, what = move
    if kind == "say" or (kind == "answer" and dialogues(w, who)):
        _say_private(w, who, what)
    elif kind in {"moderate", "case"}:
        _moderate(w, who, what)
    elif kind in {"pair", "refuse"}:
        _become_a_pair(w, who, what, fine=kind == "pair")
    elif kind == "agree":
        for name, line in ((who, "propose in 1 day"), (who, "propose in 25h"), (what, "yes"), (what, "agree")):
            w.say(name, line)
    elif kind == "hour":
        _hold_the_hour(w)
    elif kind == "leave":
        _leave_by_proxy(w, who)
    elif kind == "wait":
        w.pass_until(w.now + timedelta(hours=int(what)))


def _say_private(w: Watched, who: str, what: str) -> None:
    """Say something whose `{z}` is for moderators only, and for none who is near."""
    if "{z}" in what:
        talks = any(d.form in {"talk", "case-answer"} for d in dialogues(w, who))
        never = () if talks and not what.startswith(("moderator", "off", "fit")) else not_for(w, who)
        what = what.replace("{z}", w.secret(*never))
    w.say(who, what)


def not_for(w: Watched, who: str) -> tuple[str, ...]:
    """Who must not read what somebody tells moderators: whoever moderates not, and moderators who are near."""
    close = near(w, who)
    return tuple(n for n in (*ALL, "dana") if n != who and (n not in moderators(w) or n in close))


def _moderate(w: Watched, who: str, what: str) -> None:
    tables, (name, _, place) = w.programme.tables, who.partition("@")
    case = max(tables.cases.rows.values(), key=lambda c: c.opened_at or START, default=None)
    pair = max(tables.pairs.rows.values(), key=lambda p: p.id, default=None)
    if "{z}" in what:
        if case is None or (what.startswith("edit") and case.topic == "farewell"):
            return
        about = tables.people.rows.get(case.person)
        hidden = [tables.people.rows[n].name for n in case.hidden_from if n in tables.people.rows and n != case.person]
        told = about.name if about is not None and not what.startswith("memo") else ""
        never = {n for n in (*ALL, "dana") if (n not in moderators(w) or n in hidden) and n not in {told, name}}
        what = what.replace("{z}", w.secret(*never))
    said = what.format(h=f"H{case.id}" if case else "H7", m=f"M{pair.id}" if pair else "M7")
    w.say(name, f"!{said}" if place else said, place)


def _become_a_pair(w: Watched, first: str, second: str, *, fine: bool) -> None:
    """Dana pairs two people; both say yes, or the second says no and why."""
    w.say("dana", f"pair {first} {second} now")
    w.say("dana", "yes")
    for name in (first, second, first, second):
        offer = next((d for d in dialogues(w, name) if d.form == "offer"), None)
        if offer is not None and (fine or w.programme.tables.pairs.rows[int(offer.about[1:])].stage == "asked_first"):
            w.say(name, f"yes {offer.about}")
        elif offer is not None:
            _say_private(w, name, f"no {offer.about} {{z}}")


def _hold_the_hour(w: Watched) -> None:
    """Go to the next hour of whoever has one, and let both be there."""
    agreed = [m for m in w.programme.tables.meetings.rows.values() if m.stage == "agreed"]
    if not agreed:
        return
    meeting = min(agreed, key=lambda m: m.starts_at)
    w.pass_until(meeting.starts_at)
    for someone in sides(w, w.programme.tables.pairs.rows[meeting.pair]):
        w.say(someone.name, "here", f"m{meeting.pair}")
    w.pass_until(w.now + timedelta(minutes=meeting.minutes + 30))


def _leave_by_proxy(w: Watched, name: str) -> None:
    """Drop, say why, let a moderator tell it, and let one approve it."""
    w.say(name, "stop")
    w.say(name, "drop")
    if not dialogues(w, name) or dialogues(w, name)[0].form != "drop":
        return
    for answer in ("3", "2", "3 {z}", "yes", "later", "no"):
        _say_private(w, name, answer)
    for case in list(w.programme.tables.cases.rows.values()):
        if case.topic == "farewell" and case.stage != "closed":
            for moderator in moderators(w):
                w.say(moderator, f"approve H{case.id} now")
                w.say(moderator, "yes")
    w.pass_until(w.now + timedelta(hours=14))
