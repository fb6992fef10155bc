"""Stolen reply addresses, floods of made-up senders, and questions that cross: what a thief gets, what is kept, what is taken for an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from relaybot import forms
from relaybot.decide import object_named
from relaybot.desk import Desk
from relaybot.events import Heard, Told
from relaybot.model import Address, Forwarded, Letter, Message, Put, Style
from relaybot.nouns import people
from tests.list_world import ListWorld, address, text_of
from tests.play import CODE, LIST, NAME, add_applicant, add_member
from tests.test_mail_adversary import PROSE, chat, town


def message(lw: ListWorld, who: str, text: str, **fields: object) -> Message:
    """A mail as the core hears it."""
    at = address(who)
    return replace(Message("mail", at, at, who.title(), text, style=Style.LETTER), **fields)  # type: ignore[arg-type]


def stranger(lw: ListWorld, who: str, about: str) -> list[Letter]:
    """A true reply address, used by somebody else."""
    before = len(lw.letters)
    lw.w.happen(Heard(message(lw, who, "Yes", about=about, stranger=True, proven=False)))
    return lw.letters[before:]


def records(lw: ListWorld) -> int:
    """How many records there are."""
    return sum(len(table.rows) for table in lw.w.programme.tables.by_kind.values())


# ------------------------------------------------------------------------------------- stolen tokens


def test_a_thief_does_not_learn_whose_the_letter_was() -> None:
    """Who answers a letter that is not theirs reads no address and no name of its owner."""
    lw = town()
    for about in ("A1", "M12", "S40", "D5", ""):
        found = stranger(lw, f"eve{about.lower()}", about)
        said = text_of([x for x in found if x.to.startswith("mail/eve")])
        assert "oto" not in said
        assert "chidi" not in said


def test_a_stolen_reply_address_is_no_way_to_flood_its_owner() -> None:
    """However many senders a thief makes up, the owner gets a few codes, and few records are kept."""
    lw = town()
    before = records(lw)
    owner = [x for n in range(200) for x in stranger(lw, f"eve{n}", "A1") if x.to == address("oto")]

    assert len(owner) <= lw.w.programme.policy.limits.open_codes
    lw.w.pass_until(lw.w.now + timedelta(hours=73))
    assert records(lw) <= before + 1


def test_a_code_from_elsewhere_is_used_once() -> None:
    """The code that links the address an answer came from is gone with that; after an unlink it does nothing."""
    lw = town()
    code = CODE.search(text_of([x for x in stranger(lw, "oto2", "A1") if x.to == address("oto")]))
    assert code is not None
    lw.mail("oto2", f"link {code[1]}", proven=False)
    assert lw.w.programme.tables.addresses.rows[address("oto2")].person == lw.person("oto").id
    lw.mail("oto", "unlink oto2@example.net")
    assert address("oto2") not in lw.w.programme.tables.addresses.rows
    lw.mail("oto2", f"link {code[1]}", proven=False)

    assert address("oto2") not in lw.w.programme.tables.addresses.rows


def test_a_yes_to_the_partner_links_no_address() -> None:
    """Somebody has a code sent to Chidi, who ignores it; his "Yes" to a letter of his partner's is for her, and nothing else."""
    lw = town()
    chat(lw, "ana", "link chidi@example.net")
    found = lw.mail("chidi", "Yes", about="M12")

    assert [x.via for x in lw.to("mette", found)] == ["chidi"]
    assert lw.w.programme.tables.addresses.rows[address("chidi")].person == lw.person("chidi").id
    assert not [c for c in lw.w.programme.tables.codes.rows.values() if c.purpose == "merge"]


def test_no_place_is_anybodys_address() -> None:
    """The list is no address of a person: no code goes there, and no private word ever can."""
    lw = town()
    listed = LIST.partition("/")[2]
    for who in ("ana", "chidi"):
        found = lw.mail(who, f"link {listed}")
        assert {x.to for x in found} == {address(who)}
    chat(lw, "ana", "link #tech-peer")
    passed = Forwarded("Carol", LIST, PROSE)
    lw.w.happen(Heard(message(lw, "fay", "import", forwarded=passed)))

    assert LIST not in lw.w.programme.tables.addresses.rows
    assert not [x for x in lw.letters if x.to == LIST]


# --------------------------------------------------------------------------------------------- floods


def test_a_flood_of_made_up_senders_is_bounded() -> None:
    """A thousand strangers who want nothing: few letters leave, and what is remembered has a limit and an end."""
    lw = town("mail.newcomers_per_hour = 2")
    before = records(lw)
    sent = sum(len(lw.mail(f"s{n}", "buy cheap watches", proven=False)) for n in range(300))

    assert sent <= 48
    assert records(lw) - before <= 48 + 1
    lw.w.pass_until(lw.w.now + timedelta(hours=25))
    assert records(lw) <= before + 1


def test_a_flood_of_forged_applications_is_bounded() -> None:
    """Applications in the names of people who know nothing: so many are kept and no more, whichever way they begin."""
    lw = town("mail.newcomers_per_hour = 2\nmail.unfinished = 10")
    before = records(lw)
    for n in range(60):
        lw.mail(f"s{n}", PROSE if n % 2 else "join", proven=False)
    kept = [p for p in lw.w.programme.tables.people.rows.values() if p.stage == "applying"]

    assert len(kept) == 10
    assert records(lw) - before <= 150
    assert "too many" in text_of(lw.mail("late", PROSE)).lower()


def test_those_who_wait_for_an_answer_are_answered_hour_by_hour() -> None:
    """After a flood no hour has more letters to newcomers than the limit says, also not the next one."""
    lw = town("mail.newcomers_per_hour = 3")
    for n in range(20):
        lw.mail(f"s{n}", PROSE if n % 2 else "join", proven=False)
    for _ in range(8):
        assert len({x.to for x in lw.letters if x.to.startswith("mail/s")}) <= 3
        lw.letters.clear()
        lw.w.pass_until(lw.w.now + timedelta(minutes=60))


# -------------------------------------------------------------------------- questions that cross


def test_an_answer_to_the_partner_does_not_answer_a_private_question() -> None:
    """A private yes or no about the pair is open; a letter to the partner that begins with "Yes" is said to the partner."""
    lw = town()
    desk = Desk(lw.w.programme, lw.w.moment())
    forms.begin(desk, lw.person("chidi"), "forget-me", "M12")
    lw.w.make(*desk.changes())
    found = lw.mail("chidi", "Yes\n\nsee you there, I look forward to it very much", about="M12")

    assert [d.answers for d in lw.w.programme.tables.dialogues.rows.values()] == [()]
    assert [x.via for x in lw.to("mette", found)] == ["chidi"]
    assert lw.to("chidi", found) == []


def test_the_reply_address_of_a_mixed_letter_is_the_private_one() -> None:
    """One letter tells of a case and of the pair: an answer to it goes to the moderators, not to the partner."""
    lw = town()
    desk = Desk(lw.w.programme, lw.w.moment())
    chidi = lw.person("chidi")
    desk.tell(chidi, "something about the pair", about="M12")
    desk.tell(chidi, "something about your case", about="H77")
    desk.tell(chidi, "something about the hour", about="S40")
    (put,) = [c.record for c in desk.changes() if isinstance(c.record, Letter)]

    assert put.about == "H77"


def test_what_a_letter_claims_stays_claimed() -> None:
    """Two things are said to one reader, one of them only as long as it is so: they are not tied into one letter that always leaves."""
    lw = town()
    desk = Desk(lw.w.programme, lw.w.moment())
    chidi = lw.person("chidi")
    desk.tell(chidi, "an offer", about="M12", claim="pair 12 asked_first")
    desk.tell(chidi, "some news")
    made = [c.record for c in desk.changes() if isinstance(c.record, Letter)]

    assert sorted(letter.claim for letter in made) == ["", "pair 12 asked_first"]


def test_two_questions_do_not_share_a_letter() -> None:
    """Whoever goes on by mail is asked one thing after the other: a yes below a letter has one meaning."""
    lw = town()
    lw.w.make(Put(Address(NAME, address("ana"), lw.person("ana").id)))
    chat(lw, "ana", "leave")
    chat(lw, "ana", "ask haskell, I can give postgres")
    lw.letters.clear()
    chat(lw, "ana", "prefer mail")
    asked = [x for x in lw.to("ana") if "yes" in text_of([x])]
    said = text_of(asked)

    assert len(asked) == 1
    assert ("leave" in said.lower()) != ("haskell" in said.lower()), said


# ------------------------------------------------------------------------------------------- privacy


def test_a_servers_reason_is_not_for_other_members() -> None:
    """A mail server's words may hold an address: who answered a post hears that it did not arrive, no more."""
    lw = town()
    lw.mail("mette", "subscribe")
    lw.post("mette", "Books", "Who reads Okasaki?")
    (post,) = lw.w.programme.tables.posts.rows.values()
    lw.w.away.add("mail")
    lw.say("ana", f"answer P{post.id} I do")
    letter = next(x for x in lw.w.programme.tables.letters.rows.values() if x.receipt.startswith("answer "))
    before = len(lw.letters)
    lw.w.happen(Told(letter, "undeliverable", "550 5.1.1 <mette.secret@example.org> unknown"))

    told = [x for x in lw.letters[before:] if x.to == "irc:test/ana"]
    assert told
    assert "secret" not in text_of(told)


def test_a_moderators_words_below_news_of_a_pair_are_not_called_late() -> None:
    """A moderator who answers a letter about M12 with words is told the truth: it is not closed."""
    lw = town()
    found = lw.mail("fay", "Thanks, good to know.", about="M12")

    assert "closed" not in text_of(found)
    assert lw.to("fay", found)
    assert not lw.to("chidi", found)


def test_nothing_of_somebody_forgotten_is_left() -> None:
    """After an application in the making is over, its address is in no record: codes, timers, questions, mailboxes."""
    lw = town()
    lw.mail("eve", PROSE, proven=False)
    lw.mail("eve", "set name Eve", proven=False)
    lw.mail("eve", "link eve2@example.org", proven=False)
    lw.bounce("eve")
    lw.w.pass_until(lw.w.now + timedelta(days=60))

    assert lw.holding("eve@example.net") == set()
    assert lw.holding("Eve") <= {"entry"}


# ------------------------------------------------------------------------------------ one mail, one letter


def test_unsubscribe_works_with_whatever_a_mail_program_adds() -> None:
    """The address in List-Unsubscribe is enough, with a signature of a telephone in the body or none."""
    for body, subject, about in (
        ("Sent from my iPhone", "unsubscribe", "P1"),
        ("", "Unsubscribe", "P1"),
        ("", "unsubscribe", ""),
        ("unsubscribe", "", "P1"),
    ):
        lw = town()
        lw.mail("chidi", "subscribe")
        assert lw.subscribed() == {address("chidi"): "each"}
        found = lw.mail("chidi", body, subject=subject, about=about)
        assert lw.subscribed() == {}, body
        assert len(lw.to("chidi", found)) == 1


def test_an_empty_answer_does_not_repeat_the_subject() -> None:
    """An answer without words says nothing, whatever the subject of what it answers was."""
    lw = town()
    found = lw.mail("chidi", "", subject="leave", about="M12")

    assert not lw.w.programme.tables.dialogues.rows
    assert len(found) <= 1


def test_the_journal_by_mail_is_shown_whatever_stands_below() -> None:
    """`audit` in a mail with a greeting below it, or as the second command, reads the same journal."""
    lw = town()
    for text in ("audit M12", "audit M12\n\nThanks, Fay", "waiting\naudit M12"):
        assert object_named(lw.w.programme, message(lw, "fay", text), lw.w.moment()) == "M12", text


def test_a_refusal_to_a_command_on_the_list_is_answered() -> None:
    """Whoever writes `unsubscribe` to the list by a bare From line learns what to do."""
    lw = town()
    lw.mail("reader", "subscribe")
    lw.mail("chidi", "subscribe")
    for who in ("chidi",):
        found = lw.post(who, "unsubscribe", "unsubscribe", proven=False)
        assert len(lw.to(who, found)) == 1


def test_people_named_by_forged_mails_are_not_called_what_these_say() -> None:
    """A display name is somebody else's words: what is greeted is a name, not an advertisement."""
    lw = town()
    at = address("victim")
    spam = replace(message(lw, "victim", "hello"), name="Win at http://casino.example now", proven=False)
    before = len(lw.letters)
    lw.w.happen(Heard(spam))
    assert [x.to for x in lw.letters[before:]] == [at]
    assert "casino" not in text_of(lw.letters[before:])
    assert people.by_address(Desk(lw.w.programme, lw.w.moment()), at) is None


def test_applicants_mails_do_not_answer_for_others() -> None:
    """Oto's letter with the number of somebody else's application changes nothing of theirs."""
    lw = town()
    add_applicant(lw.w, "ravi@mail", {})
    add_member(lw.w, "lupe@mail", {})
    before = lw.w.programme.tables.applications.rows[2]
    lw.mail("oto", "I would like to add something", about="A2")
    assert lw.w.programme.tables.applications.rows[2] == before


def test_guesses_at_the_moderators_code_by_made_up_senders_are_not_remembered() -> None:
    """A flood of `mod claim` in forged mails: the code is taken from a proven address only, and no sender is kept."""
    lw = town("mail.newcomers_per_hour = 2")
    before = records(lw)
    for n in range(200):
        lw.mail(f"s{n}", "mod claim 7K3Q-X2MA-94TB", proven=False)

    assert records(lw) - before <= 48 + 1


def test_one_mail_after_another_is_answered_as_one() -> None:
    """The same mail twice, an old yes once more: nothing happens twice."""
    lw = town()
    lw.mail("chidi", "ask haskell, I can give postgres")
    asked = lw.to("chidi")[-1]
    for _ in range(3):
        lw.mail("chidi", "yes", about=asked.about)
    assert len([p for p in lw.w.programme.tables.posts.rows.values() if p.ask]) == 1
    question_ = lw.mail("fay", "accept A1")[0]
    code = CODE.search(text_of([question_]))
    assert code is not None
    made = [lw.mail("fay", code[1], about=question_.about) for _ in range(3)]
    assert [len(lw.to("oto", letters)) for letters in made] == [1, 0, 0]


def test_quotes_and_machine_made_twins_run_nothing() -> None:
    """A command below somebody's words, and one in a mail of which only HTML could be read, is not run."""
    lw = town()
    lw.mail("chidi", "Thank you for this.\nleave\nforget me", about="M12")
    lw.w.happen(Heard(message(lw, "chidi", "leave", complete=False)))
    lw.mail("chidi", "On Tuesday you wrote:\n> leave")

    assert not [d for d in lw.w.programme.tables.dialogues.rows.values() if d.form in {"leave", "forget-me"}]
