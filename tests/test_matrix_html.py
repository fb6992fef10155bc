"""HTML of Matrix: a name becomes a link, everything else stays text, whatever it contains."""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix_html import escaped, pill, render
from tests.needs import corpus

BRAM, RAVI = "@bram:example.org", "@ravi:example.org"
LINK = '<a href="https://matrix.to/#/@bram:example.org">Bram</a>'


class Strict(HTMLParser):
    """Accepts links to people and line breaks, written in the one way we write them; keeps what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown, self.links, self.open = "", 0, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("a", "br"), tag
        if tag == "br":
            assert not attrs
            self.shown += "\n"
            return
        assert not self.open
        assert [name for name, _ in attrs] == ["href"]
        assert (attrs[0][1] or "").startswith("https://matrix.to/#/@")
        self.open, self.links = True, self.links + 1

    def handle_endtag(self, tag: str) -> None:
        assert tag == "a"
        assert self.open
        self.open = False

    def handle_data(self, data: str) -> None:
        self.shown += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def shown(text: str) -> tuple[str, int]:
    """What a reader sees of HTML that is allowed, and how many links are in it."""
    parser = Strict()
    parser.feed(text)
    parser.close()
    assert not parser.open
    return parser.shown.replace("\u00a0", " "), parser.links


def test_the_first_place_of_a_name_is_a_link() -> None:
    """The others stay words: a person is called once."""
    assert render("Bram, Bram!", {BRAM: "Bram"}) == f"{LINK}, Bram!"
    assert render("Bram & Ravi", {BRAM: "Bram", RAVI: "Ravi"}) == f"{LINK} &amp; {pill(RAVI, 'Ravi')}"


def test_without_a_name_there_is_no_html() -> None:
    """A plain body with line breaks is shown as well as any HTML would be."""
    assert render("1) yes\n2) no", {}) is None
    assert render("Brams Umbram", {BRAM: "Bram"}) is None
    assert render("x", {BRAM: "", RAVI: " "}) is None
    assert render("Bram", {"bram": "Bram", "@bram": "Bram", "@b ram:x": "Bram"}) is None


def test_the_longer_name_wins() -> None:
    """A name that is a part of another is not found within it."""
    found = render("Bram Jansen and Bram", {BRAM: "Bram", RAVI: "Bram Jansen"})
    assert found == f"{pill(RAVI, 'Bram Jansen')} and {pill(BRAM, 'Bram')}"


def test_lines_and_columns_stay() -> None:
    """HTML swallows line breaks and double spaces."""
    assert escaped("a\n  1  yes") == "a<br>\u00a0\u00a01 \u00a0yes"
    assert shown(escaped("a\n  1  yes")) == ("a\n  1  yes", 0)


def test_a_user_id_cannot_leave_its_link() -> None:
    """Historical ids may hold nearly anything."""
    user = "@a\"'><b>&/?#%:example.org"
    assert pill(user, "x") == '<a href="https://matrix.to/#/@a%22%27%3E%3Cb%3E%26%2F%3F%23%25:example.org">x</a>'
    assert shown(render("x", {user: "x"}) or "") == ("x", 1)


@pytest.mark.parametrize("form", ["{}", "Bram {}", "{}\nBram"])
def test_known_injections_stay_text(form: str) -> None:
    """Every one is shown as it was typed, around a name and as a name."""
    for case in json.loads((corpus("html-xss") / "dompurify.json").read_text("utf-8")):
        text = form.format(case["payload"])
        seen, links = shown(render(text, {BRAM: "Bram"}) or escaped(text))
        assert seen == text.replace("\u00a0", " ").replace("\r\n", "\n")
        assert links == ("Bram" in form)
        name = case["payload"].strip()
        as_name = render(f"Hello {name}.", {BRAM: name})
        assert as_name is None or shown(as_name) == (f"Hello {name}.".replace("\u00a0", " "), 1)


@given(st.text(), st.text(alphabet="<>&\"'/= abBram\n;#x", max_size=60), st.text(min_size=1, max_size=5))
def test_whatever_the_words_are(free: str, hostile: str, name: str) -> None:
    """What is seen is what the plain body says, and nothing else can be in it than links to people."""
    for text in (free, hostile, f"{hostile} {name} {free}"):
        made = render(text, {BRAM: name, RAVI: "Bram"})
        if made is not None:
            assert html.unescape(made.replace("<br>", "\n")).count("<a href=") >= 1
            seen, links = shown(made)
            assert links in (1, 2)
            assert seen == text.replace("\u00a0", " ")
        assert shown(escaped(text)) == (text.replace("\u00a0", " "), 0)
