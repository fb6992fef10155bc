"""HTML of a mail as the text a reader would see: nothing is loaded, nothing runs, quoted passages become "> " lines.

Mail programs mark what they quote in their own ways; those marks are turned into what plain text would have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
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


class Reader(HTMLParser):
    """Collects lines, each with the depth of quotation it stands in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[int, str]] = []
        self.now: list[str] = []
        self.open: list[Open] = []
        self.quotes = self.unseen = self.pre = 0

    # ------------------------------------------------------------------------------------ what the parser says

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        given = {name: value or "" for name, value in attrs[:50]}
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

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<br/>`; for anything else browsers ignore the slash."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """An element ends, and with it whatever was left open inside."""
        if tag in BREAKS:
            self._break(blank=tag in PARAGRAPHS)
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index].tag == tag:
                for element in reversed(self.open[index:]):
                    self._close(element)
                del self.open[index:]
                return

    def handle_data(self, data: str) -> None:
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


def html_text(html: str) -> str:
    """The text of an HTML document; the caller limits its length."""
    reader = Reader()
    try:
        reader.feed(html.replace("\x00", ""))
        reader.close()
    except (AssertionError, ValueError, RecursionError):
        pass  # the parser gives up on some broken declarations: what was read until there stays
    return reader.text()
