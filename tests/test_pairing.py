"""Pairing beyond the plays: moderators who are members, people who pause or leave, late answers and the gates."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from relaybot.decide import Unsound, decide
from relaybot.events import Due
from relaybot.model import Avoid, Pair, Participant, Put, Tally
from relaybot.nouns import offers, pairs
from relaybot.nouns.people import start_waiting
from relaybot.policy import Network
from tests.pairing_world import BRAM, NOW, begun, by_hand, change, commit, heard, latest, pair_now, person
from tests.play import NAME, NETWORK, PLACES, add_member, add_pair, add_person, policy, world

# ------------------------------------------------------------------------------------- the moderators


def test_a_moderator_who_is_offered_learns_no_more_than_any_member() -> None:
    """Invariants 1 and 3: neither the offer nor any list or team line tells dana who it is or how it goes."""
    w = begun()
    add_person(w, "esi", moderator=True)
    change(w, "ana", moderator=True)
    w.say("dana", "pair ana bram now", place="team")
    assert heard(w, "team") == ["ana is a moderator and reads here: please say that to me in private."]

    pair_now(w)
    w.say("ana", "yes")
    before = heard(w, "ana")
    assert not any("bram" in line for line in before)
    assert "M1: ana says yes; bram is asked now." in heard(w, "dana")
    assert heard(w, "team") == []

    w.say("ana", "pairs", place="team")
    w.say("dana", "pairs", place="team")
    assert heard(w, "team") == ["There are no pairs yet. suggest <person> finds two who fit."] * 2
    w.say("dana", "pairs")
    assert heard(w, "dana")[-1] == "M1 ana and bram: bram is asked, till Tue 1 Dec"
    w.say("ana", "withdraw M1")
    w.say("ana", "waiting")
    w.say("ana", "suggest bram")
    w.say("ana", "show bram")
    assert not any("M1" in line for line in heard(w, "ana"))

    w.say("bram", "no M1 not a moderator please")
    assert not any("not a moderator" in line for line in heard(w, "ana") + heard(w, "team"))
    assert any("not a moderator please" in line for line in heard(w, "dana"))
    w.say("ana", "pair bram dana")
    assert heard(w, "ana") == ["dana is not a member yet, so can't be paired. queue shows who waits for a decision."]


def test_who_pairs_themselves_is_not_named_as_the_finder() -> None:
    """Invariant 1: the other must not learn from "dana found someone" that it is dana."""
    w = begun()
    change(w, "ana", moderator=True)
    pair_now(w, moderator="ana")
    w.say("ana", "1")
    assert heard(w, "bram")[0].startswith("bram, a moderator found someone who may suit you (M1): lives in")


def test_a_moderator_cannot_learn_of_an_avoidance_by_pairing_themselves() -> None:
    """Whether or not bram asked for it, a second pair with oneself is another moderator's to make."""
    said = []
    for avoided in (False, True):
        w = begun()
        change(w, "ana", moderator=True)
        add_pair(w, 1, "ana", "bram", "ended")
        for name in ("ana", "bram"):
            change(w, name, waiting_since=NOW)
        if avoided:
            w.make(Put(Avoid(NAME, person(w, "bram").id, person(w, "ana").id)))
        w.say("ana", "pair ana bram")
        said.append(heard(w, "ana"))
    assert (
        said[0]
        == said[1]
        == ["This one another moderator has to do, because it is about you. They can say it to me in private."]
    )


def test_others_are_told_that_two_are_not_to_be_paired_but_not_who_asked() -> None:
    """The avoid-list binds moderators too, and names nobody."""
    said = set()
    for one, other in (("ana", "bram"), ("bram", "ana")):
        w = begun()
        w.make(Put(Avoid(NAME, person(w, one).id, person(w, other).id)))
        w.say("dana", "pair ana bram")
        w.say("dana", "why ana bram")
        w.say("dana", "suggest ana")
        said.add(tuple(heard(w, "dana")))
    assert len(said) == 1
    lines = said.pop()
    assert lines[0] == "ana and bram are not to be paired. Nothing done; suggest ana lists others."
    assert "Against: they are not to be paired." in lines
    assert "Ruled out 1: 1 brought together once before." in lines


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"stage": "left", "waiting_since": None, "moderator": True}, "bram is not a member yet, so can't be paired."),
        ({"paused_until": NOW + timedelta(days=3)}, "bram is paused until Fri 27 Nov;"),
        ({"rematch": "later"}, "bram doesn't want a new partner at the moment"),
    ],
)
def test_who_cannot_be_asked_is_refused_with_the_reason(fields: dict[str, object], expected: str) -> None:
    """A plan is not even shown for someone who can't be asked."""
    w = begun()
    change(w, "bram", **fields)
    w.say("dana", "pair ana bram")
    assert heard(w, "dana")[0].startswith(expected)
    assert not w.programme.tables.pairs.rows


def test_two_partners_are_not_paired_twice() -> None:
    """With a limit of two, the same two can't become two pairs."""
    w = begun("cap = 2")
    add_pair(w, 4, "ana", "bram", "trial")
    w.say("dana", "pair ana bram")
    assert heard(w, "dana") == ["ana and bram are in M4 together. show M4 says more."]


def test_suggest_minds_what_stands_in_the_persons_own_way() -> None:
    """Someone paused or at the limit still gets suggestions, with a word about it."""
    w = begun()
    add_member(w, "oto", BRAM)
    add_pair(w, 4, "ana", "oto", "trial")
    change(w, "ana", paused_until=NOW + timedelta(days=3))
    w.say("dana", "suggest ana")
    lines = heard(w, "dana")
    assert lines[:2] == ["For ana, 1 of 1 waiting:", "Mind: ana is paused; ana has reached the limit of 1."]


# --------------------------------------------------------------------------------------- introduction


def test_without_a_place_of_their_own_words_are_carried_and_no_address_is_told() -> None:
    """Invariant 1: an address never reaches the other, also after both said yes."""
    w = begun()
    bare = Network(public=PLACES["public"], moderators=PLACES["team"], pair_places=False)
    w.programme.policy = policy().model_copy(update={"networks": {NETWORK: bare}})
    pair_now(w)
    w.say("ana", "yes")
    heard(w, "ana")
    w.say("bram", "yes")
    lines = heard(w, "ana")
    assert latest(w).stage == "introduced"
    assert latest(w).place == ""
    assert lines[1].startswith("tell M1 <words> reaches bram, and talk M1 keeps carrying")
    assert not any("bram" in line and "/" in line for line in lines)
    assert not heard(w, "m1")


def test_who_still_has_room_goes_on_waiting_after_an_introduction() -> None:
    """With a limit of two both stay in the list with a fresh promise; with one they leave it."""
    for cap, waits in (("cap = 2", True), ("cap = 1", False)):
        w = begun(cap)
        pair_now(w)
        w.say("ana", "yes")
        w.say("bram", "yes")
        for name in ("ana", "bram"):
            assert (person(w, name).waiting_since is not None) == waits
            assert (person(w, name).promise == NOW + timedelta(days=14)) == waits


# ---------------------------------------------------------------------------------- pausing and leaving


@pytest.mark.parametrize(
    "fields", [{"paused_until": NOW + timedelta(days=30)}, {"stage": "left", "waiting_since": None}]
)
@pytest.mark.parametrize("who", ["ana", "bram"])
def test_who_pauses_or_leaves_in_the_middle_of_an_offer_is_told_nothing_and_the_other_no_reason(
    fields: dict[str, object], who: str
) -> None:
    """Invariant 17 and 2: the one who goes hears nothing more; the other hears what anybody hears."""
    w = begun()
    pair_now(w)
    w.say("ana", "yes")
    w.said.clear()
    change(w, who, **fields)
    desk = by_hand(w)
    pairs.drop_offer(desk, desk.pairs[1], "withdraw")
    commit(w, desk)
    w.pass_until(NOW + timedelta(days=2))
    other = "bram" if who == "ana" else "ana"
    assert heard(w, who) == []
    opening = "M1 is no longer open" if other == "bram" else "M1 didn't come together."
    assert [line.startswith(opening) for line in heard(w, other)] == [True]


def test_someone_who_pauses_before_being_told_is_told_when_they_are_back() -> None:
    """A paused person gets no unasked message; what they wait for is not lost."""
    w = begun()
    pair_now(w)
    w.say("ana", "yes")
    w.say("bram", "no")
    w.said.clear()
    change(w, "ana", paused_until=NOW + timedelta(days=5))
    w.pass_until(NOW + timedelta(days=4))
    assert heard(w, "ana") == []
    w.pass_until(NOW + timedelta(days=6))
    assert heard(w, "ana")[0].startswith("M1 didn't come together.")


def test_a_no_after_ones_own_yes_ends_it_quietly() -> None:
    """Ana may change her mind until the introduction: bram hears only that it is no longer open."""
    w = begun()
    pair_now(w)
    w.say("ana", "yes")
    w.said.clear()
    w.say("ana", "no m1")
    assert heard(w, "ana")[0].startswith("All right, and nobody is told.")
    w.pass_until(w.now)
    gone = "M1 is no longer open, so there is nothing to answer. That says nothing about you."
    assert heard(w, "bram") == [f"{gone} You stay in the list; by Tue 8 Dec you hear from us."]
    w.say("bram", "1")
    assert latest(w).stage == "withdrawn"


def test_a_no_in_the_hour_before_being_told_silences_the_neutral_text() -> None:
    """Who has said no themselves need not hear that it didn't come together."""
    w = begun()
    pair_now(w)
    w.say("ana", "yes")
    w.say("bram", "no")
    w.say("ana", "no M1")
    w.said.clear()
    w.pass_until(NOW + timedelta(days=2))
    assert heard(w, "ana") == []


def test_an_answer_to_an_ended_pair_asks_whether_to_look_again() -> None:
    """Late replies are thanked for."""
    w = begun()
    add_pair(w, 4, "ana", "bram", "ended")
    w.make(Put(replace(w.programme.tables.pairs.rows[4], ended_at=NOW - timedelta(days=2))))
    change(w, "ana", rematch="no")
    w.say("ana", "yes M4")
    assert heard(w, "ana") == ["M4 was closed on Sun 22 Nov, but thank you. Shall I start looking again? (yes/no)"]
    w.say("ana", "no thanks")
    assert heard(w, "ana") == ["All right, nobody looks for you now. match me starts it again."]
    w.say("ana", "yes M4")
    w.say("ana", "yes please")
    assert heard(w, "ana")[-1] == "Thank you. You stay in the list; by Tue 8 Dec you hear from us."
    w.say("bram", "yes M5")
    assert heard(w, "bram") == ["M5 isn't a pair of yours that is open. status shows what is."]


def test_the_share_is_said_only_with_a_record_of_twenty() -> None:
    """ "About one of four" needs twenty offers that ended."""
    for together, words in (
        (10, "That says nothing about you."),
        (15, "That happens in about one of four cases and says"),
    ):
        w = begun()
        w.make(Put(Tally(NAME, "offers together", together)), Put(Tally(NAME, "offers apart", 4)))
        pair_now(w)
        w.say("ana", "yes")
        w.say("bram", "no")
        w.said.clear()
        w.pass_until(NOW + timedelta(days=2))
        assert words in heard(w, "ana")[0]


# ------------------------------------------------------------------------------------------- the gates


def test_a_letter_that_gives_the_other_away_is_not_sound() -> None:
    """The gate behind invariant 1: a name or an address in a letter about an open offer stops the decision."""
    w = begun()
    pair_now(w)
    ana = person(w, "ana")
    for text in ("It is Bram.", f"Write to {NETWORK}/bram"):
        desk = by_hand(w)
        desk.tell(ana, text, claim="pair 1 asked_first")
        assert "would reach someone who is only being asked" in offers.unsound(desk)
    desk = by_hand(w)
    desk.tell(ana, "It is brambles.", claim="pair 1 asked_first")
    assert offers.unsound(desk) == ""


def test_two_open_offers_of_one_person_are_not_sound() -> None:
    """The gate behind one open offer at a time."""
    w = begun()
    pair_now(w)
    desk = by_hand(w)
    desk.put(Pair(NAME, 2, "drafted", 1, NOW))
    for order, name in enumerate(("bram", "dana")):
        desk.put(Participant(NAME, 2, person(w, name).id, order))
    assert offers.unsound(desk) == f"person {person(w, 'bram').id} is in two open offers"


def test_the_outbox_drops_an_offer_that_is_over() -> None:
    """An offer that could not be delivered is not delivered after it lapsed."""
    w = begun()
    w.away.add(f"{NETWORK}/ana")
    pair_now(w)
    assert [x.claim for x in w.programme.tables.letters.rows.values() if x.claim] == ["pair 1 asked_first"]
    w.say("dana", "withdraw M1")
    assert not [x for x in w.programme.tables.letters.rows.values() if x.claim]


def test_an_unsound_plan_is_a_bug_not_a_pair() -> None:
    """decide refuses a decision that would bring a third offer about."""
    w = begun()
    pair_now(w)
    w.make(Put(Pair(NAME, 7, "drafted", 1, NOW)))
    for order, name in enumerate(("bram", "ana")):
        w.make(Put(Participant(NAME, 7, person(w, name).id, order)))
    desk = by_hand(w)
    desk.plan("offer-leave", "M7", NOW)
    commit(w, desk)
    timer = w.programme.tables.timers.rows[("offer-leave", "M7")]
    with pytest.raises(Unsound, match="two open offers"):
        decide(w.programme, Due(timer), w.moment())


def test_still_looking_is_silent_while_something_nearer_is_awaited() -> None:
    """Who is in an offer gets no news about the search; who is not asked yet gets them as ever."""
    w = begun()
    for name in ("ana", "bram"):
        desk = by_hand(w)
        start_waiting(desk, desk.people[person(w, name).id])
        commit(w, desk)
    w.pass_until(NOW + timedelta(days=12))
    pair_now(w)
    w.said.clear()
    w.pass_until(NOW + timedelta(days=14))
    assert heard(w, "ana") == []
    assert heard(w, "bram")[0].startswith("bram, we are still looking for a partner for you:")


def test_long_names_skills_and_notes_stay_within_a_line() -> None:
    """Invariant 20: every line to a member fits into one IRC line, also with the longest names and many skills."""
    long = ", ".join(f"{'averylongskillname' * 2}{number} deep" for number in range(6))
    names = ("x" * 30, "y" * 30)
    w = world(NOW)
    add_person(w, "d" * 30, moderator=True)
    for name, learn in zip(names, ("new", "a little"), strict=True):
        words = long.replace("deep", learn)
        free = "mon 08:00-10:00, tue 09:00-11:00, wed 10:00-12:00, thu 11:00-13:00, fri 12:00-14:00"
        languages = "Portuguese,English,Norwegian,Indonesian,Vietnamese,Hungarian"
        add_member(w, name, {"learn": words, "offer": long, "free": free, "languages": languages})
    for said in (f"pair {names[0]} {names[1]} note {'wort ' * 150}", "yes", f"suggest {names[0]}", "waiting",
                 f"why {names[0]} {names[1]}"):  # fmt: skip
        w.say("d" * 30, said)
    w.pass_until(NOW + timedelta(minutes=10))
    w.say(names[0], "yes")
    w.say(names[1], "yes")
    assert latest(w).stage == "introduced"
    assert [line for reader, line in w.said if len(line.encode()) > 400] == []
    assert sum(line.count("wort") for reader, line in w.said if reader == names[0]) == 150
