"""One person on several media: what a code proves and what it never does, and what moves when they prefer another one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaybot.desk import Desk, Programme
from relaybot.events import Told
from relaybot.model import Letter, Put, Urgency
from relaybot.nouns import codes, linking, proving
from relaybot.policy import Network
from relaybot.reading import PROVE
from tests.linking_world import (
    ANA_MAIL,
    MAIL,
    NOON,
    a_letter,
    codes_to,
    heard,
    linked,
    mail,
    owner,
    person,
    two_media,
)
from tests.play import NAME, NETWORK, add_member, add_pair

# ------------------------------------------------------------------------------------- what a code proves


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("ana@example.net", ["mail/ana@example.net"]),
        ("<mailto:Ana@Example.NET>", ["mail/ana@example.net"]),
        ("mail/ana@example.net", ["mail/ana@example.net"]),
        ("Ana2", ["irc:other/ana2", "irc:test/ana2"]),
        ("irc:other/Ana", ["irc:other/ana"]),
        ("@ana:example.org", []),
        ("two words", []),
        ("#channel", []),
        ("~ana", []),
        ("a@b", []),
        ("x" * 300, []),
        ("a\x00b@example.net", []),
        ("", []),
    ],
)
def test_addresses_are_read(said: str, found: list[str]) -> None:
    """What people write is one of our addresses, as the medium's adapter spells it, or nothing."""
    assert linking.read(said, ["irc:other", "irc:test", "mail"]) == found


@given(st.text(max_size=60))
def test_nothing_said_is_an_odd_address(said: str) -> None:
    """Whatever is said, an address read from it is on one of the networks and has no space in it."""
    for address in linking.read(said, ["irc:test", "mail", "matrix:home"]):
        network, slash, rest = address.partition("/")
        assert (network in {"irc:test", "mail", "matrix:home"}, slash, bool(rest)) == (True, "/", True)
        assert not any(sign.isspace() for sign in address)


def test_a_forged_mail_sends_no_code() -> None:
    """A bare From line cannot ask for a code to somewhere else: it is asked back, and the answer to that does it."""
    w = two_media()
    linked(w)
    mail(w, "ana@example.net", "link eve@example.net", proven=False)

    assert codes_to(w, "mail/eve@example.net") == []
    assert [d.form for d in w.programme.tables.dialogues.rows.values()] == [PROVE]
    w.write("ana", "yes", "mail", about=w.about)
    assert len(codes_to(w, "mail/eve@example.net")) == 1


def test_a_forged_yes_links_nothing() -> None:
    """Only an answer below our own mail is a yes; a mail from nowhere with the address in its From line is not."""
    w = two_media()
    w.say("ana", "link ana@example.net")
    mail(w, "ana@example.net", "yes", proven=False)
    assert owner(w, ANA_MAIL) == 0

    mail(w, "ana@example.net", "yes")
    assert owner(w, ANA_MAIL) == person(w, "ana").id


def test_the_code_from_the_new_address_is_enough() -> None:
    """Whoever writes the code from where it was sent has read it there, however the mail came; case does not matter."""
    w = two_media()
    w.say("ana", "link Ana@example.net")
    code = codes_to(w, "mail/ana@example.net")[0]
    mail(w, "ana@example.net", f"link {code.lower()}\n\nthanks!", proven=False)

    assert owner(w, ANA_MAIL) == person(w, "ana").id
    assert w.programme.tables.codes.rows == {}
    assert [t.name for t in w.programme.tables.timers.rows.values() if t.name == "code-expires"] == []


def test_a_code_is_of_no_use_to_others() -> None:
    """The code that ana asked for links nothing when bram types it, nor after its time, nor twice."""
    w = two_media()
    w.say("ana", "link ana@example.net")
    code = codes_to(w, ANA_MAIL)[0]
    w.say("bram", f"link {code}")
    assert "no code I could use" in heard(w, "bram")[0]
    assert owner(w, ANA_MAIL) == 0

    w.say("ana", f"link {code}")
    assert heard(w, "ana")[-1].startswith("Linked. I now know you on IRC and by mail.")
    w.say("ana", f"link {code}")
    assert "no code I could use" in heard(w, "ana")[0]


def test_a_code_expires() -> None:
    """After its 72 hours by mail (30 minutes in a chat) a code is gone and links nothing."""
    w = two_media()
    w.say("ana", "link ana@example.net")
    code = codes_to(w, ANA_MAIL)[0]
    w.pass_until(NOON + timedelta(hours=72))
    w.said.clear()
    w.say("ana", f"link {code}")

    assert "no code I could use" in heard(w, "ana")[0]
    assert w.programme.tables.codes.rows == {}


def test_guessing_ends() -> None:
    """Five wrong codes an hour; the right one is refused after that too, until the hour is over."""
    w = two_media()
    for left in (4, 3, 2, 1):
        w.say("ana", "link AAAA-BBBB-CCCC")
        assert f"{left} more" in heard(w, "ana")[0]
    w.say("ana", "link AAAA-BBBB-CCCC")
    assert "No more tries" in heard(w, "ana")[0]
    w.say("ana", "link AAAA-BBBB-CCCC")
    assert "too many wrong codes" in heard(w, "ana")[0]


def test_nobody_is_flooded_with_codes() -> None:
    """Three codes a day to one address from whomever, three open ones a person; a no from there ends it for the day."""
    w = two_media("", *(f"p{n}" for n in range(6)))
    for n in range(6):
        w.say(f"p{n}", "link eve@example.net")
    assert len(codes_to(w, "mail/eve@example.net")) == 3
    assert "has had enough codes for today" in heard(w, "p5")[0]

    w.said.clear()
    for n in range(5):
        w.say("p5", f"link x{n}@example.net")
    sent = [codes_to(w, f"mail/x{n}@example.net") for n in range(5)]
    assert [len(found) for found in sent] == [1, 1, 1, 0, 0]
    assert "3 codes of yours are open" in heard(w, "p5")[-1]

    w.write("x1", "no", "mail")
    assert "isn't you" in heard(w, "p5")[-1]
    w.say("p4", "link x1@example.net")
    assert codes_to(w, "mail/x1@example.net") == []
    w.pass_until(NOON + timedelta(hours=25))
    w.said.clear()
    w.say("p4", "link x1@example.net")
    assert len(codes_to(w, "mail/x1@example.net")) == 1


def test_a_person_cannot_write_to_everybody() -> None:
    """Ten codes a day are all one person can have sent, also where each is answered with no."""
    w = two_media()
    for n in range(12):
        w.say("ana", f"link x{n}@example.net")
        w.write(f"x{n}", "no", "mail")

    assert sum(len(codes_to(w, f"mail/x{n}@example.net")) for n in range(12)) == 10
    assert "enough codes for one day" in heard(w, "ana")[-1]


def test_two_who_ask_for_one_address() -> None:
    """A yes does not say to whom; the code does."""
    w = two_media()
    w.say("ana", "link us@example.net")
    w.say("bram", "link us@example.net")
    sent = codes_to(w, "mail/us@example.net")
    w.write("us", "yes", "mail")
    assert owner(w, "mail/us@example.net") == 0
    assert "I need the code" in heard(w, "us@mail")[0]

    w.write("us", f"link {sent[0]}", "mail")
    assert owner(w, "mail/us@example.net") == person(w, "ana").id
    w.say("bram", f"link {sent[1]}")
    assert owner(w, "mail/us@example.net") == person(w, "ana").id


def test_asking_tells_nothing_about_others() -> None:
    """Whether an address is somebody's is not told to whoever asks; only to whoever reads there."""
    w = two_media()
    linked(w, "bram")
    w.say("ana", "link bram@example.net")
    known = heard(w, "ana")
    w.say("ana", "link cara@example.net")

    assert [line.replace("bram", "cara") for line in known] == heard(w, "ana")
    w.say("ana", f"link {codes_to(w, 'mail/bram@example.net')[0]}")
    assert heard(w, "ana") == [
        "That address belongs to another member record. If both are you, say merge; a moderator looks at it."
    ]
    assert owner(w, "mail/bram@example.net") == person(w, "bram").id


def test_a_code_for_the_other_end_links_from_there_only() -> None:
    """A code sent to the known address of somebody who wrote from another one proves nothing when it is typed at home."""
    w = two_media()
    desk = Desk(w.programme, w.moment())
    code = codes.issue(desk, proving.THERE, person(w, "ana"), ANA_MAIL, NOON + timedelta(hours=72))
    w.make(*desk.changes())
    w.say("ana", f"link {code}")
    assert owner(w, ANA_MAIL) == 0
    mail(w, "ana@example.net", "yes")
    assert owner(w, ANA_MAIL) == 0

    mail(w, "ana@example.net", f"link {code}", proven=False)
    assert owner(w, ANA_MAIL) == person(w, "ana").id


def test_what_became_of_a_code_is_told() -> None:
    """Nobody there: whoever asked hears it at once, and again if it never arrived; then a new one may be asked for."""
    w = two_media()
    w.away.add("irc:other/ana")
    w.say("ana", "link irc:other/ana")
    assert heard(w, "ana")[1] == "ana isn't there on IRC now; the code reaches them if they come by 12:30."
    w.pass_until(NOON + timedelta(minutes=31))
    assert w.programme.tables.codes.rows == {}

    letter = Letter(NAME, 1, ANA_MAIL, ("x",), Urgency.PERSONAL, NOON, receipt="link-code nothing")
    w.happen(Told(letter, "undeliverable", "no such user"))  # a code that is gone: nothing to say
    w.said.clear()
    w.say("ana", "link ana@example.net")
    digest = next(iter(w.programme.tables.codes.rows))
    w.said.clear()
    w.happen(Told(replace(letter, receipt=f"link-code {digest}"), "undeliverable", "no such user"))
    assert heard(w, "ana") == [
        "The code didn't reach ana@example.net (no such user). Is it spelt like that? link <address> sends a new one."
    ]
    assert w.programme.tables.codes.rows == {}


# --------------------------------------------------------------------------------------------- what moves


def test_letters_move_in_their_order() -> None:
    """What waits goes to the new home, oldest first; what is too old, or may have arrived, stays where it is."""
    w = two_media()
    ana = linked(w)
    w.away = {ana.home, ANA_MAIL}
    old = a_letter(w, 3, expires_at=NOON)
    tried = a_letter(w, 4, tried_at=NOON)
    w.make(*(Put(x) for x in (a_letter(w, 2), a_letter(w, 1), tried)))
    desk = Desk(w.programme, w.moment())
    desk.put(old)
    w.programme.apply(desk.changes())
    w.write("ana", "prefer mail", "mail")

    rows = sorted(w.programme.tables.letters.rows.values(), key=lambda x: x.id)
    there = [line for x in rows if x.to == ANA_MAIL for line in x.text]
    assert [line for line in there if line.startswith("line ")] == ["line 1", "line 2"]
    assert {x.id for x in rows if x.to == ana.home} == {4}
    assert person(w, "ana").home == ANA_MAIL


def test_what_is_held_for_a_mute_moves_in_silence() -> None:
    """Words kept while somebody is on mute go along to the new place and stay kept, unmentioned."""
    w = two_media()
    add_pair(w, 12, "ana", "bram", "active", apart=True)
    linked(w)
    w.say("ana", "mute 2d")
    w.say("bram", "tell are you well?")
    w.said.clear()
    w.write("ana", "prefer mail", "mail")

    assert not any("waited" in line or "well" in line for line in heard(w, "ana@mail"))
    kept = [x for x in w.programme.tables.letters.rows.values() if x.held]
    assert [x.to for x in kept] == [ANA_MAIL]


@pytest.mark.parametrize(
    "said",
    [
        "relaybot@lists.example.org",
        "Relaybot+m12.7f3a@lists.example.org",
        "irc:test/relaybot",
        "@relaybot:example.org",
        "https://matrix.to/#/@relaybot:example.org",
    ],
)
def test_relaybots_own_address_is_nobodys(said: str) -> None:
    """A code to relaybot itself would be read by nobody: it is refused with the way out, and none is sent."""
    w = two_media()
    networks = dict(w.programme.policy.networks)
    networks["matrix:home"] = Network(identity="matrix", own="matrix:home/@relaybot:example.org")
    networks["mail"] = MAIL.model_copy(update={"own": "mail/relaybot@lists.example.org"})
    networks["irc:test"] = Network(own="irc:test/relaybot")
    w.programme = Programme(NAME, w.programme.policy.model_copy(update={"networks": networks}))
    add_member(w, "eve", {})
    w.say("eve", f"link {said}")

    assert len(w.said) == 1
    assert heard(w, "eve")[0].endswith("is my own address. Please name one where you yourself read what comes.")
    assert w.programme.tables.codes.rows == {}

    w.say("eve", "link relaybot2@lists.example.org")
    assert len(w.programme.tables.codes.rows) == 1


@pytest.mark.parametrize(
    ("names", "usage", "example"),
    [
        (("irc:test",), "link <nick> sends", "Here I can write to: IRC. It goes: link <nick>"),
        (("matrix:home",), "link <@id:server> sends", "Here I can write to: Matrix. It goes: link @ana:example.org"),
        (
            ("irc:test", "matrix:home", "mail"),
            "link <address, @id:server or nick> sends",
            "IRC, mail and Matrix. It goes: link ana@example.org, link @ana:example.org or link <nick>",
        ),
    ],
)
def test_examples_are_of_the_media_there_are(names: tuple[str, ...], usage: str, example: str) -> None:
    """Nobody is told to name a mail address where relaybot has no mail."""
    w = two_media()
    kinds = {"irc:test": Network(), "matrix:home": Network(identity="matrix"), "mail": MAIL}
    networks = {name: kinds[name] for name in names}
    w.programme = Programme(NAME, w.programme.policy.model_copy(update={"networks": networks}))
    add_member(w, f"eve@{names[0]}", {})
    w.say("eve", "link", names[0])
    w.say("eve", "link two words", names[0])

    listed, unknown = (line for _, line in w.said)
    assert usage in listed
    assert example in unknown


def test_the_last_address_stays() -> None:
    """Nobody can be left without an address, by themselves or by a moderator."""
    w = two_media()
    w.say("ana", "unlink irc")
    assert "the only address" in heard(w, "ana")[0]
    w.say("dana", "unlink ana irc")
    assert "the only address" in heard(w, "dana")[0]
    assert owner(w, f"{NETWORK}/ana") == person(w, "ana").id


def test_unlinking_where_one_speaks() -> None:
    """Unlinking the address one writes from: the home moves, what waited there too, and both places are told."""
    w = two_media()
    ana = linked(w)
    w.make(Put(a_letter(w, 1)))
    w.away.add(ana.home)
    w.write("ana", "unlink irc", "mail")

    assert person(w, "ana").home == ANA_MAIL
    assert {x.to for x in w.programme.tables.letters.rows.values() if x.person == ana.id} <= {ANA_MAIL}
    assert any("line 1" in line for line in heard(w, "ana@mail"))
    assert [x.to for x in w.programme.tables.letters.rows.values()] == [ana.home]  # only that it is unlinked

    w = two_media()
    linked(w)
    w.say("ana", "unlink irc")
    assert heard(w, "ana") == [
        'This address is not linked to "ana" in tech-peer any more. If that is a surprise: moderator <words>'
    ]
    assert heard(w, "ana@mail")[0].startswith("ana is not linked any more")


def test_a_no_after_a_yes_is_told_on_every_medium() -> None:
    """Yes on IRC and no by mail within a minute: the last one wins, and both media are told."""
    w = two_media()
    linked(w)
    w.say("dana", "pair ana bram first ana now")
    w.say("dana", "yes")
    w.say("ana", "yes")
    w.said.clear()
    pair = next(iter(w.programme.tables.pairs.rows.values()))
    w.write("ana", f"no M{pair.id}", "mail")

    assert heard(w, "ana") == [f"You said no to M{pair.id} a moment ago, elsewhere; your last answer counts."]
    assert "All right, and nobody is told." in " ".join(heard(w, "ana@mail"))
    assert w.programme.tables.pairs.rows[pair.id].stage == "withdrawn"
