"""Posts to the list: a reader's goes out at once, a stranger's is held until a moderator says a word.

A mail that only claims to be a reader's goes out after their yes. One that looks for somebody is a public ask too.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot import forms
from relaybot.commands import Call, Ref, Text, Who, command, on_post, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, form, given, yes_no
from relaybot.model import Dialogue, Message, Person, Post
from relaybot.nouns import asks, people, posts, strangers, subscriptions
from relaybot.ports import Refused
from relaybot.words import asking as ask_words
from relaybot.words import posting as words

HELD, OVER, CONFIRM = posts.HELD, "post-over", "post-confirm"
CONFIRMS_MAX = 3  # posts of one person that wait for their yes
SHOWN_LINES_MAX = 12


# ----------------------------------------------------------------------------------------- what comes in


@on_post
def posted(desk: Desk, message: Message, person: Person | None) -> bool:
    """A letter to the list's address."""
    if not subscriptions.own(desk):
        _seen_elsewhere(desk, message, person)
        return True
    text = posts.body(message)
    reads = desk.subscriptions.get(message.sender) is not None
    problem = _problem(desk, message, person, text)
    if person is None and reads and message.sender and not problem:
        person = people.newcomer(desk, message)  # a reader whom a moderator let in writes for the first time
    if person is None or not (reads or person.stage == "member" or person.moderator):
        if not problem:
            _hold(desk, message, person, text)
    elif problem:
        _say(desk, message, person, problem)
    elif posts.believed(desk, message):
        post = posts.make(desk, message, person, text, stage="open")
        _out(desk, post, person, text, tuple(file.name for file in message.files))
    else:
        _confirm(desk, message, person, text)
    return True


def _problem(desk: Desk, message: Message, person: Person | None, text: tuple[str, ...]) -> str:
    """Why a post cannot go out, as its author reads it; "" when it can."""
    if all(part.startswith(words.QUOTE) for part in text):
        return words.nothing_in_it()
    most = min(desk.policy.limits.letter_chars, posts.CHARS_MAX)
    if sum(map(len, text)) > most:
        return words.too_long(most)
    if posts.since_yesterday(desk, person, message.sender or message.reply) >= desk.policy.mail.posts_per_day:
        return words.too_many(desk.policy.mail.posts_per_day)
    return ""


def _say(desk: Desk, message: Message, person: Person | None, line: str, about: str = "") -> None:
    """Answer the author; an address that may be forged is answered once a day."""
    if not message.proven and not strangers.may_answer(desk, message.sender or message.reply):
        return
    address = desk.addresses.get(message.sender)
    if person is not None and address is not None and address.verified:
        desk.answer(person, message.sender, line, about=about)
    else:
        desk.post(message.reply, line, about=about)


def _out(desk: Desk, post: Post, person: Person | None, text: tuple[str, ...], files: tuple[str, ...] = ()) -> int:
    """A post leaves: a copy for each reader, and one line in chat if it is an ask. Returns how many read it."""
    before = asks.open_of(desk, person) if person is not None else None
    looks = person is not None and person.stage == "member" and asks.begins_like_one(post.subject)
    if looks and person is not None and before is None and asks.rests_until(desk, person) is None:
        wish = asks.read(post.subject)
        post = desk.change(post, ask=True, learn=wish.learn, offer=wish.offer)
    readers = posts.distribute(desk, post, text, files=files) if subscriptions.own(desk) else 0
    desk.note(post.person, "post", posts.ident(post))
    if post.ask and person is not None:
        asks.publish(desk, post, asks.place_named(person, f"{post.subject} {' '.join(text)}"))
        desk.tell(person, ask_words.sent(post.id, desk.policy.mail.ask_days), about=posts.ident(post))
        return readers
    desk.plan(OVER, posts.ident(post), desk.now + timedelta(days=desk.policy.mail.ask_days))
    if looks and person is not None and before is not None:
        desk.tell(person, ask_words.only_listed(post.id, before.id))
    return readers


def _seen_elsewhere(desk: Desk, message: Message, person: Person | None) -> None:
    """A mail on a list that others distribute: a member's ask is shown in the channels too, once they want that."""
    if person is None or person.stage != "member" or not asks.begins_like_one(message.subject):
        return
    if asks.open_of(desk, person) is not None or asks.rests_until(desk, person) or _unconfirmed(desk, person):
        return
    text = posts.body(message)
    post = posts.make(desk, message, person, (), stage="open" if posts.believed(desk, message) else "held")
    if posts.believed(desk, message):
        _out(desk, post, person, text)
    else:
        _ask_author(desk, post, person)


@on_timer(OVER)
def post_over(desk: Desk, about: str, late_seconds: float) -> None:
    """After a month nobody answers a post to its author alone any more."""
    post = desk.posts.get(int(about[1:]))
    if post is not None:
        posts.close(desk, post)


# ----------------------------------------------------------------------------------- was it really you


def _unconfirmed(desk: Desk, person: Person) -> list[Post]:
    return [
        post
        for post in desk.posts.where("person", person.id)
        if post.stage == "held" and forms.of(desk, person, CONFIRM, posts.ident(post)) is not None
    ]


def _confirm(desk: Desk, message: Message, person: Person, text: tuple[str, ...]) -> None:
    """Anybody could have written the From line: the post waits for the yes of whom it names."""
    if len(_unconfirmed(desk, person)) < CONFIRMS_MAX:
        _ask_author(desk, posts.make(desk, message, person, text, stage="held"), person)


def _ask_author(desk: Desk, post: Post, person: Person) -> None:
    desk.plan(OVER, posts.ident(post), desk.now + timedelta(hours=desk.policy.mail.code_hours))
    forms.begin(desk, person, CONFIRM, posts.ident(post))


def _ask_confirm(desk: Desk, dialogue: Dialogue) -> str:
    post = desk.posts[int(dialogue.about[1:])]
    return words.is_it_you(post.id, post.subject) if post.text else words.shown_in_chat(post.id)


def _confirmed(desk: Desk, dialogue: Dialogue) -> None:
    post, person = desk.posts.get(int(dialogue.about[1:])), desk.people[dialogue.person]
    if post is None or post.stage != "held":
        return
    desk.cancel_all(posts.ident(post))
    if given(dialogue, "yours") == "no":
        posts.close(desk, post)
        desk.tell(person, words.not_yours(post.id))
        return
    text = post.text
    post = posts.release(desk, post)
    if text:
        desk.tell(person, words.confirmed(post.id, subscriptions.list_address(desk)), about=posts.ident(post))
    _out(desk, post, person, text)


def _not_confirmed(desk: Desk, dialogue: Dialogue) -> None:
    post = desk.posts.get(int(dialogue.about[1:]))
    if post is not None and post.stage == "held":
        posts.close(desk, post)
    desk.tell(desk.people[dialogue.person], words.not_yours(int(dialogue.about[1:])))


form(
    Form(
        CONFIRM,
        (yes_no("yours", _ask_confirm),),
        done=_confirmed,
        stopped=_not_confirmed,
        waits=False,
        claim=lambda desk, dialogue: f"post {dialogue.about[1:]} held",
    )
)


# ---------------------------------------------------------------------------------------------- held


def _hold(desk: Desk, message: Message, person: Person | None, text: tuple[str, ...]) -> None:
    """A stranger's post waits for a moderator; they are told, and the author truly that it waits."""
    if desk.posts.count("stage", "held") >= desk.policy.mail.held_posts:
        return
    post = posts.make(desk, message, person, text, stage="held")
    address = subscriptions.shown(post.address)
    people.tell_team(desk, words.team_held(post.id, post.name, address, post.subject), about=posts.ident(post))
    desk.plan(HELD, posts.ident(post), desk.now + timedelta(hours=desk.policy.mail.held_hours))
    _say(desk, message, person, words.waits(post.id), posts.ident(post))


@on_timer(HELD)
def post_held(desk: Desk, about: str, late_seconds: float) -> None:
    """Moderators are reminded of a held post; after a month nobody looked at it, and its author knows."""
    post = desk.posts.get(int(about[1:]))
    if post is None or post.stage != "held":
        return
    hours, days = desk.policy.mail.held_hours, desk.policy.mail.ask_days
    if desk.now - post.at >= timedelta(days=days):
        _tell_author(desk, post, words.nobody_decided(post.id, days))
        people.tell_team(desk, words.team_gone(post.id, days), about=about)
        posts.close(desk, post)
        return
    waited = int((desk.now - post.at).total_seconds() // 3600)
    people.tell_team(desk, words.team_held_still(post.id, waited, post.name, post.subject), about=about)
    desk.plan(HELD, about, desk.now + timedelta(hours=hours))


def _tell_author(desk: Desk, post: Post, line: str) -> None:
    person = desk.people.get(post.person) if post.person else None
    if person is not None:
        desk.tell(person, line, about=posts.ident(post))
    else:
        desk.post(post.address, line, about=posts.ident(post))


def _held(desk: Desk, call: Call) -> Post:
    post = desk.posts.get(call.number("post"))
    if post is None or post.stage != "held":
        raise Refused(words.not_held(call.number("post")))
    author = desk.people.get(post.person) if post.person else None
    if author is not None and forms.of(desk, author, CONFIRM, posts.ident(post)) is not None:
        raise Refused(words.waits_for_author(post.id, author.name))
    return post


@command(
    "approve",
    Ref("post"),
    who=Who.MODERATOR,
    topic="moderator",
    help="let a held post through to the list; it leaves at once",
    examples=("approve P5",),
    about="post",
    code=True,
)
def approve(desk: Desk, call: Call) -> None:
    """A held post goes to everybody."""
    post = _held(desk, call)
    text, person = post.text, desk.people.get(post.person) if post.person else None
    desk.cancel_all(posts.ident(post))
    post = posts.release(desk, post)
    _tell_author(desk, post, words.approved(post.id, subscriptions.list_address(desk)))
    readers = _out(desk, post, person, text)
    call.reply(desk, words.approved_team(post.id, readers))
    people.tell_others(desk, call, words.approved_team(post.id, readers, call.me.name))


@command(
    "hold",
    Ref("post"),
    Text("words", optional=True),
    who=Who.MODERATOR,
    topic="moderator",
    help="a held post does not go to the list: with words it is returned to its author, without it waits on",
    examples=("hold P5 this list is about learning, not about jobs", "hold P5"),
    about="post",
)
def hold(desk: Desk, call: Call) -> None:
    """A post stays held, or is returned with a moderator's words."""
    post = _held(desk, call)
    said = " ".join(people.printable(call.text("words")).split())
    if not said:
        desk.plan(HELD, posts.ident(post), desk.now + timedelta(hours=desk.policy.mail.held_hours))
        call.reply(desk, words.held_on(post.id, desk.policy.mail.held_hours))
        return
    _tell_author(desk, post, words.refused(post.id, call.me.name, said))
    posts.close(desk, post)
    call.reply(desk, words.refused_team(post.id))
    people.tell_others(desk, call, words.refused_team(post.id, call.me.name))


@command(
    "drop",
    Ref("post"),
    topic="moderator",
    help="throw a held post away without a word (moderators), or close your own post",
    examples=("drop P5",),
    about="post",
)
def drop(desk: Desk, call: Call) -> None:
    """Rubbish is not answered; and an author may take their own post back."""
    post = desk.posts.get(call.number("post"))
    if post is not None and post.person == call.me.id:
        asks.stop(desk, post)
        call.reply(desk, words.closed(post.id))
    elif post is not None and post.stage == "held" and call.me.moderator:
        posts.close(desk, post)
        call.reply(desk, words.dropped_team(post.id))
        people.tell_others(desk, call, words.dropped_team(post.id, call.me.name))
    else:
        raise Refused(words.may_not_drop(call.number("post")))


@command(
    "show",
    Ref("post"),
    who=Who.MODERATOR,
    topic="moderator",
    help="the words of a held post",
    examples=("show P5",),
    about="post",
    proof=False,
)
def show(desk: Desk, call: Call) -> None:
    """A held post as it would go out; of one that has gone out no words are kept."""
    post = desk.posts.get(call.number("post"))
    if post is None:
        raise Refused(words.no_such(call.number("post")))
    if post.stage != "held":
        call.reply(desk, words.shown_open(post.id, post.name, post.subject))
        return
    lines = [line for part in post.text for line in part.splitlines()]
    head = words.shown(
        post.id, post.name, subscriptions.shown(post.address), post.at, people.zone(call.me), desk.now, post.subject
    )
    left = len(lines) - SHOWN_LINES_MAX
    folded = [part for line in lines[:SHOWN_LINES_MAX] for part in words.folded(line)]
    call.reply(desk, head, *folded, words.lines_more(left) if left > 0 else "")
