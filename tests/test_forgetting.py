"""Forgetting: after it no record holds the person's name, addresses or words; what belongs to others stays whole."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.desk import Desk
from relaybot.model import Application, Case, Code, Entry, Feedback, Memo, Person, Put
from relaybot.nouns.forgetting import forget
from relaybot.ports import Refused
from tests.play import NAME, NETWORK, World, add_applicant, add_hour, add_member, add_pair, add_person, world

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ANA = "zanzi"  # a name that is part of no other word
CANARY = "c4nary"


def town(*, pair: str = "active") -> World:
    """Dana and esi moderate, zanzi is a member with words everywhere, bram the partner, lupe waits."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    add_person(w, "esi", moderator=True)
    add_member(w, ANA, {"learn": f"{CANARY}-learn", "offer": f"{CANARY}-offer deep"})
    add_member(w, "bram", {})
    add_member(w, "lupe", {})
    if pair:
        add_pair(w, 12, ANA, "bram", pair)
    w.make(Put(replace(who(w, ANA), about=f"{CANARY} about", links=(f"https://{CANARY}.example",))))
    return w


def who(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def erase(w: World, name: str = ANA) -> None:
    """What `relaybot forget` does."""
    desk = Desk(w.programme, w.moment())
    forget(desk, desk.people[who(w, name).id])
    w.make(*desk.changes())
    w.deliver()


def traces(w: World) -> set[str]:
    """Kinds of records that still hold the name, the address or words, the journal among them."""
    found = set()
    for kind, table in w.programme.tables.by_kind.items():
        for row in table.rows.values():
            text = str(asdict(row)).lower()
            if ANA in text or CANARY in text:
                found.add(kind)
    return found | {"entry" for entry in w.journal if ANA in str(entry) or CANARY in str(entry)}


def words_everywhere(w: World) -> None:
    """Records of every kind that speak of zanzi."""
    me, dana = who(w, ANA), who(w, "dana")
    about = f"person {me.id}"
    w.make(
        Put(Application(NAME, 7, me.id, "accepted", START, START, exchange=(f"a {CANARY}",), words=CANARY)),
        Put(Memo(NAME, 1, about, dana.id, START, f"{ANA} {CANARY}")),
        Put(Memo(NAME, 2, "A7", dana.id, START, f"{ANA} {CANARY}")),
        Put(Feedback(NAME, 1, 12, me.id, START, "good", CANARY)),
        Put(Code(NAME, "d1gest", "link", me.id, f"{NETWORK}/{ANA}")),
        Put(Case(NAME, 5, "help", "closed", me.id, words=(f"p {CANARY}",), reason_words=CANARY, hidden_from=(me.id,))),
        Put(Entry(NAME, 99, START, me.id, "tell", "M12")),
    )
    pair = w.programme.tables.pairs.rows.get(12)
    if pair is not None:
        w.make(Put(Memo(NAME, 3, "M12", dana.id, START, f"{ANA} {CANARY}")))
        w.make(Put(replace(pair, note=f"{ANA} {CANARY}", project=CANARY, private=CANARY, means=CANARY)))


MOVES = (
    f"{ANA}: moderator urgent {CANARY} help", f"{ANA}: tell {CANARY} hello", f"{ANA}: talk", f"{ANA}: {CANARY} said",
    f"{ANA}: drop", f"{ANA}: 3", f"{ANA}: 2", f"{ANA}: 3 {CANARY} reason", f"{ANA}: yes", f"{ANA}: skip", f"{ANA}: pause 2 weeks",
    f"{ANA}: mute 2d", f"{ANA}: set about {CANARY}", f"{ANA}: off {CANARY} felt wrong", f"{ANA}: forget me", f"{ANA}: leave",
    "bram: drop", "bram: 3", "bram: 2", "bram: skip", "bram: yes", "bram: mute 2d", "bram: tell hello", "bram: moderator hm",
    "dana: cases", f"dana: pair {ANA} lupe now", "dana: yes", f"dana: memo {ANA} {CANARY}", f"dana: mod add {ANA}",
    f"dana: suspend {ANA}", "wait 3", "wait 30", "away bram", "away zanzi", "back",
)  # fmt: skip


@settings(max_examples=120)
@given(st.lists(st.sampled_from(MOVES), max_size=14), st.sampled_from(("", "introduced", "trial", "active", "resting")))
def test_nothing_is_left_whatever_happened_before(moves: list[str], pair: str) -> None:
    """After any stretch of life, forgetting leaves no trace in any record; letters to others are delivered first."""
    w = town(pair=pair)
    words_everywhere(w)
    if pair in {"trial", "active"}:
        add_hour(w, 40, 12, START + timedelta(days=3))
    for move in moves:
        live(w, move)
    w.away.clear()
    w.deliver()
    if any(p.name == ANA for p in w.programme.tables.people.rows.values()):
        erase(w)
    own = {x.id for x in w.programme.tables.letters.rows.values() if not x.held}
    assert own == set()
    assert traces(w) == set()
    assert all(len(w.programme.tables.participants.keys("pair", p)) <= 2 for p in w.programme.tables.pairs.rows)
    w.pass_until(w.now + timedelta(days=40))  # nothing that was planned stumbles over who is gone
    for said in ("status", "mydata", "1", "tell hello", "drop", "rematch yes", "leave", "yes"):
        w.say("bram", said)
    for said in ("queue", "pairs", "cases", "show M12", "audit M12", "show bram", "audit bram", "waiting", "health"):
        w.say("dana", said)
    assert traces(w) <= {"letter"}


def live(w: World, move: str) -> None:
    """One move of the life before."""
    speaker, colon, text = move.partition(": ")
    if colon:
        w.say(speaker, text)
    elif move.startswith("wait"):
        w.pass_until(w.now + timedelta(hours=int(move.split()[1])))
    elif move.startswith("away"):
        w.away.add(f"{NETWORK}/{move.split()[1]}")
    else:
        w.away.clear()
        w.deliver()


def test_a_partner_keeps_the_pair_and_their_own_words() -> None:
    """What bram said about the hours is his and stays; the pair is over and has one side."""
    w = town()
    bram = who(w, "bram")
    w.make(Put(Feedback(NAME, 2, 12, bram.id, START, "good", "patient")))
    erase(w)
    pair = w.programme.tables.pairs.rows[12]
    assert (pair.stage, pair.place) == ("ended", "")
    assert w.programme.tables.participants.keys("pair", 12) == ((12, bram.id),)
    assert [f.words for f in w.programme.tables.feedback.rows.values()] == ["patient"]
    assert next(line for reader, line in w.said if reader == "bram").startswith(
        "Your hours together have come to an end."
    )


def test_whoever_ended_it_is_not_told_that_it_ended() -> None:
    """Bram has left in secret and zanzi, who was to be told, is forgotten: nobody is told, and the case is closed."""
    w = town()
    for said in ("drop", "3", "2", "skip", "yes", "later", "no"):
        w.say("bram", said)
    w.said.clear()
    erase(w)
    case = next(c for c in w.programme.tables.cases.rows.values() if c.topic == "farewell")
    assert case.stage == "closed"
    assert [line for reader, line in w.said if reader == "bram"] == []


def test_an_open_offer_ends_like_any_other() -> None:
    """The other side of an offer hears what follows every no, at a moment drawn like every other."""
    w = town(pair="")
    w.say("dana", f"pair lupe {ANA} first lupe now")
    w.say("dana", "yes")
    w.say("lupe", "yes")
    w.said.clear()
    erase(w)
    assert [line for reader, line in w.said if reader == "lupe"] == []
    w.pass_until(w.now + timedelta(days=2))
    assert "M1 didn't come together." in next(line for reader, line in w.said if reader == "lupe")


def test_an_open_application_is_taken_off_the_desk() -> None:
    """Moderators hear that A1 is gone, by its number; no timer of it is left."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    add_applicant(w, ANA, {})
    w.said.clear()
    erase(w)
    assert [line for reader, line in w.said if reader == "team"] == ["A1 is gone: the applicant asked to be forgotten."]
    assert w.programme.tables.applications.rows == {}
    assert [t for t in w.programme.tables.timers.rows.values() if t.about == "A1"] == []


def test_an_open_case_is_gone_for_those_who_could_see_it() -> None:
    """Moderators hear that a case is gone, and a reply to it finds nothing."""
    w = town()
    w.say(ANA, f"moderator I am not well {CANARY}")
    number = w.opened[-1]
    w.said.clear()
    erase(w)
    assert f"H{number} is gone, with everything in it: the person asked to be forgotten." in [
        line for _, line in w.said
    ]
    w.say("dana", f"reply H{number} hello")
    assert f"There is no open H{number}" in w.said[-1][1]


def test_the_only_moderator_stays() -> None:
    """Nobody is left without a person: the last moderator is refused, one of two is not."""
    w = town()
    erase(w, "esi")
    with pytest.raises(Refused, match="dana is the only moderator"):
        erase(w, "dana")
    assert who(w, "dana").moderator


def test_a_moderators_notes_go_with_them() -> None:
    """Notes a moderator wrote are theirs; what they held has nobody."""
    w = town()
    dana = who(w, "dana")
    w.say(ANA, "moderator please help me")
    number = w.opened[-1]
    w.say("dana", f"take H{number}")
    w.say("dana", "memo bram likes trees")
    assert w.programme.tables.cases.rows[number].holder == dana.id
    erase(w, "dana")
    assert [m for m in w.programme.tables.memos.rows.values() if m.by == dana.id] == []
    assert w.programme.tables.cases.rows[number].holder == 0
    assert ("case-unheld", f"H{number}") in w.programme.tables.timers.rows


def test_leaving_the_programme_does_not_save_from_being_forgotten() -> None:
    """`leave` takes back what was planned for a member, not the deletion that was asked for."""
    w = town(pair="")
    for said in ("forget me", "yes", "leave", "yes"):
        w.say(ANA, said)
    w.pass_until(w.now + timedelta(hours=25))
    assert traces(w) == set()


def test_a_deletion_that_has_become_impossible_is_said() -> None:
    """Somebody asked to be forgotten and became the only moderator meanwhile: it is not done, and they know why."""
    w = town(pair="")
    for said in ("forget me", "yes"):
        w.say(ANA, said)
    for name in ("dana", "esi"):
        w.make(Put(replace(who(w, name), moderator=False)))
    w.make(Put(replace(who(w, ANA), moderator=True)))
    w.said.clear()
    w.pass_until(w.now + timedelta(hours=25))
    assert any(f"{ANA} is the only moderator" in line for reader, line in w.said if reader == ANA)
