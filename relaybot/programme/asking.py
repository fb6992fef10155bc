"""Asking in public: `ask` shows one wish on the list and in every channel, `answer P4` reaches whoever asked.

What both write to each other is nouns/correspondence.py's. Two who say `pair P4` are brought before the moderators.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot import forms, times
from relaybot.commands import Call, Ref, Text, Who, command, on_prose, on_receipt, on_reply, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, form, given, yes_no
from relaybot.model import Dialogue, Letter, Message, Person, Post, medium
from relaybot.nouns import asks, correspondence, people, posts, subscriptions
from relaybot.nouns.naming import handle
from relaybot.ports import Invalid, Refused
from relaybot.words import asking as words
from relaybot.words import common as common_words
from relaybot.words import posting as post_words

UNSENT = "answer-unsent"


# ------------------------------------------------------------------------------------------------- ask


@command(
    "ask",
    Text("text"),
    topic="pair",
    help="look for somebody in public: on the list and in chat, after you have seen how it reads",
    examples=("ask haskell type classes, I can give postgres",),
)
def ask(desk: Desk, call: Call) -> None:
    """A wish for everybody to read, after a yes."""
    _may_ask(desk, call.me)
    text = " ".join(people.printable(call.text("text")).split())
    if not asks.read(text).learn:
        raise Refused(words.nothing_to_ask())
    address = call.message.sender or call.me.home
    forms.begin(desk, call.me, "ask", note=f"{address}\n{text[: desk.policy.limits.text_chars]}")


def _may_ask(desk: Desk, person: Person) -> None:
    if person.stage != "member":
        raise Refused(words.members_only())
    before = asks.open_of(desk, person)
    if before is not None:
        raise Refused(words.one_at_a_time(before.id, before.learn))
    rests = asks.rests_until(desk, person)
    if rests is not None:
        raise Refused(words.once_a_day(rests, people.zone(person)))


def _preview(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    address, text = dialogue.note.split("\n", 1)
    person, wish = desk.people[dialogue.person], asks.read(text)
    network = medium(address)
    number = (tally.value if (tally := desk.tallies.get("post")) else 0) + 1
    line = words.public(number, person.name, network, asks.place_named(person, text), wish.learn, wish.offer)
    return (words.preview(line),)


def _asked(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    if given(dialogue, "send") == "no":
        desk.tell(person, words.not_sent())
        return
    _may_ask(desk, person)  # while the question was open something may have happened
    address, text = dialogue.note.split("\n", 1)
    wish, network = asks.read(text), medium(address)
    post = Post(
        programme=desk.name,
        id=desk.number("post"),
        stage="open",
        person=person.id,
        address=address,
        name=person.name,
        subject=words.subject(wish.learn, wish.offer),
        text=(),
        at=desk.now,
        ask=True,
        learn=wish.learn,
        offer=wish.offer,
    )
    desk.put(post)
    posts.to_list(desk, post, words.by_chat(person.name, network, text))
    asks.publish(desk, post, asks.place_named(person, text))
    desk.note(person.id, "ask", posts.ident(post))
    desk.tell(person, words.sent(post.id, desk.policy.mail.ask_days), about=posts.ident(post))


form(
    Form(
        "ask",
        (yes_no("send", lambda desk, dialogue: words.send(subscriptions.list_address(desk))),),
        done=_asked,
        stopped=lambda desk, dialogue: desk.tell(desk.people[dialogue.person], words.not_sent()),
        intro=_preview,
    )
)


@command("ask stop", topic="pair", help="close your public ask", examples=("ask stop",))
def ask_stop(desk: Desk, call: Call) -> None:
    """The author needs it no more."""
    post = asks.open_of(desk, call.me)
    if post is None:
        raise Refused(words.none_open())
    asks.stop(desk, post)
    call.reply(desk, words.stopped(post.id))


@on_timer(asks.REST)
def ask_rest(desk: Desk, about: str, late_seconds: float) -> None:
    """A day after the last one, another ask can be shown."""


@command("asks", who=Who.ANYONE, topic="pair", help="who looks for what in public", examples=("asks",), proof=False)
def show_asks(desk: Desk, call: Call) -> None:
    """Open asks, the newest first; all of it was public already."""
    found = sorted(desk.posts.where("asks", True), key=lambda post: -post.id)
    shown = found[: desk.policy.limits.listed]
    zone = people.zone(call.person) if call.person is not None else "UTC"
    lines = [
        words.listing(post.id, post.name, post.learn, post.offer, times.show_day(post.at, zone, desk.now))
        for post in shown
    ]
    end = words.listing_end(len(found) - len(shown)) if shown else words.listing_none()
    call.reply(desk, *lines, end)


# --------------------------------------------------------------------------------------- how an ask ends


def _author(desk: Desk, about: str) -> tuple[Post, Person] | None:
    post = desk.posts.get(int(about[1:]))
    person = desk.people.get(post.person) if post is not None and post.stage == "open" else None
    return (post, person) if post is not None and person is not None else None


@on_timer(asks.OLD)
def ask_old(desk: Desk, about: str, late_seconds: float) -> None:
    """After a month the author is asked whether they still look, in waking hours; without an answer it is closed."""
    found = _author(desk, about)
    if found is None:
        return
    person = found[1]
    awake = people.waking(desk, person)
    if awake > desk.now:
        desk.plan(asks.OLD, about, awake)
        return
    forms.begin(desk, person, "ask-still", about)
    desk.plan(asks.OVER, about, desk.now + timedelta(days=asks.ANSWER_DAYS))


@on_timer(asks.OVER)
def ask_over(desk: Desk, about: str, late_seconds: float) -> None:
    """Nobody said that it still stands."""
    found = _author(desk, about)
    if found is None:
        return
    post, person = found
    forms.forget(desk, person, about)
    posts.close(desk, post)
    desk.tell(person, words.over(post.id))


def _ask_still(desk: Desk, dialogue: Dialogue) -> str:
    found = _author(desk, dialogue.about)
    days = (desk.now - found[0].at).days if found is not None else 0
    return words.still(int(dialogue.about[1:]), found[0].learn if found is not None else "", days)


def _said_still(desk: Desk, dialogue: Dialogue) -> None:
    found = _author(desk, dialogue.about)
    if found is None:
        return
    post, person = found
    if given(dialogue, "still") == "no":
        posts.close(desk, post)
        desk.tell(person, words.stopped(post.id))
        return
    days = desk.policy.mail.ask_days
    desk.cancel(asks.OVER, dialogue.about)
    desk.plan(asks.OLD, dialogue.about, desk.now + timedelta(days=days))
    desk.tell(person, words.goes_on(post.id, days))


form(
    Form(
        "ask-still",
        (yes_no("still", _ask_still),),
        done=_said_still,
        claim=lambda desk, dialogue: f"post {dialogue.about[1:]} open",
    )
)


# ---------------------------------------------------------------------------------------------- answers


@command(
    "answer",
    Ref("post"),
    Text("text"),
    who=Who.ANYONE,
    topic="pair",
    help="write to the author of a post, or as its author to whoever answered",
    examples=("answer P4 I do haskell at work, and my queries crawl. thursdays?",),
)
def answer(desk: Desk, call: Call) -> None:
    """Words for the author of a post, on their own medium."""
    post = posts.known(desk, call.number("post"))
    call.person = correspondence.writer(desk, call.message, call.person, post.id)
    _carry(desk, post, call.person, call.text("text"))


def _carry(desk: Desk, post: Post, by: Person, text: str) -> None:
    if by.id != post.person:
        _to_author(desk, post, by, text)
        return
    others = correspondence.answerers(desk, post)
    if not others:
        raise Refused(words.nobody_answered(post.id))
    if len(others) == 1:
        correspondence.carry(desk, post, by, others[0], text)
        return
    desk.plan(UNSENT, posts.ident(post), desk.now + timedelta(hours=desk.policy.reach.letter_hours))
    forms.begin(desk, by, "answer-which", posts.ident(post), note=text[: desk.policy.limits.letter_chars])


def _to_author(desk: Desk, post: Post, by: Person, text: str) -> None:
    author = desk.people.get(post.person) if post.person else None
    correspondence.carry(desk, post, by, author, text)
    if by.id in post.answered_by:
        return
    desk.change(post, answered_by=(*post.answered_by, by.id))
    if post.ask and author is not None and asks.reciprocal(desk, post, author, by):
        said = words.team_reciprocal(post.id, by.name, author.name, (handle(desk, author), handle(desk, by)))
        people.tell_team(desk, said, about=posts.ident(post), hidden_from=(author.id, by.id))


def _ask_which(desk: Desk, dialogue: Dialogue) -> str:
    number = int(dialogue.about[1:])
    post = desk.posts.get(number)
    names = [person.name for person in correspondence.answerers(desk, post)] if post is not None else []
    return words.which(number, names)


def _read_which(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """The number of the one they mean."""
    post = desk.posts.get(int(dialogue.about[1:]))
    others = correspondence.answerers(desk, post) if post is not None else []
    said = text.strip().rstrip(".").lower()
    if said.isascii() and said.isdigit() and len(said) < 5 and 0 < int(said) <= len(others):
        return str(others[int(said) - 1].id)
    named = [person for person in others if person.name.lower() == said]
    if len(named) != 1:
        raise Invalid(common_words.choose_again(tuple(str(at) for at in range(1, len(others) + 1))))
    return str(named[0].id)


def _which_said(desk: Desk, dialogue: Dialogue) -> None:
    desk.cancel(UNSENT, dialogue.about)
    found, other = _author(desk, dialogue.about), desk.people.get(int(given(dialogue, "who")))
    if found is not None and other is not None:
        correspondence.carry(desk, found[0], found[1], other, dialogue.note)


def _which_stopped(desk: Desk, dialogue: Dialogue) -> None:
    desk.cancel(UNSENT, dialogue.about)
    desk.tell(desk.people[dialogue.person], words.not_kept())


form(
    Form(
        "answer-which",
        (Question("who", _ask_which, _read_which),),
        done=_which_said,
        stopped=_which_stopped,
        waits=False,
    )
)


@on_timer(UNSENT)
def answer_unsent(desk: Desk, about: str, late_seconds: float) -> None:
    """Words of which nobody said whom they are for are deleted."""
    found = _author(desk, about)
    dialogue = forms.of(desk, found[1], "answer-which", about) if found is not None else None
    if dialogue is not None:
        forms.end(desk, dialogue)
        desk.tell(desk.people[dialogue.person], words.not_kept())


@on_reply("post")
def replied(desk: Desk, message: Message, person: Person, number: int) -> bool:
    """A letter that answers a post, or a letter about one, goes to whoever is at the other end."""
    post = desk.posts.get(number)
    if post is None:
        return False
    if post.stage != "open":
        raise Refused(post_words.not_out(number))
    _carry(desk, post, correspondence.writer(desk, message, person, number), _own_words(message))
    desk.note(person.id, "answer", f"P{number}")
    return True


def _own_words(message: Message) -> str:
    return "\n\n".join(block.words.strip() for block in message.blocks) or message.text


@on_prose
def outsider(desk: Desk, message: Message, person: Person | None) -> bool:
    """A reader of the list without a record answers a post by mail."""
    if person is not None or message.place or message.about[:1] != "P" or not message.about[1:].isdigit():
        return False
    post = posts.known(desk, int(message.about[1:]))
    if message.proven and message.sender == post.address and not post.person:
        by = people.newcomer(desk, message)  # a stranger whose post was let through, proven by this very answer
        _carry(desk, desk.change(post, person=by.id), by, _own_words(message))
        return True
    by = correspondence.writer(desk, message, person, post.id)
    _carry(desk, post, by, _own_words(message))
    desk.note(by.id, "answer", posts.ident(post))
    return True


@on_receipt("answer")
def answered(desk: Desk, letter: Letter, reference: str, outcome: str, reason: str) -> None:
    """What became of an answer: its writer is told."""
    correspondence.settled(desk, reference, outcome, reason)


# ------------------------------------------------------------------------------------------------ pair


@command(
    "pair",
    Ref("post"),
    topic="pair",
    help="you and the one you write with about a post would like a trial hour: the moderators arrange it",
    examples=("pair P4",),
    about="post",
)
def pair(desk: Desk, call: Call) -> None:
    """When the author and somebody who answered both say so, the moderators are asked."""
    post = posts.known(desk, call.number("post"))
    me = call.me
    if me.stage != "member":
        raise Refused(words.members_only())
    if me.id != post.person and me.id not in post.answered_by:
        raise Refused(words.answer_first(post.id))
    author = desk.people.get(post.person)
    others = correspondence.answerers(desk, post) if me.id == post.person else [author] if author is not None else []
    if not others:
        raise Refused(words.nobody_answered(post.id))
    post = desk.change(post, wants=tuple(sorted({*post.wants, me.id})))
    both = [other for other in others if other.id in post.wants]
    for other in both:
        _both_want(desk, post, me, other)
    if both:
        call.reply(desk, *(words.pair_both(other.name, post.id) for other in both))
    else:
        call.reply(desk, words.pair_noted(post.id, [other.name for other in others]))


def _both_want(desk: Desk, post: Post, me: Person, other: Person) -> None:
    desk.tell(other, words.pair_both(me.name, post.id), about=posts.ident(post))
    author, answerer = (me, other) if me.id == post.person else (other, me)
    said = words.team_both(post.id, author.name, answerer.name, (handle(desk, author), handle(desk, answerer)))
    people.tell_team(desk, said, hidden_from=(author.id, answerer.id), about=posts.ident(post))
