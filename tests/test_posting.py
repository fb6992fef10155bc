"""Posts to the list: what a copy looks like, what is never sent, what waits for whom, and that no words are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters import letters_write
from relaybot.commands import COMMANDS, find
from relaybot.desk import Desk
from relaybot.model import REPLY_HERE, Block, Enclosure, Letter, Post, Put, Subscription
from relaybot.nouns import correspondence, posts
from tests.list_world import DOMAIN, NOW, ListWorld, address, begun, text_of
from tests.play import NAME, add_applicant, add_member, add_person

CANARY = "k4nary-w0rds"


def two_readers(settings_: str = "") -> ListWorld:
    """Chidi and mette read the list and are members."""
    lw = begun(settings_)
    for who in ("chidi", "mette"):
        add_member(lw.w, f"{who}@mail", {})
        lw.w.make(Put(Subscription(NAME, address(who), "each", NOW)))
    return lw


def post(lw: ListWorld, number: int) -> Post | None:
    """A post's record."""
    return lw.w.programme.tables.posts.rows.get(number)


# ------------------------------------------------------------------------------------------ what goes out


def test_a_copy_says_whose_it_is_and_shows_no_address() -> None:
    """Listed, by the author's name, tagged once, in the post's thread, and nowhere the author's address."""
    lw = two_readers()
    copy = lw.to("mette", lw.post("chidi", "plans  [P9]", "Words.", thread="<1@example.net>"))[0]

    assert (copy.listed, copy.via, copy.about, copy.person) == (True, "chidi", "P1", 0)
    assert (copy.subject, copy.thread) == ("[tech-peer] plans", "<1@example.net>")
    assert copy.text[0] == "Words."
    assert "chidi@" not in f"{copy.subject} {copy.via} {text_of([copy])}"
    assert REPLY_HERE in text_of([copy])


def test_the_author_gets_no_copy_at_any_of_their_addresses() -> None:
    """Whoever writes does not read it once more."""
    lw = two_readers()

    assert lw.to("chidi", lw.post("chidi", "plans", "Words.")) == []


def test_an_answer_stands_in_the_thread_of_what_it_answers() -> None:
    """The mark in the subject says which post is discussed; the new one has a number of its own."""
    lw = two_readers()
    lw.post("chidi", "plans", "Words.", thread="<1@example.net>")
    copy = lw.to("chidi", lw.post("mette", "plans  [P1]", "More.", thread="<2@example.net>"))[0]

    assert (copy.about, copy.thread, copy.subject) == ("P2", "<1@example.net>", "[tech-peer] plans")


def test_an_answer_between_the_lines_keeps_what_it_answers() -> None:
    """Each piece stands below the lines it was written under; long quotes are cut and say so."""
    lw = two_readers()
    blocks = (Block("Which index?", "A partial one."), Block("\n".join(map(str, range(20))), "All of them."))
    copy = lw.to("mette", lw.post("chidi", "plans", "A partial one.\nAll of them.", blocks=blocks))[0]

    assert copy.text[:2] == ("> Which index?", "A partial one.")
    assert copy.text[2].splitlines()[-2:] == ["> 7", "> (... 12 more lines)"]
    assert copy.text[3] == "All of them."


def test_paragraphs_and_line_breaks_are_the_authors() -> None:
    """Code keeps its lines and its indentation; what cannot be shown goes."""
    lw = two_readers()
    copy = lw.to("mette", lw.post("chidi", "code", "Look:\n\n    select 1\n    from t;\n\n\nBye\x1b[31m.\n"))[0]

    assert copy.text[:3] == ("Look:", "    select 1\n    from t;", "Bye [31m.")


def test_files_are_named_and_not_sent() -> None:
    """What came with a post is not distributed, and readers see that something is missing."""
    lw = two_readers()
    files = (Enclosure("plan.png", "image/png", 10, "ref"),)
    copy = lw.to("mette", lw.post("chidi", "plan", "See the file.", files=files))[0]

    assert (copy.files, copy.text[1]) == ((), "  (not sent to the list: plan.png)")


def test_a_post_without_subject_gets_its_first_words() -> None:
    """No copy has an empty subject."""
    lw = two_readers()

    assert lw.to("mette", lw.post("chidi", "", "Hello all of you"))[0].subject == "[tech-peer] Hello all of you"


@pytest.mark.parametrize(
    ("text", "blocks", "answer"),
    [
        ("", (Block("quoted", ""),), "found no words of your own"),
        ("word " * 5000, (), "at most 20000 characters"),
    ],
)
def test_what_cannot_go_out_is_said_to_its_author(text: str, blocks: tuple[Block, ...], answer: str) -> None:
    """Nothing but quotes, or too much: nobody gets it and the author knows why."""
    lw = two_readers()
    letters = lw.post("chidi", "plans", text, blocks=blocks)

    assert lw.to("mette", letters) == []
    assert answer in text_of(lw.to("chidi", letters))


def test_one_person_cannot_flood_the_list() -> None:
    """After so many in a day the author is told that tomorrow it goes on, and tomorrow it does."""
    lw = two_readers("mail.posts_per_day = 2")
    for _ in range(2):
        assert len(lw.to("mette", lw.post("chidi", "s", "w"))) == 1
    third = lw.post("chidi", "s", "w")
    assert (len(lw.to("mette", third)), "at most 2 a day" in text_of(third)) == (0, True)
    lw.w.pass_until(lw.w.now + timedelta(hours=25))

    assert len(lw.to("mette", lw.post("chidi", "s", "w"))) == 1


def test_after_a_month_nothing_of_a_post_is_kept() -> None:
    """The record that leads answers to the author is gone, and its timers."""
    lw = two_readers()
    lw.post("chidi", "plans", "Words.")
    lw.w.pass_until(NOW + timedelta(days=31))

    assert post(lw, 1) is None
    assert not [t for t in lw.w.programme.tables.timers.rows.values() if t.about == "P1"]


# ------------------------------------------------------------------------------------- was it really you


def test_a_forged_post_reaches_nobody() -> None:
    """A bare From line of a reader: only they are asked, at their own address, and without a yes it is thrown away."""
    lw = two_readers()
    asked = lw.post("chidi", "watches", CANARY, proven=False, doubtful=True)

    assert [x.to for x in asked] == [address("chidi")]
    lw.w.pass_until(NOW + timedelta(hours=73))
    assert lw.to("mette") == []
    assert lw.holding(CANARY) == set()


def test_a_bare_from_line_is_believed_as_on_any_list() -> None:
    """Where no server says anything about the sender a reader's post goes out; a programme may ask about it first."""
    lw = two_readers()
    assert [copy.text[0] for copy in lw.to("mette", lw.post("chidi", "plans", "Words.", proven=False))] == ["Words."]

    careful = two_readers('mail.confirm_posts = "unproven"')
    assert careful.to("mette", careful.post("chidi", "plans", "Words.", proven=False)) == []


def test_only_a_few_posts_wait_for_a_yes() -> None:
    """Somebody who forges many does not fill a mailbox with questions."""
    lw = two_readers()
    for number in range(10):
        lw.post("chidi", f"watches {number}", "Buy.", proven=False, doubtful=True)

    assert len(lw.to("chidi")) == 3


def test_an_unproven_yes_does_not_count() -> None:
    """The forger cannot confirm either."""
    lw = two_readers()
    lw.post("chidi", "watches", "Buy.", proven=False, doubtful=True)
    lw.mail("chidi", "yes", proven=False)

    assert lw.to("mette") == []
    lw.mail("chidi", "stop", about="P1")
    assert post(lw, 1) is None


def test_a_reader_let_in_posts_under_the_name_of_their_mail() -> None:
    """Who is no member but reads the list has a record from the first post on."""
    lw = two_readers()
    lw.w.make(Put(Subscription(NAME, address("fay"), "each", NOW)))
    copy = lw.to("mette", lw.post("fay", "hello", "I am new here."))[0]

    assert copy.via == "Fay"
    assert lw.person("Fay").stage == "guest"


# --------------------------------------------------------------------------------------------- held


def test_a_stranger_is_answered_once_a_day() -> None:
    """Each unproven post is held and told to moderators; the address, perhaps forged, gets one letter."""
    lw = two_readers()
    for number in range(3):
        lw.post("eve", f"jobs {number}", "We hire.", proven=False)

    assert len(lw.to("eve")) == 1
    assert sum("held: Eve" in line for to, line in lw.w.said if to == "team") == 3


def test_held_posts_have_a_limit() -> None:
    """Strangers cannot fill the memory or the moderators' place; what is above the limit is dropped unanswered."""
    lw = two_readers("mail.held_posts = 4\nmail.posts_per_day = 1000")
    for number in range(20):
        lw.post(f"eve{number}", "jobs", "We hire.")

    assert lw.w.programme.tables.posts.rows.keys() == {1, 2, 3, 4}
    assert len([x for x in lw.letters if x.to.startswith("mail/eve")]) == 4


def test_an_applicants_post_is_held_too() -> None:
    """Whoever is not in yet writes to the list through a moderator; the answer comes at their address."""
    lw = two_readers()
    add_applicant(lw.w, "fay@mail", {})
    letters = lw.post("fay", "hello", "How long does it take?")

    assert lw.to("mette", letters) == []
    assert "waits for a moderator" in text_of(lw.to("fay", letters))
    lw.say("dana", "approve P1")
    assert "How long does it take?" in lw.to("mette")[0].text


def test_what_nobody_looks_at_is_returned_with_the_truth() -> None:
    """Reminders every two days, and after a month the author is told that nobody looked."""
    lw = two_readers()
    lw.post("eve", "jobs", CANARY)
    lw.w.pass_until(NOW + timedelta(days=31))

    assert sum("has waited" in line for to, line in lw.w.said if to == "team") == 14
    assert "No moderator has looked at P1 for 30 days" in text_of(lw.to("eve")[1:])
    assert lw.holding(CANARY) == set()


def test_words_of_a_held_post_are_nowhere_after_the_decision() -> None:
    """Approved, returned or dropped: the record keeps no words, the journal never had any."""
    for said in ("approve P1", "hold P1 not here", "drop P1"):
        lw = two_readers()
        lw.post("eve", "jobs", CANARY)
        assert lw.holding(CANARY) == {"post"}
        lw.say("dana", said)
        assert lw.holding(CANARY) == set()


def test_a_returned_post_is_answered_while_it_waits() -> None:
    """A reply to "your post waits" is told that it still waits, not that it is closed."""
    lw = two_readers()
    add_applicant(lw.w, "fay@mail", {})
    lw.post("fay", "hello", "How long?")

    assert "has not gone to the list yet" in text_of(lw.mail("fay", "Any news of it?", about="P1"))


def test_a_forged_approval_does_nothing() -> None:
    """By mail `approve P5` needs a one-time code, like everything that does something to others."""
    assert COMMANDS["approve P"].code
    lw = two_readers()
    add_person(lw.w, "esi@mail", moderator=True)
    lw.post("eve", "jobs", "We hire.")
    lw.mail("esi", "approve P1", proven=False)
    lw.mail("esi", "approve P1")

    found = post(lw, 1)
    assert found is not None
    assert found.stage == "held"


def test_an_author_takes_their_post_back() -> None:
    """`drop P1` by its author: answers find nobody any more."""
    lw = two_readers()
    lw.post("chidi", "plans", "Words.")
    lw.mail("chidi", "drop P1")

    assert post(lw, 1) is None
    assert "isn't open any more" in text_of(lw.mail("mette", "answer P1 hello"))


# ------------------------------------------------------------------------------------------ properties

_TEXT = st.text(st.characters(codec="utf-8"), max_size=400)


@settings(max_examples=150, deadline=None)
@given(_TEXT, _TEXT, st.booleans())
def test_any_post_is_either_sent_whole_or_answered(subject: str, text: str, proven: bool) -> None:
    """Whatever is in a mail: readers get what can be shown, or its author is told; never both nothing, never a broken copy."""
    assume(find(text.strip().partition("\n")[0].lstrip("!").strip()) is None)  # a command is no post
    lw = two_readers()
    letters: list[Letter] = lw.post("chidi", subject, text, proven=proven)
    copies = lw.to("mette", letters)

    assert len(copies) + len(lw.to("chidi", letters)) >= 1
    for copy in copies:
        assert "\n" not in copy.subject
        assert all(part.strip() for part in copy.text)
        assert f"chidi@{DOMAIN}" not in text_of([copy]) or f"chidi@{DOMAIN}" in text


def test_nobody_but_the_author_can_say_that_a_post_is_theirs() -> None:
    """A moderator cannot let a post through that waits for the yes of whom it names."""
    lw = two_readers()
    lw.post("chidi", "watches", "Buy.", proven=False, doubtful=True)

    assert "nobody else can say that" in text_of(lw.say("dana", "approve P1"))
    assert lw.to("mette") == []


def test_a_stranger_let_through_talks_with_who_answers() -> None:
    """Answers reach a stranger at their address; their proven reply goes back, and they are the author from then on."""
    lw = two_readers()
    lw.post("eve", "a group in Abuja?", "Is there one?", proven=False)
    lw.say("dana", "approve P1")
    first = lw.to("eve", lw.mail("mette", "There is one.", about="P1"))
    back = lw.to("mette", lw.mail("eve", "Where?", about="P1"))

    assert ("There is one." in first[0].text, "Where?" in back[0].text) == (True, True)
    found = post(lw, 1)
    assert found is not None
    assert found.person == lw.person("Eve").id


def test_the_mail_of_a_copy_is_a_lists_mail() -> None:
    """On the wire: from the list by name, answered to the list, the author alone at a reply address, one-step unsubscribing."""
    lw = two_readers()
    copy = lw.to("mette", lw.post("chidi", "plans", "Words.", thread="<1@example.net>"))[0]
    header = letters_write.Header(
        title="tech-peer",
        address="relaybot@lists.example.org",
        domain="lists.example.org",
        to="mette@example.net",
        message_id="<2@lists.example.org>",
        loop="mark",
        date=copy.written_at,
        reply_to="relaybot+p1.token@lists.example.org",
        list_address="peers@lists.example.org",
        unsubscribe="relaybot+p1.token@lists.example.org",
    )
    mail = message_from_bytes(letters_write.write(copy, header), policy=default)
    body = mail.get_content()

    assert mail["From"] == "chidi via tech-peer <peers@lists.example.org>"
    assert mail["Reply-To"] == "peers@lists.example.org"
    assert mail["Subject"] == "[tech-peer] plans  [P1]"
    assert mail["In-Reply-To"] == "<1@example.net>"
    assert "or to chidi alone: relaybot+p1.token@lists.example.org" in body
    assert REPLY_HERE not in body


# ------------------------------------------------------------------------------------------- soundness


def _open(number: int, person: int, **fields: object) -> Post:
    made = Post(NAME, number, "open", person, address("chidi"), "chidi", "s", (), NOW)
    return replace(made, **fields)  # type: ignore[arg-type]


def test_what_must_never_be_is_found() -> None:
    """The gate behind the commands: words kept after going out, two open asks, a private copy, an answer tied to nothing."""
    lw = two_readers()
    copy = lw.to("mette", lw.post("chidi", "plans", "Words."))[0]
    chidi = lw.person("chidi").id
    wrong: dict[str, list[Post | Letter]] = {
        "keeps its words": [_open(7, chidi, text=("words",))],
        "is no stage": [_open(7, chidi, stage="lost")],
        "several open asks": [_open(7, chidi, ask=True), _open(8, chidi, ask=True)],
        "a private one": [replace(copy, id=9, person=chidi)],
        "not tied to a post": [replace(copy, id=9, listed=False, receipt="answer 1 2 3 4", claim="")],
    }
    for problem, records in wrong.items():
        desk = Desk(lw.w.programme, lw.w.moment())
        for record in records:
            desk.put(record)
        assert problem in posts.unsound(desk) + correspondence.unsound(desk)
