"""Profile: `profile`, `set`, `offer`, `learn`; every field has a reader with a limit and says back what it understood.

While the application is being filled in, `set` changes the answer in it instead, so that nothing has
to be said twice. The waiting indexes follow by themselves: they are computed from the record.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace

from relaybot import forms
from relaybot.commands import COMMANDS, Call, Text, Word, command
from relaybot.desk import Desk
from relaybot.forms import Form, form, given, yes_no
from relaybot.model import Dialogue, Person
from relaybot.nouns import fit, linking, people, profile
from relaybot.ports import Invalid, Refused
from relaybot.skills import renamed, show_skills
from relaybot.words import linking as linking_words
from relaybot.words import profiling as words

NONE = frozenset({"none", "nothing", "no", "-", "delete", "empty"})

# What a setter gives back: the person as they would be, what is said about it, and the answer it makes in the joining form.
Setting = tuple[Person, str, tuple[str, str]]
Setter = Callable[[Desk, Person, str], Setting]


# ------------------------------------------------------------------------------------------ the fields


def _name(desk: Desk, person: Person, text: str) -> Setting:
    name = profile.name(desk, text)
    return replace(person, name=name), words.name(name), ("", "")


def _learn(desk: Desk, person: Person, text: str) -> Setting:
    found = profile.change_skills(desk, person.learn, text, learning=True)
    said = words.skills_read("learn", found, renamed(text, desk.policy.synonyms))
    return replace(person, learn=found), said, ("learn", show_skills(found))


def _offer(desk: Desk, person: Person, text: str) -> Setting:
    found = profile.change_skills(desk, person.offer, text, learning=False)
    said = words.skills_read("offer", found, renamed(text, desk.policy.synonyms))
    return replace(person, offer=found), said, ("offer", show_skills(found))


def _links(desk: Desk, person: Person, text: str) -> Setting:
    found = () if text.lower() in NONE else profile.links(desk, text)
    return replace(person, links=found), words.links(found), ("links", " ".join(found))


def _zone(desk: Desk, person: Person, text: str) -> Setting:
    zone = profile.zone(text)
    return replace(person, zone=zone), words.zone(zone, desk.now), ("place", profile.place_text(zone, person.free))


def _free(desk: Desk, person: Person, text: str) -> Setting:
    found = profile.free(desk, text)
    return (
        replace(person, free=found),
        words.free(found, person.zone),
        ("place", profile.place_text(person.zone, found)),
    )


def _languages(desk: Desk, person: Person, text: str) -> Setting:
    found, must = profile.languages(desk, text)
    keeps = {fit.spoken(x) for x in found}
    # A must that was set before stays, unless its language is gone or another is named.
    must = must or (person.must_language if fit.spoken(person.must_language) in keeps else "")
    changed = replace(person, languages=found, must_language=must)
    return changed, words.languages(changed), ("languages", profile.languages_text(found, must))


def _project(desk: Desk, person: Person, text: str) -> Setting:
    said = "" if text.lower() in NONE else profile.line(text, "project", desk.policy.limits.about_chars)
    return replace(person, project=said), words.text("project", said), ("", "")


def _about(desk: Desk, person: Person, text: str) -> Setting:
    said = "" if text.lower() in NONE else profile.line(text, "about", desk.policy.limits.about_chars)
    return replace(person, about=said), words.text("about", said), ("", "")


SETTERS: dict[str, Setter] = {
    "name": _name,
    "learn": _learn,
    "offer": _offer,
    "links": _links,
    "zone": _zone,
    "free": _free,
    "languages": _languages,
    "project": _project,
    "about": _about,
}

# Fields whose change can make somebody suit who did not before.
MATCHING = frozenset({"learn", "offer", "zone", "free", "languages"})


# ---------------------------------------------------------------------------------------- the commands


@command(
    "set",
    Word("field"),
    Text("value", optional=True),
    topic="profile",
    help="changes one field of your profile: " + ", ".join(words.FIELDS),
    examples=("set free thu after 17:30 or sunday morning", "set zone Lisbon", "set must-language none"),
    always=True,
)
def set_(desk: Desk, call: Call) -> None:
    """One field; the application in progress is changed when there is one."""
    field, value = call.text("field").lower(), call.text("value").strip()
    if field not in words.FIELDS:
        if field in COMMANDS:
            raise Refused(words.elsewhere(field))
        near = difflib.get_close_matches(field, words.FIELDS, n=1, cutoff=0.6)
        raise Refused(words.no_field(field, next(iter(near), "")))
    if not value:
        raise Refused(words.need_value(field))
    if field == "must-language":
        _must(desk, call, value)
    else:
        _change(desk, call, field, value)


@command("profile", topic="profile", help="what I keep of you, and who sees it", examples=("profile",), proof=False)
def profile_(desk: Desk, call: Call) -> None:
    """Everything in the profile; while applying, what was answered so far."""
    linked = [linking.shown(desk, address) for address in people.addresses(desk, call.me)]
    named = linking_words.profile_line(linked) if len(linked) > 1 and not call.team else ""
    call.reply(desk, *words.profile_lines(_as_answered(desk, call.me)), named)


@command(
    "offer",
    Text("skills", optional=True),
    topic="profile",
    help="what you can teach: a new list, or +x and -x; levels a little, comfortable, deep",
    examples=("offer rust deep, embedded comfortable", "offer +docker a little", "offer -embedded"),
)
def offer(desk: Desk, call: Call) -> None:
    """Replace or change what somebody offers."""
    _skills(desk, call, "offer")


@command(
    "learn",
    Text("skills", optional=True),
    topic="profile",
    help="what you want to learn: a new list, or +x and -x; levels from zero, a little, comfortable",
    examples=("learn kubernetes a little", "learn +rust from zero", "learn -kubernetes"),
)
def learn(desk: Desk, call: Call) -> None:
    """Replace or change what somebody wants to learn."""
    _skills(desk, call, "learn")


def _skills(desk: Desk, call: Call, field: str) -> None:
    value = call.text("skills").strip()
    if value:
        _change(desk, call, field, value)
        return
    person = _as_answered(desk, call.me)
    call.reply(desk, words.skills(field, person.offer if field == "offer" else person.learn))


# -------------------------------------------------------------------------------------------- changing


def _application(desk: Desk, person: Person) -> Dialogue | None:
    return forms.of(desk, person, "join") if person.stage == "applying" else None


def _as_answered(desk: Desk, person: Person) -> Person:
    """The person with the answers of the application in progress, which are nowhere else yet."""
    dialogue = _application(desk, person)
    if dialogue is None:
        return person
    have = forms.answers(dialogue)
    fields: dict[str, object] = {"links": tuple(have.get("links", "").split())}
    for field in ("learn", "offer"):
        if have.get(field):
            fields[field] = profile.skills(desk, have[field], learning=field == "learn")
    zone, free = profile.place(desk, have["place"]) if have.get("place") else ("", ())
    fields["zone"] = zone or have.get("city", "")
    fields["free"] = free or (profile.free(desk, have["hours"]) if have.get("hours") else ())
    if have.get("languages"):
        fields["languages"], fields["must_language"] = profile.languages(desk, have["languages"])
    return replace(person, **fields)  # type: ignore[arg-type]  # the names and types are those of Person


def _change(desk: Desk, call: Call, field: str, value: str) -> None:
    """Read the value, write it where it belongs, say what was understood."""
    person = call.me
    changed, said, answer = SETTERS[field](desk, _as_answered(desk, person), value)
    _write(desk, call, changed, answer)
    suits = ""
    if field in MATCHING and changed.waiting_since is not None:
        suits = words.suits(fit.could_suit(desk, changed), len(fit.pool(desk, changed)))
    call.reply(desk, said, suits)
    _ask_again(desk, person)


def _write(desk: Desk, call: Call, changed: Person, answer: tuple[str, str]) -> None:
    dialogue = _application(desk, call.me)
    if dialogue is None:
        desk.put(changed)
    elif answer[0]:
        desk.put(forms.with_answer(dialogue, *answer))
    else:  # fields the application does not ask for
        desk.change(call.me, name=changed.name, project=changed.project, about=changed.about)


def _ask_again(desk: Desk, person: Person) -> None:
    """Go on with the application where it was (or at the next question, when this one was just answered)."""
    dialogue = _application(desk, person)
    if dialogue is not None and dialogue.asked_at is not None and not dialogue.kept:
        forms.pose(desk, dialogue)


# ------------------------------------------------------------------------------------- the must language


def _must(desk: Desk, call: Call, value: str) -> None:
    """A must narrows the search; how much is said before it is kept."""
    person = _as_answered(desk, call.me)
    if value.lower() in NONE:
        answer = ("languages", profile.languages_text(person.languages, ""))
        _write(desk, call, replace(person, must_language=""), answer)
        call.reply(desk, words.no_must())
        _ask_again(desk, call.me)
        return
    found, _ = profile.languages(desk, value)
    if len(found) != 1:
        raise Invalid(words.need_value("must-language"))
    language = found[0].partition(" (")[0]
    if call.me.stage != "member":
        changed = _with_must(person, language)
        _write(desk, call, changed, ("languages", profile.languages_text(changed.languages, language)))
        call.reply(desk, words.must_kept(language))
        _ask_again(desk, call.me)
        return
    forms.begin(desk, call.me, "must-language", note=language)


def _with_must(person: Person, language: str) -> Person:
    known = {fit.spoken(x) for x in person.languages}
    spoken = person.languages if fit.spoken(language) in known else (*person.languages, language)
    return replace(person, must_language=language, languages=spoken)


def _ask_must(desk: Desk, dialogue: Dialogue) -> str:
    person = desk.people[dialogue.person]
    must, without = _with_must(person, dialogue.note), replace(person, must_language="")
    return words.must_notice(
        dialogue.note, fit.could_suit(desk, must), len(fit.pool(desk, person)), fit.could_suit(desk, without)
    )


def _must_answered(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    if given(dialogue, "keep") == "no":
        desk.tell(person, words.must_not_kept())
        return
    desk.put(_with_must(person, dialogue.note))
    desk.tell(person, words.must_kept(dialogue.note))


form(Form("must-language", (yes_no("keep", _ask_must),), done=_must_answered))
