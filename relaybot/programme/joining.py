"""Joining: `join` asks the questions one by one, keeps half-finished answers, and hands them in to the moderators.

The answers live in the dialogue until they are handed in; then they are the person's profile and an
application A17 exists. What happens when somebody falls silent on the way is in unfinished.py.
"""

from __future__ import annotations

import re

from relaybot import forms, times
from relaybot.commands import COMMANDS, Arg, Call, Who, command, on_prose
from relaybot.desk import Desk
from relaybot.forms import Form, GoTo, Instead, Question, form, given
from relaybot.model import Address, Dialogue, Message, Person, Style, Window, medium
from relaybot.nouns import applications, enrolment, linking, people, profile, promises, subscriptions, unfinished
from relaybot.ports import Invalid, Refused
from relaybot.skills import read_skills, renamed, show_skills
from relaybot.words import enrolment as letter_words
from relaybot.words import joining as words
from relaybot.words import linking as linking_words
from relaybot.words import profile as profile_words

# ------------------------------------------------------------------------------------------ the command


class Into(Arg):
    """Which programme, and as what: "[programme] [as mentor|mentee|both]"."""

    @property
    def usage(self) -> str:
        """How it is written in help."""
        return "[<programme>] [as both]"

    def read(self, text: str) -> tuple[object, str]:
        """(programme, role), each perhaps ""."""
        found = re.fullmatch(r"(?P<name>(?!as\b)\S+)?\s*(?:as (?P<role>mentor|mentee|both))?", text.strip(), re.I)
        if found is None:
            return None, text
        return (found["name"] or "", (found["role"] or "").lower()), ""


@command(
    "join",
    Into("into", optional=True),
    who=Who.ANYONE,
    topic="start",
    help="starts or resumes your application",
    examples=("join", "join tech-peer as both"),
    proof=False,
)
def join(desk: Desk, call: Call) -> None:
    """Begin, resume, or tell truly where somebody stands who has joined already."""
    if call.person is None and not call.message.sender:
        raise Refused(words.not_identified())
    _right_programme(desk, call)
    if call.person is None and call.message.style is Style.LETTER and enrolment.full(desk):
        raise Refused(words.too_many_begun())
    person = people.speaker(desk, call)
    if person.stage == "removed":
        raise Refused(words.removed())
    if person.stage in {"submitted", "member"}:
        _where_you_stand(desk, call, person)
        return
    dialogue = forms.of(desk, person, "join")
    if person.stage == "applying" and dialogue is not None and enrolment.waits(desk, person):
        return
    if person.stage == "applying" and dialogue is not None:
        forms.pose(desk, dialogue, words.welcome_back(person))
        unfinished.recall_later(desk, person)
        return
    returning = person.stage == "deferred"
    if person.stage != "applying":
        person = people.step_person(desk, person, "begin")
    desk.cancel("guest-forgotten", f"person {person.id}")
    known = _known_answers(desk, person) if returning else ()
    about = f"A{desk.number('application')}" if desk.style(person.home) is Style.LETTER else ""
    if not returning and enrolment.put_off(desk, person, about):
        unfinished.recall_later(desk, person)
        return
    begun = forms.begin(desk, person, "join", about, answers=known, note="returning" if returning else "")
    unfinished.recall_later(desk, person)
    if (waits := desk.dialogues.get(begun.id)) is not None and waits.asked_at is None:
        call.reply(desk, words.after_the_open_question())


def _right_programme(desk: Desk, call: Call) -> None:
    name, role = call.args.get("into") or ("", "")
    if name and name.casefold() not in {desk.name.casefold(), profile.title(desk).casefold()}:
        raise Refused(words.not_this_programme(name, profile.title(desk)))
    if role in {"mentor", "mentee"}:
        raise Refused(words.everybody_is_both(profile.title(desk)))


@on_prose
def enrol(desk: Desk, message: Message, person: Person | None) -> bool:
    """A letter in somebody's own words begins an application, if they are no part of the programme yet."""
    stage = person.stage if person is not None else "guest"
    if stage not in {"guest", "left"} or (person is not None and person.moderator):
        return False
    said = enrolment.wish(desk, message)
    if not said:
        return False
    if message.place and not subscriptions.own(desk) and not enrolment.is_unmistakable(desk, message, said):
        enrolment.tell_moderators(desk, message)
        return False
    if person is None and enrolment.full(desk):
        raise Refused(words.too_many_begun())
    if person is None:
        person = people.newcomer(desk, message, verified=message.proven)
    enrolment.begin(desk, person, said)
    return True


def _where_you_stand(desk: Desk, call: Call, person: Person) -> None:
    """A member or applicant says join again: a kept question is asked again, and the truth is told."""
    for dialogue in desk.dialogues.where("person", person.id):
        if dialogue.kept and dialogue.form != "offer":  # status says of all others that join asks them again
            forms.pose(desk, dialogue, first=True)
            return
    COMMANDS["status"].handler(desk, call)


# --------------------------------------------------------------------------------- reading and showing


def _read_learn(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return show_skills(profile.skills(desk, text, learning=True))


def _read_offer(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return show_skills(profile.skills(desk, text, learning=False))


def _read_links(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """Links; or the skills of the question before said again, as its echo invited to."""
    try:
        return " ".join(profile.links(desk, text))
    except Invalid:
        said = {s.name for s in read_skills(text, desk.policy.synonyms, learning=False)}
        if said & {s.name for s in profile.skills(desk, given(dialogue, "offer"), learning=False)}:
            raise Instead("offer", text) from None
        raise


def _heard_learn(desk: Desk, value: str, said: str) -> str:
    """Said only when something was read that was not written."""
    read_as = renamed(said, desk.policy.synonyms)
    return profile_words.noted_skills(profile.skills(desk, value, learning=True), read_as) if read_as else ""


def _heard_offer(desk: Desk, value: str, said: str) -> str:
    read_as = renamed(said, desk.policy.synonyms)
    return profile_words.noted_skills(profile.skills(desk, value, learning=False), read_as)


def _read_place(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return profile.place_text(*profile.place(desk, text))


def _read_city(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return profile.zone(text)


def _read_hours(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return times.show_hours(profile.free(desk, text))


def _place(desk: Desk, dialogue: Dialogue) -> tuple[str, tuple[Window, ...]]:
    answer = given(dialogue, "place")
    return profile.place(desk, answer) if answer else ("", ())


def _where(desk: Desk, dialogue: Dialogue) -> tuple[str, tuple[Window, ...]]:
    """Zone and hours from the answer that had both, or from what was asked after it."""
    zone, free = _place(desk, dialogue)
    if not free and given(dialogue, "hours"):
        free = profile.free(desk, given(dialogue, "hours"))
    return zone or given(dialogue, "city"), free


def _lacks_city(desk: Desk, dialogue: Dialogue) -> bool:
    return bool(given(dialogue, "place")) and not _place(desk, dialogue)[0]


def _lacks_hours(desk: Desk, dialogue: Dialogue) -> bool:
    return bool(given(dialogue, "place")) and not _place(desk, dialogue)[1]


def _echo_place(desk: Desk, dialogue: Dialogue, value: str) -> str:
    return words.place_noted(*_where(desk, dialogue), desk.now)


def _read_languages(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return profile.languages_text(*profile.languages(desk, text))


# ------------------------------------------------------------------------------ a second way to reach them


def _other_media(desk: Desk, person: Person) -> list[str]:
    """Kinds of network the programme has besides the one the person speaks on."""
    return sorted({medium(name) for name in desk.policy.networks} - {medium(person.home)})


def _has_other_media(desk: Desk, dialogue: Dialogue) -> bool:
    return bool(_other_media(desk, desk.people[dialogue.person]))


def _ask_reach(desk: Desk, dialogue: Dialogue) -> str:
    person = desk.people[dialogue.person]
    return words.reach(_other_media(desk, person), medium(person.home))


def _read_reach(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """An address on another medium the programme has, as our own kind of address."""
    person = desk.people[dialogue.person]
    kinds = _other_media(desk, person)
    found = linking.read(text, [name for name in linking.configured(desk) if medium(name) in kinds])
    if not found or linking.is_place(desk, found[0]):
        raise Invalid(words.no_address(kinds))
    if len(found) > 1:
        raise Invalid(linking_words.several(text, found))
    return found[0]


def _echo_reach(desk: Desk, dialogue: Dialogue, value: str) -> str:
    return linking.send_where_reached(desk, desk.people[dialogue.person], value)


# ---------------------------------------------------------------------------------- rules and summary


def _read_rules(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """Only a yes goes on; a no is taken kindly and leaves everything as it is."""
    if text == letter_words.UNPROVEN:
        raise Invalid(letter_words.agree_in_reply())
    said = text.strip().lower().rstrip(".!")
    if said in forms.YES or re.match(r"(?:yes|i agree|agreed)\b", said):
        return str(desk.policy.rules_version)
    if said in forms.NO or re.match(r"no\b", said):
        raise Invalid(words.rules_declined())
    raise Invalid(words.rules(desk.policy.rules_line))


def _ask_summary(desk: Desk, dialogue: Dialogue) -> str:
    return words.summary(
        profile.skills(desk, given(dialogue, "learn"), learning=True),
        profile.skills(desk, given(dialogue, "offer"), learning=False),
        words.summary_place(*_where(desk, dialogue)),
        words.summary_languages(*profile.languages(desk, given(dialogue, "languages"))),
        given(dialogue, "links").split(),
    )


def _line_by_line(desk: Desk, dialogue: Dialogue) -> bool:
    """A reply by mail is the yes to what it was asked below; on chat, and to who comes back, all is shown once more."""
    return dialogue.note == "returning" or not forms.by_letter(desk, dialogue)


def _counted(desk: Desk, dialogue: Dialogue) -> list[str]:
    have = forms.answers(dialogue)
    return [q.key for q in JOIN.questions if q.counted and (q.key in have or q.when(desk, dialogue))]


def _read_summary(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """yes, or `change <number>`, which asks that question again."""
    said = text.strip().lower().rstrip(".!")
    if said in forms.YES or said == "hand it in":
        return "yes"
    keys = _counted(desk, dialogue)
    chosen = re.fullmatch(r"change (?:question |number )?(?P<what>.+)", said)
    if chosen is not None:
        what = chosen["what"]
        if what.isascii() and what.isdigit() and 0 < int(what) <= len(keys):
            raise GoTo(keys[int(what) - 1])
        for key in keys:
            if what in {key, words.label(key)}:
                raise GoTo(key)
    raise Invalid(words.change_which([words.label(key) for key in keys]))


# ------------------------------------------------------------------------------------------- the form


def _intro(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    if forms.by_letter(desk, dialogue):
        return ()
    person = desk.people[dialogue.person]
    if dialogue.note == "returning":
        return (words.welcome_back_deferred(person),)
    return (words.hello(person, profile.title(desk), len(_counted(desk, dialogue))),)


def _account(desk: Desk, dialogue: Dialogue) -> str:
    return desk.people[dialogue.person].home.partition("/")[2]


def _is_services(desk: Desk, dialogue: Dialogue) -> bool:
    network = desk.network(desk.people[dialogue.person].home)
    return network is not None and network.identity == "services"


def _read_identity(desk: Desk, dialogue: Dialogue, text: str) -> str:
    said = text.strip().lower().rstrip(".!")
    if said in forms.NO:
        raise Invalid(words.other_account())
    if said in forms.YES:
        return "yes"
    raise Invalid(words.identity(_account(desk, dialogue)))


def _handed_in(desk: Desk, dialogue: Dialogue) -> None:
    """The last yes: the answers become the profile, the application gets its number, everybody is told."""
    person = _save(desk, dialogue)
    for name in ("nudge unfinished", "application-parked", "application-erased"):
        desk.cancel(name, f"person {person.id}")
    application = applications.hand_in(desk, person, enrolment.number(dialogue))
    person = desk.people[person.id]
    by = times.show_day(application.promise, people.zone(person), desk.now)
    usual = promises.usual_days(desk)
    if forms.by_letter(desk, dialogue):
        said = letter_words.handed_in(person, application, usual, by, person.free)
        desk.tell(person, *said, about=f"A{application.id}", subject=letter_words.handed_in_subject())
    else:
        desk.tell(person, words.handed_in(person, application, usual, by))
    applications.tell_moderators(desk, application, words.team_new(person, application, medium(person.home), by))


def _save(desk: Desk, dialogue: Dialogue) -> Person:
    zone, free = _where(desk, dialogue)
    spoken, must = profile.languages(desk, given(dialogue, "languages"))
    reach = given(dialogue, "reach")
    person = desk.people[dialogue.person]
    # An address somebody else has proved is theirs stays theirs.
    if reach and desk.addresses.get(reach) is None:
        desk.put(Address(desk.name, reach, person.id, verified=False))
    if reach:
        linking.send_if_never(desk, person, reach)
    return desk.change(
        person,
        learn=profile.skills(desk, given(dialogue, "learn"), learning=True),
        offer=profile.skills(desk, given(dialogue, "offer"), learning=False),
        links=tuple(given(dialogue, "links").split()),
        zone=zone,
        free=free,
        languages=spoken,
        must_language=must,
        rules_version=int(given(dialogue, "rules")),
    )


def _known_answers(desk: Desk, person: Person) -> tuple[tuple[str, str], ...]:
    """The answers of somebody who was deferred, as the form keeps them; what is missing is asked."""
    found = {
        "identity": "yes",
        "learn": show_skills(person.learn),
        "offer": show_skills(person.offer),
        "links": " ".join(person.links),
        "place": profile.place_text(person.zone, person.free) if person.zone and person.free else "",
        "languages": profile.languages_text(person.languages, person.must_language) if person.languages else "",
        "rules": str(person.rules_version) if person.rules_version == desk.policy.rules_version else "",
    }
    return tuple((key, value) for key, value in found.items() if value or key == "links")


def _stopped(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    desk.tell(person, applications.take_back(desk, person))


def _kept(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    desk.cancel("nudge unfinished", f"person {person.id}")
    k, n = forms.count(desk, dialogue, dialogue.asking)
    until = unfinished.silence(desk, person, "parked_days", "erase_days")
    desk.tell(person, words.kept(k, n, times.show_day(until, people.zone(person), desk.now)))


JOIN = form(
    Form(
        "join",
        (
            Question(
                "identity",
                lambda desk, d: words.identity(_account(desk, d)),
                _read_identity,
                when=_is_services,
                counted=False,
                explain=words.identity_why(),
            ),
            Question(
                "learn",
                lambda desk, d: words.learn(),
                _read_learn,
                free=True,
                heard=_heard_learn,
                explain=words.learn_why(),
            ),
            Question(
                "offer",
                lambda desk, d: words.offer(),
                _read_offer,
                free=True,
                heard=_heard_offer,
                explain=words.offer_why(),
            ),
            Question(
                "links", lambda desk, d: words.links(), _read_links, free=True, skip="", explain=words.links_why()
            ),
            Question(
                "place",
                lambda desk, d: words.place(),
                _read_place,
                free=True,
                echo=_echo_place,
                explain=words.place_why(),
            ),
            Question(
                "city",
                lambda desk, d: words.city(),
                _read_city,
                free=True,
                when=_lacks_city,
                counted=False,
                echo=_echo_place,
                explain=words.place_why(),
            ),
            Question(
                "hours",
                lambda desk, d: words.hours(),
                _read_hours,
                free=True,
                when=_lacks_hours,
                counted=False,
                echo=_echo_place,
                explain=words.place_why(),
            ),
            Question(
                "languages",
                lambda desk, d: words.languages(),
                _read_languages,
                free=True,
                explain=words.languages_why(),
            ),
            Question(
                "reach",
                _ask_reach,
                _read_reach,
                free=True,
                when=_has_other_media,
                skip="",
                echo=_echo_reach,
                explain=words.reach_why(),
            ),
            Question(
                "rules", lambda desk, d: words.rules(desk.policy.rules_line), _read_rules, explain=words.rules_why()
            ),
            Question(
                "check",
                _ask_summary,
                _read_summary,
                when=_line_by_line,
                counted=False,
                explain=words.summary_why(),
                alone=True,
            ),
        ),
        done=_handed_in,
        stopped=_stopped,
        kept=_kept,
        numbered=True,
        again="join",  # what the recall says goes on with it
        intro=_intro,
        letter=enrolment.letter,
        sort=enrolment.sort,
        subject=enrolment.subject,
    )
)
