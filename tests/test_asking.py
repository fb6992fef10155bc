"""The public ask: how a wish is read, what everybody sees and what nobody sees, and that answers find their way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.desk import Desk
from relaybot.events import Told
from relaybot.model import Address, Avoid, Mailbox, Put, Subscription
from relaybot.nouns import asks, correspondence, posts
from tests.list_world import NOW, ListWorld, address, begun, text_of
from tests.play import NAME, NETWORK, add_member, add_person

CANARY = "k4nary-w0rds"
CHIDI = {"learn": "haskell a little", "offer": "postgresql deep", "zone": "Africa/Lagos"}
OTO = {"learn": "postgresql a little", "offer": "haskell deep"}


def asked(settings_: str = "") -> ListWorld:
    """Chidi (mail) looks for haskell as P1; oto chats, mette reads the list."""
    lw = begun(settings_)
    add_member(lw.w, "chidi@mail", CHIDI)
    add_member(lw.w, "mette@mail", {})
    add_member(lw.w, "oto", OTO)
    for who in ("chidi", "mette"):
        lw.w.make(Put(Subscription(NAME, address(who), "each", NOW)))
    lw.post("chidi", "looking for: Haskell, can give PostgreSQL", "Anybody?")
    lw.w.said.clear()
    return lw


def told(lw: ListWorld, who: str) -> list[str]:
    """What somebody has read since the last look."""
    found = [line for to, line in lw.w.said if to == who]
    lw.w.said = [(to, line) for to, line in lw.w.said if to != who]
    return found


# ------------------------------------------------------------------------------------------- reading it


@pytest.mark.parametrize(
    ("said", "learn", "offer"),
    [
        ("looking for: Haskell, can give PostgreSQL", "Haskell", "PostgreSQL"),
        ("haskell type classes, I can give postgres", "haskell type classes", "postgres"),
        ("Looking for someone who knows kubernetes", "someone who knows kubernetes", ""),
        ("Seeking help with CSS; offering Django in return.", "help with CSS", "Django"),
        ("wanted: vim lessons and I can teach bash", "vim lessons", "bash"),
        ("suche: Haskell, biete PostgreSQL", "Haskell", "PostgreSQL"),
        ("busco: Rust, ofrezco Go", "Rust", "Go"),
        ("cherche Rust, je propose Go", "Rust", "Go"),
        ("looking for someone who can teach haskell", "someone who can teach haskell", ""),
        ("someone to help with sql; I could teach you vim", "someone to help with sql", "you vim"),
        ("haskell and I can offer sql", "haskell", "sql"),
        ("rust, can give", "rust, can give", ""),
        ("rust", "rust", ""),
        ("can give postgres", "can give postgres", ""),
    ],
)
def test_a_wish_is_read_in_two_halves(said: str, learn: str, offer: str) -> None:
    """What is looked for and what is offered, in the author's own words."""
    assert asks.read(said) == asks.Wish(learn, offer)


@pytest.mark.parametrize(
    ("subject", "yes"),
    [
        ("looking for: Haskell", True),
        ("Looking for a mentor in Go", True),
        ("[ask] seeking Rust", False),
        ("Suche Hilfe mit SQL", True),
        ("Busco mentora de Rust", True),
        ("cherche Rust", True),
        ("Wanted: vim", True),
        ("looking for", False),
        ("Looking forward to seeing you", False),
        ("What I was looking for", False),
        ("Wantedly is hiring", False),
        ("", False),
    ],
)
def test_a_subject_is_an_ask_only_if_it_begins_like_one(subject: str, yes: bool) -> None:
    """An ordinary post is never shown in the channels by mistake."""
    assert asks.begins_like_one(subject) is yes


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_a_wish_is_always_one_short_line(text: str) -> None:
    """Whatever is typed: both halves fit the one line of a channel."""
    wish = asks.read(text)

    assert all(len(part) <= asks.PART_CHARS_MAX and part.isprintable() for part in (wish.learn, wish.offer))


# --------------------------------------------------------------------------------------- what is public


def test_nothing_of_the_profile_is_shown() -> None:
    """The channel and the list show the author's name, medium and words; city only if they name it themselves."""
    lw = begun()
    chidi = add_member(lw.w, "chidi@mail", {**CHIDI, "languages": "Igbo"})
    lw.w.make(Put(replace(chidi, about=CANARY, project=CANARY, links=(CANARY,))))
    lw.w.make(Put(Subscription(NAME, address("mette"), "each", NOW)))
    letters = lw.post("chidi", "looking for: Rust", "Anybody?")
    public = [x for x in letters if x.to != address("chidi")]

    assert "P1 chidi (mail) looks for Rust. Answer them: !answer P1 <text>   All: !asks" in text_of(public)
    for secret in (CANARY, "Igbo", "Lagos", "postgresql", "haskell", "chidi@"):
        assert secret not in text_of(public)


def test_an_ask_needs_a_member() -> None:
    """Moderators who are no members, applicants and strangers are told how to take part; a reader's post stays a post."""
    lw = begun()
    lw.w.make(Put(Subscription(NAME, address("fay"), "each", NOW)))
    lw.w.make(Put(Subscription(NAME, address("mette"), "each", NOW)))

    assert "Asking in public is for members" in text_of(lw.say("dana", "ask rust"))
    letters = lw.post("fay", "looking for: rust", "Anybody?")
    assert [x.to for x in letters] == [address("mette")]


def test_a_second_yes_cannot_open_a_second_ask() -> None:
    """While the preview was open an ask came by mail: still one."""
    lw = begun()
    ana = add_member(lw.w, "ana", {})
    lw.w.make(Put(Address(NAME, address("ana"), ana.id)))
    lw.say("ana", "ask rust")
    lw.post("ana", "looking for: go", "Anybody?")
    lw.say("ana", "yes")

    assert [p.learn for p in lw.w.programme.tables.posts.rows.values() if p.ask] == ["go"]


# ---------------------------------------------------------------------------------------------- answers


def test_neither_sees_an_address() -> None:
    """Words go from IRC to mail and back; no letter of the two shows where the other is reached."""
    lw = asked()
    lw.say("oto", "answer P1 thursdays?")
    lw.mail("chidi", "Fine.", about="P1")
    lw.say("oto", "answer P1 at six")
    to_chidi = text_of(lw.to("chidi"))
    to_oto = "\n".join(told(lw, "oto"))

    assert ("thursdays?" in to_chidi, "Fine." in to_oto) == (True, True)
    assert (NETWORK in to_chidi, "chidi@" in to_oto, "example.net" in to_oto) == (False, False, False)


def test_an_answer_is_a_letter_about_the_post_in_its_writers_name() -> None:
    """ "Oto answers you", by oto, about P1, so that the reply comes back to him."""
    lw = asked()
    letter = lw.to("chidi", lw.say("oto", "answer P1 thursdays?"))[0]

    assert (letter.subject, letter.via, letter.about) == ("oto answers you", "oto", "P1")
    assert (letter.claim, letter.listed) == ("post 1 open", False)


def test_words_are_gone_when_they_have_arrived() -> None:
    """Invariant 11 for answers: in the outbox until delivered, in no record and no journal afterwards."""
    lw = asked()
    lw.w.away.add(address("chidi"))
    lw.say("oto", f"answer P1 {CANARY}")
    assert lw.holding(CANARY) == {"letter"}
    lw.w.away.clear()
    lw.w.deliver()

    assert lw.holding(CANARY) == set()


def test_words_of_which_nobody_says_for_whom_are_deleted() -> None:
    """Two have answered, the author writes and never says to whom: after three days the words are gone, and it is said."""
    lw = asked()
    lw.say("oto", "answer P1 one")
    lw.mail("mette", "two", about="P1")
    lw.mail("chidi", CANARY, about="P1")
    assert lw.holding(CANARY) == {"dialogue"}
    lw.w.pass_until(NOW + timedelta(hours=73))

    assert lw.holding(CANARY) == set()
    assert "goes to nobody and is deleted" in text_of(lw.to("chidi"))


def test_a_closed_post_takes_nothing_more() -> None:
    """Words that wait when the ask is closed do not arrive, and their writer is told."""
    lw = asked()
    lw.w.away.add(address("chidi"))
    lw.say("oto", "answer P1 hello?")
    waiting = next(x for x in lw.w.programme.tables.letters.rows.values() if x.receipt)
    lw.mail("chidi", "ask stop")
    lw.w.deliver()

    assert waiting.id not in lw.w.programme.tables.letters.rows
    assert told(lw, "oto")[-1] == "Not delivered: P1 was closed, but thank you."


def test_a_refusal_of_the_network_is_told() -> None:
    """What a mail server refuses the writer knows, without its words: they may hold an address."""
    lw = asked()
    letter = lw.to("chidi", lw.say("oto", "answer P1 hello?"))[0]
    told(lw, "oto")
    lw.w.happen(Told(letter, "undeliverable", "550 no such user"))

    assert told(lw, "oto") == [
        "Not delivered to chidi (P1, the mail server there didn't take it). Your words are deleted; you can say them again later."
    ]


def test_a_mailbox_that_refuses_gets_no_answer() -> None:
    """Nothing is sent into the void, and the writer knows."""
    lw = asked()
    lw.w.make(Put(Mailbox(NAME, address("chidi"), 5, NOW, NOW)))

    assert lw.to("chidi", lw.say("oto", "answer P1 hello?")) == []
    assert told(lw, "oto") == ["chidi's mailbox refuses mail at the moment, so nothing was sent. A moderator knows."]


@pytest.mark.parametrize("said", ["answer P1 \x02", "answer P1", "answer P9 hello", "answer hello"])
def test_what_cannot_be_carried_is_refused(said: str) -> None:
    """Nothing to read, no post, no number: nobody gets anything."""
    lw = asked()

    assert lw.to("chidi", lw.say("oto", said)) == []
    assert len(told(lw, "oto")) == 1


def test_strangers_cannot_answer() -> None:
    """Somebody who neither is a member nor reads the list does not reach the author, by chat or by mail."""
    lw = asked()
    lw.w.vouched["eve"] = False
    for letters in (lw.say("eve", "answer P1 hi"), lw.mail("eve", "answer P1 hi"), lw.mail("eve", "hi", about="P1")):
        assert lw.to("chidi", letters) == []


def test_a_readers_answer_needs_proof() -> None:
    """A bare From line of somebody who reads the list carries nothing; the same words as a proven reply do."""
    lw = asked()
    lw.w.make(Put(Subscription(NAME, address("fay"), "each", NOW)))

    assert lw.to("chidi", lw.mail("fay", "answer P1 hi", proven=False)) == []
    assert len(lw.to("chidi", lw.mail("fay", "hi there", about="P1"))) == 1


def test_long_answers_are_few_lines_in_chat() -> None:
    """A letter of many short lines does not flood somebody on IRC; nothing of it is lost, no line is too long."""
    lw = asked()
    lw.say("oto", "ask sql")
    lw.say("oto", "yes")
    told(lw, "oto")
    words = [f"word{number}" for number in range(150)]
    lw.mail("chidi", "\n".join(words), about="P2")
    lines = [line for line in told(lw, "oto") if line.startswith("chidi (P2): ")]

    assert len(lines) <= correspondence.LINES_MAX
    assert [w for line in lines for w in line.removeprefix("chidi (P2): ").split()] == words
    assert max(len(line.encode()) for line in lines) <= 400


def test_nobody_can_bury_an_author(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting words of one writer and the number of answerers have limits, and both are said."""
    lw = asked("limits.waiting_lines = 5")
    lw.w.away.add(address("chidi"))
    for _ in range(8):
        lw.say("oto", "answer P1 hello?")
    assert len([x for x in lw.w.programme.tables.letters.rows.values() if x.receipt]) == 5
    assert "5 messages of yours wait" in told(lw, "oto")[-1]
    monkeypatch.setattr(correspondence, "ANSWERERS_MAX", 1)
    assert "very many answers" in text_of(lw.mail("mette", "me too", about="P1"))


# -------------------------------------------------------------------------------------------- moderators


def reciprocal(lw: ListWorld) -> list[str]:
    """What moderators read about oto's answer."""
    lw.say("oto", "answer P1 I do haskell")
    return [line for to, line in lw.w.said if "that would be reciprocal" in line]


def test_moderators_see_when_two_could_teach_each_other() -> None:
    """Once, at the first answer, with the words to type."""
    lw = asked()

    assert reciprocal(lw) == ["P1: oto answers chidi; that would be reciprocal. pair chidi oto | leave it to them"]
    told(lw, "team")
    assert reciprocal(lw) == []


def test_whoever_is_to_be_avoided_is_not_suggested() -> None:
    """Nothing is said to moderators that would show, or go against, what somebody asked in confidence."""
    lw = asked()
    lw.w.make(Put(Avoid(NAME, lw.person("chidi").id, lw.person("oto").id)))

    assert reciprocal(lw) == []


def test_a_moderator_does_not_read_about_themselves() -> None:
    """If the one who answers moderates, the others are told, each alone."""
    lw = asked()
    add_person(lw.w, "esi", moderator=True)
    lw.w.make(Put(replace(lw.person("oto"), moderator=True)))
    lw.say("oto", "answer P1 I do haskell")

    assert sorted(to for to, line in lw.w.said if "reciprocal" in line) == ["dana", "esi"]


# ---------------------------------------------------------------------------------------------- its end


def test_an_ask_ends_by_itself() -> None:
    """After a month a question in waking hours, a week later it is closed; nothing of it is kept."""
    lw = asked()
    lw.w.pass_until(NOW + timedelta(days=30, hours=1))
    assert "Still looking?" in text_of(lw.to("chidi")[-1:])
    lw.w.pass_until(NOW + timedelta(days=38))

    assert not lw.w.programme.tables.posts.rows
    assert not [t for t in lw.w.programme.tables.timers.rows.values() if t.about == "P1"]
    assert "I've closed P1" in text_of(lw.to("chidi")[-1:])


def test_an_author_who_is_gone_leaves_no_open_ask() -> None:
    """Timers of a post whose author left find nothing and do nothing."""
    lw = asked()
    lw.mail("chidi", "ask stop")
    before = len(lw.letters)
    lw.w.pass_until(NOW + timedelta(days=40))

    assert text_of(lw.letters[before:]).count("P1") == 0


def test_asks_lists_a_few_and_says_how_many_more() -> None:
    """The newest first, at most as many as a list may have."""
    lw = begun("limits.listed = 2")
    for number in range(4):
        add_member(lw.w, f"m{number}", {})
        lw.say(f"m{number}", f"ask skill{number}")
        lw.say(f"m{number}", "yes")
    lw.w.said.clear()
    lw.say("dana", "asks")

    assert [line.split(" (")[0] for line in told(lw, "dana")] == [
        "P4 m3 looks for skill3",
        "P3 m2 looks for skill2",
        "2 more, older ones. Answer: answer P4 <text>, with the number of the one you mean.",
    ]


def test_an_open_ask_is_in_status_and_in_what_is_stored() -> None:
    """Whoever asks sees that it is open and how to close it, and that it is kept."""
    lw = asked()

    assert "P1 is open: everybody reads that you look for Haskell. Close it: ask stop" in text_of(
        lw.mail("chidi", "status")
    )
    assert "P1, Mon 23 Nov, open" in text_of(lw.mail("chidi", "mydata"))
    assert "1 post to the list or ask" in text_of(lw.mail("chidi", "privacy"))


def test_two_records_that_become_one_keep_one_ask() -> None:
    """Merging never leaves somebody with two open asks; who wanted an hour still does."""
    lw = asked()
    other = add_member(lw.w, "chidi2", {})
    lw.say("chidi2", "ask rust")
    lw.say("chidi2", "yes")
    desk = Desk(lw.w.programme, lw.w.moment())
    desk.change(desk.posts[1], person=other.id)
    posts.only_one_ask(desk, other)

    assert [p.id for p in desk.posts.where("person", other.id)] == [2]


def test_one_ask_a_day_in_the_channels() -> None:
    """Closing and asking again does not fill a channel: the next one is shown a day later, and the list gets a plain post."""
    lw = asked()
    lw.mail("chidi", "ask stop")
    assert "you can ask again" in text_of(lw.mail("chidi", "ask rust"))
    letters = lw.post("chidi", "looking for: Rust", "Anybody?")
    assert [x.to for x in letters] == [address("mette")]
    lw.w.pass_until(NOW + timedelta(hours=25))
    assert "looks for rust" in text_of(lw.mail("chidi", "ask rust"))
