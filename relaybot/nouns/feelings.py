"""What people tell about a partner in private: kept for moderators, deleted after its time, and how a case is made of it."""

from __future__ import annotations

from datetime import timedelta

from relaybot import times
from relaybot.desk import Desk
from relaybot.model import Feedback, Pair, Person, Urgency
from relaybot.nouns import cases, people
from relaybot.ports import Refused
from relaybot.words import fitting as words
from relaybot.words.common import join_words


def keep(desk: Desk, pair: Pair, person: Person, value: str, said: str) -> None:
    """Keep what was told until some time after the pair's end."""
    kept = Feedback(desk.name, desk.serial(), pair.id, person.id, desk.now, value, said)
    desk.put(kept)
    desk.plan("feedback", f"feedback {kept.id}", desk.now + timedelta(days=desk.policy.fit.feedback_days))


def expire(desk: Desk, about: str) -> None:
    """Delete it when its time has come; while the pair goes on, look again later."""
    kept = desk.feedback.get(int(about.split()[1]))
    if kept is None:
        return
    length = timedelta(days=desk.policy.fit.feedback_days)
    pair = desk.pairs.get(kept.pair)
    ended = (pair.ended_at or desk.now) if pair is not None else desk.now - length
    if ended + length > desk.now:
        desk.plan("feedback", about, ended + length)
    else:
        desk.drop(kept)


def something_off(desk: Desk, pair: Pair, person: Person, said: str) -> tuple[str, ...]:
    """Open an urgent case about a pair; returns what the person is told. The partner learns nothing."""
    mine = [c for c in desk.cases.where("person", person.id) if c.stage != "closed"]
    if len(mine) >= desk.policy.limits.open_cases:
        raise Refused(words.too_many(desk.policy.limits.open_cases))
    case = desk.change(cases.open_case(desk, "help", person, pair=pair, words_=said), urgent=True)
    line = words.off_team(case.id, person, pair.id, said) if said else words.off_team_silent(case.id, person, pair.id)
    cases.tell(desk, case, line, urgency=Urgency.URGENT)
    readers = people.moderators(desk, case.hidden_from)
    if not readers:
        return (words.off_nobody(case.id, desk.policy.operator),)
    by = times.show_day(case.promise or desk.now, people.zone(person))
    return (words.off_read_by(join_words([p.name for p in readers]), case.id, by),)
