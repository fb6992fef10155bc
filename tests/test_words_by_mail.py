"""Words between a reader of mail and a chat: what of a reply is an answer, files, mailboxes that refuse, and other ways."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaybot.desk import Desk
from relaybot.events import Bounced, Heard, Told
from relaybot.model import Address, Enclosure, Letter, Message, Person, Put, Style, Urgency
from relaybot.nouns import outbox, relay, replying
from relaybot.policy import Network
from relaybot.postman import Postman
from tests.fakes import FakeAdapter, FakeClock
from tests.play import NAME, NETWORK, World, add_hour, add_member, add_pair, add_person, world

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHIDI = "mail/chidi@example.net"
PLAN = Enclosure("plan.png", "image/png", 180_000, "ref-1")


def mail_world(settings: str = "") -> World:
    """Chidi reads mail, ravi chats, dana moderates; M15 is theirs."""
    w = world(NOON, settings)
    mail = Network(style=Style.LETTER, identity="mail", pair_places=False)
    networks = {**w.programme.policy.networks, "mail": mail}
    w.programme.policy = w.programme.policy.model_copy(update={"networks": networks})
    add_person(w, "dana", moderator=True)
    add_member(w, "chidi@mail", {"zone": "Africa/Lagos"})
    add_member(w, "ravi", {"zone": "UTC"})
    add_pair(w, 15, "chidi", "ravi", "active", apart=True)
    return w


def person(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def also(w: World, name: str, address: str) -> None:
    """Somebody has another verified address."""
    w.make(Put(Address(NAME, address, person(w, name).id)))


def take(w: World, reader: str) -> list[str]:
    """What a reader was told since the last look."""
    found = [line for who, line in w.said if who == reader]
    w.said = [(who, line) for who, line in w.said if who != reader]
    return found


def mails(w: World, text: str, about: str = "M15", files: tuple[Enclosure, ...] = (), **fields: object) -> None:
    """Chidi answers a mail."""
    message = Message("mail", CHIDI, CHIDI, "Chidi", text, style=Style.LETTER, about=about, files=files)
    w.happen(Heard(replace(message, **fields)))  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------- answers in a letter


def reads_numbers(said: str) -> bool:
    """A question that takes 1 to 3, several of them, or none."""
    return said == "none" or all(word in {"1", "2", "3", "and"} for word in said.replace(",", " ").split())


def reads_yes_no(said: str) -> bool:
    """A question that takes yes or no."""
    return said.lower() in {"yes", "no", "1", "2"}


@pytest.mark.parametrize(
    ("text", "answer", "more"),
    [
        ("1 2", "1 2", False),
        ("Good evening Ravi, 1 is best. Bring a slow query if you have one.", "1", True),
        ("Hello Ravi!\n\n1 and 3 would suit me.\n\nBest,\nChidi", "1 3", True),
        ("1, 2. Hi Chidi! I'm happy to show NVDA on a real page.", "1, 2", True),
        ("I can take 2, please", "2", False),
        ("None of these, sorry. Could we do it in March?", "none", True),
        ("1 would be good but I am not sure", "", True),
        ("Is 1 still possible?", "", True),
        ("I don't like 1.", "", True),
        ("2 of my friends ask about you.", "", True),
        ("I have read 2 chapters.", "", True),
        ("Either 1 or 2", "", True),
        ("Dear Ravi, thank you for your mail.", "", True),
    ],
)
def test_numbers_in_a_letter(text: str, answer: str, more: bool) -> None:
    """An answer is found where a sentence says nothing else of weight; words around it go along, doubt takes it back."""
    found, rest = replying.answer_in(text, reads_numbers)
    assert (found.replace("none of these, sorry", "none"), bool(rest)) == (answer, more)


@pytest.mark.parametrize(
    ("text", "answer", "more"),
    [
        ("yes, gladly!", "yes", False),
        ("Yes please, that would be wonderful.", "yes", False),
        ("No, thank you.", "no", False),
        ("Dear Dana, yes. I look forward to it.", "yes", True),
        ("yes, but not this week", "", True),
        ("Yes and no.", "", True),
        ("No problem with Thursday.", "", True),
        ("stop", "", True),
    ],
)
def test_yes_and_no_in_a_letter(text: str, answer: str, more: bool) -> None:
    """A yes with a but is none, and no word of a sentence ends a dialogue."""
    found, rest = replying.answer_in(text, reads_yes_no)
    assert (found.lower(), bool(rest)) == (answer, more)


@given(st.text(max_size=300))
def test_what_is_found_is_an_answer_and_nothing_is_lost(text: str) -> None:
    """Whatever a letter says: what is found can be read, and if it is not all there is, the whole letter goes along."""
    found, rest = replying.answer_in(text, reads_numbers)
    assert not found or reads_numbers(found)
    assert rest in {"", text}
    assert found or rest == text or not text.strip()


@given(st.text(alphabet="ab .-\n1", max_size=400))
def test_paragraphs_keep_every_word(text: str) -> None:
    """Putting broken lines together changes nothing but where lines end."""
    assert " ".join(relay.paragraphs(text)).split() == text.split()


def test_a_letters_lines_become_paragraphs() -> None:
    """Lines broken by the width are joined; short lines and lists stay as they are."""
    text = "This line was broken by a mail program because it was too long for\nit.\nShort.\n- one\n- two"
    joined = "This line was broken by a mail program because it was too long for it."
    assert relay.paragraphs(text) == [joined, "Short.", "- one", "- two"]


# ------------------------------------------------------------------------------------------ what is private


def test_no_private_answer_reaches_the_partner() -> None:
    """Words that answer a question about the hour, however badly, are never carried to the partner."""
    w = mail_world("[fit]\nafter_minutes = 1")
    w.make(Put(replace(w.programme.tables.pairs.rows[15], stage="introduced")))
    add_hour(w, 40, 15, NOON + timedelta(hours=1))
    w.pass_until(NOON + timedelta(hours=1))
    w.said.clear()
    w.pass_until(NOON + timedelta(hours=3))
    asked = [d for d in w.programme.tables.dialogues.rows.values() if d.person == person(w, "chidi").id]
    assert [d.form for d in asked] == ["after-hour"]
    assert w.about.startswith("D")  # the question's own reply address, not the pair's
    w.said.clear()
    mails(w, "Hello, he is nice and I leave tired.", about=f"D{asked[0].id}")
    assert [line for line in take(w, "ravi") if "tired" in line] == []
    assert take(w, "chidi@mail") != []
    mails(w, "Hello Ravi, see you soon.")
    assert take(w, "ravi") == ["chidi (mail): Hello Ravi, see you soon."]
    mails(w, "1")
    assert take(w, "ravi") == []
    assert person(w, "chidi").id not in {d.person for d in w.programme.tables.dialogues.rows.values()}


def test_a_forged_letter_is_not_carried() -> None:
    """Words from a bare From line wait for a yes; a reply address used from elsewhere carries nothing."""
    w = mail_world()
    mails(w, "send me money", proven=False)
    assert take(w, "ravi") == []
    mails(w, "send me money", stranger=True, sender="mail/eve@example.net", reply="mail/eve@example.net")
    assert take(w, "ravi") == []


def test_nobody_writes_about_a_pair_that_is_not_theirs() -> None:
    """A valid reply address of another pair is no way in."""
    w = mail_world()
    add_member(w, "eve@mail", {})
    eve = "mail/eve@example.net"
    w.happen(Heard(Message("mail", eve, eve, "Eve", "hello", style=Style.LETTER, about="M15")))
    assert take(w, "ravi") == take(w, "chidi@mail") == []


def test_gathered_words_never_outlive_the_pair() -> None:
    """Words that were being gathered when the writer's partner left in secret look like any that are kept."""
    w = mail_world()
    w.say("ravi", "tell good evening")
    for said in ("drop", "3", "2", "skip", "yes"):
        mails(w, said)
    w.said.clear()
    w.pass_until(w.now + timedelta(minutes=3))
    assert take(w, "ravi") == ["Kept, not delivered yet."]
    assert [line for line in take(w, "chidi@mail") if "good evening" in line] == []


def test_many_lines_leave_before_they_are_too_many() -> None:
    """Somebody who never pauses is not refused: what is gathered goes when half of what may wait is there."""
    w = mail_world("limits.waiting_lines = 10")
    w.say("ravi", "talk")
    for number in range(12):
        w.say("ravi", f"line {number}")
    got = [line for line in take(w, "chidi@mail") if line.startswith("line")]
    assert got == [f"line {number}" for number in range(10)]
    assert not any("waiting already" in line for line in take(w, "ravi"))


def test_words_are_nowhere_but_in_their_letter() -> None:
    """Invariant 11, for gathered words and for the rest of a long text."""
    w = mail_world()
    w.say("ravi", "tell k4nary")
    mails(w, "\n".join(f"k4nary {n}." for n in range(9)))
    kinds = {
        kind
        for kind, table in w.programme.tables.by_kind.items()
        for row in table.rows.values()
        if "k4nary" in str(asdict(row))
    }
    assert kinds == {"letter"}
    w.pass_until(w.now + timedelta(hours=73))
    assert [x for x in w.programme.tables.letters.rows.values() if "k4nary" in str(x.text)] == []
    assert not any("k4nary" in str(asdict(entry)) for entry in w.journal)


# ------------------------------------------------------------------------------------------------- files


def test_a_file_is_announced_and_mailed_to_whoever_has_an_address() -> None:
    """Ravi is told of the file; without a mail address how to get one, with one it is mailed there; later it is gone."""
    w = mail_world()
    mails(w, "Here is the plan.", files=(PLAN,))
    assert take(w, "ravi") == [
        "chidi (mail): Here is the plan.",
        "chidi attached plan.png (180 kB). Get it: file 1 (kept 7 days)",
    ]
    w.say("ravi", "file 1")
    assert take(w, "ravi") == [
        "I send files by mail only. link <your mail address> first; then file 1 brings plan.png there. It is kept until Tue 1 Dec 12:00."
    ]
    w.say("ravi", "file 2")
    assert take(w, "ravi")[0].startswith("I have no file 2 for you.")
    also(w, "ravi", "mail/ravi@example.net")
    w.away.add("mail")
    w.say("ravi", "file 1")
    letters = [x for x in w.programme.tables.letters.rows.values() if x.files]
    assert [(x.to, x.files, x.subject) for x in letters] == [("mail/ravi@example.net", (PLAN,), "plan.png")]
    assert take(w, "ravi") == ["plan.png goes to your mail address."]
    w.pass_until(w.now + timedelta(days=8))
    assert len(w.programme.tables.files) == 0
    assert [t for t in w.programme.tables.timers.rows.values() if t.name == "files-expire"] == []


def test_on_matrix_a_file_comes_by_mail_too() -> None:
    """Whoever lives on Matrix is told the same, and that it cannot come at all where relaybot's mail was switched off meanwhile."""
    w = mail_world("cap = 2")
    networks = {**w.programme.policy.networks, "matrix:home": Network(identity="matrix")}
    w.programme.policy = w.programme.policy.model_copy(update={"networks": networks})
    add_member(w, "bea@matrix:home", {"zone": "UTC"})
    add_pair(w, 16, "chidi", "bea", "active", apart=True)
    mails(w, "Here is the plan.", about="M16", files=(PLAN,))
    w.say("bea", "file 1", "matrix:home")
    told = take(w, "bea@matrix:home")
    del networks["mail"]
    w.programme.policy = w.programme.policy.model_copy(update={"networks": networks})
    w.say("bea", "file 1", "matrix:home")

    assert told == [
        "chidi (mail): Here is the plan.",
        "chidi attached plan.png (180 kB). Get it: file 1 (kept 7 days)",
        "I send files by mail only. link <your mail address> first; then file 1 brings plan.png there. It is kept until Tue 1 Dec 12:00.",
    ]
    assert take(w, "bea@matrix:home") == [
        "I send files by mail only, and I have no mail at the moment, so plan.png waits. It is kept until Tue 1 Dec 12:00."
    ]


def test_a_file_answers_a_letter_without_words() -> None:
    """A mail that holds nothing but a file carries the file."""
    w = mail_world()
    mails(w, "", files=(PLAN,))
    assert take(w, "ravi") == ["chidi attached plan.png (180 kB). Get it: file 1 (kept 7 days)"]


def test_what_is_too_much_is_said() -> None:
    """A file that is too large, and one too many, are not kept, and the writer knows."""
    w = mail_world("mail.files = 1\nmail.file_bytes = 200000")
    mails(w, "See.", files=(replace(PLAN, name="film.mp4", size=300_000), PLAN, replace(PLAN, name="b.png")))
    assert take(w, "chidi@mail") == [
        "film.mp4 was not passed on: it is larger than 200 kB. A link to it goes through.",
        "b.png was not passed on: 1 files for ravi are kept already.",
    ]
    assert [f.enclosure.name for f in w.programme.tables.files.rows.values()] == ["plan.png"]


def test_files_are_numbered_for_each_reader() -> None:
    """Everybody's first file is file 1, and nobody gets another's."""
    w = mail_world()
    add_member(w, "mette@mail", {})
    add_member(w, "oto", {})
    add_pair(w, 16, "mette", "oto", "active", apart=True)
    mails(w, "See.", files=(PLAN,))
    mette = "mail/mette@example.net"
    other = replace(PLAN, name="other.png", ref="ref-2")
    w.happen(Heard(Message("mail", mette, mette, "Mette", "See.", style=Style.LETTER, about="M16", files=(other,))))
    found = {(f.person, f.id): f.enclosure.name for f in w.programme.tables.files.rows.values()}
    assert found == {(person(w, "ravi").id, 1): "plan.png", (person(w, "oto").id, 1): "other.png"}


def test_nobody_fetches_a_file_after_the_end() -> None:
    """With the pair, its files are out of reach."""
    w = mail_world()
    mails(w, "See.", files=(PLAN,))
    also(w, "ravi", "mail/ravi@example.net")
    w.make(Put(replace(w.programme.tables.pairs.rows[15], stage="ended", ended_at=w.now)))
    w.said.clear()
    w.say("ravi", "file 1")
    assert take(w, "ravi")[0].startswith("I have no file 1 for you.")


# -------------------------------------------------------------------------------------- refusing mailboxes


def refuse(w: World) -> None:
    """Chidi's mailbox begins to refuse."""
    w.happen(Bounced(CHIDI, True, "550 <chidi@example.net> no such user"))
    w.fire_until(w.now)


def test_the_writer_hears_that_a_mailbox_refuses() -> None:
    """Whoever wrote before, and whoever writes now, hears the truth; moderators once; no address in any of it."""
    w = mail_world("mail.bounces = 1")
    w.say("ravi", "tell hello")
    w.say("ravi", ".")
    w.said.clear()
    refuse(w)
    assert take(w, "ravi") == [
        "What you wrote to chidi lately may not have arrived: chidi's mailbox refuses mail since 12:00. A moderator knows."
    ]
    about_pair = [line for line in take(w, "team") if "M15" in line]
    assert len(about_pair) == 1
    w.say("ravi", "tell are you there?")
    assert take(w, "ravi") == ["Not delivered: chidi's mailbox refuses mail since 12:00. A moderator knows."]
    assert take(w, "team") == []
    assert [x for x in w.programme.tables.letters.rows.values() if x.receipt] == []


def test_a_refused_letter_tells_no_address() -> None:
    """What a mail server answers may name the address, so the writer never reads it."""
    w = mail_world()
    w.away.add(CHIDI)
    w.say("ravi", "tell hello")
    w.say("ravi", ".")
    w.said.clear()
    letter = next(x for x in w.programme.tables.letters.rows.values() if x.to == CHIDI)
    w.happen(Told(letter, "undeliverable", "550 <chidi@example.net> no such user"))
    assert take(w, "ravi") == ["Not delivered: chidi's mailbox refuses mail since 12:00. A moderator knows."]
    assert len([line for line in take(w, "team") if "M15" in line]) == 1


def test_words_go_to_another_address_of_who_has_one() -> None:
    """With a mailbox that refuses, words reach a partner where else they can be reached."""
    w = mail_world("mail.bounces = 1")
    also(w, "chidi", f"{NETWORK}/chidi")
    refuse(w)
    w.said.clear()
    w.say("ravi", "tell are you there?")
    assert take(w, "chidi") == ["ravi: are you there?"]


# --------------------------------------------------------------------------------------- other ways to go


def test_a_refused_letter_goes_elsewhere_once() -> None:
    """What one address refuses goes to the other; what that refuses as well is over."""
    w = mail_world()
    also(w, "chidi", f"{NETWORK}/chidi")
    w.away |= {CHIDI, f"{NETWORK}/chidi"}
    mails(w, "status")
    letter = next(x for x in w.programme.tables.letters.rows.values() if x.to == CHIDI)
    w.happen(Told(letter, "undeliverable", "550 no"))
    (moved,) = [x for x in w.programme.tables.letters.rows.values() if x.person == letter.person]
    assert (moved.to, moved.moved, moved.style) == (f"{NETWORK}/chidi", True, Style.LINE)
    assert moved.text[0] == "Your mailbox did not take this. chidi, I write to you on IRC instead."
    w.happen(Told(moved, "undeliverable", "no such account"))
    assert {x.to for x in w.programme.tables.letters.rows.values() if x.person == letter.person} <= {f"{NETWORK}/chidi"}


def _offer(w: World) -> Letter:
    """An offer to Chidi, which stands as long as the pair waits for his word."""
    return Letter(
        NAME,
        7,
        CHIDI,
        ("An offer",),
        Urgency.PERSONAL,
        w.now,
        person(w, "chidi").id,
        claim="pair 15 asked_first",
        style=Style.LETTER,
    )


def test_what_matters_and_has_no_other_way_is_a_line_for_moderators() -> None:
    """An offer that a mailbox refuses, once."""
    w = mail_world()
    add_member(w, "mette@mail", {})
    w.make(Put(replace(w.programme.tables.pairs.rows[15], stage="asked_first")))
    letter = _offer(w)
    w.happen(Told(letter, "undeliverable", "550 no"))
    assert take(w, "team") == [
        "M15: what I wrote to chidi did not arrive by mail, and there is no other address of theirs. It is not sent again."
    ]
    w.happen(Told(letter, "undeliverable", "550 no"))
    assert take(w, "team") == []


def test_a_letter_whose_claim_fell_goes_nowhere() -> None:
    """A withdrawn offer is not sent to another address either."""
    w = mail_world()
    also(w, "chidi", f"{NETWORK}/chidi")
    letter = _offer(w)
    w.happen(Told(letter, "undeliverable", "550 no"))
    assert (take(w, "chidi"), take(w, "team")) == ([], [])


async def test_a_letter_that_moved_is_not_sent_twice() -> None:
    """The postman of a network that comes back drops what has gone another way meanwhile."""
    w = mail_world()
    also(w, "ravi", "mail/ravi@example.net")
    told: list[tuple[str, str]] = []

    def settle(programme: object, letter: Letter, outcome: str, reason: str) -> Awaitable[None]:
        told.append((letter.to, outcome))
        return _nothing()

    irc, mail = FakeAdapter(outcome=("later", "not connected", 60.0)), FakeAdapter("mail")
    postmen = {a.network: Postman(a, FakeClock(w.now), settle, lambda p, x: _nothing()) for a in (irc, mail)}
    w.away.add(NETWORK)
    w.say("ravi", "status")
    (letter,) = [x for x in w.programme.tables.letters.rows.values() if x.person == person(w, "ravi").id]
    postmen[NETWORK].post(w.programme, letter)
    assert told == [(letter.to, "waiting")]
    desk = Desk(w.programme, w.moment())
    moved = outbox.move(desk, letter, "mail/ravi@example.net", moved=True)
    w.make(*desk.changes())
    postmen["mail"].post(w.programme, moved)
    irc.outcome = ("sent", "", 0.0)
    postmen[NETWORK].reachable()
    assert (irc.lines, [to for to, _ in mail.lines][:1]) == ([], ["mail/ravi@example.net"])
    for postman in postmen.values():
        postman.close()


def _nothing() -> Awaitable[None]:
    """Nothing is written down here."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done
