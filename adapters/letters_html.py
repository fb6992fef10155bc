"""HTML of a mail as the text a reader would see: nothing is loaded, nothing runs, quoted passages become "> " lines.

Mail programs mark what they quote in their own ways; those marks are turned into what plain text would have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

DEPTH = 100  # open elements that are remembered; deeper ones change nothing
LINK_CHARACTERS = 300
MARKER = "-----Original Message-----"  # what Outlook writes in plain text where its HTML has only an id

BREAKS = frozenset(
    "address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer form h1 h2 h3"
    " h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul".split()
)
PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 blockquote pre".split())
VOID = frozenset("area base br col embed hr img input link meta param source track wbr basefont bgsound frame".split())
UNSEEN = frozenset(
    "script style head title template noscript svg math object iframe audio video select textarea button".split()
)
SIGNATURES = frozenset(
    "gmail_signature moz-signature ms-outlook-mobile-signature protonmail_signature_block signature"
    " ymail_android_signature ymail_ios_signature gmail_signature_prefix".split()
)
QUOTES = frozenset("yahoo_quoted gmail_attr moz-cite-prefix zmail_extra mail_quote tutanota_quote".split())
ANSWERED = frozenset("divrplyfwdmsg olk_src_body_section outlookmessageheader".split())
HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|$)"
)
NOISE = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|_hsenc|_hsmi|mkt_tok|igshid|vero_id|trk\w*|__s|s_cid|oly_\w+_id")
TAG = re.compile(r"<(!--|[!?]|/?)([A-Za-z][A-Za-z0-9:_-]{0,30})?(?:(?<=[!?-])|(?<=[A-Za-z0-9:_]))")
STOP = re.compile(r">|=\s{0,8}[\"']")
ATTRIBUTE = re.compile(r"([^\s\"'>/=]+)(?:\s{0,8}=\s{0,8}(\"[^\"]*\"|'[^']*'|[^\s>]*))?")
ATTRIBUTES = 8 * 1024  # characters of one tag's attributes that are looked at
RAW = frozenset("script style textarea title xmp iframe noembed noframes".split())
SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")


@dataclass(slots=True)
class Open:
    """An element that is not closed yet, and what it changes until then."""

    tag: str
    quotes: int = 0
    unseen: int = 0
    pre: int = 0
    href: str = ""
    mark: int = 0  # how far the text was when a link began
    attribution: int = -1  # the first line of an "On ... wrote:" element


class Reader:
    """Collects lines, each with the depth of quotation it stands in."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []
        self.now: list[str] = []
        self.open: list[Open] = []
        self.quotes = self.unseen = self.pre = 0

    # ------------------------------------------------------------------------------------ what the document says

    def start(self, tag: str, given: dict[str, str]) -> None:
        """An element begins."""
        if tag in BREAKS:
            self._break(blank=tag in PARAGRAPHS)
        if tag == "br":
            self._break(always=True)
        elif tag in ("td", "th"):
            self.now.append(" ")
        elif tag == "img" and not self.unseen and len(given.get("alt", "")) <= 3:
            self.now.append(given.get("alt", ""))  # an emoji; longer ones are logos and trackers
        if tag in VOID or len(self.open) >= DEPTH:
            return
        element = self._element(tag, given)
        self.quotes += element.quotes
        self.unseen += element.unseen
        self.pre += element.pre
        self.open.append(element)
        if tag == "li" and not self.unseen:
            self.now.append("- ")

    def end(self, tag: str) -> None:
        """An element ends, and with it whatever was left open inside."""
        if tag in BREAKS:
            self._break(blank=tag in PARAGRAPHS)
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index].tag == tag:
                for element in reversed(self.open[index:]):
                    self._close(element)
                del self.open[index:]
                return

    def data(self, data: str) -> None:
        """Text between the tags."""
        if self.unseen:
            return
        if self.pre:
            for number, line in enumerate(data.replace("\r", "").split("\n")):
                if number:
                    self._break(always=True)
                self.now.append(line)
        else:
            self.now.append(SPACE.sub(" ", data))

    # ------------------------------------------------------------------------------------------------ what it means

    def _element(self, tag: str, given: dict[str, str]) -> Open:
        """What an element changes for the text inside it."""
        names = {name.lower().removeprefix("x_") for name in [*given.get("class", "").split(), given.get("id", "")]}
        element = Open(tag, mark=len(self.now), href=given.get("href", "").strip() if tag == "a" else "")
        if tag in UNSEEN or "hidden" in given or names & SIGNATURES or HIDDEN.search(given.get("style", "").lower()):
            element.unseen = 1
        element.pre = int(tag == "pre")
        element.quotes = int(tag == "blockquote" or bool(names & QUOTES))
        if "gmail_attr" in names:
            element.attribution = len(self.lines)
        if names & ANSWERED and not self.unseen:
            self._break()
            if not any(line == MARKER for _, line in self.lines[-3:]):
                self.lines.append((self.quotes, MARKER))
        return element

    def _close(self, element: Open) -> None:
        if element.attribution >= 0:
            self._break()
            lines = self.lines[element.attribution :]
            if any(line.startswith("-----") for _, line in lines[:3]):  # a forwarded mail is no quotation
                self.lines[element.attribution :] = [(max(0, depth - 1), line) for depth, line in lines]
        elif element.href and not self.unseen:
            shown = "".join(self.now[element.mark :]).strip()
            self.now.append(_link(element.href, shown))
        self.quotes -= element.quotes
        self.unseen -= element.unseen
        self.pre -= element.pre

    def _break(self, *, blank: bool = False, always: bool = False) -> None:
        """End the line; `always`: even an empty one counts. `blank`: an empty line follows unless there is one."""
        text = "".join(self.now)
        text = text.rstrip() if self.pre else SPACE.sub(" ", text).strip()
        if self.unseen:
            text = ""
        self.now.clear()
        for element in self.open:
            element.mark = 0
        if text or always:
            self.lines.append((self.quotes, text))
        if blank and self.lines and self.lines[-1][1]:
            self.lines.append((self.quotes, ""))

    def text(self) -> str:
        """All lines, quoted ones marked, never more than one empty line in a row."""
        self._break()
        out: list[str] = []
        for depth, line in self.lines:
            whole = f"{'>' * min(depth, 9)} {line}".rstrip() if depth > 0 else line
            if whole.strip("> ") or (out and out[-1].strip("> ")):
                out.append(whole)
        return "\n".join(out).strip("\n")


def _link(href: str, shown: str) -> str:
    """What to say after a link's text: its address, unless the text says that already."""
    try:
        parts = urlsplit(href)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme == "mailto":
        address = parts.path
        return "" if not address or address.lower() in shown.lower() else f" <{address[:LINK_CHARACTERS]}>"
    if parts.scheme not in ("http", "https") or not host:
        return ""
    said = re.sub(r"^https?://", "", shown.lower()).rstrip("/")
    if not shown or said == href.lower().partition("://")[2].rstrip("/") or (" " not in said and said.startswith(host)):
        return ""  # an image, or the address itself
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query)[:20] if not NOISE.fullmatch(name)])
    url = urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))
    if len(url) > LINK_CHARACTERS:
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))[:LINK_CHARACTERS]
    return f" <{url}>"


def _tags(html: str) -> Iterator[tuple[str, str, str]]:
    """("text", what, "") | ("start", tag, attributes) | ("end", tag, ""), in one pass over the document.

    The standard library's parser needs minutes for some documents that are all beginnings of tags.
    """
    position, exhausted = 0, ""
    while position < len(html):
        found = html.find("<", position)
        if found < 0:
            yield "text", html[position:], ""
            return
        match = TAG.match(html, found)
        if match is None:
            yield "text", html[position : found + 1], ""
            position = found + 1
            continue
        yield "text", html[position:found], ""
        what, tag = match[1], (match[2] or "").lower()
        if what == "!--":
            position = _after(html, "-->", match.end())
        elif not tag or what == "/":
            position = _after(html, ">", match.end())
            if tag and position <= len(html):
                yield "end", tag, ""
        else:
            end, exhausted = _tag_end(html, match.end(), exhausted)
            yield "start", tag, html[match.end() : end][:ATTRIBUTES]
            position = end + 1
            if tag in RAW:
                close = re.compile(rf"</{tag}\b", re.IGNORECASE).search(html, position)
                position = close.start() if close else len(html)


def _after(html: str, end: str, start: int) -> int:
    """Where the document goes on after a comment or the like; nowhere, if that never ends."""
    found = html.find(end, start)
    return found + len(end) if found >= 0 else len(html) + 1


def _tag_end(html: str, start: int, exhausted: str) -> tuple[int, str]:
    """Where a tag's ">" is, not counting those in quoted values; `exhausted`: quotes that are known to come no more."""
    position = start
    while match := STOP.search(html, position):
        quote = match[0][-1]
        if quote == ">":
            return match.start(), exhausted
        close = html.find(quote, match.end()) if quote not in exhausted else -1
        if close < 0:
            exhausted += quote if quote not in exhausted else ""
            close = match.start()
        position = close + 1 if close > match.start() else match.end()
    return len(html), exhausted


def html_text(html: str) -> str:
    """The text of an HTML document; the caller limits its length."""
    reader = Reader()
    for what, value, attributes in _tags(html):
        if what == "text":
            reader.data(unescape(value) if "&" in value else value)
        elif what == "end":
            reader.end(value)
        else:
            given = {name.lower(): unescape(quoted.strip("\"'")) for name, quoted in ATTRIBUTE.findall(attributes)[:50]}
            reader.start(value, given)
    return reader.text()
