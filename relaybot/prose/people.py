"""Who somebody is, in their own words: name, where they live, links, another address, and whether they agree to the rules.

A friend who is mentioned is not the writer, a holiday is no home: what is not clearly said is not understood.
"""

from __future__ import annotations

import re

from relaybot import times
from relaybot.prose.tongues import LANGUAGES
from relaybot.prose.topics import SUBJECTS, TECHNOLOGIES
from relaybot.times.cities import AMBIGUOUS, EVERYDAY, SEVERAL
from relaybot.times.reading import MONTH, WEEKDAY, key
from relaybot.times.zones import lookup

# ---------------------------------------------------------------------------------------------------- place

_LIVE = r"(?:live|lives|living|based|located|reside|residing|settled|stay|staying|wohne|lebe|wohnhaft|habite|vis|vivo|moro|resido|resident|home is|home)"
_IN = r"(?:in|near|at|around|outside|outside of|close to|not far from|from|bei|à|a|en|em|no|na|nahe|près de|cerca de|perto de|out of|just outside)"
# (how much it says, what stands before the place): a home outweighs "I am in", that outweighs where somebody is from.
_PLACES: tuple[tuple[int, re.Pattern[str]], ...] = (
    (
        4,
        re.compile(
            rf"\b(?<!to ){_LIVE}(?: (?:currently|now|right now|derzeit|actuellement|actualmente|atualmente|at the moment|mostly))?,? {_IN} ",
            re.I,
        ),
    ),
    (
        4,
        re.compile(
            r"\b(?:my )?(?:time ?zone|city|home ?town|location|clock|town|place|zeitzone|fuseau horaire|zona horaria|fuso horário)(?: is|:| =|: is| ist| est| es| é) (?:in |at |near |that of |the one of )?",
            re.I,
        ),
    ),
    (
        3,
        re.compile(
            r"\b(?:i'm|i am|we are|im|ich bin|je suis|estoy|estou|moved|relocated|i sit|sitting|here|i work|working)(?: (?:currently|now|here|also|just|still|mostly|presently|at the moment|derzeit|actuellement|back))?,? (?:in|near|to|at|around|over in|down in|up in|out in|à|en|em) ",
            re.I,
        ),
    ),
    (
        2,
        re.compile(
            r"\b(?:i'm|i am|im|ich bin|ich komme|i come|je suis|je viens|soy|sou|eu sou|me|guy|girl|man|woman|person|developer|dev|engineer|student|admin|sysadmin|programmer|designer)(?: (?:originally|also|here))?,? (?:from|aus|de|de la|du|da|do|out of) ",
            re.I,
        ),
    ),
    (4, re.compile(r"\bon (?=[A-Z][\w ]{2,20} (?:time|clock)\b)")),
    (2, re.compile(r"\bi (?:work|teach|study|run|own|lead|manage)\b[^,;.]{1,50}? in ", re.I)),
    (2, re.compile(r"\b(?:i'm|i am|im)(?: [^\W\d_]{2,20},)? an? [^,;.]{1,40}? (?:in|from|based in) ", re.I)),
    (
        2,
        re.compile(
            r"(?:^|\b[Ii](?:'m| am) |\b[Tt]his is )[A-Z][\w-]+(?: [A-Z][\w-]+)?(?:, ?[0-9]{2})?,? "
            r"(?:here,? (?:from|in)|writing from|from|out of|de|aus|in) "
        ),
    ),
    (
        2,
        re.compile(
            r"\b(?:greetings|greets|regards|hello|hi|hey|cheers|writing(?: to you| you)?|saludos|grüße|gruß|salutations|abraços|saudações|wishes|good (?:morning|evening|afternoon|day))(?: (?:all|everyone|everybody|there|folks))? (?:from|aus|de|desde|out of|in) (?:sunny |rainy |cold |hot |beautiful |snowy |lovely )?",
            re.I,
        ),
    ),
)
_CLOCK = re.compile(r"(?<![\w/])(?:(?:UTC|GMT) ?[+-] ?[0-9]{1,2}(?::?00)?(?![0-9:])|CES?T|EES?T|UTC|GMT|WET)(?![\w/])")
_AWAY = re.compile(
    r"^\W{0,2}(?:this|next|last|until|till|for (?:a|the|two|three|some|few|work|holidays?|one|now)|on (?:holidays?|vacation|business|a trip)|at the moment but|these days but|today|tomorrow|tonight|office|airport|conference|university of)\b",
    re.I,
)
_TOKEN = re.compile(r"[\w'.\-]+(?:/[\w\-]+)*")
_KIND_OF = re.compile(
    r"(?:rural|sunny|rainy|cold|central|downtown|northern|southern|eastern|western|greater|beautiful|lovely|good old|the (?:city|town|area|region|suburbs|outskirts|north|south|east|west|middle|centre|center|heart) of) ",
    re.I,
)
_NEAR = re.compile(
    r",? (?:(?:a|the) [\w ]{1,40})?(?:near|close to|not far from|outside|in|north of|south of|east of|west of|by) ",
    re.I,
)
# "Portland, ME" is not the Portland that is meant without it; of states with two clocks the greater part counts.
_STATES = {
    code: zone
    for zone, codes in {
        "America/New_York": "CT DC DE FL GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Chicago": "AL AR IA IL KS LA MN MO MS NE OK TN TX WI",
        "America/Denver": "CO MT NM UT WY",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Phoenix": "AZ",
        "America/Toronto": "ON QC",
        "America/Vancouver": "BC",
    }.items()
    for code in codes.split()
}
_MOVED = re.compile(
    r"\b(?:moving|move|will be|going|used to|grew up|born|studied|worked|trip|travel|travelling|traveling|visit|visiting)\b[^,.;]{0,30}$",
    re.I,
)


def place(text: str, *, asked: bool = False, shouted: bool = False) -> tuple[int, str]:
    """(how surely, the place as written) where the writer lives; (0, "") if that is not said.

    `asked`: the text answers that question; `shouted`: capitals mean nothing in this mail.
    """
    found: list[tuple[int, str]] = []
    for weight, before in _PLACES:
        for match in before.finditer(text):
            if _MOVED.search(text[: match.start()]) or _denied(text, match.start()):
                continue
            name = _place_at(text, match.end(), shouted)
            if name:
                found.append((weight, name))
    if not found and (whole := _whole_place(text, shouted)):
        found = [(1, whole)]
    zones = [m[0] for m in _CLOCK.finditer(text) if lookup(m[0])]
    if asked and not found:
        name = _place_at(text, len(text) - len(text.lstrip(" -:")), shouted=True)
        found += [(5, name)] if name else []
    if not found and len(set(zones)) == 1:
        found = [(1, zones[0])]
    if not found:
        return 0, ""
    best = max(weight for weight, _ in found)
    names = [name for weight, name in found if weight == best]
    return (best, names[0]) if len({lookup(name) for name in names}) == 1 else (0, "")


def _whole_place(text: str, shouted: bool) -> str:
    """The place, if a sentence is nothing but its name ("berlin.", "Accra, Ghana"); names that people bear are left out."""
    said = text.strip().rstrip(".! ")
    if not 3 < len(said) <= 60 or key(said) in EVERYDAY or key(said).partition(" ")[0] in _GIVEN:
        return ""
    if _CLOCK.fullmatch(said.upper()) and lookup(said):
        return said
    clock = _CLOCK.match(said)
    if clock is not None and lookup(behind := said[clock.end() :].strip(" ,()")):
        return behind  # "UTC+3, Nairobi": the city knows about summer time
    name, end = _longest(said, 0, shouted)
    rest = said[end:].strip(" ,()")
    return (
        name
        if name and (not rest or _CLOCK.fullmatch(rest.upper()) or key(rest) in SEVERAL or lookup(rest) == lookup(name))
        else ""
    )


def _denied(text: str, at: int) -> bool:
    return (
        re.search(
            r"(?:\bnot|n't|\bnever|\bno longer|\bused to|\bhe|\bshe|\bthey|\bwho|\bfriend|\bcompany)(?: \w+)? ?$",
            text[:at],
            re.I,
        )
        is not None
    )


def _place_at(text: str, at: int, shouted: bool) -> str:
    """The known place that begins here, or is named a few words further to explain an unknown one ("Xyz, near Porto")."""
    kind = _KIND_OF.match(text, at)
    name, end = _longest(text, kind.end() if kind else at, shouted)
    if not name:
        further = _NEAR.search(text, at, at + 80)
        if further is None or not re.match(r"\(?[A-Z\w]", text[at:]) or "." in text[at : further.start()]:
            return ""
        name, end = _longest(text, further.end(), shouted)
    if not name or _AWAY.match(text[end:].lstrip(" ,")):
        return ""
    return name if _same_country(text, end, name) else ""


def _longest(text: str, at: int, shouted: bool) -> tuple[str, int]:
    tokens: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text, at, at + 80):
        gap = text[tokens[-1].end() if tokens else at : token.start()]
        if len(tokens) == 4 or (tokens and gap != " ") or (not tokens and gap.strip("( ")):
            break
        tokens.append(token)
    clock = _CLOCK.match(text, at)
    if clock is not None and lookup(clock[0]):
        return clock[0], clock.end()
    for n in range(len(tokens), 0, -1):
        low, high = tokens[0].start(), tokens[n - 1].end()
        name = text[low:high].rstrip(".-'")
        folded = key(name)
        if not folded or folded in WEEKDAY or folded in MONTH or folded in SEVERAL or folded in AMBIGUOUS:
            continue
        if (folded in EVERYDAY or len(folded) < 3) and (shouted or not name[0].isupper()):
            continue
        if lookup(name):
            return name, low + len(name)
    return "", at


def _same_country(text: str, end: int, name: str) -> bool:
    """Whether what stands behind a city ("Portland, Maine") does not say another clock."""
    behind = re.match(r"(?:, ?| ?\(|, in )([\w .'-]{2,40})", text[end:])
    if behind is None:
        return True
    words = behind[1].split()
    state = _STATES.get(words[0].strip(".")) if words else None
    if state is not None:
        return lookup(name) == state
    for n in range(min(3, len(words)), 0, -1):
        other = " ".join(words[:n]).rstrip(".")
        if key(other) in SEVERAL or key(other) in AMBIGUOUS or key(other) in WEEKDAY or key(other) in EVERYDAY:
            return True
        if lookup(other):
            return _agree(name, other)
    return True


def _agree(name: str, other: str) -> bool:
    try:
        times.zone(f"{name}, {other}")
    except times.NotUnderstood:
        # "Lagos (CET)" says the same clock by another name; of "Lisbon, Berlin" nobody knows which.
        return _CLOCK.fullmatch(other) is not None
    return True


# ---------------------------------------------------------------------------------------------------- links

_URL = re.compile(r"(?:https?|ftp|gemini|gopher)://[^\s<>\"']{3,290}", re.I)
_BARE = re.compile(
    r"(?<![\w@./])(?:www\.[\w-]+(?:\.[\w-]+){1,4}|(?:[\w-]+\.){1,4}(?:com|org|net|io|dev|me|de|fr|es|pt|br|uk|ng|in|eu|ch|at|nl|se|dk|info|co|page|site|blog|it|pl|ca|au|za|ke|gh|sh|xyz|tech|social))(?::[0-9]{2,5})?(?:/[^\s<>\"']*)?(?![\w@])",
    re.I,
)
_NO_LINKS = re.compile(
    r"\b(?:no|without|not any|haven't (?:any|got any)|don't have (?:any|a)|have no|none|zero|keine|pas de|ningún|sin|sem|nenhum) (?:public |good |useful |own |personal )?(?:links?|urls?|websites?|web ?pages?|home ?pages?|portfolio|github|web ?site|liens?|enlaces?)\b",
    re.I,
)
_NOT_LINKS = frozenset("node.js vue.js next.js asp.net socket.io draw.io d3.js three.js e.g i.e".split())
_MOST_LINKS = 5


def links(text: str, *, asked: bool = False) -> list[str]:
    """Addresses of pages in a text; without "https://" only where a path or "www." shows it, or links were asked."""
    found = [m[0].rstrip(".,;:!?)>]'\"") for m in _URL.finditer(text)]
    rest = _URL.sub(" ", text)
    for match in _BARE.finditer(rest):
        said = match[0].rstrip(".,;:!?)>]'\"")
        if said.lower() in _NOT_LINKS or not (asked or "/" in said or said.lower().startswith("www.")):
            continue
        found.append(said)
    return list(dict.fromkeys(link for link in found if len(link) <= 300))[:_MOST_LINKS]


def no_links(text: str) -> bool:
    """Whether a text says that there are none."""
    return _NO_LINKS.search(text) is not None


def nothing(text: str) -> bool:
    """Whether an answer to a question that need not be answered says that there is nothing to say."""
    return (
        re.fullmatch(
            r"(?:no|nope|none|nothing|n/?a|-+|skip|nil|not really|no,? thanks?(?: you)?|no,? sorry|none (?:yet|so far|at the moment|really)|sorry,? (?:no|none)|nein|keine?|non|aucun|ninguno|nenhum|nada|i (?:don't|do not) have (?:one|any)|(?:i )?have none|don't have (?:one|any)|no,? only (?:mail|email|this)|only (?:mail|email|this|this (?:mail|address)))[.!]*",
            text.strip(),
            re.I,
        )
        is not None
    )


# ---------------------------------------------------------------------------------------------------- reach

_MXID = re.compile(r"(?<![\w@])@[\w.=/+-]{1,80}:[a-z0-9.-]+\.[a-z]{2,20}(?::[0-9]{2,5})?", re.I)
_MAIL = re.compile(r"(?<![\w@:])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+){1,5}", re.I)
_NICK = re.compile(
    r"\bmy (?:irc )?nick(?:name)?(?: on irc)? is [\"']?([a-z][\w\[\]{}|^`-]{0,29})|\birc(?: nick| name)?(?: is|:|,|: nick)? (?:i'm |i am |as |nick )?[\"']([a-z][\w\[\]{}|^`-]{0,29})[\"']"
    r"|\birc(?: nick(?:name)?)?:\s*([a-z_][\w\[\]{}|^`-]{0,29})|\b(?:on|in) irc(?: \(?(?:libera|oftc|libera\.chat)\)?)?,? (?:i'm|i am|as|my nick is|i am called|my name is) [\"']?([a-z_][\w\[\]{}|^`-]{0,29})|\b(?:nick(?:name)?|i'm|i am) (?!also\b|often\b|not\b|usually\b|always\b|sometimes\b|mostly\b|rarely\b|never\b|only\b|active\b|too\b)[\"']?([a-z_][\w\[\]{}|^`-]{0,29})[\"']? on (?:irc|libera|oftc)",
    re.I,
)
_ME = re.compile(r"\b(?:me|my|i|i'm)\b", re.I)
_ALSO = re.compile(
    r"\b(?:reach|reachable|contact|second|also|other|another|alternative|backup|fallback|else|too|private(?:ly)?|write me at|matrix|mail me at|work address|work mail|element|write to)\b",
    re.I,
)
_NO_REACH = re.compile(
    r"\b(?:no (?:other|second) (?:way|address|contact|mail)|only (?:by |via |this |reachable by )?e?-?mail|no (?:chat|irc|matrix)[^.]{0,20} and no other)\b",
    re.I,
)


def reach(text: str, *, asked: bool = False) -> str:
    """Another address of the writer's: a Matrix id, a mail address that is said to be theirs, a nick on IRC; "" for none."""
    mxids, mails, nicks = (
        set(_MXID.findall(text)),
        set(_MAIL.findall(text)),
        [next(filter(None, m)) for m in _NICK.findall(text)],
    )
    if len(mxids) == 1:
        return str(mxids.pop()).rstrip(".")
    if len(mails) == 1 and (asked or (_ALSO.search(text) and _ME.search(text))):
        return str(mails.pop()).rstrip(".")
    if len(set(nicks)) == 1 and nicks[0].lower() not in ("the", "a", "my", "on", "is", "as", "and", "yes", "no"):
        return str(nicks[0])
    return ""


def no_reach(text: str) -> bool:
    """Whether a text says that there is no other way."""
    return _NO_REACH.search(text) is not None


# ------------------------------------------------------------------------------------------------- the rules

_RULES = r"(?:(?:the|your|these|those|all|all the|all of the|all your|to|with|by) )*(?:rules?|terms|conditions|code of conduct|coc|guidelines|regeln|règles|reglas|regras)"
_DISAGREE = re.compile(
    r"\b(?:(?:do not|don't|cannot|can't|won't|will not|not yet|not) (?:yet |fully |quite )?(?:agree|accept)|disagree|nicht einverstanden|pas d'accord|no estoy de acuerdo|não concordo)\b",
    re.I,
)
_AGREE = re.compile(
    rf"\b(?:agree[d]?|accept|ok|okay|fine|happy|good|cool|alright|comfortable|follow|respect|stick) (?:(?:to|with|by|on|also|of course|fully|and accept) ){{0,3}}{_RULES}\b"
    rf"|\b{_RULES} (?:are |is |sound |sounds |look |looks |seem )?(?:all |totally |perfectly |absolutely |very |completely )?(?:ok|okay|fine|good|great|clear and fine|agreed|accepted|reasonable|sensible)\b"
    rf"|\b(?:i have |i've )?read (?:and (?:i )?(?:agree|accept)|{_RULES} and (?:i )?(?:agree|accept))",
    re.I,
)
_AGREE_ALONE = re.compile(
    r"^(?:(?:and|of course|sure|finally|also|well|so|ok|okay|oh)[,.]? )*(?:yes|yep|yeah|sure|ok|okay|ja|oui|sí|si|sim|absolutely|definitely|of course)?[,.!:]? ?(?:and )?(?:of course |gladly |fully |happily )?(?:(?:i |we )?(?:do |fully |of course |gladly |also |hereby )*(?:agree|accept)|agreed|accepted|einverstanden|ich stimme zu|ich bin einverstanden|d'accord|je suis d'accord|de acuerdo|estoy de acuerdo|concordo|eu concordo|aceito|acepto|j'accepte)(?: (?:to|with) (?:it|them|that|this|everything|all of (?:it|them)|all))?(?: of course| fully| completely)?[.!]*$",
    re.I,
)
_YES = re.compile(
    r"(?:yes|yep|yeah|yup|sure|of course|ok|okay|y|ja|oui|sí|si|sim|absolutely|definitely|agreed|certainly|naturally|i do|fine)(?:[,.!]? (?:i do|i agree|agreed|of course|sure|please|gladly|absolutely|fine|with pleasure|no problem|ok|okay|they are fine|happily))?[.!]*",
    re.I,
)
_NO_WORD = re.compile(r"\b(?:not|no|never|unless|without|later|first)\b|n't\b", re.I)
_NO = re.compile(
    r"(?:no|nope|nein|non|não|i do not|i don't)(?:[,.!]? (?:i (?:do not|don't)(?: agree)?|sorry|thanks|not yet))?[.!]*",
    re.I,
)


def agrees(text: str, *, asked: bool = False, form: bool = False) -> bool | None:
    """Whether the rules are agreed to; None if that is not said.

    `asked`: the text answers that question; `form`: it was asked in the letter that is answered, so "I agree" means the rules.
    """
    said = text.strip().strip('"*_ ')
    if _DISAGREE.search(said):
        return False if asked or form or re.search(r"\brules|terms|conduct|conditions\b", said, re.I) else None
    if "?" in said or re.search(r"\bif\b|\bbut\b|\bexcept\b", said, re.I):
        return None
    if asked and _YES.fullmatch(said):
        return True
    if asked and re.match(r"(?:yes|ja|oui|sí|sim)\b", said, re.I) and len(said) < 60 and not _NO_WORD.search(said):
        return True
    if asked and _NO.fullmatch(said):
        return False
    if (asked or form) and _AGREE_ALONE.match(said):
        return True
    return (
        True
        if _AGREE.search(said) and not re.search(r"\b(?:not|n't|never|what|which|they|he|she|you)\b", said, re.I)
        else None
    )


def bare_yes(text: str) -> bool:
    """Whether a line says nothing but yes."""
    return re.fullmatch(r"(?:yes|yep|yeah|ja|oui|sí|sim)[,.!]*(?: i do[.!]*)?", text.strip(), re.I) is not None


# ----------------------------------------------------------------------------------------------------- name

_PART = r"[^\W\d_](?:[^\W\d_]|['.-](?=[^\W\d_])){0,24}\.?"
_CAPITAL = r"(?:(?!\d)[A-ZÀ-ÖØ-ÞĀ-Ž](?:[^\W\d_]|['-](?=[^\W\d_])){0,24}\.?|(?:van|von|de|da|dos|el|al|bin|ben|la|le|di|der|den|del)(?= ))"
_CALLED = re.compile(
    rf"\b(?:call me|(?:everybody|everyone|people|friends|folks|they) calls? me|known as|goes by|go by)(?: just| simply)? [\"']?(?P<name>{_PART}(?: {_CAPITAL}){{0,2}})",
    re.I,
)
_MY_NAME = re.compile(
    rf"\b(?:my (?:first |full )?name(?: is|'s|:)|name's|mein name ist|ich hei(?:ß|ss)e|je m'appelle|moi c'est|mon nom est|me llamo|mi nombre es|meu nome é|meu nome e|me chamo|chamo-me)(?: just)? [\"']?(?P<name>(?-i:{_CAPITAL}(?: {_CAPITAL}){{0,3}})|{_PART}(?=[\s.,!;]|$))",
    re.I,
)
_I_AM = re.compile(
    rf"(?:\b(?:I'm|I am|i'm|i am|Im|This is|this is|Ich bin|ich bin|Je suis|je suis|Soy|soy|Sou|sou|Eu sou|It's|it's)(?: the)? (?P<name>{_CAPITAL}(?: {_CAPITAL}){{0,2}})(?= here\b|[,.!;:(]| and\b| from\b| -|$| aus\b| de\b| und\b| et\b| y\b| e\b)|^(?P<here>{_CAPITAL}(?: {_CAPITAL}){{0,2}})(?:, ?[0-9]{{2}})?,? (?:here|from|writing)\b)"
)
_CLOSING = re.compile(
    r"^(?:(?:with )?(?:best|kind|warm|many|kindest|warmest|friendly|mit freundlichen|freundliche|viele|liebe|beste)[ ,]*(?:regards|wishes|greetings|thanks|gr(?:ü|ue)(?:ß|ss)e[n]?)?|regards|cheers|thanks(?: a lot| again| in advance| so much| very much)?|thank you(?: very much| so much| in advance)?|many thanks|yours(?: sincerely| truly| faithfully)?|sincerely(?: yours)?|greetings|bye|ciao|see you|take care|peace|love|cordialement|bien à vous|merci|saludos(?: cordiales)?|gracias|un saludo|atentamente|abraços?|obrigad[oa]|atenciosamente|gru(?:ß|ss)|gr(?:ü|ue)(?:ß|ss)e|lg|vg|mfg|br|rgds|all the best|have a (?:nice|good|great|lovely) (?:day|week|evening|weekend|one)|xoxo?|hugs|ta|thx|tia|thanking you|warmly|ng[aā] mihi)\b[\s,.!:-]*",
    re.I,
)
_GREETED_FROM = re.compile(
    rf"^(?:many |best |warm )?(?:greetings|regards|wishes|cheers|thanks|saludos|Grüße) [^.!?]{{0,60}}[,–-] (?P<name>{_CAPITAL}(?: {_CAPITAL}){{0,2}})[.!]?$",
    re.I,
)
_SIGNED = re.compile(rf"^(?:[-–—~/]+ ?)?(?P<name>{_CAPITAL}(?: {_CAPITAL}){{0,3}})[.!]?$")
_NO_NAME = frozenset(
    "yep yup yeah nope naturally certainly definitely absolutely ta thx best regards thanks thank you yes no hello hi hey dear cheers sincerely yours greetings good morning evening afternoon nothing none monday tuesday wednesday thursday friday saturday sunday"
    " sent from my iphone android unsubscribe stop help ok okay please sorry welcome many kind bye see mr mrs ms dr the a an i im not also currently still new here both looking interested available free"
    " mentor mentee developer student engineer designer programmer sysadmin admin happy ready sure fine glad agreed rules evenings weekends mornings afternoons evening weekend anytime saturdays sundays mondays"
    " from to and or but so because very just only all any weekdays never always regular working based living".split()
)
_NATIONS = re.compile(r"(?:ish|ese|ian|ean|can|man|dutch|french|greek|swiss|thai|czech|iraqi|pakistani|israeli)$", re.I)


def closing(text: str) -> bool:
    """Whether a sentence only closes a letter: a name follows."""
    found = _CLOSING.match(text.strip())
    return found is not None and found.end() == len(text.strip())


def name(
    text: str, *, signed: bool, asked: bool = False, shouted: bool = False, small: bool = False
) -> tuple[int, str]:
    """(how surely, the writer's name) as it is said or signed; (0, "") for none. `signed`: these are the last lines.

    `small`: a name in small letters may stand here, because the mail has no capitals or closed the line before.
    """
    called = _CALLED.search(text)
    mine = called or _MY_NAME.search(text)
    if mine is not None and (good := _good_name(mine["name"], shouted or not mine["name"][0].isupper())):
        return (4 if called else 3), good
    said = None if shouted else _I_AM.search(text)
    if said is not None and (good := _good_name(said["name"] or said["here"], False)) and not _is_other(good):
        return 2, good
    if asked and (answer := re.fullmatch(rf"({_PART}(?: {_PART}){{0,3}})[.!]?", text.strip())):
        return 5, _good_name(answer[1], shouted)
    if signed:
        rest = _CLOSING.sub("", text.strip(), count=1).strip()
        under = _SIGNED.match(rest.title() if shouted else rest)
        if under is not None and (good := _good_name(under["name"], shouted)) and not _is_other(good):
            return 1, good
        ended = _GREETED_FROM.match(text.strip().title() if shouted else text.strip())
        if ended is not None and (good := _good_name(ended["name"], shouted)) and not _is_other(good):
            return 1, good
        if small and re.fullmatch(r"[^\W\d_]{3,15}", rest) and not _is_other(rest):
            return 1, _good_name(rest, True)
    return 0, ""


def _good_name(said: str, recase: bool) -> str:
    words = said.strip().rstrip("!,").split()
    if words and len(words[-1]) > 2:
        words[-1] = words[-1].rstrip(".")
    if not words or any(word.lower().strip(".") in _NO_NAME for word in words):
        return ""
    shown = " ".join(word.title() if recase else word for word in words)
    return shown if len(shown) <= 40 and len(shown) > 1 else ""


def _is_other(name: str) -> bool:
    """Whether a capitalised word is rather a place, a nation, a language or a technology."""
    folded = name.casefold()
    first = folded.split()[0]
    return (
        folded in LANGUAGES or first in LANGUAGES or folded in TECHNOLOGIES or folded in SUBJECTS or bool(_NATIONS.search(first) and len(name.split()) == 1 and first in _DEMONYMS)
        or (first in TECHNOLOGIES and first not in _GIVEN) or (lookup(name) != "" and folded not in _GIVEN) or folded in SEVERAL
    )  # fmt: skip


_DEMONYMS = frozenset(
    "american nigerian indian canadian australian brazilian mexican italian egyptian ghanaian kenyan ethiopian tunisian moroccan algerian south african european asian belgian austrian norwegian"
    " colombian chilean argentinian peruvian venezuelan cuban iranian syrian british irish danish finnish polish spanish swedish turkish scottish english dutch french greek swiss thai czech iraqi"
    " pakistani israeli chinese japanese portuguese vietnamese taiwanese lebanese german roman bulgarian romanian hungarian serbian croatian ukrainian russian".split()
)
# Names of people that are places or technologies too.
_GIVEN = frozenset(
    "julia ada jordan sofia florence georgia victoria paris lima kent austin milan leon ruby dart pascal perl jasmin chad israel india carolina sydney madison charlotte lea santiago valencia lourdes asia haskell eve denver dallas houston adelaide lorraine catania roma elk robin dan jos kotlin rio helena irene lagos salvador troy jackson lincoln nancy marino".split()
)
