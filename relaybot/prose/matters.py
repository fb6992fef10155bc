"""Skills in somebody's prose: which words say "I want to learn" or "I can teach", and what is wanted or taught.

What is only mentioned ("I use ...") counts if it is a known name; what is clearly wished or offered counts as it is said.
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
    r"|nineteen|twenty|twenty-five|thirty|forty|many|several|a few|a couple of)\s?\+?\s*(?:years?|yrs?)\b'?(?P<exp>(?:\s+of)?\s+(?:professional |work |working |practical )?experience)?",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One skill as it was said."""

    name: str
    level: Level | None

    def shown(self) -> str:
        """As the form's reader takes it: "PostgreSQL (deep)", or the bare name where no level was said."""
        return self.name if self.level is None else f"{self.name} ({NAMES[self.level]})"


@dataclass(frozen=True, slots=True)
class Found:
    """What one sentence says about skills."""

    learn: tuple[Item, ...] = ()
    offer: tuple[Item, ...] = ()


# ------------------------------------------------------------------------------------------------- triggers

_HELP = (
    r"(?:some |any |a bit of |a little |more |your |the )?(?:help|guidance|support|advice|a hand|an? (?:[\w-]+ )?(?:mentor|teacher|tutor|expert|partner|buddy|coach)"
    r"|someone|somebody|mentors?|mentoring|mentorship|coaching|lessons|people|anyone)"
)
_ON = (
    r"(?: (?:who|that|which|knows?|can|could|would|will|is|are|good|experienced|fluent|with|experience|to|teach|teaches|help|helps|show|explain|guide|mentor|support"
    r"|me|in|on|at|about|for|through|learn|learning|understand|understanding|get|getting|become|becoming|better|how)(?= )){0,8}"
)
_LEARNING = (
    r"(?:learn|study|understand|improve|master|explore|practi[sc]e|deepen|pick up|dive (?:deeper )?into|get (?:more )?(?:better|comfortable|into|started|good|deeper|going|familiar)"
    r"(?: (?:at|in|with|into|on))?|become (?:better|good|comfortable|fluent|confident)(?: (?:at|in|with))?|be(?:come)? able to(?: use)?|be better at|be taught|know(?= (?:more|how|about|what|why))"
    r"|hear (?:more )?about|find out|catch up on|start (?:with|learning)|grow in|level up(?: in)?|brush up(?: on)?|get better|try(?: out)?(?= ))"
)
_LEARN = (
    r"i (?:can|could|should|must|have to|need to|might) (?:maybe |also |finally |really )?learn",
    r"(?:like|love|want|wanna|wish|wishing|hope|hoping|trying|try|plan|planning|need|eager|keen|looking|aim|aiming|decided|happy|glad|wanting|started|begun|goal is"
    r"|aim is|dream is|wish is|idea is|plan is|prefer|curious|excited|willing)(?: (?:very much|really|also|a lot|mostly|forward|finally|too))? to"
    r" (?:(?:finally|also|really|better|first|properly|mostly|mainly|just|at last) )?" + _LEARNING,
    r"(?:wanna|gonna) (?:finally )?learn",
    r"(?:very |really |mostly |mainly |also |especially |most )?(?:interested in|curious about|interest in|fascinated by)(?: (?:learning|understanding|getting better at|how to))?(?: about)?",
    r"(?:need|want|like|love|appreciate|looking for|could use|seek|seeking|searching for|search for|search|wish for|hoping for|wishing for) "
    + _HELP
    + _ON,
    r"(?:teach|show|help|explain to|mentor|guide|explain) me(?: (?:with|in|about|to|learn|understand|get|better|at|through|on|how))*",
    r"(?:an? )?(?:absolute |complete |total |true )?(?:beginner|newbie|novice) (?:in|at|with)",
    r"(?:i'm|i am|i've been|currently|still|have been) (?:(?:currently|now|still|slowly|just|also|trying|busy) )?(?:learning|studying|struggling with|teaching myself)",
    r"(?:looking|look) forward to learning(?: about)?",
    r"(?:want|like|love|hope|wish)(?: to be helped| help) with",
    r"(?:what i(?:'d| would)? (?:like|want|lack|need|wish)(?: to learn)?(?: most)? is|i lack|i struggle with|my (?:learning )?(?:goals?|wish|wishes|dream|target)(?: is| are|:))(?: to (?:learn|understand|get better at))?",
    r"(?:get|getting) better (?:at|in|with)",
    r"(?:^|(?<=[,:;] ))(?:to )?learn(?:ing)?(?=[ :])",
)
_TO_WHOM = (
    r"(?: (?:out|people|others|other people|someone|somebody|anyone|anybody|you|beginners?|a beginner|newcomers|students|juniors|a junior|members|folks|them|your people|one person|my partner"
    r"|with|in|on|about|learn|learning|understand|to(?= learn| understand| get)|else|who|wants?|want|is|are|new|get|getting|started|advice|guidance|support|lessons|my|knowledge|experience|of|skills)(?=[ :])){0,7}"
)
_GIVING = r"(?:teach|help|show|explain|share|mentor|offer|give|coach|tutor|support|introduce|guide|pass on|contribute|provide|advise|do|lend a hand)"
_OFFER = (
    r"i(?: can|'ll| will| could| would|'d| may| might| am able to|'m able to)(?: (?:also|happily|gladly|maybe|even|probably|perhaps|surely|certainly|easily|only|mostly|really|very much|then))*"
    r"(?: (?:be )?(?:happy|glad|able|like|love|willing|pleased) to)?(?: (?:also|gladly))? " + _GIVING + _TO_WHOM,
    r"(?:happy|glad|willing|ready|pleased|able|want|like|love|prefer|wish|can|could) to (?:also )?(?:teach|help|share|mentor|explain|show|coach|tutor|offer)(?! me)"
    + _TO_WHOM,
    r"(?:in return|in exchange|for that|back|instead|on the other hand|and|but|or|^),? ?(?:i )?(?:can|could|would)(?: (?:also|happily|gladly|maybe|probably))* (?:teach|help|show|explain|share|mentor|offer|give)(?! me)"
    + _TO_WHOM,
    r"(?:what )?i(?:'d| would| can| could)?(?: gladly| happily)? offer(?: in exchange| in return| you)?(?: is)?(?: help| support| lessons)?(?: (?:with|in|on))?",
    (
        r"(?:i am|i'm|i feel|i was|and|am|feel|also|quite|very|pretty|really|fairly) (?:(?:quite|very|pretty|really|rather|fairly|also|most|an?|highly|reasonably|more) ){0,2}(?P<skilled>experienced|experts?|proficient|skilled|fluent|good|great|strong|confident|comfortable|solid"
        r"|well[- ]versed|speciali[sz]ed|knowledgeable) (?:in|at|with|on)"
    ),
    r"i(?:'ve| have| also have| bring|'ve got| have got)(?: [\w-]+){0,4} (?:experience|background|knowledge|skills|expertise) (?:in|with|of|on)",
    r"(?:i (?:have been|was)|i've been|been) (?:doing|using|writing|working (?:with|on|in|as)|building|programming|coding|teaching|running|administering|maintaining|developing|into)(?: in| with)?",
)
_MENTIONED = (
    r"and (?:also )?(?:know|use|work with|write|teach|develop|maintain|administer)",
    r"(?:my )?(?:day ?job|job|background|expertise|speciali?ty|strengths?|strong points?|main (?:skill|topic|subject|field)s?|profession|work|field|skills?|trade|daily bread)(?: is| are|:| includes?)(?: (?:mostly|mainly|in|with|about|doing|all))*",
    (
        r"i(?:'ve| have)?(?: (?:mostly|mainly|also|still|already|currently|now|usually|really|just|only|professionally|actually|normally|daily))?(?: been)?"
        r" (?:do|did|done|know|knew|use|used|write|wrote|written|work|worked|build|built|program|programme|programmed|code|coded|maintain|maintained|teach|taught|develop|developed"
        r"|administer|administrate|administrated|design|designed|run|manage|managed|understand|master|speciali[sz]e|speciali[sz]ed|make|made|test|deal|tune|debug|love|live)"
        r"(?: (?:a lot|daily|quite a lot|mostly|mainly|professionally|a bit|a little|full time))?(?: (?:with|on|in|of|about|as|at))?"
    ),
    r"(?:years?|yrs?)(?:' | of | )(?:(?:professional|work|working|practical|hands-on) )?(?:experience )?(?:in|with|of|as|doing|writing|using|on)",
)
# In other languages only known names are looked for, so single words are enough.
_LEARN_ELSEWHERE = (
    (
        r"möchte|moechte|würde gerne?|wuerde gerne?|lernen|lerne|interessiere mich|interessiert|suche hilfe|voudrais|veux|aimerais|souhaite|apprendre|j'apprends|intéressée?|quiero|quisiera|gustaría"
        r"|gustaria|aprender|interesad[oa]|aprendiendo|quero|gostaria|aprendendo|interessad[oa]|besser werden"
    ),
)
_OFFER_ELSEWHERE = (
    (
        r"ich kann|kann ich|und kann|kenne|arbeite|biete|helfen|beibringen|unterrichten|erfahrung|kenne mich|je connais|je maîtrise|je maitrise|je travaille|je peux|j'utilise|expérience|je fais|je sais"
        r"|conozco|trabajo|puedo|ofrezco|experiencia|enseñar|ensenar|sé|yo sé|conheço|conheco|trabalho|posso|ofereço|ofereco|experiência|experiencia|ensinar|sei|entwickle|programmiere|entwickler|développeur|développeuse|desarrollador|desarrolladora|desenvolvedor"
    ),
)
_STOP = (
    r"because|since|so that|so i|as i|as my|but|which|while|when|if|although|though|even though|until|before|after|from (?:some|some ?one|some ?body|people|others|an?|you|the|there|here)"
    r"|with (?:some ?one|some ?body|a partner|your|you|the help|people|others|my)|for (?:my|a|the|work|fun|years|our|this|an|that)|at (?:work|the moment|home|my|a|present|an|the)|in (?:my|our|return|exchange|order|the|a|your|this)"
    r"|these days|nowadays|one day|some day|someday|this year|next year|right now|at present|professionally|every day|daily|too|as well|please|thanks|thank you|(?<!how )to (?:be|find|change|move|become|build|make|use|help|get|work|understand|write|do|contribute|have|go|start|start with|earn)"
    r"|and (?:i|i'm|my|we|am|have|can|would|could|will|want|so|that|it|this|he|she|they|then|also|live|is|are|maybe|hope|speak|know|teach|help)|i|i'm|i've|i'd|we|it's|that's|there|who|whom|where|whatever|without|would|is|are|was|has|have|will|can|instead|and in (?:return|exchange)|by|during|mostly because"
)

_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("learn", _LEARN), ("offer", _OFFER), ("said", _MENTIONED), ("learn*", _LEARN_ELSEWHERE), ("offer*", _OFFER_ELSEWHERE),
)  # fmt: skip
_TRIGGERS = [
    (kind, re.compile(rf"(?<![\w'-])(?:{pattern})(?![\w'-])", re.I))
    for kind, patterns in _KINDS
    for pattern in patterns
]
_STOPS = re.compile(rf"(?:^|(?<=[\s,;:])|(?<=\s-))(?:{_STOP})(?![\w'-])|\s-+\s|;|[!?](?=\s|$)|\.(?=\s|$)", re.I)
_NOT = re.compile(
    r"(?:\bnot|n't|\bnever|\bno|\bnothing|\bnobody|\bneither|\bwithout|\bhardly|\bunable|\bstop(?:ped)?)(?: [\w']+){0,2} ?$",
    re.I,
)
_SOMEBODY_ELSE = re.compile(
    r"\b(?:he|she|they|you|we|who|friend|friends|colleague|colleagues|wife|husband|boss|brother|sister|son|daughter|students|people|team|company|client|clients)\b",
    re.I,
)
_WHO_AM = re.compile(r"\b(?:i'm|i am|im) [^,;.]{1,60}? who\b", re.I)
_ME = re.compile(r"\b(?:i|i'm|i'd|i've|i'll|me|my)\b", re.I)
_TOGETHER = re.compile(r"(?:\bwell|inside out|in depth|years?(?: of experience)?|yrs)\W*$", re.I)
_BRACKETS = re.compile(r"\([^()]{0,200}\)")


@dataclass(frozen=True, slots=True)
class _Said:
    kind: str
    start: int
    end: int
    level: Level | None = None
    denied: bool = False
    mere: bool = False  # "I am good at ..." offers nothing by itself


def _triggers(text: str) -> list[_Said]:
    """What introduces skills in a sentence, in order and apart from each other; the longest of those that begin together."""
    hidden = _BRACKETS.sub(lambda m: "\x02" * len(m[0]), text)
    found: list[_Said] = []
    for kind, pattern in _TRIGGERS:
        for match in pattern.finditer(hidden):
            before = hidden[: match.start()]
            clause = re.split(r"[,;.:]| and | but ", before)[-1]
            level = _level_of(match.groupdict().get("skilled"))
            if re.search(r"\b(?:beginner|newbie|novice)", match[0], re.I):
                level = Level.NEW
            found.append(
                _Said(
                    kind,
                    match.start(),
                    match.end(),
                    level,
                    _NOT.search(clause) is not None or _others(before, match[0]),
                    bool(match.groupdict().get("skilled")),
                )
            )
    chosen: list[_Said] = []
    for said in sorted(found, key=lambda s: (s.start, -s.end)):
        if not chosen or said.start >= chosen[-1].end:
            chosen.append(said)
    return chosen


def _level_of(word: str | None) -> Level | None:
    if not word:
        return None
    return Level.DEEP if word.lower().startswith(("expert", "special", "very")) else Level.COMFORTABLE


def _others(before: str, trigger: str) -> bool:
    """Whether somebody else than the writer is spoken of."""
    if re.match(r"(?:i|i'm|i've|i'd|my|what i)\b", trigger, re.I):
        return False
    clause = re.split(r"[,;.:] ", before)[-1]
    # "I'm a nurse who would like to learn" is about the writer.
    clause = _WHO_AM.sub("", clause)
    other = [m.end() for m in _SOMEBODY_ELSE.finditer(clause)]
    me = [m.end() for m in _ME.finditer(clause)]
    return bool(other) and (not me or me[-1] < other[-1])


# -------------------------------------------------------------------------------------------- noun phrases

_GERUNDS = {
    "write": "writing", "build": "building", "use": "using", "make": "making", "test": "testing", "deploy": "deploying", "debug": "debugging",
    "design": "designing", "read": "reading", "run": "running", "set up": "setting up", "setup": "setting up", "configure": "configuring", "program": "programming",
    "code": "coding", "administer": "administering", "maintain": "maintaining", "manage": "managing", "give": "giving", "develop": "developing",
    "create": "creating", "secure": "securing", "profile": "profiling", "refactor": "refactoring", "review": "reviewing", "structure": "structuring",
    "train": "training", "solder": "soldering", "draw": "drawing", "translate": "translating", "teach": "teaching", "speak": "speaking", "organise": "organising",
    "organize": "organizing", "document": "documenting", "monitor": "monitoring", "automate": "automating", "optimise": "optimising", "optimize": "optimizing",
    "tune": "tuning", "model": "modelling", "package": "packaging", "host": "hosting", "contribute to": "contributing to", "write good": "writing good",
}  # fmt: skip
_HOW_TEST = re.compile(
    r"^how (?:to |people |others |you |one |we |teams |professionals |experts |developers )?(?:really |properly |best )?test(?:s|ing)? (?:for |the )?(?P<what>.+)$",
    re.I,
)
_HOW_WORKS = re.compile(
    r"^how (?P<what>.+?) (?:works?|functions?|is done|is made|are made|are built|is built|are done)(?: .*)?$", re.I
)
_HOW_TO = re.compile(
    r"^(?:how (?:to |people |others |you |one |we |I can |i could |I should )(?:really |properly |best |better )?|to )(?P<verb>[a-z]+(?: up| to)?(?= )) (?P<what>.+)$",
    re.I,
)
_LEAD = re.compile(
    r"^(?:(?:more|a lot|lots|all|everything|anything|something|stuff|things|much|a little|a bit)(?: more)?(?: about| in| of| with| on| like)|about|the (?:art|world|field|area|topic|subject|use|inner workings|internals|ins and outs|craft) of|my (?:knowledge|skills?|understanding|english)(?: of| in| with| about)?"
    r"|(?:good|better|modern|proper|practical|real|serious|simple|advanced) (?=[a-z0-9+#.-]+$)(?=practical\b|proper\b|real\b|serious\b)|the|to|in|with|on|of|at|by|for|how to|using|use|and|or|also|maybe|perhaps|like|things like|stuff like|such as|especially|mostly|mainly|mainly with|e\.g\.|for example|for instance|particularly|specially|in particular|namely"
    r"|working with|work with|both|either|languages like|tools like|technologies like|everything around|anything around|anything with|my own(?= )|just|finally|properly|further|your|learning|understanding|some more|skills in|knowledge of|experience with|experience in|basic knowledge of|:|-)\s+",
    re.I,
)
_TRAIL = re.compile(
    r"\s+(?:also|too|etc\.?|and so on|and more|and stuff|stuff|things|and things|or so|skills|properly|better|well enough|in general|in particular|of course|at all|and such|and the like|and similar|someday|now|again|deeper|a lot|most|first|mainly|mostly|finally|with|and|or|in|for|of|on|to|as|at|the|a|so|yet|still|generally|seriously|thoroughly|in depth|there|here|myself|for)$",
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
    return words[-1] in HEADS or any(piece in TECHNOLOGIES for piece in pieces) or _is_name(" ".join(words[-2:]))


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
    return said


def _years(text: str) -> str:
    """All ways to say for how long as "N years" at the end, which is how skills.named reads it."""
    said = _DECADES.sub(lambda m: _NUMBERS[m[0].lower()], text)
    found = _ABOUT_YEARS.search(said)
    if found is None:
        return said
    n = _NUMBERS.get(found["n"].lower(), found["n"].lower())
    rest = f"{said[: found.start()]} {said[found.end() :]}"
    return f"{rest.strip(' ,')} {n} years"


def items(text: str, *, sure: bool, synonyms: Mapping[str, str]) -> Iterator[Item]:
    """The skills in what follows a trigger; `sure`: whatever is named counts, else only what is known."""
    shielded = _BRACKETS.sub(lambda m: m[0].replace(",", "\x04").replace(" ", "\x05").replace("/", "\x06"), text)
    for raw in _ITEMS.split(shielded):
        part = raw.replace("\x04", ",").replace("\x05", " ").replace("\x06", "/").strip()
        inside = _BRACKETS.search(part)
        if inside is None:
            yield from _one(part, None, sure, synonyms)
            continue
        head = f"{part[: inside.start()]} {part[inside.end() :]}".strip()
        outside = named("x " + _years(head))[1] if _ABOUT_YEARS.search(head) else None
        parts = [p.strip() for p in re.split(r"[,;/]| and ", inside[0][1:-1]) if p.strip()]
        level = next((lvl for p in parts if (lvl := named(_years(p))[1]) is not None), outside)
        inner = [i for p in parts for i in _one(p, level, False, synonyms)]
        if not inner or named(_years(phrase(head)))[0].lower() not in GENERAL:
            yield from _one(head, level, sure, synonyms)
        yield from inner


def _one(part: str, level: Level | None, sure: bool, synonyms: Mapping[str, str]) -> Iterator[Item]:
    name, said = named(_years(phrase(_years(part))))
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


# -------------------------------------------------------------------------------------------- one sentence


def skills(text: str, synonyms: Mapping[str, str], key: str = "") -> Found:
    """What a sentence says its writer wants to learn and can teach; `key`: the question it answers, "learn" or "offer"."""
    found: dict[str, list[Item]] = {"learn": [], "offer": []}
    hints: list[Level] = []
    triggers = _triggers(text)
    if key:
        triggers = [
            t for t in triggers if t.kind.startswith(key) or (key == "offer" and t.kind == "said") or t.kind == "said"
        ]
        if not triggers or _begins_with_names(text[: triggers[0].start], triggers[0].kind, synonyms):
            triggers = [_Said(key, 0, 0), *triggers]
    for k, said in enumerate(triggers):
        end = triggers[k + 1].start if k + 1 < len(triggers) else len(text)
        if said.denied:
            continue
        object_ = _cut(text[said.end : end])
        elsewhere = said.kind.endswith("*")
        kind = "offer" if said.kind == "said" else said.kind.rstrip("*")
        if elsewhere:
            got = list(_names_in(text[said.end : end], synonyms))
        else:
            got = list(items(object_, sure=said.kind in ("learn", "offer") and not said.mere, synonyms=synonyms))
            got = _shared(object_, got)
        if said.level is not None:
            got = [Item(i.name, said.level if i.level is None else i.level) for i in got]
        got = _since(text[: said.start], text[said.start : end], got) if kind == "offer" else got
        if (
            said.kind == "said"
            and (key == "learn" or found["learn"])
            and got
            and all(i.level in (Level.NEW, Level.LITTLE) for i in got)
        ):
            hints.append(Level.LITTLE)
            continue
        if said.kind == "said":
            got = [i for i in got if i.level not in (Level.NEW, Level.LITTLE)]
        found[kind] += got
    if hints and found["learn"] and found["learn"][0].level is None:
        found["learn"][0] = Item(found["learn"][0].name, hints[0])
    return Found(_distinct(found["learn"]), _distinct(found["offer"]))


def _begins_with_names(before: str, kind: str, synonyms: Mapping[str, str]) -> bool:
    """Whether an answer names skills before it says that it does: "kubernetes, I know docker a bit"."""
    return bool(before.strip()) and (kind == "said" or any(True for _ in items(before, sure=False, synonyms=synonyms)))


def _shared(text: str, got: list[Item]) -> list[Item]:
    """In "docker and nginx quite well" the level is that of both; in "docker and nginx (deep)" it is not."""
    if not got or got[-1].level is None or not _TOGETHER.search(text):
        return got
    return [Item(i.name, got[-1].level if i.level is None else i.level) for i in got]


def _since(before: str, clause: str, got: list[Item]) -> list[Item]:
    """Skills with the years said beside them: "ten years of X", "I have done X for ten years"."""
    if len(got) == 0 or any(i.level is not None for i in got):
        return got
    near = before[-40:] + clause if re.match(r"(?:years?|yrs?)\b", clause, re.I) else clause
    years = _ABOUT_YEARS.search(_DECADES.sub(lambda m: _NUMBERS[m[0].lower()], near))
    level = named("x " + _years(years[0]).strip())[1] if years else None
    return [Item(i.name, level) for i in got] if level is not None else got


def _cut(text: str) -> str:
    """What belongs to a trigger: up to where the next clause begins; brackets are kept whole."""
    hidden = _BRACKETS.sub(lambda m: "\x02" * len(m[0]), text)
    low = len(hidden) - len(hidden.lstrip(" :,-"))
    stop = _STOPS.search(hidden, low)
    while stop is not None and stop.start() == low and stop[0].lower() not in ("i", "because"):
        stop = _STOPS.search(hidden, stop.end()) if hidden[low : low + 3].lower() == "to " else stop
        break
    return text[low : stop.start() if stop else len(text)].strip()


def _names_in(text: str, synonyms: Mapping[str, str]) -> Iterator[Item]:
    """Names of technologies anywhere in a text of any language."""
    words = [w.strip(".,;:!?()\"'") for w in text.split()]
    k = 0
    while k < len(words):
        for n in (3, 2, 1):
            name = " ".join(words[k : k + n])
            if (
                len(words) >= k + n
                and fold(name, synonyms) in TECHNOLOGIES
                and (n > 1 or name.lower() not in _FOREIGN_WORDS)
            ):
                yield Item(name, None)
                k += n - 1
                break
        k += 1


# Names of technologies that are words in other languages.
_FOREIGN_WORDS = frozenset("go node sap sed ada lean chef nomad sol aria rest elk ros dart hugo bash swift".split())


def _distinct(found: list[Item]) -> tuple[Item, ...]:
    seen: dict[str, Item] = {}
    for item in found:
        seen.setdefault(fold(item.name, {}), item)
    return tuple(seen.values())
