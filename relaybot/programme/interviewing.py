"""Interviewing: `question` and `chat`, the talk between a moderator and an applicant before a decision.

Questions and answers go through the bot, each marked with who speaks; a chat is agreed by number and
both are reminded. Whoever has to act next has a promise or an open question.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from relaybot import forms, times
from relaybot.commands import Call, Ref, Text, Who, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, form, given
from relaybot.model import Application, Dialogue, Person, Urgency, medium
from relaybot.nouns import applications, decisions, people, promises
from relaybot.ports import Invalid, Refused
from relaybot.rules import step
from relaybot.words import screening as words
from relaybot.words.applications import means
from relaybot.words.common import shown_address


def _about(desk: Desk, dialogue: Dialogue) -> Application:
    return desk.applications[int(dialogue.about[1:])]


def _holder(desk: Desk, application: Application) -> str:
    person = desk.people.get(application.holder)
    return person.name if person is not None else "A moderator"


# -------------------------------------------------------------------------------------------- question


@command(
    "question",
    Ref("application"),
    Text("text"),
    who=Who.MODERATOR,
    topic="moderator",
    help="asks an applicant one thing; leaves at once",
    examples=("question A17 Would you enjoy starting someone from zero?",),
)
def question(desk: Desk, call: Call) -> None:
    """The applicant is asked, with the moderator's name; the answer comes back to the moderators."""
    application, person = decisions.open_to(desk, call)
    most = desk.policy.limits.exchange
    if len(application.exchange) >= most:
        raise Refused(words.too_many_questions(application.id, most))
    application = applications.kept(desk, application, call.me)
    application = desk.change(
        application,
        stage=step("application", application.stage, "ask"),
        exchange=(*application.exchange, f"q {call.me.id} {' '.join(call.text('text').split())}"),
    )
    forms.begin(desk, person, "application-question", f"A{application.id}")
    _recall(desk, person)
    others = [m.name for m in people.moderators(desk, (call.me.id, person.id))] if call.team else []
    call.reply(desk, words.asked_now(person.name, medium(person.home), application.id, others))
    decisions.tell_others(desk, call, person, words.team_asked(call.me.name, person.name, application.id))


def _unanswered(desk: Desk, application: Application) -> tuple[str, list[str]]:
    """Who asked last, and every question since the last answer."""
    open_now: list[str] = []
    by = 0
    for line in application.exchange:
        kind, _, rest = line.partition(" ")
        if kind == "a":
            open_now = []
        else:
            sender, _, said = rest.partition(" ")
            by = int(sender)
            open_now.append(said)
    person = desk.people.get(by)
    return (person.name if person is not None else _holder(desk, application)), open_now


def _ask_question(desk: Desk, dialogue: Dialogue) -> str:
    application = _about(desk, dialogue)
    by, open_now = _unanswered(desk, application)
    return words.question(by, application.id, open_now)


def _answered(desk: Desk, dialogue: Dialogue) -> None:
    _pass_answer(desk, dialogue, " ".join(given(dialogue, "answer").split()))


def _not_answered(desk: Desk, dialogue: Dialogue) -> None:
    _pass_answer(desk, dialogue, "")


def _pass_answer(desk: Desk, dialogue: Dialogue, said: str) -> None:
    """Pass an answer (or that there is none) to the moderators, and promise the applicant when they hear."""
    application, person = _about(desk, dialogue), desk.people[dialogue.person]
    by, _ = _unanswered(desk, application)
    desk.cancel("nudge question", f"person {person.id}")
    application = desk.change(
        application,
        stage=step("application", application.stage, "answer"),
        exchange=(*application.exchange, f"a {said}".rstrip()),
    )
    until = _promise_again(desk, application, person)
    desk.tell(person, words.passed_on(by, until))
    applications.tell_moderators(desk, application, words.team_answer(application.id, person.name, said))


def _promise_again(desk: Desk, application: Application, person: Person) -> str:
    """It is the moderators' turn: a new promise, said to the applicant ("" when one holds already)."""
    ident = f"A{application.id}"
    decided = applications.pending(desk, application) is not None
    if decided or (application.chat_at is not None and application.chat_at > desk.now):
        return ""
    if desk.timers.get(("promise-broken", ident)) is None:
        application = applications.promise(desk, application, promises.until(desk))
    return words.day(application.promise, people.zone(person), desk.now)


def _read_words(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return text.strip()


def _kept(desk: Desk, dialogue: Dialogue) -> None:
    desk.tell(desk.people[dialogue.person], words.question_kept())


form(
    Form(
        "application-question",
        (Question("answer", _ask_question, _read_words, free=True, skip="", explain=words.question_why()),),
        done=_answered,
        stopped=_not_answered,
        kept=_kept,
    )
)


def _recall(desk: Desk, person: Person) -> None:
    people.nudge(desk, person, "question", desk.now + timedelta(days=desk.policy.application.nudge_days[0]))


@people.on_nudge("question")
def recall(desk: Desk, person: Person) -> tuple[str, ...]:
    """An applicant who has not answered is asked again, twice; then the moderators know."""
    found = [
        d for d in desk.dialogues.where("person", person.id) if d.form in {"application-question", "application-chat"}
    ]
    if not found:
        return ()
    dialogue, days = found[0], desk.policy.application.nudge_days
    since = dialogue.started_at or desk.now
    later = [since + timedelta(days=n) for n in days if since + timedelta(days=n) > desk.now]
    application = _about(desk, dialogue)
    if later:
        people.nudge(desk, person, "question", later[0])
    else:
        applications.tell_moderators(
            desk, application, words.team_silent(application.id, person.name, (desk.now - since).days)
        )
    return (words.question_again(forms.asked(desk, replace(dialogue, asking=dialogue.asking or _first(dialogue)))),)


def _first(dialogue: Dialogue) -> str:
    return forms.FORMS[dialogue.form].questions[0].key


# ------------------------------------------------------------------------------------------------ chat


@command(
    "chat",
    Ref("application"),
    Text("times", optional=True),
    who=Who.MODERATOR,
    topic="moderator",
    help="offers an applicant a short chat at these times (your clock), or asks when it suits",
    examples=("chat A17 mon 19:00, tue 18:30", "chat A17"),
)
def chat(desk: Desk, call: Call) -> None:
    """Times are read on the moderator's clock and offered on the applicant's."""
    application, person = decisions.open_to(desk, call)
    found = _times(desk, call)
    application = applications.kept(desk, application, call.me)
    desk.cancel("chat-soon", f"A{application.id}")
    desk.change(
        application,
        stage=step("application", application.stage, "offer chat"),
        chat_times=found,
        chat_at=None,
        chat_means="",
    )
    forms.begin(desk, person, "application-chat", f"A{application.id}")
    _recall(desk, person)
    shown = [times.both(at, [people.zone(call.me), people.zone(person)], desk.now) for at in found]
    call.reply(desk, words.chat_offered(person.name, shown, application.id))
    decisions.tell_others(desk, call, person, words.team_chat_offered(call.me.name, person.name, application.id))


def _times(desk: Desk, call: Call) -> tuple[datetime, ...]:
    if not call.text("times"):
        return ()
    try:
        found = times.whens(call.text("times"), desk.now, people.zone(call.me))
    except times.NotUnderstood as problem:
        raise Invalid(str(problem)) from None
    if len(found) > desk.policy.limits.chat_times:
        raise Invalid(words.too_many_times(desk.policy.limits.chat_times))
    return tuple(sorted(set(found)))


def _ask_chat(desk: Desk, dialogue: Dialogue) -> str:
    application, person = _about(desk, dialogue), desk.people[dialogue.person]
    zone = people.zone(person)
    shown = [times.show(at, zone, desk.now) for at in application.chat_times]
    return words.chat(_holder(desk, application), shown, times.city(zone))


_NUMBERS = re.compile(
    r"(?P<numbers>[0-9]{1,2}(?:\s*(?:,|and|or)?\s*[0-9]{1,2}\b)*)(?:[).:,;]|\s|$)\s*(?P<more>.*)", re.S
)


def _read_chat(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """ "<n> text", "<n> voice <words>", "other", or "other <words>"."""
    application, person = _about(desk, dialogue), desk.people[dialogue.person]
    offered = application.chat_times
    said = " ".join(text.split())
    chosen = _NUMBERS.fullmatch(said)
    if not offered:
        return f"other {said}"
    if chosen is None:
        return "other" if said.lower() in {"other", "another", "none"} else f"other {said}"
    numbers = [int(n) for n in re.findall("[0-9]+", chosen["numbers"])]
    if numbers[0] == len(offered) + 1:
        return f"other {chosen['more']}".strip()
    if any(not 0 < n <= len(offered) for n in numbers):
        raise Invalid(words.chat_which(len(offered) + 1))
    open_now = [n for n in numbers if offered[n - 1] > desk.now]
    if not open_now:
        raise Invalid(words.chat_past(times.show(offered[numbers[0] - 1], people.zone(person), desk.now)))
    return f"{open_now[0]} {_means(chosen['more'])}"


def _means(said: str) -> str:
    lowered = said.lower()
    if any(word in lowered for word in ("voice", "call", "phone", "video", "://")):
        more = re.sub(r"^(?:by |with )?(?:voice|call|phone)\b[ ,.:]*(?:link[ ,.:]*)?", "", said, flags=re.I).strip(" .")
        return f"voice {more}".strip()
    return "text"


def _chat_done(desk: Desk, dialogue: Dialogue) -> None:
    application, person = _about(desk, dialogue), desk.people[dialogue.person]
    choice, _, more = given(dialogue, "time").partition(" ")
    desk.cancel("nudge question", f"person {person.id}")
    if choice == "other":
        _other_time(desk, application, person, more or given(dialogue, "other"))
    else:
        _chat_agreed(desk, application, person, int(choice), more)


def _chat_agreed(desk: Desk, application: Application, person: Person, number: int, how: str) -> None:
    at = application.chat_times[number - 1]
    application = desk.change(application, chat_at=at, chat_means=how)
    soon = at - timedelta(minutes=desk.policy.session.soon_minutes)
    desk.plan("chat-soon", f"A{application.id}", max(soon, desk.now))
    if applications.pending(desk, application) is None:
        application = applications.promise(desk, application, at + timedelta(days=desk.policy.promise.min_days))
    zone = people.zone(person)
    until = words.day(application.promise, zone, desk.now)
    desk.tell(person, words.chat_set(times.show(at, zone, desk.now), means(how), until))
    holder = desk.people.get(application.holder)
    zones = [people.zone(holder), zone] if holder is not None else [zone]
    when = times.both(at, zones, desk.now)
    applications.tell_moderators(
        desk,
        application,
        words.team_chat_set(application.id, person.name, _holder(desk, application), when, means(how)),
    )


def _other_time(desk: Desk, application: Application, person: Person, said: str) -> None:
    until = _promise_again(desk, application, person)
    desk.tell(person, words.passed_on(_holder(desk, application), until))
    applications.tell_moderators(desk, application, words.team_chat_other(application.id, person.name, said))


def _no_chat(desk: Desk, dialogue: Dialogue) -> None:
    desk.cancel("nudge question", f"person {dialogue.person}")
    _other_time(desk, _about(desk, dialogue), desk.people[dialogue.person], "")


def _asks_words(desk: Desk, dialogue: Dialogue) -> bool:
    return given(dialogue, "time") == "other"


form(
    Form(
        "application-chat",
        (
            Question("time", _ask_chat, _read_chat, skip="other -", explain=words.chat_why()),
            Question("other", lambda desk, d: words.chat_other(), _read_words, free=True, when=_asks_words),
        ),
        done=_chat_done,
        stopped=_no_chat,
        kept=_kept,
    )
)


@on_timer("chat-soon")
def chat_soon(desk: Desk, about: str, late_seconds: float) -> None:
    """A quarter of an hour before, both are reminded; after the chat's time nobody is."""
    application = desk.applications.get(int(about[1:]))
    if application is None or application.chat_at is None or application.chat_at < desk.now:
        return
    if application.stage not in applications.OPEN:
        return
    person, at, how = desk.people[application.person], application.chat_at, means(application.chat_means)
    expires = at + timedelta(minutes=desk.policy.session.soon_minutes)
    clock = words.clock(at, people.zone(person))
    desk.tell(
        person, words.chat_soon(_holder(desk, application), clock, how), urgency=Urgency.URGENT, expires_at=expires
    )
    holder = desk.people.get(application.holder)
    if holder is not None:
        reach = shown_address(people.addresses(desk, person)[0])
        line = words.chat_soon_moderator(application.id, person.name, words.clock(at, holder.zone), how, reach)
        desk.tell(holder, line, urgency=Urgency.URGENT, expires_at=expires)
