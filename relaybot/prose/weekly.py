"""Free hours and languages in somebody's prose: only where they are said to be free, only languages said to be spoken.

Hours are read by relaybot.times and shown as it shows them; languages are written as the form's own reader takes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from relaybot import times
from relaybot.model import Window
from relaybot.prose.tongues import LANGUAGES, LONGEST
from relaybot.times.cities import AMBIGUOUS
from relaybot.times.zones import lookup

# ---------------------------------------------------------------------------------------------------- hours

_DAY = r"(?:mon|tues?|wed(?:nes)?|thur?s?|fri|satur|sat|sun)(?:day)?s?"
_TIMEWORD = re.compile(
    rf"\b(?:{_DAY}|mo|tu|we|th|fr|sa|su|weekdays?|week-?ends?|workdays?|working days?|(?:early |late )?mornings?|(?:early |late )?afternoons?|(?:early |late )?evenings?|nights?|noon|midday|midnight|lunch(?:time| time| break| hour)?s?|any ?time|whenever|daily"
    r"|after work|every ?day|any day|all day|daytime|[0-2]?[0-9](?:[:.h][0-5][0-9])?\s?(?:am|pm|h\b|o'clock)|(?:between|after|before|from|until|till|past) [0-2]?[0-9](?:[:.h][0-5][0-9])?(?: ?[ap]m)?(?: (?:and|to|-|till|until) [0-2]?[0-9](?:[:.h][0-5][0-9])?(?: ?[ap]m)?)?|[0-2]?[0-9][:.h][0-5][0-9]|[0-2]?[0-9]\s?(?:-|–|to)\s?[0-2]?[0-9])\b|24/7",
    re.I,
)
_FREE = re.compile(
    r"\b(?:free|available|availability|suits?|suit me|best (?:for me|times?|hours?)|works?(?: best| well| fine| for me)|good for me|good times?|prefer(?:ably|red)?|time (?:is|for this|on|in|after|to)|have time|got time|can do|could do|can make|i can (?:meet|talk|be|only|usually)|could (?:meet|talk)"
    r"|usually|my hours|hours|any evening|any ?time|ideal(?:ly)?|spare|possible|can offer|flexible|fine for me|is fine|are fine|are best|is best|are good|is good|are ok|is ok|would be (?:good|best|great|fine|ok|perfect)|work best)\b",
    re.I,
)
_BUSY = re.compile(
    r"\b(?:(?:i|i'm|i am) (?:usually |often |always |normally )?(?:work|working|at work|teach|sleep|study|busy)\b|my (?:job|work|shift|working hours)|office hours|meeting (?:on|every|each)|class(?:es)?|lectures?|read (?:it|about)|heard|saw|met|wrote|posted|deadline|workshop|conference|event|webinar|call you|last|yesterday|ago)",
    re.I,
)
_ONCE = re.compile(
    r"\b(?:this|next|coming|tomorrow|today|tonight|yesterday|last) ?(?:week|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend|morning|evening|month)?\b",
    re.I,
)
_CANNOT = re.compile(
    r"(?:,? ?\bbut)?,? ?\b(?:i )?(?:can't|cannot|can not|am not (?:free|available)|'m not (?:free|available)|not available|not free|unavailable|am busy|busy|never)(?: (?:do|make|make it|meet|at all))?(?: (?:on|in|during))? ",
    re.I,
)
_MY_LUNCH = re.compile(r"\b(?:in|during|over) (?:my|the|our) lunch(?: ?time| ?break| hour)?,? (?=[^.]*[0-9])", re.I)
_EXACTLY = re.compile(
    r"\b(?:mornings?|afternoons?|evenings?|nights?|lunch(?: ?times?| ?breaks?| hours?)?)\s*\(([^()]{0,40}[0-9][^()]{0,40})\)",
    re.I,
)
_CLAUSE = re.compile(r"[,;]\s|\b(?:so|but|therefore|which means|that's why)\b", re.I)
_SOFT = (
    (re.compile(r"\b(?:would|will|should|might|may|can|could|is|are|be|am|i'd|i'll|i've|i|me|my|we|it|them|and also|the|perfect|great|perfectly|easy|easiest|possible|okay|ok|good|best|fine|free|available|always|actually|definitely|certainly|pretty much|preferred|to meet|to talk|meet|talk|have|got|spare|mainly|only|maybe|perhaps|quite|also|most|some|suits?|works?|well|ideally|flexible|do|make|offer|sometimes|possibly|especially|hello|hi|thanks|please|cheers|there|reachable|have time|of|from home)\b", re.I), " "),
    (re.compile(r"\b(?:o'clock|uhr|hrs|hours?)\b", re.I), " "),
    (re.compile(r"\bweek-ends?\b", re.I), "weekends"), (re.compile(r"\bin the (?=(?:morning|evening|afternoon)s?\b)", re.I), ""),
    (re.compile(r"\b(?:local|my|your|berlin|central european|lisbon|lagos|german|uk|india|indian) (?:time|clock)\b", re.I), " "),
)  # fmt: skip
_ZONE = re.compile(
    r"\(?(?<![\w/])((?:UTC|GMT) ?[+-] ?[0-9]{1,2}(?::?00)?|CES?T|EES?T|WES?T|UTC|GMT|[ECMP][SD]T|IST|WAT|EAT|CAT|BST|SGT|JST|AES?T)(?![\w/+-])\)?"
)


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekly free hours, and on which clock they were said ("" for the writer's own)."""

    free: tuple[Window, ...] = ()
    zone: str = ""


def hours(text: str, *, asked: bool = False) -> Hours:
    """The weekly hours at which the writer is free; nothing where they are busy then, or it is not sure."""
    if not _TIMEWORD.search(text) and not (
        asked and re.search(r"\b(?:after|before|from|until|any|lunch)\b", text, re.I)
    ):
        return Hours()
    zones = {m[1] for m in _ZONE.finditer(text)}
    zone = zones.pop() if len(zones) == 1 else ""
    if zones or (zone and (zone.lower() in AMBIGUOUS or not lookup(zone))):
        return Hours()
    said = _ZONE.sub(" ", text) if zone else text
    if _BUSY.search(said) and not asked:
        # "I work from 9 to 17, so only evenings are possible": what is said of work is left out.
        said = ", ".join(part for part in _CLAUSE.split(said) if not _BUSY.search(part))
    said = _MY_LUNCH.sub("", said)
    said = _EXACTLY.sub(r"\1", said)
    said = re.sub(r",? say,? (?=[0-9])", " ", said)
    whole = _read(said)
    if whole and (asked or not _BUSY.search(said)) and not _ONCE.search(said) and _substance(said):
        return Hours(whole, zone)
    if _ONCE.search(said) or (_BUSY.search(said) and not _FREE.search(said)) or not (asked or _FREE.search(said)):
        return Hours()
    free = _best(said)
    return Hours(free, zone) if free else Hours()


def _substance(text: str) -> bool:
    """Whether a text that reads as hours is more than a number or a greeting."""
    return re.search(r"[0-9]{1,2}|\b(?:any|every)|s\b|day", text) is not None and not re.match(
        r"good (?:morning|evening|afternoon|night)", text.strip(), re.I
    )


def _read(text: str) -> tuple[Window, ...]:
    try:
        return times.hours(text.strip(" .,;:!")[:400])
    except times.NotUnderstood:
        return ()


def _best(text: str) -> tuple[Window, ...]:
    """What can be read of a sentence around the words for days and times; () if a part of it would have to be left out."""
    said = _CANNOT.sub(" not ", text)
    words = list(_TIMEWORD.finditer(said))
    if not words:
        return ()
    start, end = words[0].start(), words[-1].end()
    lead = re.search(
        r"(?:\b(?:after|from|before|until|between|since|around|any|every|most|not|except|early|late|on|past|about|by|weekday|weekend)\s+){1,3}$",
        said[:start],
        re.I,
    )
    start = lead.start() if lead else start
    tail = re.match(
        r"\s*(?:onwards?|onward|or later|\+|and later|(?:(?:-|–|to|until|till|and|or|,)\s*[0-9]{1,2}(?:[:.h][0-9]{2})?(?:\s?[ap]m|h)?)+)",
        said[end:],
        re.I,
    )
    core = said[start : end + (tail.end() if tail else 0)]
    core = re.sub(rf"\bfrom (?={_DAY}\b)", "", core, flags=re.I)
    core = re.sub(r"\b(?:or|and) later\b|\bonwards?\b", " ", core, flags=re.I)
    found = _read(core)
    if found:
        return found
    for pattern, by in _SOFT:
        core = pattern.sub(by, core)
    return _read(re.sub(r"\s+([,.;])", r"\1", " ".join(core.split())))


def shown(free: Iterable[Window]) -> str:
    """Hours as times.hours reads them back."""
    return times.show_hours(free)


# ------------------------------------------------------------------------------------------------ languages

_SPEAK = re.compile(
    r"^\W*\w+ only\b|\b(?:speak|speaking|spoken|speaks|languages?|mother tongue|native|fluent(?:ly)?|bilingual|first language|second language|talk in|communicate in|understand|read and write|write in|converse|conversational|sessions? in|in (?=[A-Z])"
    r"|i know|sprechen?|spreche|sprache|muttersprache|sprachen|parle|parlons|langues?|langue maternelle|hablo|idiomas?|lengua|falo|línguas?|língua|fluente|my (?=[A-Z][a-z]+ is)|must|(?:is|are) (?:ok|okay|fine|good|possible|a must|best|preferred|required)|please)\b",
    re.I,
)
_LEARNING = re.compile(
    r"\b(?:learn|learning|improve|teach|study|practi[sc]e|lernen|apprendre|aprender|interested in|better at)\b", re.I
)
_UNSPOKEN = re.compile(
    r"\b(?:no|not|don't speak|do not speak|can't speak|cannot speak|don't understand|kein|nicht|pas de|without|except|neither|nor|never learned|never learnt)(?: (?:any|much|a|speak|know|understand|really))*\s*$",
    re.I,
)
_LITTLE = re.compile(
    r"\b(?:a (?:little|tiny|bit)(?: bit)?(?: of)?|little|some|bit|basic|basics|beginner|bad|poor|rusty|school|broken|weak|learning|a1|a2|ein wenig|ein bisschen|etwas|un peu|un poco|um pouco|limited|rudimentary|not (?:so|very) (?:good|well)|slowly)\b",
    re.I,
)
_MUST = re.compile(
    r"\b(?:must|required|mandatory|(?<!my )(?<!the )only|needs? to be|has to be|have to be|essential|necessary)\b", re.I
)
_NO_MUST = re.compile(
    r"\b(?:no(?:ne|thing)?(?: of (?:them|these))?(?: is)?(?: a)? ?musts?|not a must|isn't a must|no must|neither is a must|without a must|nothing is a must|no language is a must|no preference|none is required|not required)\b",
    re.I,
)
_APART = re.compile(r"[,;.]|\b(?:and|or|but|et|y|e|und|oder|ou|o)\b", re.I)
_FILL = frozenset(
    "i we and or also a the in is are my of it's very well good fluent fluently native mother tongue first second third best then mostly mainly a little bit some basic basics speak can write read must no none nothing"
    " only ok okay fine both as language languages please with but too perfect perfectly quite pretty much enough understand bad poor rusty school level beginner intermediate advanced decent conversational working"
    " b1 b2 c1 c2 a1 a2 tongue yes to be not not-so-good strong my-best preferred preferably better possible for work by order this at home everyday at all und et y e ein wenig ich spreche je parle hablo falo un peu poco um pouco etwas bisschen auch gut sehr spanischkenntnisse fluent; muttersprache plus little".split()
)
_NAME = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Spoken:
    """Languages best first, each perhaps with "(a little)", and the one that is a must."""

    names: tuple[str, ...] = ()
    must: str = ""
    said: bool = False  # something about languages was said, if only "no must"


def languages(text: str, *, asked: bool = False) -> Spoken:
    """The languages the writer says to speak; a sentence that merely names one says nothing."""
    found = list(_named(text))
    no_must = _NO_MUST.search(text) is not None
    if not found:
        return Spoken(said=no_must)
    only_names = all(
        word.lower() in _FILL or word.lower() in LANGUAGES or "'" in word for word in _NAME.findall(text)
    ) and not re.search("[0-9]{3}", text)
    if not asked and not only_names and (not _SPEAK.search(text) or _LEARNING.search(text)):
        return Spoken()
    if not asked and not only_names and not _near(text, found):
        return Spoken()
    names: dict[str, str] = {}
    musts: list[str] = []
    for k, (start, end, language) in enumerate(found):
        low = found[k - 1][1] if k else 0
        high = found[k + 1][0] if k + 1 < len(found) else len(text)
        before = _APART.split(text[low:start])[-1]
        after = _APART.split(text[end:high])[0]
        if (
            _UNSPOKEN.search(text[low:start])
            or re.match(r"\s*(?:not|no)\s*(?:so|very)?\s*$", before)
            or (k and _listed(text[low:start]) and found[k - 1][2] not in names)
        ):
            continue
        little = _LITTLE.search(before) or _LITTLE.search(after)
        names.setdefault(language, f"{language} (a little)" if little else language)
        if not no_must and (
            _MUST.search(after) or re.search(r"\b(?:only|must(?: be| speak| have)?:?)(?: in)?\s*$", before, re.I)
        ):
            musts.append(language)
    must = musts[0] if len(set(musts)) == 1 else ""
    return Spoken(tuple(names.values())[:10], must, bool(names) or no_must)


def _listed(between: str) -> bool:
    return re.fullmatch(r"\s*(?:,|or|nor|,? or)\s*", between) is not None


def _near(text: str, found: list[tuple[int, int, str]]) -> bool:
    """Whether what says that a language is spoken stands beside one."""
    for start, end, _ in found:
        around = text[max(0, start - 60) : end + 40]
        if _SPEAK.search(around):
            return True
    return False


def _named(text: str) -> Iterable[tuple[int, int, str]]:
    words = list(_NAME.finditer(text))
    k = 0
    while k < len(words):
        for n in range(min(LONGEST, len(words) - k), 0, -1):
            start, end = words[k].start(), words[k + n - 1].end()
            said = " ".join(text[start:end].split())
            if said.casefold() in LANGUAGES and (n > 1 or said[0].isupper() or len(said) > 4):
                yield start, end, LANGUAGES[said.casefold()]
                k += n - 1
                break
        k += 1


def answer(spoken: Spoken) -> str:
    """Languages as the form reads them: "English, Igbo, French (a little), English must"."""
    listed = ", ".join(spoken.names)
    return f"{listed}, {spoken.must} must" if spoken.must and listed else listed
