"""Words between the author of a post and whoever answers it, each on their own medium; neither sees an address.

As with partners' words they exist in their letter only, until it is delivered or given up, and the writer is told
what became of it. A letter claims that the post is open, so nothing arrives after it is closed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from relaybot.desk import Desk
from relaybot.model import Letter, Message, Person, Post, Style, Urgency, medium
from relaybot.nouns import mailboxes, people, subscriptions
from relaybot.ports import Refused
from relaybot.words import asking as words
from relaybot.words.common import fold_lines

ANSWERERS_MAX = 100  # people one post brings together
LINES_MAX = 12  # lines one answer may be in a chat; a longer one loses its line breaks


def writer(desk: Desk, message: Message, person: Person | None, number: int) -> Person:
    """Who answers: a member, or a reader of the list by mail, who gets a record with the first answer. Raises Refused."""
    if person is not None and (person.stage == "member" or person.moderator):
        return person
    letter = message.style is Style.LETTER
    found = subscriptions.network(desk)
    elsewhere = letter and found is not None and found[1].list_mode == "external"
    if person is not None:
        reads = any(desk.subscriptions.get(a.address) for a in desk.addresses.where("person", person.id))
        if person.stage != "removed" and (reads or elsewhere):
            return person
        raise Refused(words.members_or_readers())
    if not letter or not (elsewhere or desk.subscriptions.get(message.sender)):
        raise Refused(words.members_or_readers())
    if not message.proven:
        raise Refused(words.prove(number), about=f"P{number}")
    return people.newcomer(desk, message)


def answerers(desk: Desk, post: Post) -> list[Person]:
    """Everybody who has answered and is still here, first one first."""
    return [person for number in post.answered_by if (person := desk.people.get(number)) is not None]


def carry(desk: Desk, post: Post, by: Person, to: Person | None, text: str) -> None:
    """Send words to the author of a post (`to` None: a stranger, by address) or from them to whoever answered."""
    clean = [" ".join(people.printable(line).split()) for line in text.splitlines()]
    if not any(clean):
        raise Refused(words.nothing_in_it())
    name = to.name if to is not None else post.name
    _check(desk, post, by, to, name)
    address = to.home if to is not None else post.address
    receipt = f"answer {post.id} {by.id} {to.id if to is not None else 0} {desk.serial()}"
    if desk.style(address) is Style.LETTER:
        lines = (words.letter_head(by.name, post.id, post.subject), *_paragraphs(clean), *_foot(by, post))
    else:
        first = by.id not in post.answered_by or by.id == post.person
        lines = (*_lines(by.name, post.id, clean), words.how_line(post.id, by.name) if first else "")
    _write(desk, post, by, to, address, tuple(filter(None, lines)), receipt)


def _check(desk: Desk, post: Post, by: Person, to: Person | None, name: str) -> None:
    new = by.id != post.person and by.id not in post.answered_by
    if new and len(post.answered_by) >= ANSWERERS_MAX:
        raise Refused(words.full(post.id))
    if to is not None and mailboxes.refuses(desk, to.home):
        raise Refused(words.refuses_mail(name))
    mark = f"answer {post.id} {by.id} "
    on_the_way = desk.letters.where("person", to.id) if to is not None else []
    if sum(x.receipt.startswith(mark) for x in on_the_way) >= desk.policy.limits.waiting_lines:
        raise Refused(words.too_many_waiting(name, desk.policy.limits.waiting_lines))


def _lines(name: str, number: int, clean: list[str]) -> tuple[str, ...]:
    most = max(100, 380 - len(words.said(name, number, "").encode()))
    folded = [part for line in clean if line for part in fold_lines(line, most)]
    if len(folded) > LINES_MAX:
        folded = list(fold_lines(" ".join(filter(None, clean)), most))
    return tuple(words.said(name, number, part) for part in folded)


def _paragraphs(clean: list[str]) -> tuple[str, ...]:
    return tuple(part.strip("\n") for part in "\n".join(clean).split("\n\n") if part.strip())


def _foot(by: Person, post: Post) -> tuple[str, ...]:
    return words.letter_foot(by.name, medium(by.home), post.id)


def _write(
    desk: Desk, post: Post, by: Person, to: Person | None, address: str, lines: tuple[str, ...], receipt: str
) -> None:
    letter = Letter(
        programme=desk.name,
        id=desk.serial(),
        to=address,
        text=lines,
        urgency=Urgency.PERSONAL,
        written_at=desk.now,
        person=to.id if to is not None else 0,
        expires_at=desk.now + timedelta(hours=desk.policy.reach.letter_hours),
        claim=f"post {post.id} open",
        receipt=receipt,
        style=desk.style(address),
    )
    if letter.style is Style.LETTER:
        letter = replace(
            letter, about=f"P{post.id}", subject=words.answer_subject(by.name), thread=post.thread, via=by.name
        )
    desk.put(letter)


def settled(desk: Desk, reference: str, outcome: str, reason: str) -> None:
    """The receipt of an answer: its writer is told the truth."""
    number, by, to = (int(part) for part in reference.split()[:3])
    post, person = desk.posts.get(number), desk.people.get(by)
    if person is None:
        return
    if post is None:
        if outcome == "undeliverable":
            desk.tell(person, words.closed_meanwhile(number), about=f"P{number}")
        return
    reader = desk.people.get(to) if to else None
    if to and reader is None:
        return
    name = reader.name if reader is not None else post.name
    network = medium(reader.home if reader is not None else post.address)
    if outcome == "sent":
        _tell_chat(desk, person, words.delivered(name, network, number, desk.now, people.zone(person)))
    elif outcome == "waiting":
        _tell_chat(desk, person, words.waiting(name, network, number, desk.policy.reach.letter_hours))
    else:
        there = reader.home if reader is not None else post.address
        said = words.not_taken_there() if desk.style(there) is Style.LETTER and reason != "expired" else reason
        desk.tell(person, words.not_delivered(name, number, said if reason else "closed"), about=f"P{number}")


def _tell_chat(desk: Desk, person: Person, line: str) -> None:
    """Receipts are for chat: a letter that says that a letter was sent helps nobody."""
    if desk.style(person.home) is Style.LINE:
        desk.tell(person, line)


def unsound(desk: Desk) -> str:
    """Words for the author of a post never outlive it, nor lie in the outbox for ever."""
    for letter in desk.letters.changed.values():
        if letter is None or not letter.receipt.startswith("answer "):
            continue
        if not letter.claim.startswith("post ") or letter.expires_at is None:
            return f"an answer in letter {letter.id} is not tied to a post and a time"
    return ""
