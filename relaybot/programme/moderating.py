"""Moderating: who is a moderator (`mod claim`, `add`, `remove`, `leave`), the journal (`audit`), and `health`.

The last moderator cannot go while people count on one; nouns/soundness.py stands behind that. Nothing here
shows a case to whom it concerns, nor a moderator what happened in their own pair.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

from relaybot import __version__, forms
from relaybot.commands import Call, Text, Who, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, form, given, yes_no
from relaybot.model import Dialogue, Entry, Person
from relaybot.nouns import applications, cases, codes, pairs, people, profile, team
from relaybot.ports import Invalid, Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.tables import fold
from relaybot.words import cases as case_words
from relaybot.words import letters as letter_words
from relaybot.words import team as words

TRIES = 5  # wrong codes an hour from one address
LATE_SECONDS = 60
# What people say to moderators is no line of the journal: it might be about the one who reads.
SILENT_VERBS = frozenset({"moderator", "off"})


def _place(call: Call) -> str:
    return call.message.place if call.team else ""


# ----------------------------------------------------------------------------------------------- claim


@command(
    "mod claim",
    Text("code"),
    who=Who.ANYONE,
    topic="moderator",
    help="become a moderator with the one-time code the operator has",
    examples=("mod claim 7K3Q-X2MA-94TB",),
    proof=False,
)
def claim(desk: Desk, call: Call) -> None:
    """The operator's one-time code makes the first moderator."""
    sender, title = call.message.sender, profile.title(desk)
    if not sender:
        raise Refused(words.not_vouched())
    if not call.message.proven:
        raise Refused(letter_words.prove_first())
    if call.person is not None and call.person.moderator:
        raise Refused(words.already(title))
    if call.person is not None and call.person.stage == "removed":
        raise Refused(words.removed_person())
    if team.tries(desk, sender) >= TRIES:
        raise Refused(words.too_many_tries())
    if codes.take(desk, call.text("code"), "moderator") is None:
        team.wrong_code(desk, sender)
        raise Refused(words.wrong_code(TRIES - team.tries(desk, sender), desk.policy.operator))
    person = people.speaker(desk, call)
    person = team.join(desk, person, words.team_claimed(person.name))
    desk.answer(person, sender, *words.you_moderate(title, team.place_of(desk, person)))


@on_timer("claim-tries")
def claim_tries(desk: Desk, about: str, late_seconds: float) -> None:
    """Wrong codes are forgotten after an hour."""
    team.forget_tries(desk, about)


# ------------------------------------------------------------------------------------------------- add


@command(
    "mod add",
    Text("person"),
    who=Who.MODERATOR,
    topic="moderator",
    help="make somebody a moderator, after a yes; they can decline",
    examples=("mod add esi", "mod add irc:libera/esi"),
    code=True,
)
def add(desk: Desk, call: Call) -> None:
    """Somebody known, or an account on a configured network."""
    note, _ = _wanted(desk, call)
    forms.begin(desk, call.me, "mod-add", note=note, place=_place(call))


def _wanted(desk: Desk, call: Call) -> tuple[str, str]:
    """Who is meant, as ("#4", "") or (address, ""), and what was said; raises Refused."""
    said = call.text("person").strip()
    if desk.people.count("name", fold(said)) or said.startswith("#"):
        person: Person | None = people.find(desk, said)
    else:
        person = people.by_address(desk, _address(desk, call, said))
    if person is None:
        return f"{_address(desk, call, said)} {said}", said
    if person.moderator:
        raise Refused(words.moderates_already(person.name))
    if person.stage == "removed":
        raise Refused(words.removed_person())
    return f"#{person.id}", said


def _address(desk: Desk, call: Call, said: str) -> str:
    """The address of an account, on the network named or on the one that is spoken on; raises Invalid."""
    network, slash, account = said.partition("/")
    if not slash:
        network, account = call.message.network, said
    known = sorted(name for name in desk.policy.networks)
    if network not in known or not re.fullmatch(r"[^\s/#&~!,:*?]{1,60}", account):
        raise Invalid(words.no_account(said, known))
    return f"{network}/{account}"


def _candidate(desk: Desk, dialogue: Dialogue) -> Person | None:
    word = dialogue.note.split()[0]
    return desk.people.get(int(word[1:])) if word.startswith("#") else people.by_address(desk, word)


def _ask_add(desk: Desk, dialogue: Dialogue) -> str:
    person = _candidate(desk, dialogue)
    if person is None:
        address, said = dialogue.note.split()[:2]
        return words.add_unknown(said, address)
    return words.add_known(person.name, person.home)


def _add_done(desk: Desk, dialogue: Dialogue) -> None:
    if given(dialogue, "sure") == "no":
        forms.say(desk, dialogue, words.nothing_changed())
        return
    by = desk.people[dialogue.person]
    if not by.moderator:
        return
    found = _candidate(desk, dialogue)
    if found is None and dialogue.note.startswith("#"):
        forms.say(desk, dialogue, words.removed_person())
        return
    person = found or team.newcomer(desk, dialogue.note.split()[0])
    if person.moderator or person.stage == "removed":
        forms.say(desk, dialogue, words.moderates_already(person.name) if person.moderator else words.removed_person())
        return
    person = team.join(desk, person, words.team_added(person.name, by.name))
    desk.note(by.id, "mod add", f"person {person.id}")
    desk.tell(person, *words.you_moderate(profile.title(desk), team.place_of(desk, person)))
    forms.begin(desk, person, "mod-accept", note=str(by.id))
    forms.say(desk, dialogue, words.added(person.name))


form(Form("mod-add", (yes_no("sure", _ask_add),), done=_add_done))


def _ask_accept(desk: Desk, dialogue: Dialogue) -> str:
    by = desk.people.get(int(dialogue.note))
    return words.asked_to_moderate(by.name if by is not None else words.the_bot(), profile.title(desk))


def _accept_done(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    if given(dialogue, "fine") == "yes" or not person.moderator:
        return
    if team.alone(desk, person):
        desk.tell(person, words.last_one(desk.policy.operator))
        return
    person = team.resign(desk, person)
    desk.note(person.id, "mod decline", f"person {person.id}")
    desk.tell(person, words.declined())
    people.tell_team(desk, words.team_declined(person.name))


form(Form("mod-accept", (yes_no("fine", _ask_accept),), done=_accept_done, waits=False, brief=True))


# -------------------------------------------------------------------------------------- remove and leave


def _holdings(desk: Desk, person: Person, reader: Person | None = None) -> str:
    """What somebody holds, in words; for another reader without the cases that one may not see."""
    seen = [c.id for c in team.held_cases(desk, person) if reader is None or cases.visible(reader, c)]
    open_now = [a.id for a in team.held_applications(desk, person)]
    return words.held(open_now, seen, [p.id for p in team.drafted(desk, person)])


@command(
    "mod remove",
    Text("person"),
    who=Who.MODERATOR,
    topic="moderator",
    help="take somebody off the moderators, after a yes; they are told",
    examples=("mod remove esi",),
    code=True,
)
def remove(desk: Desk, call: Call) -> None:
    """Somebody else moderates no more."""
    person = people.find(desk, call.text("person"))
    if person.id == call.me.id:
        raise Refused(words.use_leave())
    if not person.moderator:
        raise Refused(words.is_no_moderator(person.name))
    forms.begin(desk, call.me, "mod-remove", note=str(person.id), place=_place(call))


def _ask_remove(desk: Desk, dialogue: Dialogue) -> str:
    person = desk.people[int(dialogue.note)]
    reader = desk.people[dialogue.person]
    return words.remove_sure(person.name, "" if dialogue.place else _holdings(desk, person, reader))


def _remove_done(desk: Desk, dialogue: Dialogue) -> None:
    by, person = desk.people[dialogue.person], desk.people.get(int(dialogue.note))
    if given(dialogue, "sure") == "no":
        forms.say(desk, dialogue, words.nothing_changed())
        return
    if person is None or not person.moderator or not by.moderator:
        forms.say(desk, dialogue, words.is_no_moderator(person.name if person is not None else dialogue.note))
        return
    if team.alone(desk, person):
        forms.say(desk, dialogue, words.last_of(person.name))
        return
    place, member = team.place_of(desk, person), person.stage == "member"
    held = words.held([a.id for a in team.held_applications(desk, person)], _seen_by_all(desk, person), [])
    desk.tell(person, words.removed_you(by.name, profile.title(desk), member))
    team.resign(desk, person)
    desk.note(by.id, "mod remove", f"person {person.id}")
    people.tell_team(desk, words.team_removed(person.name, by.name, held))
    forms.say(desk, dialogue, words.removed(person.name, place))


def _seen_by_all(desk: Desk, person: Person) -> list[int]:
    """Cases they hold that may be named where all moderators read."""
    everybody = people.moderators(desk)
    return [c.id for c in team.held_cases(desk, person) if all(cases.visible(m, c) for m in everybody)]


form(Form("mod-remove", (yes_no("sure", _ask_remove),), done=_remove_done))


@command(
    "mod leave",
    who=Who.MODERATOR,
    topic="moderator",
    help="stop moderating, when you hold nothing any more",
    examples=("mod leave",),
)
def leave(desk: Desk, call: Call) -> None:
    """Stop moderating oneself; what is held has to be finished or taken by somebody else first."""
    _may_leave(desk, call.me)
    forms.begin(desk, call.me, "mod-leave")


def _may_leave(desk: Desk, person: Person) -> None:
    if team.alone(desk, person):
        raise Refused(words.last_one(desk.policy.operator))
    held = _holdings(desk, person)
    if held:
        raise Refused(words.still_holds(held))


def _ask_leave(desk: Desk, dialogue: Dialogue) -> str:
    remaining = [m.name for m in people.moderators(desk) if m.id != dialogue.person]
    return words.leave_sure(profile.title(desk), remaining)


def _leave_done(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    if given(dialogue, "sure") == "no":
        desk.tell(person, words.nothing_changed())
    elif person.moderator:
        _may_leave(desk, person)
        person = team.resign(desk, person)
        desk.tell(person, words.left_team(profile.title(desk), person.stage == "member"))
        people.tell_team(desk, words.team_left(person.name))


form(Form("mod-leave", (yes_no("sure", _ask_leave),), done=_leave_done))


# ----------------------------------------------------------------------------------------------- audit


@command(
    "audit",
    Text("what"),
    who=Who.MODERATOR,
    topic="moderator",
    help="who did what about an object or a person, and when",
    examples=("audit M12", "audit A17", "audit ana"),
    journal=True,
    proof=False,
)
def audit(desk: Desk, call: Call) -> None:
    """The newest lines of the journal about something, as far as this reader may know."""
    about = people.journal_name(desk, call.text("what"))
    shown = call.text("what").upper()
    if not about:
        people.find(desk, call.text("what"))  # says what is wrong with it
    elif about.startswith("person "):
        person = desk.people[int(about.split()[1])]
        _may_audit(desk, call, person)
        shown = person.name
    else:
        _may_audit_object(desk, call, about)
    zone = people.zone(call.me)
    lines = [
        words.audit_line(e.at, zone, desk.now, _who(desk, e.actor), e.verb, _about(desk, e.about))
        for e in call.journal
        if _may_see(desk, call, e)
    ]
    call.reply(desk, words.audit_of(shown, len(lines)) if lines else words.audit_nothing(shown), *lines)


def _who(desk: Desk, number: int) -> str:
    person = desk.people.get(number)
    if number == 0:
        return words.the_bot()
    return person.name if person is not None else words.nobody_now(number)


def _about(desk: Desk, about: str) -> str:
    kind, _, number = about.partition(" ")
    return _who(desk, int(number)) if kind == "person" and number.isdigit() else about


def _may_audit(desk: Desk, call: Call, *persons: Person) -> None:
    """Not about oneself or one's partner, and not aloud where somebody it concerns reads; raises Refused."""
    for person in persons:
        near = [p for pair in pairs.of(desk, person, ACTIVE_PAIRS | {"ending"}) for p in pairs.people(desk, pair)]
        near.append(person)
        if any(p.id == call.me.id for p in near):
            raise Refused(words.audit_other())
        named = next((p.name for p in near if p.moderator), "")
        if call.team and named:
            raise Refused(words.audit_privately(named))


def _may_audit_object(desk: Desk, call: Call, about: str) -> None:
    number = int(about[1:])
    if about[0] == "H":
        case = desk.cases.get(number)
        if case is None or not cases.shared(desk, call, case):
            raise Refused(case_words.no_such(number))
    elif about[0] == "A":
        _may_audit(desk, call, desk.people[applications.known(desk, number).person])
    else:
        meeting = desk.meetings.get(number) if about[0] == "S" else None
        pair = pairs.known(desk, number) if about[0] == "M" else desk.pairs.get(meeting.pair) if meeting else None
        if pair is not None:
            _may_audit(desk, call, *pairs.people(desk, pair))


def _may_see(desk: Desk, call: Call, entry: Entry) -> bool:
    if entry.verb in SILENT_VERBS:
        return False
    if re.fullmatch(r"H\d+", entry.about):
        case = desk.cases.get(int(entry.about[1:]))
        return case is not None and cases.shared(desk, call, case)
    if re.fullmatch(r"M\d+", entry.about):
        readers = people.moderators(desk) if call.team else [call.me]
        return all(desk.participants.get((int(entry.about[1:]), reader.id)) is None for reader in readers)
    return True


# ---------------------------------------------------------------------------------------------- health


@command(
    "health",
    who=Who.MODERATOR,
    topic="moderator",
    help="how relaybot is doing: counts, waiting messages, late timers, networks",
    examples=("health",),
    proof=False,
)
def health(desk: Desk, call: Call) -> None:
    """What the records tell about how things are going."""
    waiting = len(people.waiting(desk))
    # Pairs that are ending are among the pairs: the number alone could tell somebody something.
    paired = sum(desk.pairs.count("stage", stage) for stage in (*ACTIVE_PAIRS, "ending"))
    seen = [c for c in desk.cases.where("open", True) if cases.shared(desk, call, c)]
    unread = [a.handed_in_at for a in desk.applications.where("open", True) if a.holder == 0]
    late = [t.due for t in desk.timers if t.due < desk.now - timedelta(seconds=LATE_SECONDS)]
    call.reply(
        desk,
        words.health(
            __version__,
            desk.now,
            desk.people.count("stage", "member"),
            waiting,
            desk.people.count("waiting", True) - waiting,
            desk.applications.count("open", True),
            paired,
            len(seen),
        ),
        _letters(desk),
        words.health_timers(len(late), desk.now - min(late, default=desk.now)),
        words.health_work(desk.now - min(unread) if unread else None, sum(c.holder == 0 for c in seen)),
        *desk.networks,
    )


def _letters(desk: Desk) -> str:
    every = list(desk.letters)
    free = [x for x in every if not x.held]
    places = Counter(x.to.partition("/")[0] for x in free)
    oldest = desk.now - min((x.written_at for x in free), default=desk.now)
    return words.health_letters(len(free), oldest, len(every) - len(free), places.most_common())
