"""Replies to what was written about a pair: what of them answers an open question, and what are words for the partner.

An answer is found only where nothing in its sentence takes it back; words go to the partner only when no question
is open that is for the writer alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from relaybot import answers, forms
from relaybot.desk import Desk
from relaybot.model import Dialogue, Message, Pair, Person, Style
from relaybot.nouns import pairs, relay
from relaybot.ports import Refused

A_WORD = 12  # characters: a reply as short as that may be the answer to a private question, so it goes nowhere else
SENTENCES = 4  # an answer stands in the first ones

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day)|thank you|thanks)\b[^,.!:;]*[,.!:;]?\s*",
    re.I,
)
_DOUBT = re.compile(
    r"\b(?:but|not|never|unless|except|if|however|only|maybe|perhaps|instead|rather|cannot|neither|nor|otherwise|or)\b"
    r"|n['\u2019]t\b|\?",
    re.I,
)
_NAMED = re.compile(r"[amsgh][0-9]{1,10}\b", re.I)
_NUMBER = re.compile(r"\d{1,2}\.?")
_ANSWERS = frozenset({"yes", "no", "none"})
_AROUND = frozenset(
    """a all also and any are be best better both can choose course do definitely either fine first for from good great
    gladly happily happy i ideal i'd i'm indeed is it just like love me my number numbers of ok okay on one option options
    perfect perfectly please pleasure prefer really second so sounds suit suits sure thank thanks that the them these
    this time times to too us very we well will with with works work would wonderful you absolutely certainly let's take""".split()
)


def answer_in(text: str, reads: Callable[[str], bool]) -> tuple[str, str]:
    """The part of a letter that answers a question (`reads` says whether it does), and the words if there are more.

    ("1 2", "") for just an answer, ("1", the whole letter) for one with words around it, ("", the whole letter) else.
    """
    whole = " ".join(text.split())
    if not whole or reads(whole):
        return whole, ""
    sentences = [s.strip() for s in _SENTENCE.split(text) if s.strip()]
    for number, sentence in enumerate(sentences[:SENTENCES]):
        found = _in_sentence(sentence, lambda said: said.lower() not in forms.EXITS and reads(said))
        if found:
            alone = len(sentences) == 1 and number == 0 and _plain(sentence) == found
            return found, "" if alone else text
    return "", text


def _in_sentence(sentence: str, reads: Callable[[str], bool]) -> str:
    if _DOUBT.search(sentence):
        return ""
    said = _GREETING.sub("", sentence, count=1) if _GREETING.match(sentence) else sentence
    clauses = [said, *said.split(",")]
    for clause in clauses:
        bare = clause.strip().rstrip(".!;:")
        found = bare if bare and reads(bare) else _plain(clause)
        if found and reads(found):
            return found
    return ""


def _plain(clause: str) -> str:
    """The numbers, or the yes or no, of a clause that says nothing else of weight; "" when it does."""
    kept: list[str] = []
    for token in re.findall(r"[\w'\u2019]+\.?|[^\w\s]", clause):
        word = token.lower().rstrip(".").replace("\u2019", "'")
        if _NUMBER.fullmatch(token) or word in _ANSWERS:
            kept.append(word)
        elif word and word not in _AROUND and word.isalnum() | ("'" in word):
            return ""
    if len(set(kept) & _ANSWERS) and len(kept) > 1:
        return ""
    return " ".join(kept)


# ------------------------------------------------------------------------------------------------ taking


def may_answer(dialogue: Dialogue) -> bool:
    """Whether a letter about the pair may hold the answer to this question among words for the partner."""
    return _shared(dialogue)


def is_talk(desk: Desk, message: Message, line: str) -> bool:
    """Whether a line that begins like an answer ("No hurry", "Yes, gladly") is said to the partner: nothing was asked."""
    head, _, rest = line.strip().partition(" ")
    if head.lower().rstrip(".!") not in {"yes", "no"} or _NAMED.match(rest):
        return False
    pair = pair_meant(desk, message)
    return pair is not None and pair.stage in relay.OPEN


def is_bare(text: str) -> bool:
    """Whether something is nothing but an answer: a yes or a no, a number, one of the exits."""
    said = text.strip().lower().rstrip(".!")
    return said in {*forms.YES, *forms.NO, *forms.EXITS} or _NUMBER.fullmatch(said) is not None


def pair_meant(desk: Desk, message: Message) -> Pair | None:
    """The pair that a reply is about, by itself or by one of its hours, whosever it is."""
    kind, number = message.about[:1], message.about[1:]
    if kind not in {"M", "S"} or not number.isdecimal():
        return None
    hour = desk.meetings.get(int(number)) if kind == "S" else None
    if kind == "S" and hour is None:
        return None
    return desk.pairs.get(hour.pair if hour is not None else int(number))


def taken(desk: Desk, message: Message, person: Person, pair: Pair, *abouts: str) -> bool:
    """Take a reply to something about this pair (or an hour of it); False when it is not this person's to answer."""
    if pairs.side(desk, pair, person) is None or not message.proven or message.stranger:
        return False
    open_, chat = pair.stage in relay.OPEN, message.style is Style.LINE
    asked = _asked(desk, person, {*abouts, f"M{pair.id}"} if open_ else set(abouts))
    if chat:  # there a reply names the very message, so it can't be for a private question
        asked = [dialogue for dialogue in asked if _shared(dialogue)]
    for dialogue in asked:
        if open_ and not _shared(dialogue) and (len(message.text) > A_WORD or forms.asks_free_text(dialogue)):
            continue  # a private question has a reply address of its own
        said, more = answer_in(message.text, _reader(desk, dialogue))
        if said:
            if open_ and _shared(dialogue) and (more or message.files):
                relay.carry(desk, pair, person, more, mode="quiet", files=message.files)
            answers.answer(desk, desk.dialogues[dialogue.id], said)
            return True
    if asked and (not open_ or not re.search(r"[^\W\d_]", message.text)) and not message.files:
        answers.answer(desk, asked[0], message.text)  # says what can be answered
        return True
    if not open_:
        why_not = pairs.why_not(desk, person, pair.id)
        if why_not:
            raise Refused(why_not)
        return False
    relay.carry(desk, pair, person, message.text, mode="tell" if chat else "letter", files=message.files)
    return True


def _asked(desk: Desk, person: Person, abouts: set[str]) -> list[Dialogue]:
    """The questions open about this, the one asked last first; those about the object named before the pair's others."""
    found = [
        d
        for d in desk.dialogues.where("person", person.id)
        if d.about in abouts and d.asked_at is not None and not d.kept and not d.place and d.form != "talk"
    ]
    return sorted(found, key=lambda d: (d.asked_at or desk.now, d.id), reverse=True)


def _reader(desk: Desk, dialogue: Dialogue) -> Callable[[str], bool]:
    return lambda said: answers.takes(desk, dialogue, said)


def _shared(dialogue: Dialogue) -> bool:
    return forms.FORMS[dialogue.form].shared
