"""`status` for every person and state: never empty, always one who acts next, and never more than was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaybot.desk import Desk
from relaybot.events import Moment
from relaybot.model import Application, Meeting, Participant, Person, Put
from relaybot.nouns import whereabouts
from relaybot.rules import LIFECYCLES
from tests.play import NAME, World, add_member, add_pair, add_person, world

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


def _said(w: World, who: str, text: str) -> str:
    w.said.clear()
    w.say(who, text)
    return w.said[0][1]


def _lines(w: World, person: Person) -> tuple[str, ...]:
    return whereabouts.lines(Desk(w.programme, Moment(w.now, b"1")), w.programme.tables.people.rows[person.id])


DAYS = st.one_of(st.none(), st.integers(-30, 30).map(lambda n: NOW + timedelta(days=n)))


@given(
    stage=st.sampled_from(sorted(LIFECYCLES["person"])),
    moderator=st.booleans(),
    waiting=DAYS,
    promise=DAYS,
    paused=DAYS,
    rematch=st.sampled_from(["yes", "later", "no"]),
    zone=st.sampled_from(["", "Europe/Lisbon", "America/Toronto"]),
    application=st.sampled_from([*sorted(LIFECYCLES["application"]), ""]),
    chat=DAYS,
)
def test_everybody_has_a_next(
    stage: str,
    moderator: bool,
    waiting: datetime | None,
    promise: datetime | None,
    paused: datetime | None,
    rematch: str,
    zone: str,
    application: str,
    chat: datetime | None,
) -> None:
    """Whatever the records say, status names the person first and who acts next last, each once."""
    w = world(NOW)
    person = add_person(
        w,
        "ana",
        stage=stage,
        moderator=moderator,
        waiting_since=waiting if stage == "member" else None,
        promise=promise,
        paused_until=paused,
        rematch=rematch,
        zone=zone,
    )
    if application:
        w.make(Put(_application(person, application, promise or NOW, chat)))
    lines = _lines(w, person)

    assert lines[0].startswith("You are ana to me (test/ana), ")
    assert lines[-1].startswith("Next: ")
    assert len(lines[-1]) > len("Next: ")
    assert all(line and not line.startswith("Next: ") for line in lines[:-1])


def _application(person: Person, stage: str, promise: datetime, chat: datetime | None) -> Application:
    return Application(NAME, 1, person.id, stage, NOW, promise, chat_at=chat, chat_means="text")


@given(
    stage=st.sampled_from(sorted(LIFECYCLES["pair"])),
    answers=st.tuples(st.sampled_from(["", "yes", "no"]), st.sampled_from(["", "yes", "no"])),
    meeting=st.sampled_from(["", *sorted(LIFECYCLES["meeting"])]),
    told_by=st.sampled_from(["", "self", "moderator", "both"]),
    ended_by=st.integers(0, 2),
)
def test_every_pair_has_a_next(stage: str, answers: tuple[str, str], meeting: str, told_by: str, ended_by: int) -> None:
    """In whatever stage a pair is and whoever ends it, both of the two are told who acts next."""
    w = world(NOW)
    people = [add_member(w, name, {}) for name in ("ana", "bram")]
    pair = add_pair(w, 12, "ana", "bram", stage)
    w.make(Put(replace(pair, told_by=told_by, ended_by=ended_by, closes_at=NOW + timedelta(days=3))))
    for person, answer in zip(people, answers, strict=True):
        w.make(Put(replace(w.programme.tables.participants.rows[(12, person.id)], answer=answer)))
    if meeting:
        w.make(Put(Meeting(NAME, 40, 12, meeting, NOW + timedelta(days=2), 60, proposed_by=people[0].id)))
    for person in people:
        assert _lines(w, person)[-1].startswith("Next: ")


def test_a_partner_learns_nothing_while_the_other_means_to_tell_it() -> None:
    """Whoever wants to say it themselves has not said it yet: the partner's status is byte for byte the one before."""
    w = world(NOW)
    ana, bram = (add_member(w, name, {}) for name in ("ana", "bram"))
    pair = add_pair(w, 12, "ana", "bram", "active")
    before = _lines(w, bram)
    w.make(Put(replace(pair, told_by="self", ended_by=ana.id)))

    assert _lines(w, bram) == before
    assert _lines(w, ana)[-1] == "Next: you. done, when you have talked."


@pytest.mark.parametrize("outcome", ["time", "fit", "other"])
def test_a_partner_who_has_not_been_told_reads_no_ending(outcome: str) -> None:
    """Between a leaving and its telling, status says what every command says, whatever the reason is, and who writes."""
    w = world(NOW)
    add_person(w, "dana", moderator=True)
    ana, bram = (add_member(w, name, {}) for name in ("ana", "bram"))
    pair = add_pair(w, 12, "ana", "bram", "active")
    w.make(Put(replace(pair, stage="ending", told_by="moderator", ended_by=ana.id, outcome=outcome)))

    said = _said(w, "bram", "propose fri 18:30")
    assert _lines(w, bram)[1:] == (
        f"M12 with ana. {said}",
        "Next: a moderator, who writes to you.",
    )
    assert _lines(w, ana)[1] == "M12 with bram is over for you; a moderator tells bram."


def test_a_no_is_not_seen_before_it_is_told() -> None:
    """Whoever said yes reads the same while the other is asked and after the other's no, until the news goes out."""
    w = world(NOW)
    ana, bram = (add_member(w, name, {}) for name in ("ana", "bram"))
    pair = add_pair(w, 12, "ana", "bram", "asked_second")
    closes = NOW + timedelta(days=7)
    w.make(Put(replace(pair, closes_at=closes)), Put(Participant(NAME, 12, bram.id, 1, asked_at=NOW)))
    for person in (ana, bram):
        w.make(Put(replace(w.programme.tables.people.rows[person.id], waiting_since=NOW)))
    waiting = _lines(w, ana)
    w.say("bram", "no M12")
    w.said.clear()

    assert w.programme.tables.pairs.rows[12].stage == "refused"
    # The date is the promise: it may not become another one by the no either, except towards the earlier.
    assert [line.split(" by ")[0] for line in _lines(w, ana)] == [line.split(" by ")[0] for line in waiting]


def test_asking_does_not_change_anything() -> None:
    """`status` may be asked as often as one likes: the programme afterwards is the programme before."""
    w = world(NOW)
    ana = add_member(w, "ana", {})
    before = {kind: dict(table.rows) for kind, table in w.programme.tables.by_kind.items()}
    w.say("ana", "status")
    w.said.clear()
    after = {kind: dict(table.rows) for kind, table in w.programme.tables.by_kind.items()}

    assert after == before
    assert ana.id in after["person"]
