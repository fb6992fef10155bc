"""Cases on the moderators' side: the list, taking one, answering, closing, and private notes.

What a moderator may not see does not exist for them; in the moderators' place only what all of them may see.
"""

from __future__ import annotations

from relaybot import forms
from relaybot.commands import Call, Ref, Text, Who, Word, command
from relaybot.desk import Desk
from relaybot.model import Case, Memo, Person
from relaybot.nouns import cases, farewell, people
from relaybot.ports import Refused
from relaybot.words import cases as words


def _case(desk: Desk, call: Call) -> Case:
    """The open case a command names."""
    case = cases.meant(desk, call)
    if case.stage == "closed":
        raise Refused(words.closed_already(case.id))
    return case


def _person(desk: Desk, case: Case) -> Person:
    person = desk.people.get(case.person)
    if person is None:
        raise Refused(words.person_gone(case.id))
    return person


def _others(desk: Desk, call: Call, case: Case) -> list[Person]:
    return [p for p in cases.readers(desk, case) if p.id != call.me.id]


def _tell_others(desk: Desk, call: Call, case: Case, line: str) -> None:
    """Let the other moderators of a case know; in their place they have read it already."""
    people.tell_others(desk, call, line, hidden_from=(*case.hidden_from, call.me.id))


@command(
    "cases",
    who=Who.MODERATOR,
    topic="moderator",
    help="open cases, nearest promise first",
    examples=("cases",),
    proof=False,
)
def list_cases(desk: Desk, call: Call) -> None:
    """Every open case that may be seen where it was asked."""
    found = [case for case in desk.cases.where("open", True) if cases.shared(desk, call, case)]
    if not found:
        call.reply(desk, words.none_open())
        return
    found.sort(key=lambda case: (case.promise is None, case.promise or desk.now, case.id))
    shown = found[: desk.policy.limits.queue_lines]
    lines = []
    for case in shown:
        person, holder = desk.people.get(case.person), cases.held_by(desk, case)
        lines.append(
            words.line(case, person.name if person else "", holder.name if holder else "", people.zone(call.me))
        )
    call.reply(desk, words.listed(len(found), len(found) - len(shown), shown[0].id), *lines)


@command(
    "take", Ref("case"), who=Who.MODERATOR, topic="moderator", help="say that a case is yours", examples=("take H8",)
)
def take(desk: Desk, call: Call) -> None:
    """From now on this moderator is on it."""
    case = _case(desk, call)
    before = cases.held_by(desk, case)
    if before is not None and before.id == call.me.id:
        raise Refused(words.already_yours(case.id))
    case = cases.take(desk, case, call.me)
    others = [p.name for p in _others(desk, call, case)]
    call.reply(desk, words.taken(case.id, others, before.name if before else ""))
    _tell_others(desk, call, case, words.on_it(case.id, call.me.name))


@command(
    "reply",
    Ref("case"),
    Text("words"),
    who=Who.MODERATOR,
    topic="moderator",
    help="answer whoever brought a case; their next words come back to it",
    examples=("reply H8 Thanks for saying it. Shall I write to both of you?",),
)
def reply(desk: Desk, call: Call) -> None:
    """Words of a person, named as one; the answer comes back by a question of its own."""
    case = _case(desk, call)
    person, text = _person(desk, case), call.text("words")
    case = cases.replied(desk, case, call.me, text)
    if case.topic == "farewell" and case.promise is None:
        case = farewell.promise_again(desk, case)
    forms.begin(desk, person, "case-answer", f"H{case.id}", note=f"{call.me.id}\n{text}")
    call.reply(desk, words.replied(case.id, person.name))
    _tell_others(desk, call, case, words.replied_by(case.id, call.me.name, person.name))


@command(
    "close",
    Ref("case"),
    Text("words"),
    who=Who.MODERATOR,
    topic="moderator",
    help="close a case; whoever brought it reads your words",
    examples=("close H8 reminder on scope sent to both",),
)
def close(desk: Desk, call: Call) -> None:
    """It is settled, as far as the moderators know."""
    case = _case(desk, call)
    person = desk.people.get(case.person)
    if case.topic == "farewell" and desk.pairs[case.pair].stage == "ending":
        other = farewell.partner(desk, case)
        raise Refused(words.is_a_farewell(case.id, other.name if other else ""))
    case = cases.close(
        desk, desk.change(case, words=cases.add_words(desk, case, f"m {call.me.id} {call.text('words')}"))
    )
    cases.retire(desk, case)
    if person is not None:
        forms.forget(desk, person, f"H{case.id}")
        # Of a case that relaybot opened by itself nobody was told, so nobody is told of its end.
        if case.topic == "help":
            desk.tell(person, words.closed(call.me.name, case.id, call.text("words")), about=f"H{case.id}")
    call.reply(desk, words.closed_team(case.id, call.me.name))
    _tell_others(desk, call, case, words.closed_team(case.id, call.me.name))


@command(
    "memo",
    Word("about"),
    Text("words"),
    who=Who.MODERATOR,
    topic="moderator",
    help="a note on something or somebody, for moderators only",
    examples=("memo M12 both like building small things", "memo A17 call before ten"),
)
def memo(desk: Desk, call: Call) -> None:
    """Keep it with the object; show prints it to moderators."""
    about, name = _object(desk, call)
    most = desk.policy.limits.memos
    if desk.memos.count("about", about) >= most:
        raise Refused(words.memo_full(name, most))
    desk.put(Memo(desk.name, desk.serial(), about, call.me.id, desk.now, call.text("words")))
    call.reply(desk, words.noted(name))


def _object(desk: Desk, call: Call) -> tuple[str, str]:
    """What a memo is about, as it is kept and as it is said; raises Refused."""
    said = call.text("about")
    kind, digits = said[:1].upper(), said[1:]
    if digits.isascii() and digits.isdigit() and len(digits) < 10 and kind in "AMH":
        number = int(digits)
        if kind == "H":
            call.args["case"] = number
            return f"H{cases.meant(desk, call).id}", f"H{number}"
        if (desk.applications if kind == "A" else desk.pairs).get(number) is None:
            raise Refused(words.no_object(said))
        if kind == "M" and desk.participants.get((number, call.me.id)) is not None:
            raise Refused(words.about_yourself())
        return f"{kind}{number}", f"{kind}{number}"
    person = people.find(desk, said)
    if person.id == call.me.id:
        raise Refused(words.about_yourself())
    return f"person {person.id}", person.name
