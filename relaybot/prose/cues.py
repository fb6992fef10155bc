"""The words that introduce skills in a sentence: "I want to learn", "I can teach", "I use", and where what they introduce ends.

English is read closely; in German, French, Spanish and Portuguese single words say which way it goes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from relaybot.model import Level
from relaybot.prose.phrases import BRACKETS

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
    r"(?:like|love|want|wanted|interested|wanna|wish|wishing|hope|hoping|trying|try|plan|planning|need|eager|keen|looking|aim|aiming|decided|happy|glad|wanting|goal is"
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
    r"(?:what i(?:'d| would)? (?:like|want|lack|need|wish)(?: to learn)?(?: most)? is|i lack|i struggle with|my (?:learning )?(?:goals?|wish|wishes|dream|target)(?: is| are|:| would be))(?: to (?:learn|understand|get better at))?",
    r"(?:get|getting) better (?:at|in|with)",
    r"(?:anyone|anybody|someone|somebody)(?: here| there)? (?:who|that) (?:can|could|would|might|is able to) (?:explain|teach|show|help)(?: me)?(?: (?:with|about|in|how to))?",
    r"stuck (?:with|on|in)",
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
    r"(?:enjoy|love|like|interested in|keen on|up for|fine with|happy with) (?:teaching|helping|mentoring|showing|sharing|explaining|coaching|tutoring|supporting)"
    + _TO_WHOM,
    r"in (?:exchange|return):",
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
        r" (?:do|did|done|know|knew|use|used(?! to )|write|wrote|written|work|worked|build|built|program|programme|programmed|code|coded|maintain|maintained|teach|taught|develop|developed"
        r"|administer|administrate|administrated|design|designed|run|manage|managed|understand|master|speciali[sz]e|speciali[sz]ed|make|made|test|deal|tune|debug|love|live)"
        r"(?: (?:a lot|daily|quite a lot|mostly|mainly|professionally|full time))?(?: (?:with|on|in|of|about|as|at))?"
    ),
    r"(?:years?|yrs?)(?:' | of | )(?:(?:professional|work|working|practical|hands-on) )?(?:experience )?(?:in|with|of(?! (?:it|that|this|them)\b)|as|doing|writing|using|on)",
)
# In other languages only known names are looked for, so single words are enough.
_LEARN_ELSEWHERE = (
    (
        r"möchte|moechte|würde gerne?|wuerde gerne?|lernen|lerne|interessiere mich|interessiert|suche hilfe|voudrais|veux|aimerais|j'aimerais|souhaite|apprendre|j'apprends|intéressée?|quiero|quisiera|gustaría"
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
    r"because|to me|since|so that|so i|as i|as my|but|which|while|when|if|although|though|even though|until|before|after|from (?:some|some ?one|some ?body|people|others|an?|you|the|there|here)"
    r"|with (?:some ?one|some ?body|a partner|your|you|the help|people|others|my)|for (?:my|a|the|work|fun|years|our|this|an|that)|at (?:work|the moment|home|my|a|present|an|the)|in (?:my|our|return|exchange|order|the|a|your|this)"
    r"|these days|nowadays|one day|some day|someday|this year|next year|right now|at present|professionally|every day|daily|too|as well|please|thanks|thank you|(?<!how )to (?:be|find|change|move|become|build|make|use|help|get|work|understand|write|do|contribute|have|go|start|start with|earn)"
    r"|and (?:i|i'm|my|we|am|have|can|would|could|will|want|so|that|it|this|he|she|they|then|also (?:i|speak|have|can|am|would|know)|live|is|are|maybe|hope|speak|know|teach|help)|i|i'm|i've|i'd|we|it's|that's|there|who|whom|where|whatever|without|would|is|are|was|has|have|will|can|instead|and in (?:return|exchange)|by|during|mostly because"
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


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that introduce skills: which ("learn", "offer", "said" for what is only mentioned, with * in another language), and where."""

    kind: str
    start: int
    end: int
    level: Level | None = None
    denied: bool = False
    mere: bool = False  # "I am good at ..." offers nothing by itself


def cues(text: str) -> list[Cue]:
    """What introduces skills in a sentence, in order and apart from each other; the longest of those that begin together."""
    hidden = BRACKETS.sub(lambda m: "\x02" * len(m[0]), text)
    found: list[Cue] = []
    for kind, pattern in _TRIGGERS:
        for match in pattern.finditer(hidden):
            before = hidden[: match.start()]
            clause = re.split(r"[,;.:]| and | but ", before)[-1]
            level = _level_of(match.groupdict().get("skilled"))
            if re.search(r"\b(?:beginner|newbie|novice)", match[0], re.I):
                level = Level.NEW
            found.append(
                Cue(
                    kind,
                    match.start(),
                    match.end(),
                    level,
                    _NOT.search(clause) is not None or _others(before, match[0]),
                    bool(match.groupdict().get("skilled")),
                )
            )
    chosen: list[Cue] = []
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


def cut(text: str) -> str:
    """What belongs to a trigger: up to where the next clause begins; brackets are kept whole."""
    hidden = BRACKETS.sub(lambda m: "\x02" * len(m[0]), text)
    low = len(hidden) - len(hidden.lstrip(" :,-"))
    stop = _STOPS.search(hidden, low)
    while stop is not None and stop.start() == low and stop[0].lower() not in ("i", "because"):
        stop = _STOPS.search(hidden, stop.end()) if hidden[low : low + 3].lower() == "to " else stop
        break
    return text[low : stop.start() if stop else len(text)].strip()
