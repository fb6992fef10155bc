"""What may follow what: the lifecycles of all nouns, and `unsound`, which names a broken invariant.

Everything that affects a transition lives in this file. A lifecycle is a table stage -> verb -> stage;
`step` looks a verb up, and a missing row is the refusal. `unsound` looks only at records a decision
touched, so its cost does not grow with the programme.
"""

from __future__ import annotations

from collections.abc import Mapping

Lifecycle = Mapping[str, Mapping[str, str]]

LIFECYCLES: Mapping[str, Lifecycle] = {
    "person": {
        "guest": {"begin": "applying"},
        "applying": {"hand in": "submitted", "give up": "guest"},
        "submitted": {"accept": "member", "defer": "deferred", "decline": "guest", "leave": "left"},
        "deferred": {"begin": "applying", "leave": "left", "forget": "guest"},
        "member": {"leave": "left", "remove": "removed"},
        "left": {"begin": "applying"},
        "removed": {},
    },
    "application": {
        "submitted": {
            "ask": "asked",
            "offer chat": "chat",
            "accept": "accepted",
            "defer": "deferred",
            "decline": "declined",
            "take back": "withdrawn",
        },
        "asked": {
            "ask": "asked",
            "answer": "submitted",
            "offer chat": "chat",
            "accept": "accepted",
            "defer": "deferred",
            "decline": "declined",
            "take back": "withdrawn",
        },
        "chat": {
            "ask": "chat",
            "answer": "chat",
            "offer chat": "chat",
            "accept": "accepted",
            "defer": "deferred",
            "decline": "declined",
            "take back": "withdrawn",
        },
        "accepted": {},
        "deferred": {"take back": "withdrawn"},
        "declined": {},
        "withdrawn": {},
    },
    # the pair: `asked first`, `asked second` are the consent in turn; nobody learns of the other's `no`
    "pair": {
        "drafted": {"ask first": "asked_first", "withdraw": "withdrawn"},
        "asked_first": {"yes": "asked_second", "no": "refused", "lapse": "lapsed", "withdraw": "withdrawn"},
        "asked_second": {"yes": "introduced", "no": "refused", "lapse": "lapsed", "withdraw": "withdrawn"},
        "introduced": {"agree": "trial", "rest": "resting", "end": "ending"},
        "trial": {"fit": "active", "rest": "resting", "end": "ending"},
        "active": {"rest": "resting", "end": "ending"},
        "resting": {"wake": "active", "try again": "trial", "end": "ending"},
        "ending": {"told": "ended", "stay": "active"},
        "ended": {},
        "refused": {},
        "lapsed": {},
        "withdrawn": {},
    },
    "meeting": {
        "proposed": {"agree": "agreed", "withdraw": "off", "write": "asked"},
        "agreed": {"open": "waiting", "skip": "skipped", "move": "moved", "call off": "off", "lapse": "off"},
        "waiting": {
            "go": "first_half",
            "miss": "missed",
            "move": "moved",
            "skip": "skipped",
            "call off": "off",
            "lapse": "off",
        },
        "first_half": {"swap": "second_half", "end": "held", "ask": "asked", "call off": "off"},
        "second_half": {"end": "held", "ask": "asked", "call off": "off"},
        # over by the calendar: it counts as held unless they say that it did not take place
        "asked": {"hold": "held", "miss": "missed"},
        "held": {},
        "missed": {},
        "skipped": {},
        "moved": {},
        "off": {},
    },
    "case": {
        "open": {"take": "taken", "reply": "waiting", "write": "open", "close": "closed"},
        "taken": {"take": "taken", "reply": "waiting", "write": "taken", "close": "closed"},
        "waiting": {"take": "waiting", "write": "taken", "reply": "waiting", "close": "closed"},
        "closed": {"write": "open"},
    },
    "post": {
        "held": {"approve": "open", "refuse": "closed"},
        "open": {"close": "closed"},
        "closed": {},
    },
}

# A pair in one of these counts against the cap of its people.
ACTIVE_PAIRS = frozenset({"introduced", "trial", "active", "resting"})
OPEN_PAIRS = ACTIVE_PAIRS | {"drafted", "asked_first", "asked_second", "ending"}
FINAL_MEETINGS = frozenset({"held", "missed", "skipped", "moved", "off"})
OVER_MEETINGS = FINAL_MEETINGS | {"asked"}
RUNNING_MEETINGS = frozenset({"waiting", "first_half", "second_half"})


class Impossible(Exception):
    """A verb that the lifecycle does not have at this stage: a bug unless the caller asked `may` first."""


def may(kind: str, stage: str, verb: str) -> bool:
    """Whether `verb` is possible for a `kind` at `stage`."""
    return verb in LIFECYCLES[kind].get(stage, {})


def step(kind: str, stage: str, verb: str) -> str:
    """The stage that follows; raises Impossible when the lifecycle has no such row."""
    try:
        return LIFECYCLES[kind][stage][verb]
    except KeyError:
        raise Impossible(f"{kind} at {stage!r} knows no {verb!r}") from None
