"""Edits: words that went to a partner are corrected there, in as few words as will do; nothing else is done a second time.

Where the words that were edited went is told from what they were: of words nothing is kept, so there is nothing to look up.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from relaybot import commands, forms
from relaybot.commands import Call
from relaybot.desk import Desk
from relaybot.model import Message, Pair, Person
from relaybot.nouns import meetings, pairs, relay, replying
from relaybot.ports import Invalid
from relaybot.words import relaying as words

UNKNOWN = "?"  # what `corrected` says when nobody can tell what stood there before
COMPARED_WORDS_MAX = 400
SHOWN_CHARS_MAX = 80  # a longer spot is shown as the whole new text


def carry(desk: Desk, message: Message, person: Person) -> bool:
    """Whether the words that were edited were said to a partner, who is told now (or later, when they are kept).

    Raises Refused when nothing can go there any more.
    """
    if message.corrected == UNKNOWN:
        return False
    old, new = message.corrected.strip(), message.text.strip()
    found = _told(desk, message, person, old, new) or _said_there(desk, message, person, old, new)
    if found is None:
        return False
    pair, before, after, mode = found
    spots = differing(before, after)
    if spots:
        relay.carry(desk, pair, person, spots, mode=mode, show=words.corrected)
        desk.note(person.id, "corrected", f"M{pair.id}")
    return True


_Found = tuple[Pair, str, str, str]  # whose words, what they were, what they are now, how they were carried


def _told(desk: Desk, message: Message, person: Person, old: str, new: str) -> _Found | None:
    """Words said with `tell`, before and after to the same partner."""
    was, now = _tell(message, person, old), _tell(message, person, new)
    if was is None or now is None or was.number("pair") != now.number("pair"):
        return None
    return pairs.mine(desk, was, relay.OPEN), was.text("text"), now.text("text"), "tell"


def _tell(message: Message, person: Person, line: str) -> Call | None:
    found = commands.find(line.lstrip("!").strip())
    if found is None or found[0].name != "tell":
        return None
    try:
        return Call(message, person, found[0], commands.read_args(*found))
    except Invalid:
        return None


def _said_there(desk: Desk, message: Message, person: Person, old: str, new: str) -> _Found | None:
    """Words said without a command: in the pair's own place while the partner must not be reached, in a talk, as a reply."""
    if message.place:
        pair = next(iter(desk.pairs.where("place", message.place)), None)
        kept = pair is not None and _kept_there(desk, pair, person) and not _commands(old, new, topic="session")
        return (pair, old, new, "place") if pair is not None and kept else None
    talk = forms.of(desk, person, "talk")
    if talk is not None and talk.started_at is not None and message.first_said_at is not None:
        pair = desk.pairs.get(int(talk.about[1:]))
        # What was said before the talk began went to nobody, and nobody can tell what it was.
        began = message.first_said_at >= talk.started_at
        if began and pair is not None and pair.stage in relay.OPEN and not _commands(old, new, always=True):
            return pair, old, new, "talk"
    pair = replying.pair_meant(desk, message)
    mine = pair is not None and pair.stage in relay.OPEN and pairs.side(desk, pair, person) is not None
    talked = all(replying.is_talk(desk, message, line) or not _commands(line) for line in (old, new))
    if pair is None or not mine or not talked or replying.is_bare(old) or replying.is_bare(new):
        return None
    return pair, old, new, "tell"


def _commands(*lines: str, topic: str = "", always: bool = False) -> bool:
    """Whether one of these was (or reads now like) a whole command: any, of this topic, or one that always is."""
    for line in lines:
        found = commands.find(line.lstrip("!").strip())
        if line.startswith("!"):
            return True
        if found is None or (topic and found[0].topic != topic) or (always and not found[0].always):
            continue
        try:
            commands.read_args(*found)
        except Invalid:
            continue
        return True
    return False


def _kept_there(desk: Desk, pair: Pair, person: Person) -> bool:
    """Whether what is said in the pair's place is kept for the partner just now; else they read the edit themselves."""
    if pairs.side(desk, pair, person) is None or len(pairs.sides(desk, pair)) < 2 or pair.stage not in relay.OPEN:
        return False
    return relay.held_back(desk, pair, pairs.partner(desk, pair, person)) and meetings.running(desk, pair) is None


def differing(before: str, after: str) -> str:
    """The words that differ, as "tuesday" -> "Thursday"; the whole new text when that is several spots or long; "" for none.

    What was only put in or left out is shown with a word beside it.
    """
    old, new = before.split(), after.split()
    if old == new:
        return ""
    if max(len(old), len(new)) > COMPARED_WORDS_MAX:
        return after
    spots = [op for op in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if op[0] != "equal"]
    if len(spots) != 1:
        return after
    _, begin, end, new_begin, new_end = spots[0]
    if begin == end or new_begin == new_end:
        if begin:
            begin, new_begin = begin - 1, new_begin - 1
        else:
            end, new_end = end + 1, new_end + 1
    was, now = " ".join(old[begin:end]), " ".join(new[new_begin:new_end])
    return after if max(len(was), len(now)) > SHOWN_CHARS_MAX or not was or not now else words.spot(was, now)
