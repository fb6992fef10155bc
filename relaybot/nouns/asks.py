"""Public asks: what somebody looks for and offers, read from their own words, and shown where everybody reads.

Only what the author wrote is shown; nothing of their profile goes with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from relaybot import times
from relaybot.desk import Desk
from relaybot.model import Person, Post, Style, medium
from relaybot.nouns import fit, people, posts
from relaybot.skills import read_skills
from relaybot.words import asking as words

PART_CHARS_MAX = 80  # of what is looked for or offered, in the one line of a channel
OLD = "ask-old"
OVER = "ask-over"
REST = "ask-rest"
REST_HOURS = 24  # between two asks of one person in the channels
ANSWER_DAYS = 7  # to say whether the ask still stands

# A subject that begins like this is an ask; the programme's other languages too.
_BEGINS = re.compile(
    r"^\W*(?:looking for|seeking|wanted|searching for|i(?:'m| am) looking for|(?:ich )?suche|gesucht|busco|se busca|cherche|je cherche|recherche)\b[\s:,-]*",
    re.I,
)
# Only behind a comma, an "and" or an "I": in "someone who can teach haskell" nobody offers anything.
_GIVES = re.compile(
    r"(?:\s*[,;.–]+\s*(?:and |but |und |y |et )?(?:i |ich |yo |je )?|\s+(?:and|but|und|y|et) (?:i |ich |yo |je )?|\s+(?:i|ich|yo|je) )"
    r"(?:(?:can|could|kann|puedo|peux) )?(?:also )?"
    r"(?:give|offer(?:s|ing)?|teach|help (?:you )?with|giving|in exchange for|in return for|biete|ofrezco|propose|offre)\b[\s:,-]*",
    re.I,
)
_RETURN = re.compile(r"\s+(?:in return|in exchange|dafür|a cambio|en échange)\W*$", re.I)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an ask says in a line."""

    learn: str
    offer: str


def begins_like_one(subject: str) -> bool:
    """Whether a subject says that somebody looks for something."""
    found = _BEGINS.match(subject)
    return found is not None and bool(subject[found.end() :].strip(" .!?"))


def read(text: str) -> Wish:
    """The two halves of a wish in one line: "haskell, I can give postgres" looks for haskell and offers postgres."""
    said = _BEGINS.sub("", " ".join(people.printable(text).split()))
    found = _GIVES.search(said)
    if found is None or not _part(said[: found.start()]) or not _part(said[found.end() :]):
        return Wish(_part(said), "")
    return Wish(_part(said[: found.start()]), _part(said[found.end() :]))


def _part(text: str) -> str:
    plain = _RETURN.sub("", text.strip(" ,;.:!?-"))
    return plain if len(plain) <= PART_CHARS_MAX else f"{plain[: PART_CHARS_MAX - 1]}…"


def place_named(person: Person | None, text: str) -> str:
    """The author's city, if their own words name it."""
    city = times.city(person.zone) if person is not None and person.zone else ""
    return city if city and re.search(rf"\b{re.escape(city)}\b", text, re.I) else ""


def open_of(desk: Desk, person: Person) -> Post | None:
    """The one open ask a person may have."""
    return next((p for p in desk.posts.where("person", person.id) if p.ask and p.stage == "open"), None)


def stop(desk: Desk, post: Post) -> None:
    """Close an ask; channels are no place for one after the other."""
    again = post.at + timedelta(hours=REST_HOURS)
    if post.ask and again > desk.now:
        desk.plan(REST, f"person {post.person}", again)
    posts.close(desk, post)


def rests_until(desk: Desk, person: Person) -> datetime | None:
    """When the person may ask in the channels again; None: now."""
    timer = desk.timers.get((REST, f"person {person.id}"))
    return timer.due if timer is not None else None


def publish(desk: Desk, post: Post, place: str) -> Post:
    """Show an open ask in every channel, and begin its clock."""
    line = words.public(post.id, post.name, medium(post.address), place, post.learn, post.offer)
    for network in desk.policy.networks.values():
        if network.public and network.style is Style.LINE and not network.list_mode:
            desk.post(network.public, line)
    desk.plan(OLD, f"P{post.id}", desk.now + timedelta(days=desk.policy.mail.ask_days))
    return post


def reciprocal(desk: Desk, post: Post, author: Person, other: Person) -> bool:
    """Whether the two could teach each other, the author's ask counted with the profile; nothing else may be in the way."""
    if author.stage != "member" or other.stage != "member":
        return False
    looks = read_skills(post.learn, desk.policy.synonyms, learning=True)
    gives = read_skills(post.offer, desk.policy.synonyms, learning=False) if post.offer else ()
    asker = replace(author, learn=(*author.learn, *looks), offer=(*author.offer, *gives))
    return fit.fit(desk, asker, other).good
