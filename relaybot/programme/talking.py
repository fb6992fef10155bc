"""Talking: people who tell their partner themselves say `done`, and both are asked whether it is over.

The questions, and what happens when nobody answers them; what follows from the answers is nouns/together.py.
"""

from __future__ import annotations

from relaybot import forms
from relaybot.commands import Call, Ref, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, choice, form, given, yes_no
from relaybot.model import Dialogue
from relaybot.nouns import farewell, pairs, parting, people, together
from relaybot.nouns.parting import LEAVING
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import leaving as words


@on_timer("drop-self")
def _talked_yet(desk: Desk, about: str, late_seconds: float) -> None:
    """Whoever wanted to tell their partner themselves is asked whether they have."""
    pair = desk.pairs[int(about[1:])]
    person = desk.people.get(pair.ended_by)
    if person is None or pair.stage not in ACTIVE_PAIRS or pair.told_by != "self":
        return
    at = farewell.awake_at(desk, person, desk.now)
    if at > desk.now:
        desk.plan("drop-self", about, at)
    else:
        forms.begin(desk, person, "drop-talked", about)


def _ask_talked(desk: Desk, dialogue: Dialogue) -> str:
    moderator = "moderator" in desk.policy.farewell.via
    return words.have_you_talked(
        parting.pair(desk, dialogue).id, parting.other(desk, dialogue).name, moderator=moderator
    )


def _talked_done(desk: Desk, dialogue: Dialogue) -> None:
    pair, me, answer = parting.pair(desk, dialogue), parting.me(desk, dialogue), given(dialogue, "talked")
    if pair.stage not in ACTIVE_PAIRS:
        desk.tell(me, words.ended_on(pair.id, pair.ended_at, people.zone(me)))
    elif answer == "yes":
        together.end_both(desk, pair, me)
    elif answer == "no":
        desk.tell(me, words.ask_again(together.ask_self(desk, pair, me), people.zone(me)))
    else:
        note = LEAVING if desk.participants[(pair.id, me.id)].leaves else ""
        chosen = forms.begin(
            desk, me, "drop", dialogue.about, note=note, answers=(("what", "end"), ("who", "moderator"))
        )
        farewell.stands(desk, parting.pair(desk, chosen))


def _talked_offered(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    return ("yes", "no", "moderator") if "moderator" in desk.policy.farewell.via else ("yes", "no")


form(
    Form(
        "drop-talked",
        (
            choice(
                "talked",
                _ask_talked,
                {"yes": ("1", *forms.YES, "done"), "no": ("2", *forms.NO, "not yet"), "moderator": ("3",)},
                offered=_talked_offered,
            ),
        ),
        _talked_done,
    )
)


# ---------------------------------------------------------------------------------- is it over? both say


@command(
    "done",
    Ref("pair", optional=True),
    topic="leave",
    help="you have told your partner yourself that your hours end; both are asked once more",
    examples=("done", "done M12"),
)
def done(desk: Desk, call: Call) -> None:
    """They have talked: both are asked whether it is over."""
    pair = parting.meant(desk, call)
    if pair.told_by == "both":
        if desk.participants[(pair.id, call.me.id)].over:
            together.asked_already(desk, call.me, pair)
        together.says_over(desk, pair, call.me)
        return
    if pair.stage == "ending" or pair.told_by != "self":
        raise Refused(words.nothing_done())
    forms.forget(desk, call.me, f"M{pair.id}", "drop-talked")
    together.end_both(desk, pair, call.me)


def _over_done(desk: Desk, dialogue: Dialogue) -> None:
    pair, me = parting.pair(desk, dialogue), parting.me(desk, dialogue)
    if pair.stage not in ACTIVE_PAIRS | {"ending"} or pair.told_by != "both":
        desk.tell(me, words.ended_on(pair.id, pair.ended_at, people.zone(me)))
    elif given(dialogue, "over") == "yes":
        together.says_over(desk, pair, me)
    elif me.id == pair.ended_by:
        together.goes_on(desk, pair)
    else:
        together.not_over(desk, pair)


@on_timer("both-silent")
def _both_silent(desk: Desk, about: str, late_seconds: float) -> None:
    """Somebody has not answered "end M12?": when only the leaver is missing it is over, else moderators take it."""
    pair = desk.pairs[int(about[1:])]
    if pair.told_by != "both" or pair.stage not in ACTIVE_PAIRS | {"ending"}:
        return
    leaver = desk.people[pair.ended_by]
    other = pairs.partner(desk, pair, leaver)
    if desk.participants[(pair.id, other.id)].over:
        forms.forget(desk, leaver, about, "end-both")
        together.end_together(desk, pair)
    else:
        together.to_moderators(desk, pair, leaver, other)


form(
    Form(
        "end-both",
        (yes_no("over", lambda desk, d: words.end_it(parting.pair(desk, d).id, parting.other(desk, d).name)),),
        _over_done,
        waits=False,
    )
)
