"""What one sentence says its writer wants to learn and can teach.

What is only mentioned ("I use ...") counts if it is a known name; what is clearly wished or offered counts as it is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from relaybot.model import Level
from relaybot.prose.cues import Cue, cues, cut
from relaybot.prose.phrases import Item, items, level_of_years, names_in
from relaybot.skills import fold


@dataclass(frozen=True, slots=True)
class Found:
    """What one sentence says about skills."""

    learn: tuple[Item, ...] = ()
    offer: tuple[Item, ...] = ()


_TOGETHER = re.compile(r"(?:\bwell|inside out|in depth|years?(?: of experience)?|yrs)\W*$", re.I)
_A_LITTLE = re.compile(r"(?:just |only )?(?:a little|a bit|some|basic|the basics)\b", re.I)
_ASKED = re.compile(r"(?:and |but |so |or )?(?:do|does|should|must|can|may|will|would|have) (?:i|we|you|one)\b", re.I)
_THEN = re.compile(r"^(?:(?:and|then|after that|maybe|perhaps|also|later|well|mostly|mainly|so|yes|hm+)[,:]? )+", re.I)


def skills(text: str, synonyms: Mapping[str, str], key: str = "") -> Found:
    """What a sentence says its writer wants to learn and can teach; `key`: the question it answers, "learn" or "offer"."""
    found: dict[str, list[Item]] = {"learn": [], "offer": []}
    if not key and text.rstrip().endswith("?") and _ASKED.match(text):
        return Found()
    said = cues(text)
    if key:
        text = _THEN.sub("", text)
        said = [cue for cue in cues(text) if cue.kind.startswith(key) or cue.kind == "said"]
        if not said or _begins_with_names(text[: said[0].start], said[0].kind, synonyms):
            said = [Cue(key, 0, 0), *said]
    hinted = False
    ends = [*(cue.start for cue in said[1:]), len(text)]
    for cue, end in zip(said, ends, strict=False):
        got = [] if cue.denied else _named_by(cue, text, end, synonyms)
        if cue.kind == "said" and got:
            # "I want to learn kubernetes, I know docker a bit" offers no docker.
            known = [item for item in got if item.level not in (Level.NEW, Level.LITTLE)]
            hinted = hinted or (not known and (key == "learn" or bool(found["learn"])))
            got = known if key != "learn" else []
        found["offer" if cue.kind == "said" else cue.kind.rstrip("*")] += got
    if hinted and found["learn"] and found["learn"][0].level is None:
        found["learn"][0] = Item(found["learn"][0].name, Level.LITTLE)
    return Found(_distinct(found["learn"]), _distinct(found["offer"]))


def _named_by(cue: Cue, text: str, end: int, synonyms: Mapping[str, str]) -> list[Item]:
    """The skills between a cue and the next, with the level that the cue itself says."""
    if cue.kind.endswith("*"):
        return list(names_in(text[cue.end : end], synonyms))
    object_ = cut(text[cue.end : end])
    got = _shared(object_, items(object_, sure=cue.kind != "said" and not cue.mere, synonyms=synonyms))
    if cue.kind == "said" and got and got[0].level is Level.LITTLE and _A_LITTLE.match(object_):
        got = [Item(item.name, item.level or Level.LITTLE) for item in got]  # "I know a little Python and HTML"
    level = cue.level
    if level is None and cue.kind != "learn" and all(item.level is None for item in got):
        # The number stands before the cue in "ten years of X", inside it in "I have done X for ten years".
        low = cue.start - 40 * (re.match(r"(?:years?|yrs?)\b", text[cue.start :], re.I) is not None)
        level = level_of_years(text[max(low, 0) : end])
    return [Item(item.name, level if item.level is None else item.level) for item in got]


def _begins_with_names(before: str, kind: str, synonyms: Mapping[str, str]) -> bool:
    """Whether an answer names skills before it says that it does: "kubernetes, I know docker a bit"."""
    return bool(before.strip()) and (kind == "said" or bool(items(before, sure=False, synonyms=synonyms)))


def _shared(text: str, got: list[Item]) -> list[Item]:
    """In "docker and nginx quite well" the level is that of both; in "docker and nginx (deep)" it is not."""
    if not got or got[-1].level is None or not _TOGETHER.search(text):
        return got
    return [Item(i.name, got[-1].level if i.level is None else i.level) for i in got]


def _distinct(found: list[Item]) -> tuple[Item, ...]:
    seen: dict[str, Item] = {}
    for item in found:
        seen.setdefault(fold(item.name, {}), item)
    return tuple(seen.values())
