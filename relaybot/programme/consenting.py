"""Consenting: how a member answers an offer, and what happens when nobody does.

`yes M12` and `no M12` answer the offer from anywhere; in the dialogue digits do. What an answer leads to is
in nouns/offers.py; here are the commands, the dialogues and the timers of an offer.
"""

from __future__ import annotations

from relaybot import answers, forms, times
from relaybot.commands import Call, Ref, Text, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, choice, form, given, yes_no
from relaybot.model import Dialogue, Pair, Person
from relaybot.nouns import homes, offers, pairs, pauses
from relaybot.nouns.people import paused, waking
from relaybot.ports import Invalid, Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import common as common_words
from relaybot.words import consenting as words
from relaybot.words import pairs as pair_words


def _pair(desk: Desk, about: str) -> Pair:
    return desk.pairs[int(about[1:])]


def _person(desk: Desk, dialogue: Dialogue) -> Person:
    return desk.people[dialogue.person]


# ------------------------------------------------------------------------------------------- the offer

AGAIN = ("3", "ask me again next week", "ask me again", "next week", "again")


def _read_offer(desk: Desk, dialogue: Dialogue, text: str) -> str:
    said = text.strip()
    word = forms.POLITE.sub("", said.lower().rstrip(".!"))
    head, _, tail = said.partition(" ")
    side = desk.participants[(int(dialogue.about[1:]), dialogue.person)]
    if word in forms.YES:
        return "yes"
    if word in forms.NO:
        return "no"
    if word in AGAIN and side.answer != "later":
        return "later-week"
    if head.lower().strip(",.:;-") in forms.NO and tail.strip():
        return f"no {tail.strip()}"
    raise Invalid(
        common_words.choose_again(("1 (yes)", "2 (no)", "3 (next week)") if side.answer != "later" else ("yes", "no"))
    )


def _ask_offer(desk: Desk, dialogue: Dialogue) -> str:
    pair, reader = _pair(desk, dialogue.about), _person(desk, dialogue)
    return offers.offer_lines(desk, pair, reader, pairs.partner(desk, pair, reader), dialogue.note)[-1]


def _intro_offer(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    pair, reader = _pair(desk, dialogue.about), _person(desk, dialogue)
    return offers.offer_lines(desk, pair, reader, pairs.partner(desk, pair, reader), dialogue.note)[:-1]


def _offer_done(desk: Desk, dialogue: Dialogue) -> None:
    answer(desk, _pair(desk, dialogue.about), _person(desk, dialogue), given(dialogue, "answer"))


def _offer_kept(desk: Desk, dialogue: Dialogue) -> None:
    pair, reader = _pair(desk, dialogue.about), _person(desk, dialogue)
    desk.tell(reader, words.offer_kept(reader, pair.id, pair.closes_at or desk.now, desk.now))


def _offer_claim(desk: Desk, dialogue: Dialogue) -> str:
    pair = _pair(desk, dialogue.about)
    return f"pair {pair.id} {pair.stage}"


form(
    Form(
        "offer",
        (Question("answer", _ask_offer, _read_offer, explain=words.explain_offer()),),
        done=_offer_done,
        stopped=_offer_kept,
        kept=_offer_kept,
        shared=True,
        waits=False,
        intro=_intro_offer,
        claim=_offer_claim,
        subject=lambda desk, dialogue: words.offer_subject(),
    )
)


def answer(desk: Desk, pair: Pair, person: Person, said: str) -> None:
    """Take an answer to an offer: "yes", "no", "no <words>", "later-week"."""
    known = offers.standing(desk, pair, person)
    head, _, tail = said.partition(" ")
    if known == "waiting" and head == "yes":
        desk.tell(person, words.yes_already(person, pair.id, offers.told_by(desk, pair, person), desk.now))
    elif head == "no" and known in {"asked", "waiting"}:
        changed = known == "waiting" and _just_said(desk, pair, person)
        offers.no(desk, pair, person, tail.strip())
        if changed:
            homes.tell_elsewhere(desk, person, words.last_answer_counts(pair.id))
    elif known == "asked" and head == "yes":
        offers.yes(desk, pair, person)
    elif known == "asked":
        offers.later(desk, pair, person)
    else:
        _late_reply(desk, pair, person)


def _just_said(desk: Desk, pair: Pair, person: Person) -> bool:
    """Whether they said yes so short a while ago that it may have been on another medium, a moment apart."""
    said_at = desk.participants[(pair.id, person.id)].answered_at
    return said_at is not None and (desk.now - said_at).total_seconds() <= desk.policy.consent.change_seconds


def _late_reply(desk: Desk, pair: Pair, person: Person) -> None:
    """An answer to something that is over: thanked, and asked whether to look again."""
    closed = words.closed_already(person, pair.id, pair.ended_at, desk.now)
    if person.stage != "member":
        desk.tell(person, closed)
    elif person.waiting_since is not None and person.promise is not None:
        desk.tell(person, words.in_list_already(closed, person, person.promise, desk.now))
    else:
        forms.begin(desk, person, "look-again", f"M{pair.id}")


# ---------------------------------------------------------------------------------------- yes and no


def _said(desk: Desk, call: Call, word: str) -> None:
    """`yes` or `no` as a command: about the pair named, else about whatever is open for the person here."""
    me, number = call.me, call.number("pair")
    text = f"{word} {call.text('words')}".strip()
    place = call.message.place if call.team else ""
    if number:
        pair = desk.pairs.get(number)
        if pair is not None and offers.standing(desk, pair, me) in {"asked", "waiting"}:
            dialogue = forms.of(desk, me, "offer", f"M{number}")
            if dialogue is not None:
                desk.drop(dialogue)
            answer(desk, pair, me, text if word == "no" else "yes")
            forms.wake(desk, desk.people[me.id])
            return
        if _answered(desk, me, f"M{number}", word, text, place):
            return
        if pair is not None and offers.standing(desk, pair, me) == "closed" and pair.stage not in ACTIVE_PAIRS:
            _late_reply(desk, pair, me)
            return
        raise Refused(pair_words.not_yours(number))
    about, _, rest = call.text("words").partition(" ")
    if about and _answered(desk, me, about.upper(), word, f"{word} {rest}".strip(), place):
        return
    if _answered(desk, me, "", word, text, place):
        return
    offer = offers.open_for(desk, me)
    if offer is None or place:
        raise Refused(common_words.nothing_open())
    answer(desk, offer, me, text if word == "no" else "yes")


def _answered(desk: Desk, me: Person, about: str, word: str, text: str, place: str) -> bool:
    """Answer the person's latest open dialogue (about this object); False when there is none."""
    mine = [d for d in desk.dialogues.where("person", me.id) if d.place == place and d.asked_at is not None]
    mine = [d for d in mine if (d.about == about if about else not d.kept and not forms.FORMS[d.form].apart)]
    if not mine:
        return False
    dialogue = max(mine, key=lambda d: (d.asked_at, d.id))
    try:
        answers.answer(desk, dialogue, text)
    except Invalid:
        if text == word:
            raise
        answers.answer(desk, dialogue, word)  # "yes please", "no thanks"
    return True


@command(
    "yes",
    Ref("pair", optional=True),
    Text("words", optional=True),
    topic="pair",
    help="say yes to an offer, or to what I asked last",
    examples=("yes", "yes M12"),
)
def say_yes(desk: Desk, call: Call) -> None:
    """Say yes to an offer or to the open question."""
    _said(desk, call, "yes")


@command(
    "no",
    Ref("pair", optional=True),
    Text("words", optional=True),
    topic="pair",
    help="say no to an offer (words go to the moderators only), or to what I asked last",
    examples=("no M12", "no M12 I'd rather wait till spring"),
)
def say_no(desk: Desk, call: Call) -> None:
    """Say no to an offer or to the open question."""
    _said(desk, call, "no")


# ------------------------------------------------------------------------------------- after a no


def _until(desk: Desk, dialogue: Dialogue, text: str) -> str:
    person = _person(desk, dialogue)
    try:
        found = times.day(text, desk.now, person.zone or "UTC")
    except times.NotUnderstood as problem:
        raise Invalid(str(problem)) from None
    if times.at_wall(found, 0, person.zone or "UTC") <= desk.now:
        raise Invalid(words.not_before_tomorrow())
    return found.isoformat()


def _until_question(on: str) -> Question:
    return Question(
        "until",
        lambda desk, dialogue: words.until_when(),
        _until,
        when=lambda desk, dialogue: given(dialogue, "answer") == on,
    )


def _pause(desk: Desk, dialogue: Dialogue) -> None:
    person = _person(desk, dialogue)
    until = times.at_wall(times.day(given(dialogue, "until"), desk.now, person.zone or "UTC"), 0, person.zone or "UTC")
    pauses.begin(desk, person, until)
    desk.tell(person, words.paused(person, until, desk.now))


def _no_done(desk: Desk, dialogue: Dialogue) -> None:
    if given(dialogue, "answer") == "pause":
        _pause(desk, dialogue)
        return
    person = pairs.back_to_waiting(desk, _person(desk, dialogue))
    desk.tell(person, words.looking_on(person, person.promise, desk.now))


def _no_left(desk: Desk, dialogue: Dialogue) -> None:
    person = pairs.back_to_waiting(desk, _person(desk, dialogue))
    desk.tell(person, words.looking_on(person, person.promise, desk.now))


form(
    Form(
        "offer-no",
        (
            choice(
                "answer",
                lambda desk, dialogue: words.why_no(),
                {
                    "other": ("1", "please look for someone else", "someone else", "this person", "person"),
                    "pause": ("2", "pause me until a date", "pause me", "the moment", "moment"),
                    "silent": ("3", "rather not say", "rather not"),
                },
                skip="silent",
            ),
            _until_question("pause"),
        ),
        done=_no_done,
        stopped=_no_left,
        kept=None,
        waits=False,
    )
)


def _still_done(desk: Desk, dialogue: Dialogue) -> None:
    said = given(dialogue, "answer")
    person = _person(desk, dialogue)
    if said == "no":
        desk.change(person, rematch="no")
        desk.tell(person, words.not_looking())
        return
    person = pairs.back_to_waiting(desk, desk.change(person, rematch="yes"))
    if said == "pause":
        _pause(desk, dialogue)
    else:
        desk.tell(person, words.looking_on(person, person.promise, desk.now))


form(
    Form(
        "still-looking",
        (
            choice(
                "answer",
                lambda desk, dialogue: words.lapsed(int(dialogue.about[1:])),
                {"yes": ("1", "yes", "y"), "pause": ("2", "pause"), "no": ("3", "no", "n")},
            ),
            _until_question("pause"),
        ),
        done=_still_done,
    )
)


def _again_question(desk: Desk, dialogue: Dialogue) -> str:
    pair = _pair(desk, dialogue.about)
    return words.look_again(words.closed_already(_person(desk, dialogue), pair.id, pair.ended_at, desk.now))


def _again_done(desk: Desk, dialogue: Dialogue) -> None:
    person = _person(desk, dialogue)
    if given(dialogue, "answer") == "no":
        desk.tell(person, words.not_looking())
        return
    person = pairs.back_to_waiting(desk, desk.change(person, rematch="yes", paused_until=None))
    desk.tell(person, words.looking_on(person, person.promise, desk.now))


form(Form("look-again", (yes_no("answer", _again_question),), done=_again_done))


# ---------------------------------------------------------------------------------------------- timers


@on_timer("offer-reminder")
def reminder_due(desk: Desk, about: str, late_seconds: float) -> None:
    """Day 4: an unanswered offer is recalled, once."""
    if _pair(desk, about).stage in offers.ASKED:
        offers.remind(desk, _pair(desk, about))


@on_timer("offer-again")
def again_due(desk: Desk, about: str, late_seconds: float) -> None:
    """A week after "ask me again next week"."""
    pair = _pair(desk, about)
    if pair.stage in offers.ASKED:
        side = pairs.sides(desk, pair)[offers.ASKED[pair.stage]]
        offers.ask(desk, pair, side, note="again")


@on_timer("offer-lapse")
def lapse_due(desk: Desk, about: str, late_seconds: float) -> None:
    """Day 7: the offer is closed."""
    if _pair(desk, about).stage in offers.ASKED:
        offers.lapse(desk, _pair(desk, about))


@on_timer("offer-news")
def news_due(desk: Desk, about: str, late_seconds: float) -> None:
    """The promise to the one who said yes ends while the other has asked for a week."""
    if _pair(desk, about).stage == "asked_second":
        offers.news(desk, _pair(desk, about))


@on_timer("offer-neutral")
def neutral_due(desk: Desk, about: str, late_seconds: float) -> None:
    """Whoever said yes hears that it did not come together; the words are the same whatever happened."""
    pair = _pair(desk, about)
    for side in pairs.sides(desk, pair):
        person = desk.people[side.person]
        if side.answer != "yes" or person.stage != "member":
            continue
        if paused(desk, person) and person.paused_until is not None:
            desk.plan("offer-neutral", about, waking(desk, person, person.paused_until))
            continue
        person = pairs.back_to_waiting(desk, desk.change(person, promise=None), front=True)
        desk.tell(person, words.neutral(person, pair.id, pairs.apart_one_of(desk), person.promise, desk.now))


@on_timer("offer-gone")
def gone_due(desk: Desk, about: str, late_seconds: float) -> None:
    """Whoever was being asked hears that there is nothing to answer any more."""
    pair = _pair(desk, about)
    for side in pairs.sides(desk, pair):
        person = desk.people[side.person]
        unanswered = side.asked_at is not None and side.answer in {"", "later"} and side.person != pair.ended_by
        if unanswered and person.stage == "member" and not paused(desk, person):
            pairs.tell_gone(desk, pair, person)
