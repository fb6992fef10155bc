"""Posts to the list (P4): what is made of a letter, one copy for each reader, the digest, and how a post ends.

The words of a post are in its copies and, while it is held, in its record; once it has gone out the record says only
whose it was, so that answers find their way, until it is closed and gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Block, Letter, Message, Person, Post, Style, Urgency
from relaybot.nouns import people, subscriptions
from relaybot.ports import Refused
from relaybot.rules import LIFECYCLES, step
from relaybot.words import posting as words

HELD = "post-held"  # timer: a post waits for a moderator
QUOTED_LINES_MAX = 8  # of what an answer was written under
SUBJECT_CHARS_MAX = 150
DIGEST_POSTS_MAX = 50
CHARS_MAX = 100_000  # of one post or digest: what a letter can carry, with room to spare
KEPT_DAYS = 3  # a copy for the digest, should its timer be late

_TAG = re.compile(r"\s*\[P([0-9]{1,10})\]", re.I)


# ---------------------------------------------------------------------------------------- what was written


def body(message: Message) -> tuple[str, ...]:
    """A letter's own words as paragraphs, each below the lines it answers; nothing that cannot be shown."""
    found: list[str] = []
    for block in message.blocks or (Block("", message.text),):
        if block.quoted.strip():
            found.append(_quote(block.quoted))
        found.extend(_paragraphs(block.words))
    return tuple(part for part in found if part)


def _quote(text: str) -> str:
    lines = [people.printable(line).rstrip() for line in text.strip().splitlines()]
    shown = [f"{words.QUOTE}{line}" for line in lines[:QUOTED_LINES_MAX]]
    left = len(lines) - len(shown)
    return "\n".join([*shown, words.left_out(left)] if left else shown)


def _paragraphs(text: str) -> Iterator[str]:
    lines: list[str] = []
    for raw in [*text.splitlines(), ""]:
        line = people.printable(raw).rstrip()
        if line:
            lines.append(line)
        elif lines:
            yield "\n".join(lines)
            lines = []


def subject(message: Message, text: tuple[str, ...]) -> str:
    """The subject without our own marks; the first words where there is none."""
    given = " ".join(_TAG.sub("", people.printable(message.subject)).split())[:SUBJECT_CHARS_MAX]
    return given or words.no_subject(next((part for part in text if not part.startswith(words.QUOTE)), ""))


def answered(desk: Desk, message: Message) -> Post | None:
    """The post whose mark the subject still carries: this one discusses it."""
    found = _TAG.search(message.subject)
    return desk.posts.get(int(found[1])) if found is not None else None


# ---------------------------------------------------------------------------------------------- records


def known(desk: Desk, number: int) -> Post:
    """An open post by number; raises Refused."""
    post = desk.posts.get(number)
    if post is None or post.stage != "open":
        raise Refused(words.no_such(number))
    return post


def make(desk: Desk, message: Message, person: Person | None, text: tuple[str, ...], *, stage: str) -> Post:
    """A record for a letter to the list; its words are kept only while it is held."""
    before = answered(desk, message)
    post = Post(
        programme=desk.name,
        id=desk.number("post"),
        stage=stage,
        person=person.id if person is not None else 0,
        address=message.sender or message.reply,
        name=name_of(message, person),
        subject=subject(message, text),
        text=text if stage == "held" else (),
        at=desk.now,
        thread=(before.thread if before is not None else "") or message.thread,
    )
    desk.put(post)
    return post


def name_of(message: Message, person: Person | None) -> str:
    """The name an author is shown under: a member's own, a stranger's as their mail says, never an address."""
    if person is not None:
        return person.name
    name = " ".join(people.printable(message.name).split())[:60]
    return name.partition("@")[0] or "?"


def for_moderators(desk: Desk) -> list[tuple[datetime, Post]]:
    """Posts that wait for a moderator, each with the moment at which moderators are reminded of it."""
    held = [(desk.timers.get((HELD, ident(post))), post) for post in desk.posts.where("stage", "held")]
    return [(timer.due, post) for timer, post in held if timer is not None]


def believed(desk: Desk, message: Message) -> bool:
    """Whether a post of a reader goes out as it is. A mailing list believes From lines unless there is a reason not to."""
    return message.proven or (desk.policy.mail.confirm_posts == "doubtful" and not message.doubtful)


def ident(post: Post) -> str:
    """How the post is named in commands and timers."""
    return f"P{post.id}"


def since_yesterday(desk: Desk, person: Person | None, address: str) -> int:
    """How many posts of this author there are from the last 24 hours, held ones too."""
    day_ago = desk.now - timedelta(days=1)
    if person is not None:
        return sum(post.at > day_ago for post in desk.posts.where("person", person.id))
    return sum(post.at > day_ago and post.address == address for post in desk.posts.where("stage", "held"))


def release(desk: Desk, post: Post) -> Post:
    """A held post is out: its words leave the record."""
    return desk.change(post, stage=step("post", post.stage, "approve"), text=())


def close(desk: Desk, post: Post) -> None:
    """The end of a post: nothing of it is kept."""
    step("post", post.stage, "refuse" if post.stage == "held" else "close")
    desk.cancel_all(ident(post))
    close_question(desk, post)
    desk.drop(post)


def close_question(desk: Desk, post: Post) -> None:
    """Its author is asked nothing about it any more."""
    person = desk.people.get(post.person) if post.person else None
    if person is not None:
        forms.forget(desk, person, ident(post))


def only_one_ask(desk: Desk, person: Person) -> None:
    """Somebody whose two records became one keeps the newer of two open asks."""
    found = [post for post in desk.posts.where("person", person.id) if post.ask and post.stage == "open"]
    for post in sorted(found, key=lambda post: post.id)[:-1]:
        close(desk, post)


@people.on_leaving
def forget(desk: Desk, person: Person) -> None:
    """Everything a person wrote to the list is gone from here, and the list does not come to them."""
    for post in desk.posts.where("person", person.id):
        close(desk, post)
    for address in desk.addresses.where("person", person.id):
        subscriptions.end(desk, address.address)


# ----------------------------------------------------------------------------------------- distribution


def distribute(desk: Desk, post: Post, text: tuple[str, ...], *, files: Iterable[str] = ()) -> int:
    """One letter for each reader but the author; digest readers' are kept. Returns how many readers there are."""
    found = subscriptions.network(desk)
    if found is None:
        return 0
    network = found[1]
    names = tuple(files)
    if names:
        text = (*text, words.files_left_out(names))
    footed = (*text, *words.footer(post.id, post.name, subscriptions.shown(network.public)))
    mine = {a.address for a in desk.addresses.where("person", post.person)} if post.person else {post.address}
    count = 0
    for mode in ("each", "digest"):
        for reader in desk.subscriptions.where("mode", mode):
            if reader.address in mine or not subscriptions.gets_copies(desk, reader):
                continue
            count += 1
            kept = mode == "digest"
            _write(desk, post, reader.address, text if kept else footed, kept=kept)
            if kept:
                subscriptions.plan_digest(desk, reader.address)
    return count


def to_list(desk: Desk, post: Post, text: tuple[str, ...]) -> None:
    """Words of ours to the list: a copy for each reader, or one mail to a list that others distribute."""
    found = subscriptions.network(desk)
    if found is None:
        return
    if found[1].list_mode == "own":
        distribute(desk, post, text)
        return
    public = found[1].public
    footed = (*text, *words.elsewhere_footer(post.id, post.name))
    desk.put(
        Letter(
            programme=desk.name,
            id=desk.serial(),
            to=public,
            text=footed,
            urgency=Urgency.AMBIENT,
            written_at=desk.now,
            expires_at=desk.now + timedelta(hours=desk.policy.reach.letter_hours),
            style=Style.LETTER,
            about=ident(post),
            subject=post.subject,
            via=post.name,
        )
    )


def _write(desk: Desk, post: Post, to: str, text: tuple[str, ...], *, kept: bool) -> None:
    hours = desk.policy.reach.letter_hours
    given = words.subject(desk.title, post.subject, answer=False)
    desk.put(
        Letter(
            programme=desk.name,
            id=desk.serial(),
            to=to,
            text=text,
            urgency=Urgency.AMBIENT,
            written_at=desk.now,
            expires_at=desk.now + (timedelta(days=KEPT_DAYS) if kept else timedelta(hours=hours)),
            style=Style.LETTER,
            held=kept,
            about=ident(post),
            subject=post.subject if kept else given,
            thread=post.thread,
            via=post.name,
            listed=True,
        )
    )


def release_kept(desk: Desk, address: str) -> None:
    """The kept copies of somebody who reads no digest any more leave one by one."""
    desk.cancel(subscriptions.DIGEST, address)
    listed = subscriptions.list_address(desk)
    for copy in desk.letters.where("kept", address):
        desk.change(
            copy,
            held=False,
            text=(*copy.text, *words.footer(int(copy.about[1:]), copy.via, listed)),
            subject=words.subject(desk.title, copy.subject, answer=False),
        )


def _that_fit(kept: list[Letter]) -> list[Letter]:
    """As many of the kept copies as one letter can hold."""
    found: list[Letter] = []
    chars = 0
    for copy in kept[:DIGEST_POSTS_MAX]:
        chars += sum(map(len, copy.text))
        if found and chars > CHARS_MAX:
            break
        found.append(copy)
    return found


def send_digest(desk: Desk, address: str) -> None:
    """One letter out of all kept copies of a reader; what does not fit comes the day after."""
    kept = sorted(desk.letters.where("kept", address), key=lambda x: x.id)
    reader = desk.subscriptions.get(address)
    if reader is None or not subscriptions.gets_copies(desk, reader):
        subscriptions.drop_kept(desk, address)
        return
    now = _that_fit(kept)
    later = kept[len(now) :]
    if not now:
        return
    text: list[str] = [*words.digest_contents([(x.via, x.subject) for x in now])]
    for number, copy in enumerate(now, 1):
        text += [*words.digest_head(number, copy.via, copy.subject, copy.about), *copy.text]
        desk.drop(copy)
    if later:
        text.append(words.digest_more(len(later)))
        desk.plan(subscriptions.DIGEST, address, subscriptions.next_digest(desk, address))
    text += words.digest_footer(now[-1].about, subscriptions.list_address(desk))
    desk.put(
        Letter(
            programme=desk.name,
            id=desk.serial(),
            to=address,
            text=tuple(text),
            urgency=Urgency.AMBIENT,
            written_at=desk.now,
            expires_at=desk.now + timedelta(hours=desk.policy.reach.letter_hours),
            style=Style.LETTER,
            subject=words.digest_subject(desk.title, len(now), desk.now, subscriptions.zone(desk, address)),
            listed=True,
        )
    )


# ------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """What went out keeps no words, nobody has two open asks, and a copy goes to readers of the list only."""
    for post in desk.posts.changed.values():
        if post is None:
            continue
        if post.stage not in LIFECYCLES["post"]:
            return f"post {post.id} is at {post.stage!r}, which is no stage"
        if post.stage != "held" and post.text:
            return f"P{post.id} has gone out and still keeps its words"
        asks = (
            [p for p in desk.posts.where("person", post.person) if p.ask and p.stage == "open"] if post.person else []
        )
        if len(asks) > 1:
            return f"person {post.person} has several open asks"
    for letter in desk.letters.changed.values():
        if letter is not None and letter.listed and (letter.person or letter.receipt):
            return f"letter {letter.id} is a copy of a post and yet a private one"
    return ""
