"""What somebody is told of what is kept: complete, theirs alone, and without what another one did in secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relaybot.model import Avoid, Feedback, Memo, Person, Put
from relaybot.policy import Network
from tests.play import NAME, World, add_applicant, add_hour, add_member, add_pair, add_person, world

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def town(settings: str = "") -> World:
    """Dana moderates, ana and bram are a pair with an hour to come, lupe waits."""
    w = world(START, settings)
    add_person(w, "dana", moderator=True)
    for name in ("ana", "bram", "lupe"):
        add_member(w, name, {})
    add_pair(w, 12, "ana", "bram", "active")
    add_hour(w, 40, 12, START + timedelta(days=2))
    return w


def who(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def answers(w: World, name: str, text: str) -> list[str]:
    """What somebody hears at once."""
    w.said.clear()
    w.say(name, text)
    return [line for reader, line in w.said if reader == name]


def rich(w: World) -> None:
    """Everything that can be kept about bram."""
    bram, lupe = who(w, "bram"), who(w, "lupe")
    full = replace(bram, links=("https://example.org",), project="a tree", about="I like trees", quiet=(1320, 420))
    w.make(
        Put(full),
        Put(Feedback(NAME, 1, 12, bram.id, START, "good", "patient teacher")),
        Put(Avoid(NAME, bram.id, lupe.id)),
        Put(Memo(NAME, 1, f"person {bram.id}", 1, START, "moderators only")),
        Put(replace(w.programme.tables.pairs.rows[12], held=3)),
    )
    w.say("bram", "moderator I am stuck")
    w.say("bram", "1")
    w.say("bram", "mute 2d")
    w.say("ana", "tell hello")
    w.say("bram", "pause 2 weeks")


def test_privacy_counts_what_is_there() -> None:
    """Every kind that is kept about somebody is counted, with who reads it."""
    w = town()
    rich(w)
    assert answers(w, "bram", "privacy")[0] == (
        "I keep: profile (members see skills, languages, zone), 1 address (moderators; a partner sees none unless you write it), 1 pair, "
        "3 session dates, 1 feedback note (moderators, deleted 90 days after the pair ends), 1 help case (moderators it does not concern) "
        "and 1 name you'd rather not be matched with."
    )


def test_privacy_says_who_reads_along_on_matrix() -> None:
    """Where the programme is on Matrix relaybot is an end of the encryption, and says so to everybody who asks; elsewhere not."""
    w = town()
    assert not any("On Matrix" in line for line in answers(w, "bram", "privacy"))
    networks = {**w.programme.policy.networks, "matrix:home": Network(identity="matrix", place_shows_ids=True)}
    w.programme.policy = w.programme.policy.model_copy(update={"networks": networks})
    (line,) = [line for line in answers(w, "bram", "privacy") if "On Matrix" in line]
    assert "I am an end of the encryption" in line
    assert "whoever runs me could read it" in line
    assert len(line.encode()) <= 400


def test_mydata_shows_it_all_and_no_more() -> None:
    """Profile, settings, pair, own words; of moderators' notes only that there are some, of a partner's words only that they wait."""
    w = town()
    rich(w)
    said = answers(w, "bram", "mydata")
    number = w.opened[0]
    assert said[1:] == [
        "Learn: kubernetes (a little)",
        "Offer: rust (comfortable)",
        "Links: https://example.org",
        "Zone: Europe/Lisbon",
        "Free: any day 08:00-22:00",
        "Languages: English",
        "Project: a tree",
        "About: I like trees",
        "Settings: quiet hours 22:00-07:00; agreed to rules v1; someone new: yes; on a pause until Tue 8 Dec; on mute until Thu 26 Nov 12:00.",
        "M12 with ana: open; 3 hours held, you taught 0 minutes.",
        'Feedback on M12, Tue 24 Nov: good - "patient teacher"',
        f'Help case H{number}, Tue 24 Nov, open: "I am stuck"',
        "You'd rather not be matched with lupe.",
        "Moderators keep 1 note about you; ask them with: moderator <words>",
        "1 message for you waits to be delivered.",
    ]
    assert not any("moderators only" in line or "hello" in line for line in said)


def test_mydata_is_no_flood() -> None:
    """The lines have a limit; how many more there are is said."""
    w = town("limits.data_lines = 10")
    rich(w)
    said = answers(w, "bram", "mydata")
    assert len(said) == 11
    assert said[-1] == "And 6 lines more; the operator can export everything (relaybot export)."


def test_an_applicant_and_an_offer_are_shown() -> None:
    """Before membership there is an application; an offer is there from the moment one is asked."""
    w = town()
    add_applicant(w, "ravi", {})
    assert "Application A1: handed in Tue 24 Nov, submitted." in answers(w, "ravi", "mydata")
    assert answers(w, "ravi", "privacy")[0].startswith(
        "I keep: what you told me of yourself (moderators read it), 1 address"
    )
    add_member(w, "oto", {})
    for said in ("pair lupe oto first lupe now", "yes"):
        w.say("dana", said)
    assert any(line.startswith("Offer M13: you were asked on Tue 24 Nov") for line in answers(w, "lupe", "mydata"))
    assert not any("M13" in line for line in answers(w, "oto", "mydata"))


@pytest.mark.parametrize("command", ["privacy", "mydata"])
def test_a_secret_leaving_does_not_show(command: str) -> None:
    """Invariant 3: worlds in which ana has left in secret or not say the same to bram about what is kept of him."""
    heard = []
    for left in (False, True):
        w = town()
        if left:
            for said in ("drop", "3", "2", "skip", "yes"):
                w.say("ana", said)
            assert w.programme.tables.pairs.rows[12].stage == "ending"
        heard.append(answers(w, "bram", command))
    assert heard[0] == heard[1]


def test_nothing_of_it_is_said_in_a_place() -> None:
    """Asked for in the moderators' place, it goes to the one who asked; a deletion too."""
    w = town()
    add_person(w, "esi", moderator=True)
    for text in ("privacy", "mydata", "forget me stop", "forget me"):
        w.said.clear()
        w.say("esi", text, place="team")
        aloud = [line for reader, line in w.said if reader == "team"]
        assert (
            aloud in ([], ["Nothing is about to be deleted. forget me deletes everything of yours, a day later."])
            or "mod leave" in aloud[0]
        )
        assert not any("irc:test" in line for line in aloud)
