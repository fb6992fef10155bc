"""Weekly free hours: "thu after 17:30 or sunday morning" to Windows and back, with the place they are meant in.

A text is cut into parts at commas, "and", "or"; a part is days, hours or both, and what it lacks it takes from its
neighbours ("mon, wed 12-15"; "thu morning or evening"). People are always shown what was understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from relaybot.model import Window
from relaybot.times.reading import DAY_MINUTES, WEEKDAY, NotUnderstood, clock, fold, hhmm, quote

LONGEST = 500  # characters; more is no answer to "which hours suit you"
# A day without hours, and "any time", mean the hours in which people can be met.
AWAKE = (8 * 60, 22 * 60)
EVENING_END = 22 * 60

_EXAMPLE = "Please say it like: thu after 17:30 or sunday morning."
_PARTS: dict[str, tuple[int, int]] = {
    "early morning": (360, 540), "mid morning": (540, 660), "late morning": (600, 720), "morning": (AWAKE[0], 720),
    "early afternoon": (720, 900), "mid afternoon": (840, 960), "late afternoon": (900, 1080), "afternoon": (720, 1080),
    "early evening": (1020, 1200), "late evening": (1200, 1440), "evening": (1080, EVENING_END),
    "night": (1200, 1440), "lunch": (720, 840), "lunchtime": (720, 840), "lunch time": (720, 840),
    "lunch break": (720, 840), "daytime": (540, 1020), "office hours": (540, 1020), "working hours": (540, 1020),
    "after work": (1080, EVENING_END), "after lunch": (780, 1080), "after dinner": (1200, EVENING_END),
    "all day": AWAKE, "whole day": AWAKE, "anytime": AWAKE, "any time": AWAKE,
    "any hour": AWAKE, "all hours": AWAKE, "always": AWAKE, "whenever": AWAKE,
}  # fmt: skip
_ALL = frozenset(range(7))
_GROUPS: dict[str, frozenset[int]] = {
    "weekday": frozenset(range(5)), "work day": frozenset(range(5)), "workday": frozenset(range(5)),
    "working day": frozenset(range(5)), "week day": frozenset(range(5)), "weekend": frozenset((5, 6)),
    "any day": _ALL, "every day": _ALL, "each day": _ALL, "all days": _ALL, "everyday": _ALL, "daily": _ALL,
    "all week": _ALL, "any weekday": frozenset(range(5)), "every weekday": frozenset(range(5)),
    "every weekend": frozenset((5, 6)), "any evening": _ALL, "every evening": _ALL, "every morning": _ALL,
    "any morning": _ALL, "every afternoon": _ALL, "any afternoon": _ALL,
}  # fmt: skip
_FROM = frozenset(("after", "from", "since", "starting", "between", "past"))
_TO = frozenset(("to", "till", "til", "until", "before", "through", "by"))
_NOT = frozenset(("except", "not", "no", "without", "excluding"))
_AND = frozenset(("and", "or", "also", "but", "plus", "then", "otherwise", "maybe", "even", "as", "well", "both"))
_FILLER_WORDS = (
    "i am i'm im my me we live living based located near around here is are it its it's be in on at the a an of for"
    " free usually mostly normally often generally best good fine ok okay works work suit suits suited can could do"
    " would please about any every each only time times hour hours o'clock oclock local zone timezone clock city area region"
    " yes hi hello say so just really rather prefer preferably available availability during most ideally like with"
    " week weekly per once day days that this have"
)
_FILLER = frozenset(_FILLER_WORDS.split())
_WORDS = re.compile(r"[0-9]+|[a-z']+|\S")


@dataclass(slots=True)
class _Part:
    """One part of the text between separators, as far as it has been read."""

    days: set[int] = field(default_factory=set)
    spans: list[tuple[int, int]] = field(default_factory=list)
    group: bool = False  # "weekends": complete without hours, unlike "mon" in "mon, wed 12-15"
    plural: bool = False  # "evenings": any day, unlike "evening" in "thu morning or evening"
    hours_first: bool = False  # "evenings on tue and thu"
    minus: bool = False  # "except sunday"
    hard: bool = False  # a full stop or a new line came before: nothing is taken over from there


@dataclass(slots=True)
class _Time:
    """Hours as written in one place: open at the end ("from 18"), at the start ("until 18"), or neither."""

    low: int | None
    high: int | None
    bare: bool


class _Reader:
    """Reads folded text from left to right into parts; `at` is the position."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.parts = [_Part()]
        self.pieces: list[tuple[int, int] | _Time] = []  # parts of a day and times of the part being read

    def read(self) -> list[_Part]:
        while self.at < len(self.text):
            if self.text[self.at] == " ":
                self.at += 1
            elif not (self._separator() or self._day() or self._part_of_day() or self._time() or self._filler()):
                word = _WORDS.match(self.text, self.at)
                raise NotUnderstood(f"I don't understand {quote(word[0] if word else self.text)} there. {_EXAMPLE}")
        self._close()
        return [part for part in self.parts if part.days or part.spans]

    def _word(self, at: int | None = None) -> str:
        found = _WORDS.match(self.text, self.at if at is None else at)
        return found[0] if found else ""

    def _skip(self, word: str) -> None:
        self.at += len(word)
        while self.text[self.at : self.at + 1] == " ":
            self.at += 1

    def _close(self, hard: bool = False) -> None:
        """Ends the present part and begins the next."""
        part = self.parts[-1]
        part.spans = _spans(self.pieces)
        self.pieces = []
        minus = part.minus and not hard and not part.spans
        self.parts.append(_Part(minus=minus, hard=hard or (part.hard and not part.days and not part.spans)))

    def _separator(self) -> bool:
        word = self._word()
        part = self.parts[-1]
        but_not = word == "but" and part.group and not self.pieces  # "any day but sunday"
        if word in _NOT or but_not:
            self._close()
            self.parts[-1].minus = True
        elif word in (",", "&", "+", "/") or word in _AND:
            self._close()
        elif word in (";", ".", "!", "(", ")", ":"):
            self._close(hard=word in (";", ".", "!"))
        else:
            return False
        self._skip(word)
        return True

    def _phrase(self, table: Iterable[str]) -> str:
        """The one or two words here that stand in the table (also with a plural s), as written; else ""."""
        one = self._word()
        gap = self.at + len(one)
        two = self._word(gap + 1) if self.text[gap : gap + 1] in (" ", "-") else ""
        for said in (f"{one} {two}", one):
            if said in table or (said.endswith("s") and said[:-1] in table):
                return self.text[self.at : self.at + len(said)]
        return ""

    def _day(self) -> bool:
        said = self._phrase(_GROUPS)
        if said:
            name = said.replace("-", " ")
            days = set(_GROUPS.get(name) or _GROUPS[name.removesuffix("s")])
            if name.split()[-1].rstrip("s") in ("evening", "morning", "afternoon"):
                said = said.split()[0]  # "every evening": the days from here, the hours from the next word
        else:
            said = self._word()
            if said not in WEEKDAY:
                return False
            days = {WEEKDAY[said]}
        part = self.parts[-1]
        if part.days and self.pieces:  # "tue 18-20 thu 19-21": a new part without a separator
            self._close()
            part = self.parts[-1]
        part.hours_first = part.hours_first or (bool(self.pieces) and not part.days)
        part.group = part.group or len(days) > 1
        self._skip(said)
        if len(days) == 1:
            days = self._day_range(min(days))
        part.days |= days
        return True

    def _day_range(self, first: int) -> set[int]:
        """The days of "mon-fri" or "fri to mon", up to the last one, over the end of the week if need be."""
        joiner = self._word()
        if joiner != "-" and joiner not in ("to", "till", "until", "through"):
            return {first}
        after = self.at + len(joiner)
        after += len(self.text[after:]) - len(self.text[after:].lstrip(" "))
        last = self._word(after)
        if last not in WEEKDAY:
            return {first}
        self.at = after
        self._skip(last)
        return {(first + k) % 7 for k in range((WEEKDAY[last] - first) % 7 + 1)}

    def _part_of_day(self) -> bool:
        said = self._phrase(_PARTS)
        if not said:
            return False
        name = said.replace("-", " ")
        plural = name not in _PARTS
        self.pieces.append(_PARTS[name.removesuffix("s") if plural else name])
        self.parts[-1].plural = self.parts[-1].plural or plural
        self._skip(said)
        return True

    def _time(self) -> bool:
        word = self._word()
        start = self.at
        if word in _FROM:
            self._skip(word)
        if word in _TO:
            self._skip(word)
            high = clock(self.text, self.at)
            if high is None:
                self.at = start
                return False
            self._skip(self.text[self.at : high.end])
            self.pieces.append(_Time(None, high.minute, high.bare))
            return True
        low = clock(self.text, self.at)
        if low is None:
            self.at = start
            return False
        self._skip(self.text[self.at : low.end])
        joiner = self._word()
        if joiner == "-" or joiner in _TO or (joiner == "and" and word == "between"):
            before = self.at
            self._skip(joiner)
            high = clock(self.text, self.at)
            if high is not None:
                self._skip(self.text[self.at : high.end])
                self.pieces.append(_range(low.minute, low.bare, high.minute, high.bare))
                return True
            self.at = before
        if joiner == "+":
            self._skip(joiner)
        elif word not in _FROM:
            if low.bare:
                raise NotUnderstood(f"I am not sure what {low.minute // 60} means there. {_EXAMPLE}")
            self.pieces.append(_Time(low.minute, low.minute + 60, False))
            return True
        # "after 6" without am or pm is the evening; nobody means six in the night.
        late = low.bare and 60 <= low.minute < 7 * 60
        self.pieces.append(_Time(low.minute + 720 * late, None, low.bare and not late))
        return True

    def _filler(self) -> bool:
        word = self._word()
        if word in _FILLER or word == "-":
            self._skip(word)
            return True
        return False


def _range(low: int, low_bare: bool, high: int, high_bare: bool) -> _Time:
    """What a range means: "9-5" is 9:00-17:00, "2-4" and "2-4pm" are 14:00-16:00, "22-2" goes over midnight, 17:30-19 is as it is."""
    half = 12 * 60
    if low_bare and not high_bare and half <= high < 1440 and low < half and low + half < high:
        low += half * (high % half > low)  # "2-4pm"; "9-5pm" keeps its morning
    elif low_bare and high_bare and 0 < high <= half:
        if low < high <= 7 * 60:
            low, high = low + half, high + half
        elif high < low < high + half:
            high += half
    return _Time(low, high, low_bare)


def open_end(low: int) -> int:
    """Until when "after 17:30" is meant: 22:00, or midnight for somebody who only begins after 21:00."""
    return EVENING_END if low <= EVENING_END - 60 else DAY_MINUTES


def _spans(pieces: list[tuple[int, int] | _Time]) -> list[tuple[int, int]]:
    """The hours of one part; a part of the day and a time side by side are one ("evenings from 18")."""
    spans: list[tuple[int, int]] = []
    k = 0
    while k < len(pieces):
        pair = pieces[k : k + 2]
        mixed = len(pair) == 2 and isinstance(pair[0], _Time) != isinstance(pair[1], _Time)
        used = pair if mixed else pair[:1]
        time = next((piece for piece in used if isinstance(piece, _Time)), _Time(None, None, False))
        frame = next((piece for piece in used if not isinstance(piece, _Time)), None)
        spans.append(_span(time, frame))
        k += len(used)
    return spans


def _span(time: _Time, frame: tuple[int, int] | None) -> tuple[int, int]:
    low, high = time.low, time.high
    if frame is not None and time.bare and frame[0] >= 720:  # "evening after 7"
        low = low + 720 if low is not None and low < 720 else low
        high = high + 720 if high is not None and high < 720 else high
    if low is None:
        floor = frame[0] if frame else AWAKE[0]
        low = floor if high is None or high > floor else max(0, high - 120)
    if high is None:
        high = frame[1] if frame and frame[1] > low else open_end(low)
    if low == high or low >= DAY_MINUTES:
        raise NotUnderstood(f"From {hhmm(low)} to {hhmm(high)} there is no time. {_EXAMPLE}")
    return low, high


def hours(text: str) -> tuple[Window, ...]:
    """The weekly free hours in a text, sorted and joined; a span over midnight becomes two windows.

    A day alone means 08:00-22:00, "after 17:30" means until 22:00, one time ("thu 19:00") means one hour; hours
    without a day mean any day. Raises NotUnderstood.
    """
    minutes: list[set[tuple[int, int]]] = [set(), set()]  # free, and taken away by "except"
    parts = _Reader(fold(text, LONGEST).replace("24/7", "any time")).read()
    if not parts:
        raise NotUnderstood(f"I found no day and no hour in {quote(text)}. {_EXAMPLE}")
    _bring_back(parts)
    for minus, days, spans in _resolved(parts):
        for low, high in spans or ([(0, DAY_MINUTES)] if minus else [AWAKE]):
            for day in days:
                base = day * DAY_MINUTES
                minutes[minus].add((base + low, base + high + DAY_MINUTES * (high < low)))
    awake = {(day * DAY_MINUTES + AWAKE[0], day * DAY_MINUTES + AWAKE[1]) for day in range(7)}  # "not mondays"
    windows = _windows(_cut(_wrapped(minutes[0] or awake), _wrapped(minutes[1])))
    if not windows:
        raise NotUnderstood(f"That leaves no free hour. {_EXAMPLE}")
    return windows


_Meant = tuple[bool, set[int], list[tuple[int, int]]]


def _bring_back(parts: list[_Part]) -> None:
    """In "weekdays except wed 17-19" the hours belong to the weekdays: moves them there."""
    for k, part in enumerate(parts):
        before = k - 1
        while before >= 0 and parts[before].minus and not parts[before].spans and not parts[before + 1].hard:
            before -= 1
        skipped = part.minus or before < k - 1
        if before < 0 or not part.spans or not skipped or part.hard or parts[before].spans or parts[before].minus:
            continue
        if part.minus or not part.days:
            parts[before].spans, part.spans = part.spans, []


def _resolved(parts: list[_Part]) -> list[_Meant]:
    """Gives every part its days and hours, from its neighbours where it has none itself."""
    meant: list[_Meant] = []
    waiting: set[int] = set()  # "mon" and "tue" of "mon, tue and wed 12-15"
    before: _Part | None = None
    for part in [*parts, _Part(hard=True)]:
        whole = part.hard or part.minus or (not part.days and part.plural)
        if waiting and whole:
            meant.append((False, waiting, []))
            waiting = set()
        taken = before is not None and not part.hard and before.minus == part.minus
        if part.days and part.spans:
            meant.append((part.minus, part.days | waiting, part.spans))
            waiting = set()
        elif part.days and taken and before is not None and before.hours_first:
            part.spans, part.hours_first = before.spans, True
            meant.append((part.minus, part.days, part.spans))
        elif part.days and (part.group or part.minus):
            meant.append((part.minus, part.days | waiting, []))
            waiting = set()
        elif part.days:
            waiting |= part.days
        elif part.spans:
            if not waiting and taken and before is not None and before.days and before.spans and not part.plural:
                part.days = before.days
            meant.append((part.minus, waiting or part.days or set(_ALL), part.spans))
            waiting = set()
        before = part
    return meant


def _wrapped(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in minutes of the week, sorted and joined, with what goes over Sunday midnight put on Monday."""
    week = 7 * DAY_MINUTES
    pieces = [(low, min(high, week)) for low, high in spans]
    pieces += [(0, high - week) for _, high in spans if high > week]
    joined: list[tuple[int, int]] = []
    for low, high in sorted(pieces):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _cut(spans: list[tuple[int, int]], away: list[tuple[int, int]]) -> list[tuple[int, int]]:
    for gone_low, gone_high in away:
        pieces = [((low, min(high, gone_low)), (max(low, gone_high), high)) for low, high in spans]
        spans = [piece for two in pieces for piece in two if piece[0] < piece[1]]
    return spans


def _windows(spans: Iterable[tuple[int, int]]) -> tuple[Window, ...]:
    """Minutes of the week as windows, cut at every midnight."""
    windows = []
    for low, high in spans:
        for day in range(low // DAY_MINUTES, (high - 1) // DAY_MINUTES + 1):
            base = day * DAY_MINUTES
            windows.append(Window(day, max(low - base, 0), min(high - base, DAY_MINUTES)))
    return tuple(windows)


def says_nothing(text: str) -> bool:
    """Whether a folded text, once a place was taken out, holds only words like "I live in"."""
    return all(
        word in _FILLER or word in _AND or word in _FROM or not word[0].isalnum() for word in _WORDS.findall(text)
    )
