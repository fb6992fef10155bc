"""Skills in people's own words: reading "rust deep, k8s a little" into names and levels.

There is no fixed list of skills: a skill is the member's words, folded, with the synonyms of the
community applied. Levels are new, a little, comfortable, deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from relaybot.model import Level, Skill

NAMES = {Level.NEW: "new", Level.LITTLE: "a little", Level.COMFORTABLE: "comfortable", Level.DEEP: "deep"}

# A name is cut here; whoever asks people should refuse one that is this long rather than keep half of it.
LONGEST_NAME = 60

# What people write for a level behind a skill or alone in brackets.
_AFTER: Mapping[str, Level] = {
    "from scratch": Level.NEW,
    "from zero": Level.NEW,
    "from the beginning": Level.NEW,
    "never tried": Level.NEW,
    "never used": Level.NEW,
    "absolute beginner": Level.NEW,
    "beginner": Level.NEW,
    "brand new": Level.NEW,
    "nothing": Level.NEW,
    "none": Level.NEW,
    "new": Level.NEW,
    "just a little": Level.LITTLE,
    "a little bit": Level.LITTLE,
    "a tiny bit": Level.LITTLE,
    "a little": Level.LITTLE,
    "little": Level.LITTLE,
    "a bit": Level.LITTLE,
    "some": Level.LITTLE,
    "the basics": Level.LITTLE,
    "basics": Level.LITTLE,
    "basic": Level.LITTLE,
    "comfortably": Level.COMFORTABLE,
    "comfortable": Level.COMFORTABLE,
    "quite well": Level.COMFORTABLE,
    "pretty well": Level.COMFORTABLE,
    "good": Level.COMFORTABLE,
    "solid": Level.COMFORTABLE,
    "fluent": Level.COMFORTABLE,
    "well": Level.COMFORTABLE,
    "intermediate": Level.COMFORTABLE,
    "very deep": Level.DEEP,
    "deeply": Level.DEEP,
    "deep": Level.DEEP,
    "expert": Level.DEEP,
    "very good": Level.DEEP,
    "very well": Level.DEEP,
    "advanced": Level.DEEP,
    "in depth": Level.DEEP,
    "inside out": Level.DEEP,
}

# In front of a skill fewer words are safe: "deep learning", "good practices" and "new media" are skills.
_BEFORE: Mapping[str, Level] = {
    "new to": Level.NEW,
    "beginner in": Level.NEW,
    "beginner": Level.NEW,
    "a little bit of": Level.LITTLE,
    "a little": Level.LITTLE,
    "a bit of": Level.LITTLE,
    "some": Level.LITTLE,
    "the basics of": Level.LITTLE,
    "basics of": Level.LITTLE,
    "basic": Level.LITTLE,
    "comfortable with": Level.COMFORTABLE,
    "comfortable in": Level.COMFORTABLE,
    "good at": Level.COMFORTABLE,
    "intermediate": Level.COMFORTABLE,
    "very good at": Level.DEEP,
    "expert in": Level.DEEP,
    "an expert in": Level.DEEP,
    "expert": Level.DEEP,
    "advanced": Level.DEEP,
}

# Everyday short names that mean the same skill everywhere; a programme adds its own under `synonyms`.
SYNONYMS: Mapping[str, str] = {
    "k8s": "kubernetes",
    "kube": "kubernetes",
    "postgres": "postgresql",
    "psql": "postgresql",
    "js": "javascript",
    "ts": "typescript",
    "golang": "go",
    "py": "python",
    "a11y": "accessibility",
    "i18n": "internationalisation",
    "tf": "terraform",
}

_SPLIT = re.compile(r"[,;\n]+|(?:^|\s)/(?=\s|$)|\.(?=\s)|(?:^|\s)(?:and|plus|&|but|though)(?=[\s(]|$)", re.I)
_EXACT = re.compile(rf"^(?P<name>.+) \((?P<level>{'|'.join(NAMES.values())})\)$", re.I)
_NUMBER = {word: n for n, word in enumerate("zero one two three four five six seven eight nine ten".split())} | {
    "many": 9
}
_YEARS = re.compile(
    rf"(?:^| )(?:for |since )?(?:about |over )?(?P<n>[0-9]{{1,2}}|{'|'.join(_NUMBER)})\+? (?:years?|yrs?)(?: of experience)?$",
    re.I,
)
_LEAD = re.compile(
    r"^(?:hi|hello|well|so|and|also|then|maybe|perhaps|mostly|mainly|especially|i|i'd|i'm|i am|am|would|could|can|will|do|did|have|done|been|using|working|how to"
    r"|like|love|want|wish|hope|know|to|someone|somebody|people|others|help|helping|with|teach|show|explain"
    r"|learn|learning|study|understand|understanding|get better at|improve|get into|use|used|the|my)\s+",
    re.I,
)
_TRAIL = re.compile(r"\s+(?:please|too|as well|already|if possible|i guess|i think|maybe|properly|better)$", re.I)
# "I know docker a bit" beside a wish tells from where the person starts; it is no wish of its own.
_KNOWN = re.compile(
    r"^(?:i |i've |i have |i'm )?(?:already )?(?:know|knew|speak|use|used|did|tried|have|done|familiar with)\s+(?P<rest>.+)$",
    re.I,
)
_UNKNOWN = re.compile(r"^(?:i |i've |i have )?(?:never|don't|do not|know nothing|no experience)\b", re.I)
_NO_SKILL = frozenset("nothing anything everything something idk none no yes unsure dunno".split()) | {
    "not sure",
    "no idea",
    "don't know",
}


def read_skills(text: str, synonyms: Mapping[str, str], *, learning: bool, most: int = 20) -> tuple[Skill, ...]:
    """The skills in a line; a level that is not said is "a little" when learning, "comfortable" when offering.

    "kubernetes, I know docker a bit" is one wish with a hint of where the person starts: the
    part about what is known already is no wish of its own, and makes the wish "a little".
    """
    found: dict[str, Level | None] = {}
    hints: dict[str, Level | None] = {}
    hinted: Level | None = None
    for part in _parts(text):
        plain = learning and not _EXACT.match(part)
        if plain and _UNKNOWN.match(part):
            hinted = Level.NEW
            continue
        known = _KNOWN.match(part) if plain else None
        name, level = _named(known["rest"] if known else part)
        if not name:
            if level is not None and found:
                found[list(found)[-1]] = level
            continue
        (hints if known else found)[fold(name, synonyms)] = level
        hinted = Level.LITTLE if known else hinted
    if not found:
        found = hints
    default = Level.LITTLE if learning else Level.COMFORTABLE
    if hinted is not None and found and next(iter(found.values())) is None:
        found[next(iter(found))] = hinted
    return tuple(Skill(name, default if level is None else level) for name, level in list(found.items())[:most])


def renamed(text: str, synonyms: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Which names in a line were read as another: (("k8s", "kubernetes"),)."""
    names = [_named(part)[0] for part in _parts(text)]
    return tuple((name, fold(name, synonyms)) for name in names if name and fold(name, synonyms) != _plain(name))


def fold(name: str, synonyms: Mapping[str, str]) -> str:
    """A skill's name as it is compared."""
    plain = _plain(name)
    return synonyms.get(plain) or SYNONYMS.get(plain) or plain


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())[:LONGEST_NAME].strip()


def _parts(text: str) -> Iterator[str]:
    """The pieces between commas and "and"; what stands in brackets is not cut."""
    shielded = re.sub(r"\([^()]*\)", lambda m: m[0].translate({44: "\x00", 59: "\x00", 46: "\x01"}), text)
    for raw in _SPLIT.split(shielded):
        part = (
            " ".join(raw.replace("\x00", " ").replace("\x01", ".").replace("’", "'").split())
            .strip(" !\"'-*")
            .rstrip(".")
        )
        if part:
            yield part


def _named(part: str) -> tuple[str, Level | None]:
    """A part of the list as name and level, wherever the level stands: "rust (deep)", "rust deep", "new to rust"."""
    exact = _EXACT.match(part)
    if exact:
        return exact["name"], next(level for level, shown in NAMES.items() if shown == exact["level"].lower())
    text = " ".join(re.sub(r"[():=]|(?:^|\s)-(?=\s)|\.(?=\s)", " ", part).split())
    level: Level | None = None
    while True:
        before = text
        if not _plain(text) or _plain(text) in _NO_SKILL:
            # "nothing" behind a skill is a level, alone it is no skill
            return "", _AFTER.get(_plain(text), level)
        text = _TRAIL.sub("", text).strip(" !\"'-*").rstrip(".")
        text, level = _strip_level(text, level)
        if " " in text:
            text = _LEAD.sub("", text)
        if text == before:
            break
    return (text if any(c.isalpha() for c in text) else ""), level


def _strip_level(text: str, level: Level | None) -> tuple[str, Level | None]:
    """The text without one expression of level, and that level (an earlier one found wins)."""
    lowered = text.lower()
    if lowered in _AFTER:
        return "", _AFTER[lowered] if level is None else level
    years = _YEARS.search(text)
    if years:
        n = int(years["n"]) if years["n"].isdigit() else _NUMBER[years["n"].lower()]
        found = Level.DEEP if n >= 5 else Level.COMFORTABLE if n >= 2 else Level.LITTLE
        return text[: years.start()].strip(), found if level is None else level
    for words in sorted(_AFTER, key=len, reverse=True):
        if lowered.endswith(" " + words):
            return text[: -len(words) - 1].strip(" -"), _AFTER[words] if level is None else level
    for words in sorted(_BEFORE, key=len, reverse=True):
        if lowered.startswith(words + " "):
            return text[len(words) + 1 :].strip(), _BEFORE[words] if level is None else level
    return text, level


def show_skill(skill: Skill) -> str:
    """ "rust (deep)"."""
    return f"{skill.name} ({NAMES[skill.level]})"


def show_skills(skills: tuple[Skill, ...]) -> str:
    """ "rust (deep), embedded (comfortable)"."""
    return ", ".join(show_skill(skill) for skill in skills)


def named(part: str) -> tuple[str, Level | None]:
    """One skill as somebody wrote it, as (name in their own spelling, level or None): "PostgreSQL, ten years" -> ("PostgreSQL", DEEP)."""
    return _named(" ".join(part.replace(",", " ").replace("’", "'").split()))
