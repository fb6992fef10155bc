"""What is learnt or taught, as a short name with a level: "how people test for accessibility" -> "accessibility testing".

Lists, brackets and years of experience are taken apart; what is no skill is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relaybot.model import Level
from relaybot.prose.tongues import LANGUAGES
from relaybot.prose.topics import GENERAL, HEADS, NO_SKILL, SUBJECTS, TECHNOLOGIES
from relaybot.skills import LONGEST_NAME, NAMES, fold, named

_NUMBERS = {
    "a decade": "10 years", "two decades": "20 years", "three decades": "30 years", "decades": "20 years", "eleven": "11",
    "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18",
    "nineteen": "19", "twenty": "20", "twenty-five": "25", "thirty": "30", "forty": "40", "a couple of": "2", "several": "3",
    "a few": "3", "couple of": "2",
}  # fmt: skip
_DECADES = re.compile(r"\b(?:two decades|three decades|a decade|decades)\b", re.I)
_ABOUT_YEARS = re.compile(
    r"\b(?:(?:for|since|about|over|almost|nearly|around|roughly|approximately|at least|more than|some|the (?:last|past)|now|like|ca\.?)\s+)*"
    r"(?P<n>[0-9]{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    r"|nineteen|twenty|twenty-five|thirty|forty|many|several|a few|a couple of)\s?\+?\s*(?:years?|yrs?)\b'?(?P<exp>(?:\s+of)?\s+(?:professional |work |working |practical )?experience)?(?: of (?:it|that|this|them))?",
    re.I,
)


BRACKETS = re.compile(r"\([^()]{0,200}\)")


@dataclass(frozen=True, slots=True)
class Item:
    """One skill as it was said."""

    name: str
    level: Level | None

    def shown(self) -> str:
        """As the form's reader takes it: "PostgreSQL (deep)", or the bare name where no level was said."""
        return self.name if self.level is None else f"{self.name} ({NAMES[self.level]})"


_GERUNDS = {
    "write": "writing", "build": "building", "use": "using", "make": "making", "test": "testing", "deploy": "deploying", "debug": "debugging",
    "design": "designing", "read": "reading", "run": "running", "set up": "setting up", "setup": "setting up", "configure": "configuring", "program": "programming",
    "code": "coding", "administer": "administering", "maintain": "maintaining", "manage": "managing", "give": "giving", "develop": "developing",
    "create": "creating", "secure": "securing", "profile": "profiling", "refactor": "refactoring", "review": "reviewing", "structure": "structuring",
    "proofread": "proofreading", "train": "training", "solder": "soldering", "draw": "drawing", "translate": "translating", "teach": "teaching", "speak": "speaking", "organise": "organising",
    "organize": "organizing", "document": "documenting", "monitor": "monitoring", "automate": "automating", "optimise": "optimising", "optimize": "optimizing",
    "tune": "tuning", "model": "modelling", "package": "packaging", "host": "hosting", "contribute to": "contributing to", "write good": "writing good",
}  # fmt: skip
# Verbs that are no nouns too: "test automation" and "code review" stay as they are.
_VERBS = frozenset(
    "write build read teach draw solder proofread translate deploy configure debug organise organize".split()
)
_HOW_TEST = re.compile(
    r"^how (?:to |people |others |you |one |we |teams |professionals |experts |developers )?(?:really |properly |best )?test(?:s|ing)? (?:for |the )?(?P<what>.+)$",
    re.I,
)
_HOW_WORKS = re.compile(
    r"^how (?P<what>.+?) (?:works?|functions?|is done|should be done|should be made|is made|are made|are built|is built|are done)(?: .*)?$",
    re.I,
)
_HOW_TO = re.compile(
    r"^(?:how (?:to |people |others |you |one |we |I can |i could |I should )(?:really |properly |best |better )?|to )(?P<verb>[a-z]+(?: up| to)?(?= )) (?P<what>.+)$",
    re.I,
)
_BESIDE = re.compile(r"^(?P<what>.{2,40}?) (?:on|by|at|via|through|during|within|together|alongside) [^0-9]+$", re.I)
_LEAD = re.compile(
    r"^(?:(?:more|a lot|lots|all|everything|anything|something|stuff|things|much)(?: more)?(?: about| in| of| with| on| like)|(?:a little|a bit)(?: more)? about|about|the (?:art|world|field|area|topic|subject|use|inner workings|internals|ins and outs|craft) of|my (?:knowledge|skills?|understanding|english)(?: of| in| with| about)?"
    r"|(?:good|better|modern|proper|practical|real|serious|simple|advanced) (?=[a-z0-9+#.-]+$)(?=practical\b|proper\b|real\b|serious\b)|the|to|in|with|on|of|at|by|for|how to|using|use|and|or|also|maybe|perhaps|like|things like|stuff like|such as|especially|mostly|mainly|mainly with|e\.g\.|for example|for instance|particularly|specially|in particular|namely"
    r"|working with|work with|both|either|languages like|tools like|technologies like|everything around|anything around|anything with|my own(?= )|just|finally|properly|further|your|learning|understanding|some more|skills in|knowledge of|experience with|experience in|basic knowledge of|:|-)\s+",
    re.I,
)
_TRAIL = re.compile(
    r",?\s+(?:also|too|preferably|ideally|hopefully|actually|basically|honestly|if possible|first of all|at last|on my own|by myself|myself|in particular|programming languages?|etc\.?|and so on|and more|and stuff|stuff|things|and things|or so|skills|properly|better|well enough|in general|in particular|of course|at all|and such|and the like|and similar|someday|now|again|deeper|a lot|most|first|mainly|mostly|finally|with|and|or|in|for|of|on|to|as|at|the|a|so|yet|still|generally|seriously|thoroughly|in depth|there|here|myself|for)$",
    re.I,
)
_ITEMS = re.compile(
    r"[,;/]+\s+|\s+/\s+|(?<=[^\W\d_])/(?=[^\W\d_])|(?:^|\s+)(?:and|or|&|plus|as well as|und|et|y|e|oder|ou|along with|together with)\s+(?!so on|such|more|things|stuff)|\s*\x03\s*",
    re.I,
)
_BAD = frozenset(
    "you your yours me we us our they them he she him her it this that these those someone somebody who whom i'm i've i not nobody".split()
)
_MOST_WORDS = 6


def known(name: str, synonyms: Mapping[str, str] | None = None) -> bool:
    """Whether a name is that of a technology or a subject, or a short phrase with one in it."""
    folded = fold(name, synonyms or {})
    if _is_name(folded) or folded in (synonyms or {}).values():
        return True
    words = folded.split()
    if not 1 < len(words) <= 4 or words[0] in ("a", "an", "my", "our", "your", "this", "that"):
        return False
    pieces = [" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(i + 3, len(words)) + 1)]
    return (
        words[-1] in HEADS
        or any(piece in TECHNOLOGIES and piece not in _WORDS_TOO for piece in pieces)
        or _is_name(" ".join(words[-2:]))
    )


def _is_name(folded: str) -> bool:
    return folded in TECHNOLOGIES or folded in SUBJECTS or folded.removesuffix("s") in SUBJECTS


def phrase(text: str) -> str:
    """What is learnt or taught, said shortly: "how people test for accessibility" -> "accessibility testing"."""
    said = " ".join(text.split()).strip(" .,:;!?\"'-*_")
    for _ in range(6):
        before = said
        if (how := _HOW_TEST.match(said)) is not None:
            return f"{how['what']} testing"
        if (how := _HOW_WORKS.match(said)) is not None:
            said = how["what"]
        elif (how := _HOW_TO.match(said)) is not None:
            verb = how["verb"].lower()
            said = f"{_GERUNDS.get(verb, verb)} {how['what']}"
        said = _TRAIL.sub("", _LEAD.sub("", said)).strip(" .,:;!?\"'-*_")
        if said == before:
            break
    first, _, rest = said.partition(" ")
    if first.lower() in (_VERBS if rest else _GERUNDS):
        said = f"{_GERUNDS[first.lower()]} {rest}".strip()
    known_before = _BESIDE.match(said)
    return known_before["what"] if known_before is not None and known(known_before["what"]) else said


def with_years(text: str) -> str:
    """All ways to say for how long as "N years" at the end, which is how skills.named reads it."""
    said = _DECADES.sub(lambda m: _NUMBERS[m[0].lower()], text)
    found = _ABOUT_YEARS.search(said)
    if found is None:
        return said
    n = _NUMBERS.get(found["n"].lower(), found["n"].lower())
    rest = f"{said[: found.start()]} {said[found.end() :]}"
    return f"{rest.strip(' ,')} {n} years"


def level_of_years(text: str) -> Level | None:
    """The level that years of experience say, wherever in a text they stand."""
    years = _ABOUT_YEARS.search(_DECADES.sub(lambda m: _NUMBERS[m[0].lower()], text))
    return named("x " + with_years(years[0]).strip())[1] if years else None


def items(text: str, *, sure: bool, synonyms: Mapping[str, str]) -> list[Item]:
    """The skills in what follows a trigger; `sure`: whatever is named counts, else only what is known."""
    shielded = BRACKETS.sub(lambda m: m[0].replace(",", "\x04").replace(" ", "\x05").replace("/", "\x06"), text)
    found: list[Item] = []
    for raw in _ITEMS.split(shielded):
        part = raw.replace("\x04", ",").replace("\x05", " ").replace("\x06", "/").strip()
        inside = BRACKETS.search(part)
        if inside is None:
            one = list(_one(part, None, sure, synonyms))
            alone = None if one else named(with_years(part))
            if alone is not None and found and not alone[0] and alone[1] is not None:
                found[-1] = Item(found[-1].name, alone[1])  # "python, from zero"
            found += one
            continue
        head = f"{part[: inside.start()]} {part[inside.end() :]}".strip()
        outside = level_of_years(head)
        parts = [p.strip() for p in re.split(r"[,;/]| and ", inside[0][1:-1]) if p.strip()]
        level = next((lvl for p in parts if (lvl := named(with_years(p))[1]) is not None), outside)
        inner = [i for p in parts for i in _one(p, level, False, synonyms)]
        if not inner or named(with_years(phrase(head)))[0].lower() not in GENERAL:
            found += _one(head, level, sure, synonyms)
        found += inner
    return found


def _one(part: str, level: Level | None, sure: bool, synonyms: Mapping[str, str]) -> Iterator[Item]:
    name, said = named(with_years(phrase(with_years(part))))
    name = phrase(name)
    if level is None:
        level = said
    words = name.lower().split()
    if not words or len(words) > _MOST_WORDS or len(name) >= LONGEST_NAME or not any(c.isalpha() for c in name):
        return
    if name.lower() in NO_SKILL or words[0] in _BAD or "@" in name or "://" in name or (_BAD & set(words)):
        return
    if not known(name, synonyms) and (
        not sure or (name.lower() in LANGUAGES and level is None and len(words) == 1 and not sure)
    ):
        return
    if len(name) < 2 and name.lower() not in ("c", "r", "d"):
        return
    yield Item(name, level)


def names_in(text: str, synonyms: Mapping[str, str]) -> Iterator[Item]:
    """Names of technologies anywhere in a text of any language."""
    words = [w.strip(".,;:!?()\"'") for w in text.split()]
    k = 0
    while k < len(words):
        for n in (3, 2, 1):
            name = " ".join(words[k : k + n])
            if (
                len(words) >= k + n
                and fold(name, synonyms) in TECHNOLOGIES
                and (n > 1 or (name[0].isupper() or name not in _WORDS_TOO))
            ):
                yield Item(name, None)
                k += n - 1
                break
        k += 1


# Names of technologies that are words too, in English or another language.
_WORDS_TOO = frozenset(
    "go node sap sed ada lean chef nomad sol aria rest elk ros dart hugo swift scheme spring matrix helm puppet spark java excel rust julia ruby caddy envoy phoenix synapse sphinx forth".split()
)
