"""Applications: finding one, handing it in, its promise, and every way it ends without becoming a member.

While a decision waits for its letter (the undo window) the application keeps its stage: nothing was
said, so nothing has to be taken back. What the applicant knows is what has been written to them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Application, Person
from relaybot.nouns import profile, promises
from relaybot.nouns.people import step_person, stop_waiting, tell_team
from relaybot.ports import Refused
from relaybot.rules import may, step
from relaybot.words import applications as words

OPEN = frozenset({"submitted", "asked", "chat"})
# Timers that will carry a decision to the applicant; while one is planned it can be undone.
DECISIONS = ("say-deferred", "say-declined")


def ident(application: Application) -> str:
    """ "A17"."""
    return f"A{application.id}"


def of(desk: Desk, person: Person) -> Application | None:
    """The person's newest application."""
    return max(desk.applications.where("person", person.id), key=lambda a: a.id, default=None)


def tell_moderators(desk: Desk, application: Application, line: str) -> None:
    """Write to the moderators about an application; one of them whose own it is does not read it."""
    tell_team(desk, line, hidden_from=(application.person,), about=ident(application))


def known(desk: Desk, number: int) -> Application:
    """An application by number; raises Refused."""
    application = desk.applications.get(number)
    if application is None:
        raise Refused(words.no_such(number))
    return application


def pending(desk: Desk, application: Application) -> tuple[str, datetime] | None:
    """The decision that has not left yet, and when it leaves."""
    for name in DECISIONS:
        timer = desk.timers.get((name, ident(application)))
        if timer is not None:
            return name, timer.due
    return None


def hand_in(desk: Desk, person: Person, number: int = 0) -> Application:
    """Make the person's answers an application (with a number it was given before, if any); telling people is the caller's."""
    step_person(desk, person, "hand in")
    application = Application(
        programme=desk.name,
        id=number or desk.number("application"),
        person=person.id,
        stage="submitted",
        handed_in_at=desk.now,
        promise=desk.now,
    )
    return promise(desk, application, promises.until(desk))


def promise(desk: Desk, application: Application, until: datetime) -> Application:
    """Promise the applicant a word by `until`, and plan what happens if it is not kept."""
    changed = desk.change(application, promise=until)
    remind = until - timedelta(hours=desk.policy.promise.nudge_hours)
    desk.plan("promise-soon", ident(application), max(remind, desk.now))
    desk.plan("promise-broken", ident(application), max(until, desk.now))
    return changed


def kept(desk: Desk, application: Application, moderator: Person) -> Application:
    """A moderator did something about it: they are on it, the promise is kept, the time it took is remembered."""
    if application.holder == 0:
        promises.record(desk, application.handed_in_at)
    for name in ("promise-soon", "promise-broken", "say-late"):
        desk.cancel(name, ident(application))
    return desk.change(application, holder=moderator.id)


def close_talk(desk: Desk, application: Application) -> None:
    """End open questions to the applicant about it, and take back every timer of it."""
    desk.cancel_all(ident(application))
    for dialogue in desk.dialogues.where("person", application.person):
        if dialogue.about == ident(application):
            forms.end(desk, dialogue)


def undo_decision(desk: Desk, application: Application) -> Application | None:
    """Take back a decision that has not left; None when there is none (any more)."""
    if pending(desk, application) is None:
        return None
    for name in DECISIONS:
        desk.cancel(name, ident(application))
    changed = desk.change(application, decided_at=None, decided_by=0, words="")
    if any(d.about == ident(application) for d in desk.dialogues.where("person", application.person)):
        return changed  # it is the applicant's turn: there is nothing to promise yet
    return promise(desk, changed, changed.promise)


# ------------------------------------------------------------------------------------------ the way out


def take_back(desk: Desk, person: Person) -> str:
    """The applicant leaves; returns the sentence for them. Raises Refused when there is nothing to take back."""
    application = of(desk, person)
    if person.stage == "applying":
        for dialogue in desk.dialogues.where("person", person.id):
            if dialogue.form == "join":
                desk.drop(dialogue)
        give_up(desk, person)
        return words.given_up()
    if person.stage not in {"submitted", "deferred"} or application is None:
        raise Refused(words.nothing_to_take_back())
    was_open = application.stage in OPEN
    close_talk(desk, application)
    if may("application", application.stage, "take back"):
        desk.change(application, stage=step("application", application.stage, "take back"), exchange=(), words="")
    if was_open:
        tell_moderators(desk, application, words.team_taken_back(application, person.name))
    step_person(desk, profile.blank(desk, person), "leave")
    forget_soon(desk, person)
    return words.taken_back(application)


def give_up(desk: Desk, person: Person) -> None:
    """An unfinished application ends: the answers go at once, the record soon."""
    step_person(desk, profile.blank(desk, person), "give up")
    for name in ("nudge unfinished", "application-parked", "application-erased"):
        desk.cancel(name, f"person {person.id}")
    forget_soon(desk, person)


def forget_soon(desk: Desk, person: Person) -> None:
    """Plan to forget somebody who has nothing here any more; not at once, because they are being answered now."""
    due = desk.now + timedelta(days=desk.policy.application.guest_days)
    desk.plan("guest-forgotten", f"person {person.id}", due)


def forget(desk: Desk, person: Person) -> bool:
    """Delete a person with everything of theirs, unless something still ties them to the programme."""
    tied = person.moderator or person.stage not in {"guest", "left"}
    if tied or desk.participants.where("person", person.id) or desk.cases.where("person", person.id):
        return False
    stop_waiting(desk, person)
    for application in desk.applications.where("person", person.id):
        drop(desk, application)
    for dialogue in desk.dialogues.where("person", person.id):
        desk.drop(dialogue)
    for address in desk.addresses.where("person", person.id):
        desk.drop(address)
    for code in desk.codes.where("person", person.id):
        desk.drop(code)
    for letter in desk.letters.where("person", person.id):
        desk.drop(letter)
    for avoid in (*desk.avoids.where("person", person.id), *desk.avoids.where("other", person.id)):
        desk.drop(avoid)
    forget_about(desk, f"person {person.id}")
    desk.drop(person)
    return True


def forget_closed(desk: Desk, person: Person) -> None:
    """The answers of somebody deferred or declined have been kept long enough."""
    if person.stage == "deferred":
        person = step_person(desk, person, "forget")
    if person.stage == "guest":
        profile.blank(desk, person)
        forget(desk, desk.people[person.id])


def drop(desk: Desk, application: Application) -> None:
    """Delete an application with its timers and notes."""
    forget_about(desk, ident(application))
    desk.drop(application)


def forget_about(desk: Desk, about: str) -> None:
    """Delete the timers of an object, and the moderators' notes on it."""
    desk.cancel_all(about)
    for memo in desk.memos.where("about", about):
        desk.drop(memo)


# ------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """An open application always has somebody who acts next; an applicant has exactly one that is open."""
    for application in desk.applications.changed.values():
        if application is None or application.stage not in OPEN:
            continue
        person = desk.people.get(application.person)
        if person is None or person.stage != "submitted":
            return f"A{application.id} is open though its person is no applicant"
        if not _somebody_acts(desk, application):
            return f"A{application.id} is open and nobody acts next"
    for person in desk.people.changed.values():
        if person is not None and person.stage == "submitted":
            found = [a for a in desk.applications.where("person", person.id) if a.stage in OPEN]
            if len(found) != 1:
                return f"person {person.id} is an applicant with {len(found)} open applications"
    return ""


def _somebody_acts(desk: Desk, application: Application) -> bool:
    """A moderator by a promise, the applicant by a question, or the letter of a decision."""
    ident_ = ident(application)
    planned = any(desk.timers.get((name, ident_)) for name in ("promise-broken", "say-late", *DECISIONS))
    return planned or any(d.about == ident_ for d in desk.dialogues.where("person", application.person))
