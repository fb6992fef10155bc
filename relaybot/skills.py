"""Skills in people's own words: reading "rust deep, k8s a little" into names and levels.

There is no fixed list of skills: a skill is the member's words, folded, with the synonyms of the
community applied. Levels are new, a little, comfortable, deep (product 2.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from relaybot.model import Level, Skill

NAMES = {Level.NEW: "new", Level.LITTLE: "a little", Level.COMFORTABLE: "comfortable", Level.DEEP: "deep"}

# What people write for a level, longest first so that "a little" is not read as a skill called "a".
_WORDS: tuple[tuple[str, Level], ...] = (
    ("from scratch", Level.NEW),
    ("from zero", Level.NEW),
    ("never tried", Level.NEW),
    ("beginner", Level.NEW),
    ("brand new", Level.NEW),
    ("nothing", Level.NEW),
    ("new", Level.NEW),
    ("a little bit", Level.LITTLE),
    ("a little", Level.LITTLE),
    ("little", Level.LITTLE),
    ("a bit", Level.LITTLE),
    ("some", Level.LITTLE),
    ("basics", Level.LITTLE),
    ("comfortable", Level.COMFORTABLE),
    ("good", Level.COMFORTABLE),
    ("solid", Level.COMFORTABLE),
    ("well", Level.COMFORTABLE),
    ("intermediate", Level.COMFORTABLE),
    ("deeply", Level.DEEP),
    ("deep", Level.DEEP),
    ("expert", Level.DEEP),
    ("very well", Level.DEEP),
    ("advanced", Level.DEEP),
)

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

_SPLIT = re.compile(r"[,;/\n]| and | & ")
_LEAD = re.compile(r"^(?:i (?:would|want|wish) (?:like )?to learn|i(?:'d| would) like to learn|i know|i can|also|to|the|learn)\s+", re.I)
_KNOWN = re.compile(r"^(?:i )?(?:know|speak|use|used|did) (?P<skill>.+?)\s+(?P<level>a (?:little )?bit|a little|some|well)(?: already)?$", re.I)


def read_skills(text: str, synonyms: Mapping[str, str], *, learning: bool, most: int = 20) -> tuple[Skill, ...]:
    """The skills in a line; a level that is not said is "a little" when learning, "comfortable" when offering.

    "kubernetes, I know docker a bit" is one wish with a hint of where the person starts: the
    part about what is known already is no wish of its own, and makes the wish "a little".
    """
    found: dict[str, Level] = {}
    hinted: Level | None = None
    for raw in _SPLIT.split(text):
        part = raw.strip().strip(".!()\"'").strip()
        if not part:
            continue
        if learning and _KNOWN.match(part) and found:
            hinted = Level.LITTLE
            continue
        name, level = _level(_LEAD.sub("", part))
        if not name:
            continue
        default = Level.LITTLE if learning else Level.COMFORTABLE
        found[fold(name, synonyms)] = default if level is None else level
    if hinted is not None and found:
        first = next(iter(found))
        found[first] = max(found[first], hinted)
    return tuple(Skill(name, level) for name, level in list(found.items())[:most])


def fold(name: str, synonyms: Mapping[str, str]) -> str:
    """A skill's name as it is compared."""
    plain = " ".join(name.casefold().split())[:60]
    return synonyms.get(plain) or SYNONYMS.get(plain) or plain


def _level(part: str) -> tuple[str, Level | None]:
    """A part of the list as name and level, wherever the level stands: "rust (deep)", "deep rust", "rust from zero"."""
    text = " ".join(part.replace("(", " ").replace(")", " ").replace(":", " ").split())
    lowered = text.lower()
    for words, level in sorted(_WORDS, key=lambda pair: -len(pair[0])):
        if lowered.endswith(" " + words):
            return text[: -len(words) - 1].strip(), level
        if lowered.startswith(words + " ") and words not in {"new", "some", "good", "well", "deep", "solid"}:
            return text[len(words) + 1 :].strip(), level
    return text, None


def show_skill(skill: Skill) -> str:
    """ "rust (deep)"."""
    return f"{skill.name} ({NAMES[skill.level]})"


def show_skills(skills: tuple[Skill, ...]) -> str:
    """ "rust (deep), embedded (comfortable)"."""
    return ", ".join(show_skill(skill) for skill in skills)
