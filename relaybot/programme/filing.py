"""Filing: `file <n>` fetches a file a partner sent; it comes by mail, wherever it is asked for: relaybot carries files in no chat.

What is kept, and for how long, is nouns/kept_files.py's.
"""

from __future__ import annotations

from relaybot.commands import Call, Number, command, on_receipt, on_timer
from relaybot.desk import Desk
from relaybot.model import File, Letter, Person, Style
from relaybot.nouns import kept_files, people
from relaybot.nouns.relay import OPEN
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import filing as words


@command(
    "file",
    Number("number"),
    topic="pair",
    help="get a file your partner sent, by its number; it comes by mail",
    examples=("file 1",),
)
def file(desk: Desk, call: Call) -> None:
    """Mail a file to whoever it was sent to."""
    number = call.number("number")
    found = desk.files.get((call.me.id, number))
    if found is None or found.expires_at <= desk.now or not _theirs(desk, call.me, found):
        raise Refused(words.none(number))
    to = _mail_address(desk, call)
    if not to:
        mail = any(n.style is Style.LETTER for n in desk.policy.networks.values())
        raise Refused(words.no_way(found.enclosure, number, found.expires_at, people.zone(call.me), mail=mail))
    desk.tell(
        call.me,
        words.here(found.enclosure),
        subject=words.subject(found.enclosure),
        about=f"M{found.pair}",
        files=(found.enclosure,),
        receipt=f"file {number}",
        to=to,
    )
    if to != call.message.sender:
        call.reply(desk, words.mailed(found.enclosure))


def _theirs(desk: Desk, me: Person, found: File) -> bool:
    """Nothing of a partner comes after the farewell, nor to whoever has left in secret."""
    pair = desk.pairs.get(found.pair)
    if pair is None or pair.stage not in OPEN:
        return False
    return pair.stage in ACTIVE_PAIRS or (pair.ended_by != me.id and pair.told_by != "each")


def _mail_address(desk: Desk, call: Call) -> str:
    """Where this person can be sent a file: from where they ask, else at home, else another of their addresses."""
    mine = people.addresses(desk, call.me)
    wanted = [call.message.sender, call.me.home, *sorted(mine)]
    return next((a for a in wanted if a in mine and desk.style(a) is Style.LETTER), "")


@on_receipt("file")
def file_settled(desk: Desk, letter: Letter, reference: str, outcome: str, reason: str) -> None:
    """A file that could not be mailed: whoever asked for it knows."""
    person = desk.people.get(letter.person)
    if person is not None and outcome == "undeliverable" and letter.files:
        desk.tell(person, words.not_taken(letter.files[0], int(reference)))


@on_timer(kept_files.EXPIRE)
def files_expire(desk: Desk, about: str, late_seconds: float) -> None:
    """Files that were kept long enough are deleted."""
    kept_files.expire(desk, int(about.split()[1]))
