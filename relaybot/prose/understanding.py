"""What a mail says about its writer, put together from its sentences; what nothing was found in is kept as unread.

Nothing is guessed: what two sentences say differently, and what is only about others, stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from relaybot import times
from relaybot.model import Window
from relaybot.parts import Block
from relaybot.prose import matters, people, weekly
from relaybot.prose.phrases import Item
from relaybot.prose.pieces import Piece, pieces, tidy
from relaybot.skills import fold, read_skills
from relaybot.times.zones import lookup

MOST_SKILLS = 20
MOST_UNREAD = 40


@dataclass(frozen=True, slots=True)
class Said:
    """What was understood; "" means that it was not said. Each text is one that the joining form's reader takes."""

    name: str = ""
    learn: str = ""  # "accessibility testing, kubernetes (a little)"; a level only where one was said
    offer: str = ""
    links: str = ""  # separated by spaces
    city: str = ""  # as written; relaybot.times knows it
    hours: str = ""  # as times.show_hours writes them
    languages: str = ""  # "English, French (a little), English must"
    reach: str = ""  # a mail address, a Matrix id or a nick
    agrees: bool | None = None  # to the rules; None: not said
    skipped: tuple[str, ...] = ()  # "links", "reach": answered with "none"
    unread: tuple[str, ...] = ()  # sentences nothing was understood from, greetings left out

    @property
    def nothing(self) -> bool:
        """Whether the mail says nothing an application could use."""
        return (
            not (
                self.learn
                or self.offer
                or self.links
                or self.city
                or self.hours
                or self.languages
                or self.reach
                or self.skipped
            )
            and self.agrees is None
        )


def understand(
    text: str,
    blocks: tuple[Block, ...] = (),
    labels: Mapping[str, str] | None = None,
    synonyms: Mapping[str, str] | None = None,
) -> Said:
    """Read a mail in its writer's own words (English; from other languages names, places and languages).

    `labels`: the questions of the letter that is answered, {key: as printed}, in its order; `blocks`: the words with
    the quoted lines they stand under; `synonyms`: the programme's names for skills. Never raises.
    """
    whole = text or " ".join(block.words for block in blocks)
    mail = _Mail(bool(labels), dict(synonyms or {}), _shouted(whole), whole == whole.lower())
    only = " ".join(tidy(text).split()) if len(text) < 400 else ""
    if not labels and _UNRELATED.search(only):
        return Said(unread=(only,))
    for piece in pieces(text, blocks, labels or {}):
        mail.hear(piece)
    return mail.said()


_UNRELATED = re.compile(
    r"\bunsubscribe\b|\b(?:remove|take|delete) (?:me|my (?:address|email|mail|name)) (?:from|off)\b|\bstop (?:sending|mailing|emailing)\b|\bout of (?:the )?office\b",
    re.I,
)
# What mails say that sell or recruit; two of these and nothing of it is about joining.
_SELLING = re.compile(
    r"\b(?:our (?:client|company|agency|team of experts|services|product|platform|customers)|we (?:are|'re) (?:hiring|recruiting|looking for (?:a|an)|a (?:leading|global))|job (?:opportunity|offer|opening)|open position|your (?:cv|résumé|resume|profile|website|company|business|bank account|reply|domain)"
    r"|salary|remote position|per hour|guest post|back ?links?|click (?:here|below)|limited (?:time|offer)|million (?:dollars|usd|euros)|next of kin|investment|crypto(?:currency)?|bitcoin|casino|loan|free trial|discount|unsubscribe|search engine ranking|first page of google|schedule a (?:call|demo)|quick call|lottery|inheritance|viagra|full[- ]time|years of experience required|apply now|candidates?|recruiter)\b",
    re.I,
)
_GREETING = re.compile(
    r"^(?:(?:(?:good|dear|my dear)[ ,]*(?:morning|afternoon|evening|day|night)|hi+\b|hello+\b|hey+\b|hiya|dear|greetings(?! from)|salam|shalom|namaste|hallo|moin|servus|guten (?:tag|morgen|abend)|liebe[rs]?|bonjour|bonsoir|salut|hola|buenos d[ií]as|buenas(?: tardes| noches)?|ol[áa]|bom dia|boa (?:tarde|noite)|ciao|yo|howdy|sup|welcome|to whom it may concern)"
    r"(?:[ ,]+(?:all|everyone|everybody|there|team|folks|friends?|my friends?|people|sir|madam|sir or madam|sirs|moderators?|list|relaybot|guys|again|zusammen|tout le monde|à tous|a todos|todos|peers|you|mates?|both|tech-?peers?|bot|robot|dear|organi[sz]ers|and|or|the))*[ ]?[,!.:)-]*\s*)+",
    re.I,
)
_ADDRESSED = re.compile(
    r"^(?:dear|hi|hello|hey|hallo|liebe[rs]?|bonjour|hola|olá) [A-Z][\w-]+(?:(?:,? and |, | & | und )[A-Z][\w-]+)*[,!]\s*",
    re.I,
)
_GREETED_FROM = re.compile(
    r"(?:greetings|hello|hi|hey|good \w+|saludos|grüße|salutations|regards|cheers)(?: (?:all|everyone|everybody|there|folks|again))?,? (?:from|aus|de|desde|out of) ",
    re.I,
)
_POLITE = re.compile(
    r"^(?:thank(?:s| you)\b.*|many thanks.*|(?:best|kind|warm)(?: \w+)? ?(?:regards|wishes).*|regards.*|cheers.*|yours.*|sincerely.*|bye.*|see you.*|i hope (?:this|you|that).{0,60}|looking forward.{0,60}|hope to hear.{0,60}|nice to meet.{0,40}|have a (?:nice|good|great|lovely).{0,30}|greetings|merci.*|danke.*|gracias.*|obrigad[oa].*|sent from my .*"
    r"|viele grüße|liebe grüße|cordialement|saludos|um abraço|abraços?|yes|ok|sure|best|lg|vg|mfg)[.!,]*$",
    re.I | re.S,
)


def _shouted(text: str) -> bool:
    """Whether a mail is written in capitals, so that they say nothing about names."""
    letters = [c for c in text[:2000] if c.isalpha() and c.isascii()]
    return len(letters) > 20 and sum(c.isupper() for c in letters) > 0.7 * len(letters)


@dataclass
class _Mail:
    """What has been found so far, sentence by sentence."""

    form: bool  # it answers our letter
    synonyms: Mapping[str, str]
    shouted: bool
    small: bool = False  # the mail has no capitals at all
    skills: dict[str, dict[str, Item]] = field(default_factory=lambda: {"learn": {}, "offer": {}})
    names: list[tuple[int, str]] = field(default_factory=list)
    places: list[tuple[int, str]] = field(default_factory=list)
    free: list[weekly.Hours] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    must: str = ""
    links: list[str] = field(default_factory=list)
    reach: list[str] = field(default_factory=list)
    agreed: list[bool] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    selling: int = 0
    heard: int = 0
    closed: bool = False  # the sentence before was "best regards"

    def hear(self, piece: Piece) -> None:
        """Take in one sentence."""
        text = piece.text.lower() if self.shouted else piece.text
        self.selling += len(_SELLING.findall(text))
        greeted = _places_first(text)
        names = people.name(
            greeted,
            signed=piece.last and not piece.key,
            asked=piece.key == "name",
            shouted=self.shouted,
            small=piece.alone and (self.closed or self.small),
        )
        self.names.append(names)
        rest = greeted.strip()
        self.closed = people.closing(rest)
        self.heard += 1
        if not rest or (piece.key == "" and _POLITE.match(rest) and not self.form):
            if rest and names[0] < 1:
                self._place(rest, False)
            return
        found = self._answer(piece.key, rest) if piece.key else False
        found = found or self._content(piece, rest)
        if not found and not names[0] and not _POLITE.match(rest):
            self.unread.append(piece.text)

    # ------------------------------------------------------------------------------------------ one question

    def _answer(self, key: str, text: str) -> bool:
        """Read a sentence as the answer to the question it stands under; False when it is none."""
        if key in ("links", "reach") and people.nothing(text):
            self.skipped.append(key)
            return True
        if key in ("learn", "offer"):
            if people.agrees(text, form=self.form) is not None or people.links(text):
                return False
            return self._skills(text, key)
        if key == "hours":
            return self._hours(text, True) | (weekly.hours(text).zone == "" and self._place(text, False))
        if key == "city":
            return self._place(text, True) | self._hours(text, False)
        if key == "languages":
            return self._languages(text, True)
        if key == "links":
            return self._links(text, True)
        if key == "reach":
            return self._reach(text, True)
        if key == "agrees":
            return self._agrees(text, True)
        return key == "name"

    def _content(self, piece: Piece, text: str) -> bool:
        """Read a sentence by what it says."""
        found = self._agrees(text, False)
        found |= self._links(text, False)
        found |= self._reach(text, False)
        skills = matters.skills(text, self.synonyms)
        found |= self._languages(_without(text, skills), False)
        if piece.key not in ("hours",):
            found |= self._hours(text, False)
        if piece.key not in ("city",):
            found |= self._place(text, False)
        if not (found and piece.key):
            found |= self._keep(skills)
        if not found and self.form and piece.alone and not piece.key and self.heard > 1 and people.bare_yes(text):
            self.agreed.append(True)
            found = True
        return found

    def _skills(self, text: str, key: str) -> bool:
        return self._keep(matters.skills(text, self.synonyms, key))

    def _keep(self, got: matters.Found) -> bool:
        for kind, found in (("learn", got.learn), ("offer", got.offer)):
            for item in found:
                read = read_skills(item.shown(), self.synonyms, learning=kind == "learn")
                if len(read) == 1:
                    self.skills[kind].setdefault(read[0].name, item)
        return bool(got.learn or got.offer)

    def _hours(self, text: str, asked: bool) -> bool:
        got = weekly.hours(text, asked=asked)
        if got.free:
            self.free.append(got)
            if not got.zone:
                self._place_beside(text)
            if got.zone:
                self.places.append((1, got.zone))
        return bool(got.free)

    def _place_beside(self, text: str) -> None:
        """The place in "Kolkata, Sunday afternoons are best"; any other place said anywhere counts more."""
        with suppress(times.NotUnderstood):
            zone, free = times.place_and_hours(text[:200])
            if zone and free and lookup(times.city(zone)) == zone:
                self.places.append((1, times.city(zone)))

    def _place(self, text: str, asked: bool) -> bool:
        weight, name = people.place(text, asked=asked, shouted=self.shouted)
        if weight:
            self.places.append((weight, name.title() if self.shouted and len(name) > 3 else name))
        return bool(weight)

    def _languages(self, text: str, asked: bool) -> bool:
        got = weekly.languages(text, asked=asked)
        have = {name.partition(" (")[0] for name in self.spoken}
        self.spoken += [name for name in got.names if name.partition(" (")[0] not in have]
        self.must = self.must or got.must
        return got.said

    def _links(self, text: str, asked: bool) -> bool:
        got = people.links(text, asked=asked)
        self.links += [link for link in got if link not in self.links]
        if not got and people.no_links(text):
            self.skipped.append("links")
            return True
        return bool(got)

    def _reach(self, text: str, asked: bool) -> bool:
        got = people.reach(text, asked=asked)
        if got:
            self.reach.append(got)
        elif people.no_reach(text):
            self.skipped.append("reach")
            return True
        return bool(got)

    def _agrees(self, text: str, asked: bool) -> bool:
        got = people.agrees(text, asked=asked, form=self.form)
        if got is not None:
            self.agreed.append(got)
        return got is not None

    # ---------------------------------------------------------------------------------------------- together

    def said(self) -> Said:
        """All of it; nothing at all where the mail wants something else."""
        found = Said(
            name=max(self.names, key=lambda n: n[0], default=(0, ""))[1],
            learn=self._shown("learn"),
            offer=self._shown("offer"),
            links=" ".join(self.links[:5]),
            city=self._city(),
            hours=self._free(),
            languages=weekly.answer(weekly.Spoken(tuple(self.spoken[:10]), self.must)),
            reach=self.reach[0] if len(set(self.reach)) == 1 else "",
            agrees=self.agreed[0] if len(set(self.agreed)) == 1 else None,
            skipped=tuple(
                k for k in ("links", "reach") if k in self.skipped and not (self.links if k == "links" else self.reach)
            ),
            unread=tuple(self.unread[:MOST_UNREAD]),
        )
        about_them = found.learn or found.offer or found.city or found.hours or found.languages
        if not self.form and (not about_them or self.selling >= 2):
            return Said(unread=found.unread)
        return found

    def _shown(self, kind: str) -> str:
        return ", ".join(item.shown() for item in list(self.skills[kind].values())[:MOST_SKILLS])

    def _city(self) -> str:
        best = max((weight for weight, _ in self.places), default=0)
        names = [name for weight, name in self.places if weight == best]
        return names[0] if best and len({lookup(name) for name in names}) == 1 else ""

    def _free(self) -> str:
        """The hours of all sentences; none if they were said on a clock that is not that of the place."""
        city = lookup(self._city())
        if any(h.zone and not _same_clock(lookup(h.zone), city) for h in self.free):
            return ""
        windows: list[Window] = [w for h in self.free for w in h.free]
        try:
            joined = times.hours(weekly.shown(windows)) if windows else ()
        except times.NotUnderstood:
            return ""
        return weekly.shown(joined)


# Zones whose clock is that of CET, EET or WET all the year.
_CLOCKS = {"CET": "Europe/", "EET": "Europe/", "WET": "Europe/"}


def _same_clock(one: str, two: str) -> bool:
    return not two or one == two or (one in _CLOCKS and two.startswith(_CLOCKS[one])) or fold(one, {}) == fold(two, {})


def _without(text: str, found: matters.Found) -> str:
    """The sentence without languages that are learnt or taught in it: "I can help with Hindi" is no language spoken here."""
    for item in (*found.learn, *found.offer):
        text = text.replace(item.name, " ")
    return text


def _places_first(text: str) -> str:
    """The sentence without its greeting; "Greetings from Lagos" is kept, it says something."""
    said = _ADDRESSED.sub("", text.strip())
    return said if _GREETED_FROM.match(said) else _GREETING.sub("", said, count=1)
