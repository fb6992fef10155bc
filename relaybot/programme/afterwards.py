"""After a pair: would you like someone new, would you rather not meet again, how was it; and leaving the programme.

Answers take effect one by one, as they are given: whoever says nothing more has still said that much.
"""

from __future__ import annotations

from dataclasses import replace

from relaybot import answers, forms
from relaybot.commands import Call, Text, Word, command
from relaybot.desk import Desk
from relaybot.forms import Form, Question, choice, form, given, yes_no
from relaybot.model import Dialogue, Person
from relaybot.nouns import applications, cases, farewell, feelings, pairs, parting, people, profile
from relaybot.nouns.parting import LEAVING
from relaybot.ports import Invalid, Refused
from relaybot.words import leaving as words

REMATCH = {
    "yes": ("1", *forms.YES, "yes please"),
    "later": ("2", "later"),
    "no": ("3", "n", "no", "nope"),
}
HOW = {"1": "good", "2": "unsure", "3": "no", "good": "good", "unsure": "unsure", "no": "no"}
LATER = frozenset({"later"})


# ------------------------------------------------------------------------------- a person first, if wanted


def _ask_person(desk: Desk, dialogue: Dialogue) -> str:
    pair, other = parting.pair(desk, dialogue), parting.other(desk, dialogue)
    readers = farewell.readers_named(desk, pair, "or")
    if not readers:
        return words.an_operator_first(desk.policy.operator, other.name)
    return words.a_person_first(readers, other.name)


def _person_echo(desk: Desk, dialogue: Dialogue, value: str) -> str:
    """ "go on": the moderators need not write first."""
    if value != "go":
        return words.waits_for_you()
    about_pair = desk.cases.where("pair", parting.pair(desk, dialogue).id)
    case = next((c for c in about_pair if c.person == dialogue.person and c.urgent and c.stage != "closed"), None)
    if case is not None:
        case = desk.change(case, cleared=True)
        cases.tell(desk, case, words.team_cleared(case.id, parting.me(desk, dialogue).name))
        if case.topic == "farewell" and not cases.readers(desk, case):
            farewell.schedule(desk, case, desk.now)
    return words.goes_on()


# ------------------------------------------------------------------------------- how was it, someone new


def _ask_how(desk: Desk, dialogue: Dialogue) -> str:
    return words.how_was_it(
        parting.other(desk, dialogue).name, farewell.readers_named(desk, parting.pair(desk, dialogue))
    )


def _read_how(desk: Desk, dialogue: Dialogue, text: str) -> str:
    first, _, rest = text.strip().partition(" ")
    value = HOW.get(first.lower().rstrip(".):,"))
    if value is None:
        raise Invalid(words.how_choices())
    return f"{value} {rest}".strip()


def _how_echo(desk: Desk, dialogue: Dialogue, value: str) -> str:
    if not value:
        return ""
    kind, _, said = value.partition(" ")
    pair, me = parting.pair(desk, dialogue), parting.me(desk, dialogue)
    feelings.keep(desk, pair, me, kind, said)
    desk.put(replace(desk.participants[(pair.id, me.id)], fit=kind))
    return words.thanks_for_saying()


def _ask_rematch(desk: Desk, dialogue: Dialogue) -> str:
    if forms.by_letter(desk, dialogue):
        return words.after_alone()  # the other question stands below it
    return words.after(parting.other(desk, dialogue).name)


def _read_rematch(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """ "rematch later. yes" answers both questions at once: -> "later yes"."""
    said = text.lower().replace(".", " ").replace(",", " ").replace("/", " ").split()
    if said[:1] == ["rematch"]:
        said = said[1:]
    wish = next((value for value, meant in REMATCH.items() if said and said[0] in meant), "")
    avoid = next((a for a, meant in (("yes", forms.YES), ("no", forms.NO)) if said[1:] and said[1] in meant), "")
    if not wish or len(said) > 2 or (said[1:] and not avoid):
        raise Invalid(words.rematch_choices())
    return f"{wish} {avoid}".strip()


def _rematch_echo(desk: Desk, dialogue: Dialogue, value: str) -> str:
    wish, _, avoid = value.partition(" ")
    parting.wish(desk, parting.me(desk, dialogue), wish)
    if avoid == "yes":
        parting.avoid(desk, parting.me(desk, dialogue), parting.other(desk, dialogue))
    return ""


def _avoid_echo(desk: Desk, dialogue: Dialogue, value: str) -> str:
    if value == "yes":
        parting.avoid(desk, parting.me(desk, dialogue), parting.other(desk, dialogue))
    return ""


def _stays(desk: Desk, dialogue: Dialogue) -> bool:
    return LEAVING not in dialogue.note.split()


def _looking(person: Person) -> str:
    zone = people.zone(person)
    return words.you_are_first(person.promise, zone) if person.front else words.looking(person.promise, zone)


def _avoid_open(desk: Desk, dialogue: Dialogue) -> bool:
    return _stays(desk, dialogue) and " " not in given(dialogue, "rematch")


def _done(desk: Desk, dialogue: Dialogue) -> None:
    me = parting.me(desk, dialogue)
    if not _stays(desk, dialogue):
        return
    looking = _looking(me) if me.waiting_since is not None else ""
    readers = bool(farewell.readers_named(desk, parting.pair(desk, dialogue)))
    desk.tell(me, looking, words.take_care(me.name, readers))


form(
    Form(
        "afterwards",
        (
            choice(
                "person",
                _ask_person,
                {"wait": ("1", *forms.YES, "that's good"), "go": ("2", "go on", "no need")},
                when=lambda desk, dialogue: "urgent" in dialogue.note.split(),
                echo=_person_echo,
            ),
            Question(
                "how",
                _ask_how,
                _read_how,
                when=lambda desk, dialogue: "how" in dialogue.note.split(),
                skip="",
                echo=_how_echo,
            ),
            Question("rematch", _ask_rematch, _read_rematch, when=_stays, echo=_rematch_echo, own=LATER),
            choice(
                "avoid",
                lambda desk, dialogue: words.avoid(parting.other(desk, dialogue).name),
                {"yes": forms.YES, "no": forms.NO},
                when=_avoid_open,
                skip="no",
                echo=_avoid_echo,
            ),
        ),
        _done,
        stopped=lambda desk, dialogue: forms.say(desk, dialogue, words.leave_it()),
        waits=False,
    )
)


# ------------------------------------------------------------------------------- the partner: someone new


def _ask_someone_new(desk: Desk, dialogue: Dialogue) -> str:
    moderated = bool(people.moderators(desk, (dialogue.person,)))
    return words.someone_new(dialogue.note, desk.policy.operator, moderated=moderated)


def _someone_new_done(desk: Desk, dialogue: Dialogue) -> None:
    value = given(dialogue, "rematch")
    me = parting.wish(desk, parting.me(desk, dialogue), value)
    if value == "yes":
        first = words.you_are_first(me.promise, people.zone(me))
        desk.tell(me, first if me.waiting_since is not None else words.looking_when_free())
    else:
        desk.tell(me, words.first_later() if value == "later" else words.not_now())


form(
    Form(
        "someone-new",
        (replace(choice("rematch", _ask_someone_new, REMATCH), own=LATER),),
        _someone_new_done,
        stopped=lambda desk, dialogue: forms.say(desk, dialogue, words.first_later()),
        waits=False,
    )
)


@command(
    "rematch",
    Word("your wish", choices=("yes", "no", "later")),
    topic="leave",
    help="whether you'd like to be paired with someone new",
    examples=("rematch yes", "rematch later"),
)
def rematch(desk: Desk, call: Call) -> None:
    """The answer to the open question about it, or a wish at any other time."""
    value = call.text("your wish")
    for name in ("someone-new", "afterwards"):
        dialogue = forms.of(desk, call.me, name)
        if dialogue is not None and dialogue.asking == "rematch" and not dialogue.kept:
            answers.answer(desk, dialogue, value)
            return
    if call.me.stage != "member":
        raise Refused(words.members_only())
    me = parting.wish(desk, call.me, value)
    if value != "yes":
        call.reply(desk, words.rematch_later() if value == "later" else words.rematch_no())
    elif me.waiting_since is not None:
        call.reply(desk, _looking(me))
    else:
        call.reply(desk, words.looking_when_free())


# ------------------------------------------------------------------------------------ leave


@command(
    "leave",
    Text("programme", optional=True),
    topic="leave",
    help="leave the programme, or take back your application",
    examples=("leave", "leave tech-peer"),
    always=True,
    proof=False,
)
def leave(desk: Desk, call: Call) -> None:
    """Out of the programme, after a yes; a partner is told in the same way as with drop."""
    me, said = call.me, call.text("programme").lower()
    if said and said not in {desk.name.lower(), profile.title(desk).lower()}:
        raise Refused(words.other_programme(said, desk.name))
    if me.stage in {"guest", "left", "removed"}:
        raise Refused(words.only_moderating() if me.moderator else words.not_taking_part())
    forms.begin(desk, me, "leave")


def _ask_leave(desk: Desk, dialogue: Dialogue) -> str:
    me = parting.me(desk, dialogue)
    if me.stage != "member":
        return words.take_back_sure(profile.title(desk))
    partners = [pairs.partner(desk, pair, me).name for pair in parting.leavable(desk, me)]
    return words.leave_sure(profile.title(desk), partners)


def _leave_done(desk: Desk, dialogue: Dialogue) -> None:
    me = parting.me(desk, dialogue)
    if given(dialogue, "sure") == "no":
        desk.tell(me, words.stays())
    elif me.stage == "member":
        parting.next_step(desk, me)
    else:
        desk.tell(me, applications.take_back(desk, me))


form(Form("leave", (yes_no("sure", _ask_leave),), _leave_done, waits=False))
