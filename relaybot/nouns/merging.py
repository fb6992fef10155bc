"""Merging: two records of one person become one; everything of the other one moves, nothing that names it stays.

The older record stays, with the profile of the one that has come further. What cannot be joined soundly (partners
of each other, more partners than the limit, different rights) is refused with what has to be done first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Avoid, Person
from relaybot.nouns import applications, outbox, pairs, people, posts, relay, team
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS, OPEN_PAIRS, may, step
from relaybot.words import merging as words

FURTHER = ("guest", "left", "deferred", "applying", "submitted", "member")
# What somebody is to the programme and said about themselves: it goes together, from one of the two.
PROFILE = (
    "stage", "learn", "offer", "links", "zone", "free", "languages", "must_language", "project", "about", "rules_version",
    "accepted_at", "accepted_by", "waiting_since", "front", "promise", "rematch", "paused_until", "muted_until", "quiet",
    "plain", "slow", "unasked",
)  # fmt: skip
JOIN_TIMERS = ("nudge unfinished", "application-parked", "application-erased")
# Dialogues whose note begins with the number of a person.
NOTED = frozenset({"case-answer", "farewell-edit", "mod-accept", "mod-remove"})


def empty(desk: Desk, person: Person, into: Person) -> bool:
    """Whether a record holds nothing: it can become part of another one without anybody deciding that."""
    return (
        person.stage == "guest"
        and (not person.moderator or (into.moderator and not _holds(desk, person)))
        and not desk.participants.count("person", person.id)
        and not desk.applications.count("person", person.id)
        and not desk.cases.count("person", person.id)
        and not desk.posts.count("person", person.id)
        and not desk.memos.count("about", f"person {person.id}")
    )


def _holds(desk: Desk, person: Person) -> bool:
    return bool(team.held_cases(desk, person) or team.held_applications(desk, person) or team.drafted(desk, person))


def order(one: Person, other: Person) -> tuple[Person, Person]:
    """Which record stays and which one goes: the older one stays."""
    return (one, other) if one.id < other.id else (other, one)


def may_merge(desk: Desk, stays: Person, goes: Person) -> None:
    """Raises Refused when the two cannot become one, with what to do first."""
    if stays.id == goes.id:
        raise Refused(words.same(stays.name))
    if "removed" in {stays.stage, goes.stage}:
        raise Refused(words.removed())
    if stays.moderator != goes.moderator:
        moderator, other = (stays, goes) if stays.moderator else (goes, stays)
        raise Refused(words.rights_differ(moderator.id, moderator.name, other.id, other.name))
    if any(desk.timers.get(("forget-me", f"forget {p.id}")) for p in (stays, goes)):
        raise Refused(words.to_be_forgotten())
    shared = {p.id for p in pairs.of(desk, stays, OPEN_PAIRS)} & {p.id for p in pairs.of(desk, goes, OPEN_PAIRS)}
    if shared:
        raise Refused(words.partners(min(shared)))
    together = people.active_pairs(desk, stays) + people.active_pairs(desk, goes)
    if together > desk.policy.cap:
        raise Refused(words.over_the_limit(together, desk.policy.cap))
    offers = [p.id for p in (pairs.open_offer(desk, stays), pairs.open_offer(desk, goes)) if p is not None]
    if len(offers) > 1:
        raise Refused(words.two_offers(offers))


def absorb(desk: Desk, stays: Person, goes: Person) -> Person:
    """Make one of two; the caller has asked `may_merge` (or `empty`), and tells people."""
    lead = max(goes, stays, key=lambda p: (FURTHER.index(p.stage), p.id == stays.id))
    behind = goes if lead.id == stays.id else stays
    _leave_behind(desk, behind)
    if lead.id == goes.id:
        kept = desk.people[goes.id]
        stays = desk.change(desk.people[stays.id], **{name: getattr(kept, name) for name in PROFILE})
    if goes.moderator or not empty(desk, goes, stays):
        _applications(desk, stays, goes)
        _pairs(desk, stays, goes)
        _cases(desk, stays, goes)
        _named_by_others(desk, stays, goes)
    _dialogues(desk, stays, goes, keeps_join=lead.id == goes.id)
    _timers(desk, stays, goes, keeps_join=lead.id == goes.id)
    _letters(desk, stays, goes)
    _rest(desk, stays, goes)
    for address in desk.addresses.where("person", goes.id):
        desk.put(replace(address, person=stays.id))
    desk.drop(desk.people[goes.id])
    desk.note(0, "merged", f"person {stays.id}")
    stays = desk.people[stays.id]
    if stays.waiting_since is not None and people.active_pairs(desk, stays) >= desk.policy.cap:
        stays = people.stop_waiting(desk, stays)
    return stays


def _leave_behind(desk: Desk, person: Person) -> None:
    """Whatever is open between the less far record and the moderators ends: the other one is past it."""
    for dialogue in desk.dialogues.where("person", person.id):
        if dialogue.form == "join":
            desk.drop(dialogue)
    for name in (*JOIN_TIMERS, "nudge looking", "guest-forgotten"):
        desk.cancel(name, f"person {person.id}")
    for application in desk.applications.where("person", person.id):
        if application.stage not in applications.OPEN and application.stage != "deferred":
            continue
        applications.close_talk(desk, application)
        if may("application", application.stage, "take back"):
            stage = step("application", application.stage, "take back")
            desk.change(application, stage=stage, exchange=(), words="")


def _number(number: int, stays: Person, goes: Person) -> int:
    return stays.id if number == goes.id else number


def _numbers(numbers: tuple[int, ...], stays: Person, goes: Person) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_number(number, stays, goes) for number in numbers))


def _applications(desk: Desk, stays: Person, goes: Person) -> None:
    for application in list(desk.applications):
        exchange = tuple(_said(line, "q", stays, goes) for line in application.exchange)
        _change(
            desk,
            application,
            person=_number(application.person, stays, goes),
            holder=_number(application.holder, stays, goes),
            decided_by=_number(application.decided_by, stays, goes),
            exchange=exchange,
        )


def _said(line: str, mark: str, stays: Person, goes: Person) -> str:
    """ "m 9 words" as said by the record that stays."""
    head = f"{mark} {goes.id} "
    return f"{mark} {stays.id} {line[len(head) :]}" if line.startswith(head) else line


def _change(desk: Desk, record: Any, **fields: object) -> None:
    """Write a record only if something in it changes."""
    changed = replace(record, **fields)
    if changed != record:
        desk.put(changed)


def _pairs(desk: Desk, stays: Person, goes: Person) -> None:
    for side in desk.participants.where("person", goes.id):
        desk.drop(side)
        if desk.participants.get((side.pair, stays.id)) is None:
            desk.put(replace(side, person=stays.id))
    names = ("drafted_by", "started_by", "paused_by", "ended_by")
    for pair in list(desk.pairs):
        _change(desk, pair, **{name: _number(getattr(pair, name), stays, goes) for name in names})
    for meeting in list(desk.meetings):
        _change(
            desk,
            meeting,
            proposed_by=_number(meeting.proposed_by, stays, goes),
            extend_by=_number(meeting.extend_by, stays, goes),
            next_by=_number(meeting.next_by, stays, goes),
            teachers=_numbers(meeting.teachers, stays, goes),
            present=_numbers(meeting.present, stays, goes),
            late=tuple((_number(number, stays, goes), minutes) for number, minutes in meeting.late),
        )


def _cases(desk: Desk, stays: Person, goes: Person) -> None:
    for case in list(desk.cases):
        _change(
            desk,
            case,
            person=_number(case.person, stays, goes),
            holder=_number(case.holder, stays, goes),
            hidden_from=tuple(sorted(_numbers(case.hidden_from, stays, goes))),
            words=tuple(_said(line, "m", stays, goes) for line in case.words),
        )


def _dialogues(desk: Desk, stays: Person, goes: Person, *, keeps_join: bool) -> None:
    """Questions in private move unless the same one is open already; those in the moderators' place end."""
    for dialogue in desk.dialogues.where("person", goes.id):
        same = forms.of(desk, stays, dialogue.form, dialogue.about)
        if dialogue.place or same is not None or (dialogue.form == "join" and not keeps_join):
            desk.drop(dialogue)
        else:
            desk.put(replace(dialogue, person=stays.id))


def _timers(desk: Desk, stays: Person, goes: Person, *, keeps_join: bool) -> None:
    for kind in ("person", "words"):
        for timer in desk.timers.where("about", f"{kind} {goes.id}"):
            desk.drop(timer)
            dropped = timer.name == "guest-forgotten" or (timer.name in JOIN_TIMERS and not keeps_join)
            if not dropped and desk.timers.get((timer.name, f"{kind} {stays.id}")) is None:
                desk.plan(timer.name, f"{kind} {stays.id}", timer.due)
    if stays.stage != "guest" or stays.moderator:
        desk.cancel("guest-forgotten", f"person {stays.id}")


def _letters(desk: Desk, stays: Person, goes: Person) -> None:
    """What waits for them is theirs at the same address; words of theirs that wait for a partner keep their writer."""
    for letter in desk.letters.where("person", goes.id):
        outbox.move(desk, letter, letter.to, person=stays.id)
    for pair in pairs.of(desk, stays, ACTIVE_PAIRS | {"ending", "ended"}):
        for reader in pairs.people(desk, pair):
            for letter in desk.letters.where("person", reader.id):
                head = f"relay {pair.id} {goes.id} "
                if letter.receipt.startswith(head):
                    receipt = f"relay {pair.id} {stays.id} {letter.receipt[len(head) :]}"
                    outbox.move(desk, letter, letter.to, receipt=receipt)
    relay.plan_expiry(desk, stays)


def _rest(desk: Desk, stays: Person, goes: Person) -> None:
    """Feedback, codes and files of theirs, and whom they would rather not be matched with."""
    for feedback in desk.feedback.where("person", goes.id):
        desk.change(feedback, person=stays.id)
    for avoid in {*desk.avoids.where("person", goes.id), *desk.avoids.where("other", goes.id)}:
        desk.drop(avoid)
        person, other = _number(avoid.person, stays, goes), _number(avoid.other, stays, goes)
        if person != other:
            desk.put(Avoid(desk.name, person, other))
    for code in desk.codes.where("person", goes.id):
        desk.change(code, person=stays.id)
    for file in desk.files.where("person", goes.id):
        desk.change(file, person=stays.id)


def _named_by_others(desk: Desk, stays: Person, goes: Person) -> None:
    """Notes about or by them, posts, questions that a moderator asked, and who let whom in."""
    for memo in list(desk.memos):
        about = f"person {stays.id}" if memo.about == f"person {goes.id}" else memo.about
        _change(desk, memo, about=about, by=_number(memo.by, stays, goes))
    for post in list(desk.posts):
        answered, wants = _numbers(post.answered_by, stays, goes), _numbers(post.wants, stays, goes)
        _change(desk, post, person=_number(post.person, stays, goes), answered_by=answered, wants=wants)
    posts.only_one_ask(desk, stays)
    for dialogue in [d for d in desk.dialogues if d.form in NOTED]:
        first, line, rest = dialogue.note.partition("\n")
        if first == str(goes.id):
            desk.put(replace(dialogue, note=f"{stays.id}{line}{rest}"))
    for person in [p for p in desk.people if p.accepted_by == goes.id]:
        desk.change(person, accepted_by=stays.id)


# ------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """A record that is gone is named by nothing that could be needed."""
    for key, person in desk.people.changed.items():
        if person is not None:
            continue
        for kind in ("address", "participant", "application", "dialogue", "letter", "code", "file"):
            if desk.views[kind].count("person", key):
                return f"person {key} is gone, but a {kind} still names them"
    return ""
