"""Files that came with words for a partner: kept for some days under a number of their reader's, then gone.

The bytes lie in the file store; here is only who may have them and until when.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot.desk import Desk
from relaybot.model import Enclosure, File, Pair, Person
from relaybot.words import filing as words

EXPIRE = "files-expire"


def keep(
    desk: Desk, pair: Pair, writer: Person, reader: Person, files: tuple[Enclosure, ...]
) -> tuple[list[str], list[str]]:
    """Keep files for the reader; returns what the reader is told, and what the writer is told of those not kept."""
    told: list[str] = []
    problems: list[str] = []
    mail = desk.policy.mail
    for enclosure in files:
        mine = desk.files.where("person", reader.id)
        if enclosure.size > mail.file_bytes or not enclosure.ref:  # without a place: there was no room for it
            problems.append(words.too_large(enclosure, mail.file_bytes))
        elif len(mine) >= mail.files:
            problems.append(words.too_many(enclosure, reader.name, mail.files))
        else:
            number = max((f.id for f in mine), default=0) + 1
            due = desk.now + timedelta(days=mail.file_days)
            desk.put(File(desk.name, number, reader.id, enclosure, due, pair.id))
            told.append(words.attached(writer.name, enclosure, number, mail.file_days))
    plan(desk, reader.id)
    return told, problems


def plan(desk: Desk, reader: int) -> None:
    """The next moment at which a file of the reader goes."""
    dues = [f.expires_at for f in desk.files.where("person", reader)]
    if dues:
        desk.plan(EXPIRE, f"files {reader}", min(dues))
    else:
        desk.cancel(EXPIRE, f"files {reader}")


def expire(desk: Desk, reader: int) -> None:
    """Files whose days are over go."""
    for file in desk.files.where("person", reader):
        if file.expires_at <= desk.now:
            desk.drop(file)
    plan(desk, reader)


def forget(desk: Desk, person: Person) -> None:
    """Nothing a person was sent, and nothing they sent, is kept any more."""
    for side in desk.participants.where("person", person.id):
        for other in desk.participants.where("pair", side.pair):
            for file in desk.files.where("person", other.person):
                if file.pair == side.pair:
                    desk.drop(file)
            plan(desk, other.person)
    for file in desk.files.where("person", person.id):
        desk.drop(file)
    plan(desk, person.id)
