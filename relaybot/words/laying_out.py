"""How a sentence made for a chat is said in a letter: its choices as rows, and a mail's words where it has a chat's.

A chat puts several things on one line, numbered or with wide spaces between them; a letter has room for rows. What
people wrote (between quotation marks) is left as it is. `TURNS` is the whole difference in words.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise

WIDTH = 76
HANGING = 4  # columns by which the second line of a row is further in

# What a chat says, and what a letter says instead; every one of them stands somewhere in words/.
TURNS = (
    (r"(?:Just answer|Answer) here; it goes to ", "Answer this mail and it goes to "),
    (r"Just answer here\.", "Just answer this mail."),
    (r"(One of them|[\w'-]+) answers here, ", r"\1 answers you, "),
    (r"an answer comes here by ", "you get an answer by "),
    (r"An answer comes here by ", "You get an answer by "),
    (r"Answers reach you here; you answer them with: answer P\d+ <text>", "Answers come to you as mail."),
    (r", tell them here\.", ", answer this mail."),
    (r"say it to me here\.", "write it to me alone."),
    (r"here in text\b", "by mail"),
    (r"\(or: yes M\d+, no M\d+\) - a no needs", "A no needs"),
    (r"you may say join again", "you may mail me  join  again"),
    (r"they get your next line\.", "they get your answer to this mail."),
    (r"; say so if not\.", "; tell me if not."),
    (r"or say (stop|pause|none)\b", r"or with  \1 "),
    (r"(; |^|\. )(?:you may )?[Ss]ay (join|rematch yes|resume|done|drop) ", r"\1Mail me  \2  "),
    (r"until you say (drop again|forget me)\b", r"until you mail me  \1 "),
    (r" Commands begin with ! meanwhile\.", ""),
    (r"just write  moderator <words>  again", "just mail me  moderator <words>  again"),
)
_TURNS = tuple((re.compile(pattern), said) for pattern, said in TURNS)

# A sentence that begins with what is written to relaybot: "status shows where you stand".
_COMMANDS = (
    "status|help|queue|cases|pairs|slots|waiting|drop|done|join|leave|resume|rules|skip|end|moderator|propose|reschedule"
    "|pause|match me|forget me|set free|format|audit|withdraw|talk|late|unlink|mod leave"
)
_BEGINS = re.compile(
    rf"(^|[.;,] )((?:{_COMMANDS})(?: (?:<[^>]+>|[MSHPA]\d+|halves|alternate|until <date>))*)"
    r" (shows|lists|reaches|suggests|ends|begins|brings|changes|takes|names|deletes|moves|asks|stops|goes|tells|works)\b"
)
_QUOTED = re.compile(r'"[^"]*"')
_YES_NO = re.compile(r" \(yes/no(?: - ([^)]*))?\)\.?$")
_NUMBER = re.compile(r"(?:(?<=\s)|^)(\d{1,2})\)? (?=\S)")
_FORM_NUMBER = re.compile(r"(?:\d{1,2}\) )?")  # of a question among others in one letter
_LAST = re.compile(r"   |  \(|[.;] |\.$|   ?\(")  # what ends the last of several choices
_SLASHED = re.compile(r"(?<=[?.:]) \(?((?:[^/()?.]{1,40} / )+[^/()?.]{1,40})\)?\.?(?= Now:|$)")
_WIDE = re.compile(r" {3,}(?!\|)(?<!\|   )")
_LABELLED = re.compile(r"(?<=[.:!?] )([A-Z][a-z]+(?: [a-z]+){0,3}: [a-z][^.]*)$")


def laid_out(line: str) -> tuple[str, ...]:
    """The paragraphs and rows of one sentence as a letter has them; rows and forced line breaks stay as they are."""
    if line.startswith("  ") and len(line) > WIDTH and "\n" not in line:
        return tuple(row(line[2:]))
    if line.startswith("  ") or "\n" in line:
        return (line,)
    text = _turned(line)
    hidden = _hidden(text)
    return tuple(part for part in (_numbered(text, hidden) or _slashed(text, hidden) or _wide(text, hidden)) if part)


def _hidden(text: str) -> str:
    """The same text with nothing to find in what somebody wrote."""
    return _QUOTED.sub(lambda found: "\0" * len(found[0]), text)


def _turned(text: str) -> str:
    """The text in a mail's words, quotations untouched."""
    parts = re.split(r'("[^"]*")', text)
    for number in range(0, len(parts), 2):
        for pattern, said in _TURNS:
            parts[number] = pattern.sub(said, parts[number])
        parts[number] = _BEGINS.sub(_command, parts[number])
    last = _YES_NO.search(parts[-1])
    if last is not None:
        more = f"; {last[1]}." if last[1] else "."
        parts[-1] = f"{parts[-1][: last.start()]} Please answer  yes  or  no {more}"
    return "".join(parts)


def _command(found: re.Match[str]) -> str:
    kind = "line" if " " in found[2] else "word"
    article = "the" if found[1][:1] in {";", ","} else "The"
    return f"{found[1]}{article} {kind}  {found[2]}  {found[3]}"


def row(text: str) -> Iterator[str]:
    """A row of a table; one that is too wide goes on below itself."""
    lines = textwrap.wrap(
        text, WIDTH - 2, subsequent_indent=" " * HANGING, break_long_words=False, drop_whitespace=True
    )
    return (f"  {one}" for one in lines)


def _numbered(text: str, hidden: str) -> list[str]:
    """ "Which? 1 this  2 that. More." as a question, rows, and what follows."""
    own = _FORM_NUMBER.match(hidden)
    found = list(_NUMBER.finditer(hidden, own.end() if own else 0))
    for first in range(len(found)):
        run = [found[first]]
        for one in found[first + 1 :]:
            if int(one[1]) == int(run[-1][1]) + 1 and hidden[one.start() - 2 : one.start()] == "  ":
                run.append(one)
        if len(run) > 1:
            break
    else:
        return []
    ends = [one.start() for one in run[1:]]
    last = _LAST.search(hidden, run[-1].end())
    ends.append(last.start() if last is not None else len(text))
    rows = [f"{one[1]}  {text[one.end() : end].strip()}" for one, end in zip(run, ends, strict=True)]
    after = text[ends[-1] :].lstrip(".; ")
    return [text[: run[0].start()].rstrip(), *(line for one in rows for line in row(one)), *laid_out(after)]


def _slashed(text: str, hidden: str) -> list[str]:
    """ "Fine? yes / reschedule <time> / skip" as a question and rows."""
    found = _SLASHED.search(hidden)
    if found is None:
        return []
    said = text[found.start(1) : found.end(1)].split(" / ")
    numbered = [re.sub(r"^(\d) ", r"\1  ", one.strip()) for one in said]
    bare = numbered[0][:1].isdigit() or hidden[1:3] == ") "
    ask = text[: found.start()] + ("" if bare else " Please answer with one of these:")
    return [ask, *(line for one in numbered for line in row(one)), text[found.end() :].strip()]


def _wide(text: str, hidden: str) -> list[str]:
    """What stands behind wide spaces, row by row: commands, what they do, labels."""
    cuts = [(0, 0), *((one.start(), one.end()) for one in _WIDE.finditer(hidden)), (len(text), len(text))]
    pieces = [text[a[1] : b[0]].strip() for a, b in pairwise(cuts)]
    head, tails = pieces[0], [piece for piece in pieces[1:] if piece]
    if not tails:
        return list(_alternatives(head)) if _is_menu(head) else [head]
    if len(tails) == 1 and not re.search(r'[.?!:"\0)]$', head) and head[:1].islower():
        return list(row(f"{head}   {tails[0]}"))  # a command and what it does
    made: list[str] = []
    label = _LABELLED.search(head)
    if label is not None and not tails[0].startswith("("):
        head, tails = head[: label.start()].rstrip(), [label[1], *tails]
    made.extend(row(head) if re.match(r"[A-Z]?[a-z ]+: [^.]*$", head) else [head])
    for tail in tails:
        if tail.startswith("("):
            made[-1] = f"{made[-1]} {tail}"
        elif re.search(r"^[A-Z].*[.?]$", tail):
            made.append(tail)
        else:
            made.extend(_alternatives(tail))
    return made


def _is_menu(text: str) -> bool:
    """Whether a whole line is commands to choose from: "why a b | pair a b"."""
    parts = text.split(" | ")
    return len(parts) > 1 and text[:1].islower() and all(len(part) <= WIDTH for part in parts)


def _alternatives(text: str) -> Iterator[str]:
    return (line for one in text.split(" | ") for line in row(one))
