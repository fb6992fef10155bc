"""What two partners agree on besides the time: `means`, `project`, `private`, `length`.

The first three are notes of the pair that either may change and the other is told; the length of their
hours changes only when both say so, and only for hours agreed from then on.
"""

from __future__ import annotations

from relaybot import forms
from relaybot.commands import Call, Number, Ref, Text, command
from relaybot.desk import Desk
from relaybot.forms import Form, given
from relaybot.model import Dialogue
from relaybot.nouns import pairs, sessions
from relaybot.ports import Refused
from relaybot.words import agreeing as words

MEANS = ("in person", "video", "voice", "text")
LEAST_MINUTES, MOST_MINUTES = 20, 180


def _limited(desk: Desk, text: str) -> str:
    most = desk.policy.limits.about_chars
    if len(text) > most:
        raise Refused(words.too_long(most))
    return text


@command(
    "means",
    Ref("pair", optional=True),
    Text("means"),
    topic="pair",
    help="how you talk: in person, video, voice or text, perhaps with a link",
    examples=("means voice", "means video https://meet.example.org/us"),
)
def means(desk: Desk, call: Call) -> None:
    """Note how the two talk."""
    text = _limited(desk, call.text("means"))
    kind = next((k for k in MEANS if text.lower() == k or text.lower().startswith(k + " ")), "")
    if not kind:
        raise Refused(words.means_how())
    shown = f"{kind} {text[len(kind) :].strip()}".strip()
    pair = pairs.mine(desk, call)
    partner = pairs.partner(desk, pair, call.me)
    desk.change(pair, means=shown)
    desk.tell(partner, words.means_partner(call.me, shown))
    call.reply(desk, words.means(shown, partner))


@command(
    "project",
    Ref("pair", optional=True),
    Text("text"),
    topic="pair",
    help="the project you two work on; your partner sees it",
    examples=("project a small weather service",),
)
def project(desk: Desk, call: Call) -> None:
    """Note what the two work on."""
    text = _limited(desk, call.text("text"))
    pair = pairs.mine(desk, call)
    partner = pairs.partner(desk, pair, call.me)
    desk.change(pair, project=text)
    desk.tell(partner, words.project_partner(call.me, text))
    call.reply(desk, words.project(text, partner))


@command(
    "private",
    Ref("pair", optional=True),
    Text("words"),
    topic="pair",
    help="what you two keep between you; your partner sees it",
    examples=("private my employer's name",),
)
def private(desk: Desk, call: Call) -> None:
    """Note what stays between the two."""
    text = _limited(desk, call.text("words"))
    pair = pairs.mine(desk, call)
    partner = pairs.partner(desk, pair, call.me)
    desk.change(pair, private=text)
    desk.tell(partner, words.private_partner(call.me, text))
    call.reply(desk, words.private(text, partner))


@command(
    "length",
    Ref("pair", optional=True),
    Number("minutes", most=600),
    topic="pair",
    help="another length for your hours; your partner has to agree",
    examples=("length 45",),
)
def length(desk: Desk, call: Call) -> None:
    """Ask the partner for another length."""
    minutes = call.number("minutes")
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise Refused(words.length_bounds(LEAST_MINUTES, MOST_MINUTES))
    pair = pairs.mine(desk, call)
    now = sessions.minutes(desk, pair)
    if minutes == now:
        raise Refused(words.length_same(now))
    partner = pairs.partner(desk, pair, call.me)
    about = f"M{pair.id}"
    asked = forms.of(desk, call.me, "length", about)
    if asked is not None and asked.note == str(minutes):  # the other asked for the same
        forms.end(desk, asked)
        _agreed(desk, asked, minutes)
        return
    forms.begin(desk, partner, "length", about, note=str(minutes))
    call.reply(desk, words.length_asked(minutes, partner))


def _question(desk: Desk, dialogue: Dialogue) -> str:
    pair = desk.pairs[int(dialogue.about[1:])]
    partner = pairs.partner(desk, pair, desk.people[dialogue.person])
    return words.length_question(int(dialogue.note), sessions.minutes(desk, pair), partner)


def _agreed(desk: Desk, dialogue: Dialogue, minutes: int) -> None:
    pair = desk.change(desk.pairs[int(dialogue.about[1:])], minutes=minutes)
    for person in pairs.people(desk, pair):
        desk.tell(person, words.length_agreed(minutes))


def _done(desk: Desk, dialogue: Dialogue) -> None:
    pair = desk.pairs[int(dialogue.about[1:])]
    if not sessions.live(desk, pair, desk.people[dialogue.person]):
        return
    if given(dialogue, "ok") == "yes":
        _agreed(desk, dialogue, int(dialogue.note))
        return
    for person in pairs.people(desk, pair):
        desk.tell(person, words.length_kept(sessions.minutes(desk, pair)))


forms.form(Form("length", (forms.yes_no("ok", _question),), done=_done, shared=True))
