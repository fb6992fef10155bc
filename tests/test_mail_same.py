"""By mail as elsewhere: what a partner reads tells not why, how or from where somebody left; and whose mail it is among programmes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relaybot.decide import apologise
from relaybot.desk import Programme
from relaybot.events import Heard
from relaybot.model import Letter, Message, Put, Style, Subscription
from relaybot.office import Office
from relaybot.policy import Network, Policy
from tests.list_world import ListWorld, address
from tests.mail_world import EvenWorld
from tests.play import CODE, LIST, NAME, World, add_hour, add_member, add_pair, add_person, policy
from tests.test_mail_adversary import town

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REASONS = ("1", "2 she is impossible", "3 zq", "5 secret", "skip")  # 4 has a moderator write to the leaver first


# --------------------------------------------------------------------------------------- a farewell


def letters_of_a_farewell(reason: str, second: str, feedback: bool, bounced: bool) -> list[dict[str, object]]:
    """All that Mette is written from the moment Chidi says drop, as it goes to the mail server."""
    w = EvenWorld(Programme(NAME, two_networks()), NOW)
    add_person(w, "dana", moderator=True)
    for name in ("chidi@mail", "mette@mail"):
        add_member(w, name, {})
    add_pair(w, 12, "chidi", "mette", "introduced", apart=True)
    add_hour(w, 40, 12, NOW + timedelta(days=3))
    said: list[Letter] = []

    def keep(programme: Programme, decision: tuple[object, ...]) -> Programme:
        known = {x.id for x in said}
        said.extend(
            c.record
            for c in decision
            if isinstance(c, Put) and isinstance(c.record, Letter) and c.record.id not in known
        )
        return programme

    w.keep = keep
    if feedback:
        mailed(w, "chidi", "moderator I am not happy with my hours")
    mailed(w, "chidi", "drop")
    mailed(w, "chidi", f"1) 3\n2) 2\n3) {reason}\n4) yes", w.about)
    mailed(w, "chidi", second)
    case = next(c for c in w.programme.tables.cases.rows.values() if c.topic == "farewell")
    w.say("dana", f"approve H{case.id} now")
    w.say("dana", "yes")
    if bounced:
        mailed(w, "mette", "tell are you there?")
    w.pass_until(NOW + timedelta(days=5))
    fields = ("text", "subject", "about", "via", "files", "invitations", "urgency", "style", "listed")
    # A question's own number is made of the moment it was asked at and tells nothing.
    mine = [replace(x, about="D" if x.about.startswith("D") else x.about) for x in said if x.to == address("mette")]
    return [{name: getattr(x, name) for name in fields} for x in mine]


def two_networks() -> Policy:
    """IRC, where dana is, and mail."""
    made = policy()
    mail = Network(style=Style.LETTER, identity="mail", pair_places=False)
    return made.model_copy(update={"networks": {**made.networks, "mail": mail}})


def mailed(w: World, who: str, text: str, about: str = "") -> None:
    """A proven mail."""
    at = address(who)
    w.happen(Heard(Message("mail", at, at, who.title(), text, style=Style.LETTER, about=about)))


@pytest.mark.parametrize("reason", REASONS[1:])
def test_a_farewell_by_mail_does_not_say_why(reason: str) -> None:
    """Whatever the reason, and whatever else was told the moderators: the partner's letters are the same in every field."""
    first = letters_of_a_farewell(REASONS[0], "no", feedback=False, bounced=False)

    assert first
    assert letters_of_a_farewell(reason, "1", feedback=True, bounced=False) == first


# --------------------------------------------------------------------------------------- programmes


def two_programmes() -> tuple[Office, Programme, Programme]:
    """Two programmes with a list each, and one address for both."""
    made = []
    for name, listed in (("one", "mail/one@lists.example.org"), ("two", "mail/two@lists.example.org")):
        mail = Network(public=listed, style=Style.LETTER, identity="mail", list_mode="own", pair_places=False)
        settings = policy()
        programme = Programme(name, settings.model_copy(update={"networks": {"mail": mail}}))
        made.append(programme)
    office = Office({p.name: p for p in made}, None, None, lambda: b"", lambda programme, letter: None)  # type: ignore[arg-type]
    return office, made[0], made[1]


def test_a_readers_mail_goes_to_the_programme_whose_list_they_read() -> None:
    """Somebody who only reads the second list writes `unsubscribe` to relaybot itself."""
    office, _, two = two_programmes()
    two.apply((Put(Subscription("two", address("eve"), "each", NOW)),))
    said = Message("mail", address("eve"), address("eve"), "Eve", "unsubscribe", style=Style.LETTER)

    assert office.route(said) is two
    assert office.route(replace(said, programme="one")).name == "one"  # by its token, whoever reads what
    assert office.route(replace(said, text="join one")).name == "one"


# --------------------------------------------------------------------------------------- bugs


@pytest.mark.parametrize(
    ("fields", "answered"),
    [
        ({"proven": True}, True),
        ({"proven": False}, True),
        ({"proven": True, "place": LIST}, True),
        ({"proven": True, "calendar": True}, False),
    ],
)
def test_a_bug_is_told_to_who_wrote(fields: dict[str, object], answered: bool) -> None:
    """After a bug whoever wrote hears of it, and the moderators; a calendar's answer is told to the moderators alone."""
    lw = town()
    at = address("nobody")
    said = Message("mail", at, at, "Nobody", "x", style=Style.LETTER, **fields)  # type: ignore[arg-type]
    made = [c.record for c in apologise(lw.w.programme, Heard(said), 1, lw.w.moment()) if isinstance(c.record, Letter)]

    assert any(x.to == at for x in made) is answered
    assert any(x.to == address("fay") for x in made)


def test_bugs_do_not_write_to_made_up_senders_again_and_again() -> None:
    """A From line may be forged: its address hears of a bug once a day."""
    lw = town()
    at = address("nobody")
    said = Message("mail", at, at, "Nobody", "x", style=Style.LETTER, proven=False)
    lw.w.make(*apologise(lw.w.programme, Heard(said), 1, lw.w.moment()))
    again = apologise(lw.w.programme, Heard(said), 2, lw.w.moment())

    assert [c.record for c in again if isinstance(c.record, Letter) and c.record.to == at] == []


# --------------------------------------------------------------------------------------- digits


def digits(lw: ListWorld, who: str, begin: str, answer: str, steps: int) -> set[str]:
    """Answer whatever is asked by digits, letter for letter; the forms that were open on the way."""
    seen = set()
    lw.mail(who, begin)
    for _ in range(steps):
        mine = [
            d for d in lw.w.programme.tables.dialogues.rows.values() if d.person == lw.person(who).id and d.asked_at
        ]
        if not mine:
            break
        asked = max(mine, key=lambda d: (d.asked_at, d.id))
        seen.add(asked.form)
        about = lw.to(who)[-1].about
        code = CODE.search(" ".join(lw.to(who)[-1].text))
        lw.mail(who, code[1] if code else answer, about=about)
    return seen


@pytest.mark.parametrize(
    ("begin", "answer"),
    [
        ("drop", "3\n2\n1\n1"),
        ("leave", "1"),
        ("leave", "2"),
        ("forget me", "1"),
        ("ask haskell, I can give postgres", "1"),
        ("off he was rude", "1"),
    ],
)
def test_digits_lead_to_the_end_by_mail(begin: str, answer: str) -> None:
    """Invariant 9: each dialogue that a mail begins ends when all its letters are answered by digits."""
    lw = town()
    digits(lw, "chidi", begin, answer, 12)
    person = lw.w.programme.tables.people.rows[3]
    left = [d.form for d in lw.w.programme.tables.dialogues.rows.values() if d.person == person.id and d.asked_at]

    assert [form for form in left if form not in {"times", "proposal", "forget-wait"}] == []


@pytest.mark.parametrize(
    "begin", ["drop", "leave", "forget me", "ask haskell, I can give postgres", "pair chidi mette"]
)
@pytest.mark.parametrize("proven", [True, False])
def test_stop_ends_whatever_a_mail_began(begin: str, proven: bool) -> None:
    """A reply of one word throws any dialogue away, also one that waits for a proof or a code."""
    lw = town()
    who = "fay" if begin.startswith("pair") else "chidi"
    (asked,) = lw.to(who, lw.mail(who, begin, proven=proven))
    lw.mail(who, "stop", about=asked.about)

    assert not [d for d in lw.w.programme.tables.dialogues.rows.values() if d.asked_at is not None and not d.kept]
