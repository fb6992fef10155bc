"""Every noun of a mentoring programme, as frozen records; nothing here does anything.

A record belongs to one programme and has a `key` that is unique among its kind there. A Decision is
a list of `Put` and `Drop` of such records: timers and outgoing letters are records too, so there is
no second vocabulary of effects. Moments are aware UTC datetimes; durations say their unit in the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from relaybot.parts import REPLY_HERE as REPLY_HERE
from relaybot.parts import Block as Block
from relaybot.parts import Dated as Dated
from relaybot.parts import Enclosure as Enclosure
from relaybot.parts import Forwarded as Forwarded
from relaybot.parts import Invitation as Invitation
from relaybot.parts import Level as Level
from relaybot.parts import Message as Message
from relaybot.parts import Numbered as Numbered
from relaybot.parts import Skill as Skill
from relaybot.parts import Style as Style
from relaybot.parts import Urgency as Urgency
from relaybot.parts import Window as Window
from relaybot.parts import medium as medium
from relaybot.postal import File as File
from relaybot.postal import Mailbox as Mailbox
from relaybot.postal import Post as Post
from relaybot.postal import Subscription as Subscription

# ------------------------------------------------------------------------------------------- the records


@dataclass(frozen=True, slots=True)
class Person(Numbered):
    """Someone the programme knows, with everything they said about themselves.

    `stage` follows rules.LIFECYCLES["person"]; whether a member waits, has an offer or a partner is
    derived from the pairs, never stored.
    """

    kind: ClassVar[str] = "person"
    programme: str
    id: int
    name: str
    home: str  # the address they like to be written to
    stage: str = "guest"
    since: datetime | None = None
    moderator: bool = False
    learn: tuple[Skill, ...] = ()
    offer: tuple[Skill, ...] = ()
    links: tuple[str, ...] = ()
    zone: str = ""
    free: tuple[Window, ...] = ()
    languages: tuple[str, ...] = ()  # best first
    must_language: str = ""
    project: str = ""
    about: str = ""
    rules_version: int = 0
    accepted_at: datetime | None = None
    accepted_by: int = 0
    waiting_since: datetime | None = None
    front: bool = False  # first in the waiting list again (after a no, an expiry, a farewell)
    promise: datetime | None = None  # by when they hear from us; never moved later silently
    rematch: str = "yes"  # yes | later | no
    paused_until: datetime | None = None
    muted_until: datetime | None = None
    quiet: tuple[int, int] | None = None  # minutes after midnight, own zone; None: the programme's
    plain: bool = False
    slow: bool = False
    unasked: tuple[datetime, ...] = ()  # when unasked messages went out lately, newest last


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a person on some network, e.g. "irc:libera/ana"; private words go to verified ones only."""

    kind: ClassVar[str] = "address"
    programme: str
    address: str
    person: int
    verified: bool = True

    @property
    def key(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True)
class Application(Numbered):
    """A17: a person's wish to take part, from handing in to a decision."""

    kind: ClassVar[str] = "application"
    programme: str
    id: int
    person: int
    stage: str
    handed_in_at: datetime
    promise: datetime  # the latest moment by which a person has read it, as told to the applicant
    holder: int = 0  # the moderator who is on it; 0: nobody yet
    exchange: tuple[str, ...] = ()  # "q <moderator> <words>" and "a <words>", oldest first
    chat_times: tuple[datetime, ...] = ()
    chat_at: datetime | None = None
    chat_means: str = ""
    decided_at: datetime | None = None
    decided_by: int = 0
    words: str = ""  # what the applicant was told with a defer or decline


@dataclass(frozen=True, slots=True)
class Dialogue(Numbered):
    """A conversation in progress: which form, which answers so far, which question is open.

    `asked_at` None: it waits its turn behind the open dialogue. `kept`: the person said `later`.
    """

    kind: ClassVar[str] = "dialogue"
    programme: str
    id: int
    person: int
    form: str
    about: str = ""  # the object it is about, e.g. "M12"
    answers: tuple[tuple[str, str], ...] = ()
    asking: str = ""  # the question that is open
    started_at: datetime | None = None
    asked_at: datetime | None = None
    kept: bool = False
    place: str = ""  # where it is held: "" in private, else the moderators' place
    note: str = ""  # what the form needs to remember besides answers, in its own encoding


@dataclass(frozen=True, slots=True)
class Pair(Numbered):
    """M12: two people on their way to, in, or after meeting regularly."""

    kind: ClassVar[str] = "pair"
    programme: str
    id: int
    stage: str
    drafted_by: int
    drafted_at: datetime
    note: str = ""  # the moderator's words, told to both at the introduction
    place: str = ""  # address of their common channel or room; "" when words are carried one to the other
    introduced_at: datetime | None = None
    closes_at: datetime | None = None  # when the open offer lapses
    held: int = 0  # hours held
    last_held_at: datetime | None = None
    last_word_at: datetime | None = None
    started_by: int = 0  # who taught first in the last hour held; on equal minutes the other one starts
    paused_by: int = 0
    minutes: int = 0  # agreed length; 0: the programme's
    format: str = ""  # how they meet: halves | alternate | free | letters; "": the programme's
    format_before: str = ""  # what it was, while the present one is for some weeks only
    round_at: datetime | None = None  # format letters: when the round began that runs now
    round_by: int = 0  # who writes first in it
    means: str = ""
    project: str = ""
    private: str = ""  # what they agreed to keep between them
    ended_at: datetime | None = None
    ended_by: int = 0
    told_by: str = ""  # self | moderator | both (they talked) | each (both asked a moderator, unknown to the other)
    told_at: datetime | None = None  # when the other side knew
    outcome: str = ""  # completed | fit | time | unreachable | other | no | expired | withdrawn


@dataclass(frozen=True, slots=True)
class Participant:
    """One person's side of a pair: what they answered, gave and felt."""

    kind: ClassVar[str] = "participant"
    programme: str
    pair: int
    person: int
    order: int  # who is asked first
    answer: str = ""  # "" | later (ask me again) | yes | no | withdrawn (said yes, then it ended by their doing)
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    taught_seconds: int = 0
    missed_in_row: int = 0
    missed_at: datetime | None = None  # when the hour missed last was to begin
    times: tuple[datetime, ...] = ()  # moments that would suit, open for the partner's yes
    fit: str = ""  # good | unsure | no, the latest
    good_fits: int = 0
    thanked: int = 0
    over: bool = False  # said that the pair is over
    leaves: bool = False  # leaves the programme as soon as the pair is over
    dates: tuple[Dated, ...] = ()  # hours to come as they stand in their calendar
    wrote_at: datetime | None = None  # format letters: when they last wrote to the partner through relaybot
    unread: int = 0  # their words for the partner: 0 delivered, 1 waiting and they know, 2 given up, moderators know

    @property
    def key(self) -> tuple[int, int]:
        return (self.pair, self.person)


@dataclass(frozen=True, slots=True)
class Meeting(Numbered):
    """S40: one hour of a pair, from the first proposal to its end, with the clock of its two halves."""

    kind: ClassVar[str] = "meeting"
    programme: str
    id: int
    pair: int
    stage: str
    starts_at: datetime
    minutes: int
    trial: bool = False
    proposed_by: int = 0
    moved_to: datetime | None = None  # a proposal to move, until the partner agrees
    off_unless_moved: bool = False  # the proposal came so late that without an answer the hour is off
    waits_from: datetime | None = None  # after an outage: people are waited for from then, nobody missed it
    teachers: tuple[int, ...] = ()  # who teaches the first half, who the second
    present: tuple[int, ...] = ()
    late: tuple[tuple[int, int], ...] = ()  # (person, minutes late as announced)
    began_at: datetime | None = None
    ends_at: datetime | None = None  # hard stop
    swap_at: datetime | None = None
    ran_at: datetime | None = None  # since when the present half's clock runs; None while held
    held_at: datetime | None = None  # since when the clock is stopped by `hold`
    taught: tuple[int, int] = (0, 0)  # seconds in the first and second half so far
    extend_minutes: int = 0  # asked for, waiting for the other's yes
    extend_by: int = 0
    shared_seconds: int = 0  # time added in the second half beyond what evens it out: it counts for both
    one_way: str = ""  # too short for two halves: asked | yes (one direction only) | no (two short halves)
    said: tuple[str, ...] = ()  # clock lines that are never said twice
    next_at: datetime | None = None  # proposed next hour
    next_by: int = 0
    calendar: int = 0  # the number it has in calendars, that of the hour it was moved from; 0: its own
    itself: bool = False  # somebody in it reads mail, so it begins by itself and nobody is waited for
    took: tuple[tuple[int, str], ...] = ()  # whether it took place, as they say: (person, yes | partly | no)
    partly: bool = False  # held, though not all of it took place


@dataclass(frozen=True, slots=True)
class Case(Numbered):
    """H9: something a person asks the moderators; a farewell to be told is one too."""

    kind: ClassVar[str] = "case"
    programme: str
    id: int  # drawn at random from the unused ones, so that a missing number tells nothing
    topic: str  # help | farewell | missed | unanswered | unreachable
    stage: str
    person: int
    pair: int = 0
    opened_at: datetime | None = None
    promise: datetime | None = None
    holder: int = 0
    urgent: bool = False
    hidden_from: tuple[int, ...] = ()  # moderators whom it concerns
    words: tuple[str, ...] = ()  # "m <moderator> <words>" and "p <words>", oldest first
    reason: str = ""  # moderators only
    reason_words: str = ""  # moderators only
    notice: str = ""  # the approved text for the partner
    hour_at: datetime | None = None  # the hour that was planned next, until its partner knows that it is off
    cleared: bool = False  # urgent: the person has been written to, or wants the farewell told without that


@dataclass(frozen=True, slots=True)
class Memo(Numbered):
    """A moderator's private note on an object or a person; other members never see it."""

    kind: ClassVar[str] = "memo"
    programme: str
    id: int
    about: str  # "A17", "M12", "person 4"
    by: int
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Feedback(Numbered):
    """What a person told about an hour or a partner, for moderators only; deleted after its time."""

    kind: ClassVar[str] = "feedback"
    programme: str
    id: int
    pair: int
    person: int
    at: datetime
    value: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Avoid:
    """`person` would rather not be matched with `other` (again); nobody is shown it."""

    kind: ClassVar[str] = "avoid"
    programme: str
    person: int
    other: int

    @property
    def key(self) -> tuple[int, int]:
        return (self.person, self.other)


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code, kept as a hash: whoever sends the code back did receive it."""

    kind: ClassVar[str] = "code"
    programme: str
    digest: str
    purpose: str  # moderator | link
    person: int
    address: str
    expires_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.digest


@dataclass(frozen=True, slots=True)
class Timer:
    """A durable promise to think about something; `name` finds its handler, `about` its object."""

    kind: ClassVar[str] = "timer"
    programme: str
    name: str
    about: str
    due: datetime

    @property
    def key(self) -> tuple[str, str]:
        return (self.name, self.about)


@dataclass(frozen=True, slots=True)
class Letter(Numbered):
    """One outgoing message in the outbox; gone from the store when its fate is known.

    `claim` is what must still be so when it leaves, e.g. "pair 12 asked_first"; a letter whose claim
    no longer holds is dropped unsent.
    """

    kind: ClassVar[str] = "letter"
    programme: str
    id: int
    to: str  # address of a person, a place, or whoever just spoke
    text: tuple[str, ...]  # lines
    urgency: Urgency
    written_at: datetime
    person: int = 0  # 0: not to a person
    expires_at: datetime | None = None
    claim: str = ""
    receipt: str = ""  # non-empty: tell the core what became of it, with this reference
    invite: tuple[str, ...] = ()  # addresses to invite into the place `to` first
    close: bool = False  # leave the place `to` for good afterwards
    style: Style = Style.LINE
    held: bool = False  # kept back until the core lets it go (the reader is on mute or away, or reads a digest)
    about: str = ""  # the object it is about, e.g. "M15": a reply is taken as an answer about that
    subject: str = ""  # LETTER only; "": made of the first sentence
    thread: str = ""  # the medium's id of the message it answers
    via: str = ""  # whose words these are, for "Chidi via tech-peer"; "": relaybot's own
    listed: bool = False  # a copy of a post to the list, for one of its readers
    invitations: tuple[Invitation, ...] = ()
    files: tuple[Enclosure, ...] = ()
    moved: bool = False  # goes to another address than it was written for, because it could not be delivered there
    tried_at: datetime | None = None  # handed to the network once, and nobody knows whether it arrived
    card: str = ""  # one message kept up to date, e.g. "clock S44": sent the first time, changed after that


@dataclass(frozen=True, slots=True)
class Entry(Numbered):
    """A line of the journal: who, when, which command, which object; never anybody's words.

    Appended, never changed, not held in memory. `about` is the object's id, `actor` 0 is relaybot.
    """

    kind: ClassVar[str] = "entry"
    programme: str
    id: int
    at: datetime
    actor: int
    verb: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """A counter or a figure of the programme, e.g. the last number given to a pair."""

    kind: ClassVar[str] = "tally"
    programme: str
    name: str
    value: int

    @property
    def key(self) -> str:
        return self.name


Record = (
    Person
    | Address
    | Application
    | Dialogue
    | Pair
    | Participant
    | Meeting
    | Case
    | Memo
    | Feedback
    | Avoid
    | Code
    | Mailbox
    | Subscription
    | Post
    | File
    | Timer
    | Letter
    | Entry
    | Tally
)


# ------------------------------------------------------------------------------------------ what goes out


@dataclass(frozen=True, slots=True)
class Put:
    """Write this record, new or in place of the one with the same key."""

    record: Record


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove this record (given whole, so that every index knows what left)."""

    record: Record


Change = Put | Drop
Decision = tuple[Change, ...]
