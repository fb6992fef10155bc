"""What people say about themselves: reading each field with its limits, and writing it into their record.

The joining form and `set` use the same readers; each takes plain words and raises Invalid with a
whole sentence. Canonical text (what `shown` returns) is read back as the same value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from relaybot import times
from relaybot.desk import Desk
from relaybot.model import Person, Skill, Window
from relaybot.nouns import people
from relaybot.ports import Invalid
from relaybot.skills import LONGEST_NAME, read_skills
from relaybot.words import profile as words

# ---------------------------------------------------------------------------------------------- skills


def skills(desk: Desk, text: str, *, learning: bool) -> tuple[Skill, ...]:
    """A list of skills; raises Invalid when there is none, too many, or one too long to be found by."""
    most = desk.policy.limits.skills
    found = read_skills(text, desk.policy.synonyms, learning=learning, most=most + 1)
    if not found:
        raise Invalid(words.no_skill(learning))
    if len(found) > most:
        raise Invalid(words.too_many_skills(most))
    for skill in found:
        if len(skill.name) >= LONGEST_NAME:
            raise Invalid(words.long_skill(skill.name, LONGEST_NAME - 1))
    return found


def change_skills(desk: Desk, have: tuple[Skill, ...], text: str, *, learning: bool) -> tuple[Skill, ...]:
    """A list replaced ("rust deep, go") or changed ("+docker, -go"); raises Invalid."""
    field = "learn" if learning else "offer"
    parts = [part.strip() for part in re.split(r",|(?<=\S)\s+(?=[+-]\S)", text) if part.strip()]
    signed = [part for part in parts if part[0] in "+-"]
    if not signed:
        return skills(desk, text, learning=learning)
    if len(signed) < len(parts):
        raise Invalid(words.mixed_signs(field))
    kept = {skill.name: skill for skill in have}
    for part in parts:
        for skill in skills(desk, part[1:].strip() or part, learning=learning):
            if part[0] == "+":
                kept[skill.name] = skill
            elif kept.pop(skill.name, None) is None:
                raise Invalid(words.not_in_list(skill.name, field, have))
    if not kept:
        raise Invalid(words.keep_one(field))
    if len(kept) > desk.policy.limits.skills:
        raise Invalid(words.too_many_skills(desk.policy.limits.skills))
    return tuple(kept.values())


# ----------------------------------------------------------------------------------------------- links

_URL = re.compile(r"^(?:[a-z][a-z0-9+.-]{1,15}://\S+|(?:[\w-]+\.)+[a-z]{2,}(?::[0-9]+)?(?:[/?#]\S*)?)$", re.I)
NO_LINK = frozenset({"no", "none", "nothing", "no link", "no links", "-"})


def links(desk: Desk, text: str) -> tuple[str, ...]:
    """The links in a text, other words left out; raises Invalid when there is none or too many."""
    if text.strip(" .").lower() in NO_LINK:
        return ()
    found = [word for word in (raw.strip("<>()\"',;.") for raw in text.split()) if _URL.match(word)]
    most = desk.policy.limits
    if not found:
        raise Invalid(words.no_link())
    if len(found) > most.links:
        raise Invalid(words.too_many_links(most.links))
    if any(len(link) > most.link_chars for link in found):
        raise Invalid(words.long_link(most.link_chars))
    return tuple(dict.fromkeys(found))


# ------------------------------------------------------------------------------------- place and hours


def place(desk: Desk, text: str) -> tuple[str, tuple[Window, ...]]:
    """A place and weekly hours in one answer; either may be missing ("" or ()), not both. Raises Invalid."""
    zone, bar, free = text.partition("|")
    try:
        if bar and (zone or free) and (not zone or times.zone(zone) == zone):
            return zone, _few(desk, times.hours(free)) if free else ()
        zone, found = times.place_and_hours(text)
    except times.NotUnderstood as problem:
        raise Invalid(str(problem)) from None
    return zone, _few(desk, found)


def place_text(zone: str, free: Iterable[Window]) -> str:
    """Place and hours as one answer that `place` reads back."""
    return f"{zone}|{times.show_hours(free)}"


def zone(text: str) -> str:
    """A place as a zone; raises Invalid."""
    try:
        return times.zone(text)
    except times.NotUnderstood as problem:
        raise Invalid(str(problem)) from None


def free(desk: Desk, text: str) -> tuple[Window, ...]:
    """Weekly free hours; raises Invalid."""
    try:
        return _few(desk, times.hours(text))
    except times.NotUnderstood as problem:
        raise Invalid(str(problem)) from None


def _few(desk: Desk, found: tuple[Window, ...]) -> tuple[Window, ...]:
    if len(found) > desk.policy.limits.free_windows:
        raise Invalid(words.too_many_hours(desk.policy.limits.free_windows))
    return found


# ------------------------------------------------------------------------------------------- languages

_MUST_NONE = re.compile(
    r"\b(?:no(?:ne)?(?: of (?:them|these))?(?: is)?(?: a)? ?musts?|no must|nothing is a must|neither is a must|without a must)\b",
    re.I,
)
_MUST_WORD = re.compile(r"\b(?:(?:is |as )?(?:a |the )?must(?: be| have)?|only|required|mandatory)\b:?", re.I)
_FILLER = re.compile(
    r"\b(?:i speak|i can speak|speak|i know|my|i|is|are|it's|fine|ok|okay|also|too|native|fluent(?:ly)?|mother tongue|first|second|best|good"
    r"|very well|well|very|mostly|mainly|preferred|preferably|then|please|language|languages|possible|works|enough|in|of course|both|but"
    r"|better|and|or)\b",
    re.I,
)
_LITTLE = re.compile(r"\b(?:just )?(?:a (?:little )?bit(?: of)?|a little|little|some|basic|basics)\b", re.I)
_CODES = {
    "ar": "Arabic", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "eng": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi",
    "hu": "Hungarian", "ig": "Igbo", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovenian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian",
    "ur": "Urdu", "vi": "Vietnamese", "yo": "Yoruba", "zh": "Chinese",
    "português": "Portuguese", "portugues": "Portuguese", "deutsch": "German", "español": "Spanish", "espanol": "Spanish",
    "castellano": "Spanish", "français": "French", "francais": "French", "italiano": "Italian", "nederlands": "Dutch",
    "dansk": "Danish", "svenska": "Swedish", "norsk": "Norwegian", "suomi": "Finnish", "polski": "Polish", "farsi": "Persian",
    "mandarin": "Chinese",
}  # fmt: skip
LONGEST_LANGUAGE = 40


def languages(desk: Desk, text: str) -> tuple[tuple[str, ...], str]:
    """Languages, best first, and the one that is a must ("" for none): "portuguese, english is fine. no must".

    Raises Invalid.
    """
    said = _MUST_NONE.sub(",", " ".join(text.replace("’", "'").split()))
    found: list[str] = []
    musts: list[str] = []
    for part in re.split(r"[,;/\n]|\.(?:\s|$)| and | or | & | then ", said):
        name = language(part)
        if _MUST_WORD.search(part):
            musts.append(name or (found[-1] if found else ""))
        if name and name.partition(" (")[0] not in {other.partition(" (")[0] for other in found}:
            found.append(name)
    musts = list(dict.fromkeys(m.partition(" (")[0] for m in musts if m))
    if not found:
        raise Invalid(words.no_language())
    if len(found) > desk.policy.limits.languages:
        raise Invalid(words.too_many_languages(desk.policy.limits.languages))
    if len(musts) > 1:
        raise Invalid(words.one_must())
    return tuple(found), musts[0] if musts else ""


def language(text: str) -> str:
    """One language by its usual English name where it is known, else as it was said; "" when only filling words are there."""
    bare = _MUST_WORD.sub(" ", text.replace("(", " ").replace(")", " ").replace(":", " "))
    little = bool(_LITTLE.search(bare))
    name = _LITTLE.sub(" ", bare)
    name = " ".join(name.split())
    # "no" is Norwegian only where it stands alone among languages, so it is not read as a code here.
    if name.lower() in _CODES and name.lower() != "no":
        plain = _CODES[name.lower()]
    else:
        plain = " ".join(_FILLER.sub(" ", name).split()).strip(" .!?\"'")
        plain = _CODES.get(plain.lower(), plain) if plain.lower() != "no" else ""
    if not plain:
        return ""
    if (
        len(plain) > LONGEST_LANGUAGE
        or len(plain) < 2
        or not all(c.isalpha() or c in " -'" for c in plain)
        or len(plain.split()) > 3
    ):
        raise Invalid(words.odd_language(plain))
    name = " ".join(word[:1].upper() + word[1:] for word in plain.split())
    return f"{name} (a little)" if little else name


def languages_text(found: Iterable[str], must: str) -> str:
    """Languages as one answer that `languages` reads back."""
    listed = ", ".join(found)
    return f"{listed}, {must} must" if must else listed


# ------------------------------------------------------------------------------------------------ text


def line(text: str, field: str, most: int) -> str:
    """One line of plain text up to a length; raises Invalid."""
    said = " ".join(people.printable(text).split())
    if len(said) > most:
        raise Invalid(words.too_long(field, most))
    return said


def name(desk: Desk, text: str) -> str:
    """The name shown to others; raises Invalid."""
    said = line(text, "Your name", desk.policy.limits.name_chars)
    if not any(c.isalpha() for c in said) or said[:1] in "#!@&+":
        raise Invalid(words.odd_name())
    return said


def blank(desk: Desk, person: Person) -> Person:
    """Forget everything the person said about themselves; their name and address stay."""
    return desk.change(
        person,
        learn=(),
        offer=(),
        links=(),
        zone="",
        free=(),
        languages=(),
        must_language="",
        project="",
        about="",
        rules_version=0,
    )


def title(desk: Desk) -> str:
    """The programme's name as people see it."""
    return desk.policy.title or desk.name
