"""An application by mail beyond its play: who is asked, what a flood does, what a moderator forwards, what is no application."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relaybot.desk import Programme
from relaybot.events import Heard
from relaybot.model import Address, Block, Forwarded, Letter, Message, Put, Style
from relaybot.policy import Network, Policy
from tests.play import NAME, World, add_person, policy

START = datetime(2026, 11, 21, 14, 20, tzinfo=UTC)
LIST = "mail/peers@lists.example.org"
PROSE = "Hello, I would like to take part. I can teach PostgreSQL, ten years of it, and want to learn Haskell. I live in Lagos."


def world(settings: str = "") -> World:
    """A programme with a list and a moderator."""
    mail = Network(public=LIST, style=Style.LETTER, identity="mail", list_mode="own", pair_places=False)
    made: Policy = policy(settings)
    w = World(Programme(NAME, made.model_copy(update={"networks": {**made.networks, "mail": mail}})), START)
    add_person(w, "dana", moderator=True)
    return w


def write(w: World, who: str, text: str, **more: object) -> list[Letter]:
    """Somebody mails the bot by a bare From line; returns the letters that answer."""
    address = f"mail/{who}@example.net"
    fields: dict[str, object] = {"style": Style.LETTER, "proven": False, **more}
    message = Message("mail", address, address, who.title(), text, **fields)  # type: ignore[arg-type]
    w.said.clear()
    decision = w.happen(Heard(message))
    return [c.record for c in decision if isinstance(c.record, Letter)]


def also_by_mail(w: World, name: str) -> None:
    """Give somebody a mail address besides."""
    person = next(p for p in w.programme.tables.people.rows.values() if p.name == name)
    w.make(Put(Address(NAME, f"mail/{name}@example.net", person.id)))


def stages(w: World) -> dict[str, str]:
    """Name -> stage of everybody."""
    return {p.name: p.stage for p in w.programme.tables.people.rows.values()}


def test_a_bare_from_line_hands_nothing_in() -> None:
    """Whatever a mail with a forged From says, the application waits for the reply that proves the address."""
    w = world()
    everything = f"{PROSE} Evenings after 18. English, Igbo. I agree to the rules."
    for _ in range(3):
        write(w, "chidi", everything)

    assert stages(w)["Chidi"] == "applying"
    assert len(w.programme.tables.applications) == 0
    assert not w.programme.tables.addresses.rows["mail/chidi@example.net"].verified


def test_a_reply_with_its_token_hands_in_and_proves_the_address() -> None:
    """The same words in a proven reply are an application, from a verified address."""
    w = world()
    (first,) = write(w, "chidi", PROSE)
    write(
        w,
        "chidi",
        "Evenings after 18\nEnglish, Igbo\nyes",
        proven=True,
        about=first.about,
        blocks=(
            Block("hours that usually suit you for one hour a week:", "Evenings after 18"),
            Block("languages, best first; is one a must?:", "English, Igbo"),
            Block("do you agree to the rules below? yes / no:", "yes"),
        ),
    )

    assert stages(w)["Chidi"] == "submitted"
    assert w.programme.tables.addresses.rows["mail/chidi@example.net"].verified
    assert [f"A{a.id}" for a in w.programme.tables.applications.rows.values()] == [first.about]


def test_one_mail_is_answered_by_one_letter_at_most() -> None:
    """Invariant 7: whatever is written, the sender gets one letter or none."""
    w = world()
    for text in (
        PROSE,
        "join",
        "help",
        "rules\nstatus\nhelp",
        "what is this?",
        "",
        "stop",
        "leave",
        "yes",
        "drop",
        "ask x",
    ):
        found = [letter for letter in write(w, "chidi", text) if letter.to == "mail/chidi@example.net"]
        assert len(found) <= 1, (text, found)


def test_a_stranger_who_wants_nothing_is_answered_once_a_day() -> None:
    """Their address may be forged: the first mail gets a short answer, the next ones none until a day has passed."""
    w = world()

    assert len(write(w, "spam", "buy cheap watches")) == 1
    assert write(w, "spam", "buy cheap watches now") == []
    w.pass_until(START + timedelta(hours=25))
    assert len(write(w, "spam", "buy cheap watches")) == 1


def test_a_flood_of_newcomers_is_answered_later() -> None:
    """More unproven newcomers than an hour may bring are all kept; those beyond it are asked in the next hour."""
    w = world("mail.newcomers_per_hour = 3")
    answered = [bool(write(w, f"new{number}", PROSE)) for number in range(5)]

    assert answered == [True, True, True, False, False]
    assert [s for n, s in stages(w).items() if n.startswith("New")] == ["applying"] * 5
    w.said.clear()
    w.pass_until(START + timedelta(minutes=61))
    assert {reader for reader, _ in w.said} == {"new3@mail", "new4@mail"}


def test_a_moderator_forwards_an_application() -> None:
    """`import` on a forwarded mail: its writer is asked to confirm, in the moderator's name, and nothing counts before."""
    w = world()
    add_person(w, "esi", moderator=True)
    also_by_mail(w, "esi")
    passed = Forwarded("Carol", "mail/carol@example.com", PROSE)
    letters = {x.to: x for x in write(w, "esi", "import\n\nplease take her in", proven=True, forwarded=passed)}

    carol = letters["mail/carol@example.com"]
    assert carol.about == "A1"
    assert carol.text[1].startswith("Esi, a moderator of tech-peer, has passed your mail on to me")
    assert "A1: I've asked Carol to confirm" in letters["mail/esi@example.net"].text[0]
    assert stages(w)["Carol"] == "applying"


@pytest.mark.parametrize("passed", [None, Forwarded("x", "", "words"), Forwarded("x", "mail/x@example.com", " ")])
def test_import_without_a_readable_mail_says_what_to_do(passed: Forwarded | None) -> None:
    """Nothing is guessed: without a forwarded mail and its address there is no application."""
    w = world()
    also_by_mail(w, "dana")
    (letter,) = write(w, "dana", "import", proven=True, forwarded=passed)

    assert letter.text[0].startswith("I find no forwarded mail in that.")
    assert set(stages(w)) == {"dana"}
