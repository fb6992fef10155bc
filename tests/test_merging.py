"""Two records of one person that become one: what moves, what is refused, and that nothing names the one that went."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaybot.desk import Desk
from relaybot.model import Address, Application, Avoid, Feedback, Memo, Person, Put
from relaybot.nouns import merging
from relaybot.nouns.soundness import unsound
from relaybot.ports import Refused
from tests.linking_world import NOON, a_letter, codes_to, heard, owner, person, two_media
from tests.play import NAME, World, add_member, add_pair, add_person


def merged(w: World, one: str, other: str) -> Person:
    """Merge two people by hand, as the moderator's yes does."""
    desk = Desk(w.programme, w.moment())
    stays, goes = merging.order(person(w, one), person(w, other))
    merging.may_merge(desk, stays, goes)
    merging.absorb(desk, stays, goes)
    assert unsound(desk) == ""
    w.make(*desk.changes())
    return w.programme.tables.people.rows[stays.id]


def named(w: World, number: int) -> list[str]:
    """Kinds of records that still name somebody by number, apart from the journal and counters."""
    found = []
    for kind, table in w.programme.tables.by_kind.items():
        for row in table.rows.values():
            fields = {k: v for k, v in asdict(row).items() if k in NUMBERS}
            if number in fields.values() or any(isinstance(v, tuple) and number in v for v in fields.values()):
                found.append(kind)
            if f"person {number}" in {getattr(row, "about", "")}:
                found.append(kind)
    return found


NUMBERS = (
    "person", "other", "holder", "decided_by", "accepted_by", "drafted_by", "ended_by", "paused_by", "started_by", "by",
    "hidden_from", "teachers", "present", "proposed_by", "next_by", "extend_by",
)  # fmt: skip


@given(
    st.lists(st.sampled_from(["pair", "case", "feedback", "memo", "letter", "quiet", "avoid", "words"]), max_size=8),
    st.booleans(),
)
def test_nothing_names_the_record_that_went(moves: list[str], older: bool) -> None:
    """Whatever both records held, after merging all of it is there, and nothing names the one that went."""
    w = two_media("cap = 3", *(("ana", "ana2") if older else ("ana2", "ana")), "bram", "cara")
    one, two = person(w, "ana"), person(w, "ana2")
    partners = iter(("bram", "cara"))
    for at, move in enumerate(moves):
        mine = (one, two)[at % 2]
        if move == "pair" and (partner := next(partners, "")):
            add_pair(w, 10 + at, mine.name, partner, "active", apart=True)
        elif move == "case":
            w.say(mine.name, "moderator I would like to talk to somebody")
        elif move == "feedback":
            w.make(Put(Feedback(NAME, 100 + at, 10, mine.id, NOON, "good")))
        elif move == "memo":
            w.make(Put(Memo(NAME, 100 + at, f"person {mine.id}", 1, NOON, "kind")))
        elif move == "letter":
            w.away.add(mine.home)
            w.make(Put(replace(a_letter(w, 100 + at), to=mine.home, person=mine.id)))
        elif move == "quiet":
            w.say(mine.name, "quiet 22:00-07:00")
        elif move == "avoid":
            w.make(Put(Avoid(NAME, mine.id, person(w, "cara").id)))
        elif move == "words":
            w.say(mine.name, "tell hello")
    before = {kind: len(w.programme.tables.by_kind[kind]) for kind in ("pair", "case", "feedback", "memo", "address")}
    stays = merged(w, "ana", "ana2")
    goes = one if stays.id == two.id else two

    assert stays.id == min(one.id, two.id)
    assert named(w, goes.id) == []
    assert {kind: len(w.programme.tables.by_kind[kind]) for kind in before} == before
    assert {owner(w, one.home), owner(w, two.home)} == {stays.id}


def test_the_one_who_has_come_further_leads() -> None:
    """An applicant's older record and a member's younger one: the older number, the member's profile, no open application."""
    w = two_media("", "bram")
    old = add_person(w, "ana", stage="submitted", about="before")
    w.make(Put(Application(NAME, 1, old.id, "submitted", NOON, NOON + timedelta(days=5))))
    add_member(w, "ana2", {"learn": "go"})
    add_pair(w, 12, "ana2", "bram", "active", apart=True)
    stays = merged(w, "ana", "ana2")

    assert (stays.id, stays.name, stays.stage, stays.about) == (old.id, "ana", "member", "")
    assert [skill.name for skill in stays.learn] == ["go"]
    assert w.programme.tables.applications.rows[1].stage == "withdrawn"
    assert w.programme.tables.participants.rows.get((12, old.id)) is not None


def test_what_cannot_be_one_is_refused() -> None:
    """Partners of each other, too many partners, different rights, somebody removed or about to be forgotten."""
    w = two_media("", "ana", "bram", "cara", "eric")
    add_pair(w, 12, "ana", "bram", "active", apart=True)
    add_pair(w, 13, "cara", "eric", "active", apart=True)
    add_person(w, "gone", stage="removed")
    w.say("eric", "forget me")
    w.say("eric", "yes")
    add_member(w, "fay", {})
    desk = Desk(w.programme, w.moment())
    for one, other, why in (
        ("ana", "bram", "the two people of M12"),
        ("ana", "cara", "the limit is 1"),
        ("dana", "fay", "mod add #"),
        ("fay", "gone", "was removed"),
        ("fay", "eric", "to be forgotten"),
        ("fay", "fay", "one record already"),
    ):
        with pytest.raises(Refused, match=why):
            merging.may_merge(desk, *merging.order(person(w, one), person(w, other)))


def test_two_records_of_a_moderator() -> None:
    """A moderator named twice in the configuration links the second address: what the other record held is theirs."""
    w = two_media()
    second = Person(NAME, 50, "dana@example.net", "mail/dana@example.net", moderator=True)
    w.make(Put(second), Put(Address(NAME, second.home, 50)))
    w.say("ana", "moderator help please")
    case = next(iter(w.programme.tables.cases.rows.values()))
    w.write("dana", f"take H{case.id}", "mail")
    assert w.programme.tables.cases.rows[case.id].holder == 50
    w.said.clear()
    w.say("ana", "moderator and one more thing")
    w.say("dana", f"take H{w.opened[-1]}")
    w.say("dana", "link dana@example.net")
    code = codes_to(w, "mail/dana@example.net")[0]
    w.say("dana", f"link {code}")
    assert "belongs to another member record" in heard(w, "dana")[-1]  # it holds a case

    stays = merged(w, "dana", "dana@example.net")
    assert w.programme.tables.cases.rows[case.id].holder == stays.id
    assert named(w, 50) == []


def test_an_empty_record_of_a_moderator_is_taken_in() -> None:
    """Where the second record of a moderator holds nothing, the code is enough."""
    w = two_media()
    second = Person(NAME, 50, "dana@example.net", "mail/dana@example.net", moderator=True)
    w.make(Put(second), Put(Address(NAME, second.home, 50)))
    w.say("dana", "link dana@example.net")
    w.write("dana", "yes", "mail")

    assert owner(w, "mail/dana@example.net") == person(w, "dana").id
    assert 50 not in w.programme.tables.people.rows


def test_what_still_names_somebody_gone_is_unsound() -> None:
    """The gate behind merging: a person dropped while a record names them is a bug, not a decision."""
    w = two_media()
    desk = Desk(w.programme, w.moment())
    desk.drop(person(w, "ana"))

    assert merging.unsound(desk) == f"person {person(w, 'ana').id} is gone, but a address still names them"
