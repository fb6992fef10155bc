"""Sentences of leaving: what the leaver hears, what the partner hears, and what only moderators hear.

What a partner reads (`hour_off`, `notice`, `told`, `someone_new` ...) takes nothing that knows a reason, so
that no sentence can carry one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from relaybot import times
from relaybot.words.common import join_words, short
from relaybot.words.subjects import HOURS, begins

REASONS = {
    "time": "too little time",
    "topics": "not the right topics",
    "click": "we don't click",
    "wrong": "something felt wrong",
    "other": "other",
}


def names(people: Sequence[str], operator: str) -> str:
    """Who will write: moderators by name, or the operator where no moderator may know."""
    return join_words(people[:4], "or") if people else by_operator(operator)


def by_operator(operator: str) -> str:
    return f"the operator, {operator}" if operator else "the operator of this bot"


def operator_should_know(operator: str) -> str:
    return f"The operator should know: {operator}." if operator else "The operator should know."


def _upper(who: str) -> str:
    """As a sentence begins; a name stays as its owner writes it."""
    return who if not who.startswith("the ") else f"T{who[1:]}"


def _weekday(at: datetime, zone: str, now: datetime) -> str:
    day, today = times.local(at, zone).date(), times.local(now, zone).date()
    if day == today:
        return "Today's"
    return f"{day:%A}'s" if day - today < timedelta(days=7) else f"{times.show_day(at, zone)}'s"


# ------------------------------------------------------------------------------------ what the partner reads


@begins("Your next hour")
def hour_off(at: datetime, zone: str, now: datetime, who: str) -> str:
    return f"{_weekday(at, zone, now)} hour is off. {_upper(who)} will write to you."


def notice(leaver: str, *, thanks: bool, neutral: bool) -> str:
    """The text for the partner, as the leaver approves it."""
    if neutral:
        thanked = " Thank you for them." if thanks else ""
        return f"Your hours with {leaver} have come to an end.{thanked} We don't pass on reasons, anyone's; please don't read one into it."
    thanked = ", and thanks you for them" if thanks else ""
    return f"{leaver} has decided to end your hours together{thanked}. We don't pass on reasons, {leaver}'s or anyone's; please don't read one into it."


@begins(HOURS)
def ended_neutrally() -> str:
    return "Your hours together have come to an end. We don't pass on reasons, anyone's; please don't read one into it."


def own_words(leaver: str, words: str) -> str:
    """Words that are not our usual ones: whose they are, so that no "I" in them is read as the moderator's."""
    return f'{leaver} ends your hours together, and chose these words for it: "{words}"'


@begins(HOURS)
def told(partner: str, moderator: str, words: str, hours: int) -> tuple[str, ...]:
    """The farewell as it reaches the partner, from a named person where there is one."""
    sender = f"this is from {moderator}, a moderator, and not easy news" if moderator else "this is not easy news"
    given = f"You gave {hours} {'hour' if hours == 1 else 'hours'}; thank you." if hours else ""
    return (f"{partner}, {sender}.", words, given)


def someone_new(moderator: str, operator: str, *, moderated: bool) -> str:
    """`moderator` told it, if somebody did; `moderated`: there is one to talk to."""
    talk = f"To talk to {moderator or 'a person'}: {'moderator <your words>' if moderated else by_operator(operator)}"
    return f"You're first on our list if you'd like someone new: 1 yes please  2 later  3 no.   {talk}"


def you_are_first(promise: datetime | None, zone: str) -> str:
    if promise is None:
        return "Then you're first."
    return f"Then you're first. By {times.show_day(promise, zone)} at the latest you hear from us."


def first_later() -> str:
    return "All right. Say rematch yes on any day, and you're first then."


def not_now() -> str:
    return "All right. If you change your mind: rematch yes, on any day."


@begins(HOURS)
def also_over(other: str) -> str:
    """To somebody who asked to end it and whose partner asked the same."""
    return f"Your hours with {other} have ended, and both of you know it. Thank you for them."


# ------------------------------------------------------------------------------------ the leaver: asking


def before_we_do(pair: int, partner: str, *, pause: bool) -> str:
    instead = "2) pause until a date  " if pause else ""
    return f"You'd like to end M{pair} with {partner}. That's all right. Before we do: {instead}3) end it"


def until_when() -> str:
    return "Until which day? E.g. 4 jan."


def who_tells(partner: str, offered: Sequence[str]) -> str:
    choices = {
        "self": f"1) I tell {partner} myself",
        "moderator": f"2) a moderator tells {partner} for me",
        "both": "3) we've already talked",
    }
    return f"Who tells {partner}? {'  '.join(choices[key] for key in offered)}"


def why(readers: str, partner: str) -> str:
    return (
        f"Only for {readers}, and only if you like: 1 too little time  2 not the right topics  3 we don't click  "
        f"4 something felt wrong  5 other. Add words, or skip. {partner} never sees this, nor any hint of it."
    )


def thanks_for_why() -> str:
    return "Thank you, that helps us match better."


def thanks_for_saying() -> str:
    return "Thank you for saying it."


def would_read(partner: str, text: str) -> str:
    return (
        f'{partner} would read this: "{text}" And that {partner} is first on our list for someone new. '
        "Send it like this? (1 yes / 2 edit <your words> / 3 without thanks)"
    )


def text_choices() -> str:
    return "Please answer yes, edit and your own words for it, or without thanks. stop takes it all back; nothing has been said."


def too_long_notice(most: int) -> str:
    return f"That is longer than I can pass on: at most {most} characters, please."


# ------------------------------------------------------------------------------------ the leaver: what follows


def nothing_ended(partner: str) -> str:
    return f"All right, nothing is ended, and {partner} hears nothing. Your hours go on."


def kept_drop() -> str:
    return "Kept; nothing happens until you say drop again."


def kept_standing(partner: str, due: datetime, zone: str) -> str:
    return f"All right. If you say nothing more, by {times.show(due, zone)} a moderator takes it on and tells {partner} with the usual words. drop changes it, until then."


@begins(HOURS)
def abandoned(partner: str, text: str) -> str:
    return f'You said nothing more, so it goes on as you wished. {partner} will read: "{text}"'


def will_be_told(partner: str, promise: datetime, hour_at: datetime | None, zone: str, *, near: bool) -> str:
    by = (
        f"at the latest before {times.show_day(hour_at, zone)}"
        if hour_at is not None and not near
        else f"by {times.show(promise, zone)} at the latest"
    )
    now = f" {partner} learns now only that the hour is off." if near else ""
    return f"A moderator sends it, {by}.{now} Your hours are off from now, and {partner} cannot reach you through me any more."


def told_by_me(partner: str, operator: str) -> str:
    return (
        f"No moderator but {partner} is here, so I send exactly these words myself, in {partner}'s waking hours. Your hours are off from now, "
        f"and {partner} cannot reach you through me any more. If you want a person: {by_operator(operator)}."
    )


def a_person_first(readers: str, partner: str) -> str:
    return f"{readers} writes to you here, before {partner} reads a word of it. 1 that's good  2 no need, go on"


def an_operator_first(operator: str, partner: str) -> str:
    return f"You can talk to {by_operator(operator)}, before {partner} reads a word of it. 1 I'll do that first  2 no need, go on"


def waits_for_you() -> str:
    return "It waits for that."


def goes_on() -> str:
    return "Then it goes on as planned."


def after(partner: str) -> str:
    return f"Would you like someone new? rematch yes / later / no. And would you rather not be matched with {partner} again? (yes/no - nobody sees it)"


def after_alone() -> str:
    return "Would you like someone new? rematch yes / later / no."


def rematch_choices() -> str:
    return "Please answer 1 yes, 2 later or 3 no; e.g. rematch later. yes answers both questions."


def avoid(partner: str) -> str:
    return f"And would you rather not be matched with {partner} again? (yes/no - nobody sees it)"


def take_care(name: str, readers: bool) -> str:
    talk = " moderator <words> if you'd like to talk to a person." if readers else ""
    return f"Done. Take care, {name}. status shows where you are.{talk}"


@begins(HOURS)
def partner_knows(partner: str) -> str:
    return f"{partner} has been told. Nothing is left to do for you."


def team_cleared(number: int, leaver: str) -> str:
    return f"H{number}: {leaver} needs no talk first. approve H{number} works now."


def leave_it() -> str:
    return "All right. rematch yes, later or no tells me on any day."


# ------------------------------------------------------------------------------------ telling it oneself


def tell_yourself(ask_at: datetime, zone: str) -> str:
    return f"Then nothing from me about it until you both say it's over; an hour you agreed stays agreed. Say done when you've talked. I'll ask on {times.show_day(ask_at, zone)}."


def have_you_talked(pair: int, partner: str, *, moderator: bool) -> str:
    third = f"  3 a moderator tells {partner} for me" if moderator else ""
    return f"Have you and {partner} talked about ending M{pair}? 1 yes, done  2 not yet{third}"


def ask_again(ask_at: datetime, zone: str) -> str:
    return f"All right. done when you've talked; I'll ask again on {times.show_day(ask_at, zone)}."


def both_asked(partner: str, ask_by: datetime, zone: str) -> str:
    return f"I ask you both. If {partner} hasn't answered by {times.show_day(ask_by, zone)}, a moderator takes it on."


def end_it(pair: int, other: str) -> str:
    return f"end M{pair}? You and {other} have talked about it, I hear. 1 yes  2 no"


def noted_over(pair: int, other: str) -> str:
    return f"Noted; your hours are off from now. When {other} has said the same, M{pair} has ended."


def noted_yes(other: str) -> str:
    return f"Noted. {other} is asked the same."


@begins(HOURS)
def goes_on_pair(pair: int) -> str:
    return f"Then M{pair} goes on. drop is there on any day, for each of you."


def someone_writes(who: str) -> str:
    return f"All right, nothing is expected of you. {_upper(who)} will write to you."


@begins(HOURS)
def a_moderator_takes_it(partner: str) -> str:
    return f"It isn't settled between you and {partner}, so a moderator takes it from here."


@begins(HOURS)
def over(pair: int, other: str) -> str:
    return f"M{pair} with {other} has ended; both of you said so. Thank you for your hours."


def how_was_it(other: str, readers: str) -> str:
    return f"How was it with {other}? 1 good fit  2 not sure  3 not for me. Only {readers or 'moderators'} see this. You may add a word, or skip."


def how_choices() -> str:
    return "Please answer 1, 2 or 3, with a word if you like, or skip."


def nothing_done() -> str:
    return "If you'd like to end it: drop. done is for when you have told your partner yourself."


# ------------------------------------------------------------------------------------ true answers, later


def ended_on(pair: int, at: datetime | None, zone: str) -> str:
    when = f" on {times.show_day(at, zone)}" if at is not None else ""
    return f"M{pair} ended{when}; there is nothing left to do for it. rematch yes if you'd like someone new."


def being_told(pair: int, partner: str) -> str:
    return f"M{pair} is over for you, and a moderator tells {partner}. Nothing to do for you; moderator <words> if you'd like to talk to a person."


def is_over_for_you(pair: int) -> str:
    return f"M{pair} is ending, so nothing can be arranged in it any more. status shows where it stands."


def paused_pair(pair: int, who: str) -> str:
    """To someone who doesn't know of a farewell yet: the same as the neutral line says."""
    return f"Nothing can be arranged in M{pair} just now. {_upper(who)} will write to you."


# ------------------------------------------------------------------------------------ leaving the programme


def leave_sure(programme: str, partners: Sequence[str]) -> str:
    told_ = f" First we see who tells {join_words(partners)}." if partners else ""
    return f"You'd like to leave {programme}. That's all right.{told_} Nothing comes from me afterwards; your profile stays until you say forget me. Leave? (yes/no)"


def take_back_sure(programme: str) -> str:
    return f"You'd like to take back your application to {programme}. That's all right. Take it back? (yes/no)"


def stays() -> str:
    return "All right, nothing is changed."


@begins("Your place in the programme")
def left(name: str, programme: str) -> str:
    return f"You've left {programme}. Take care, {name}; join brings you back on any day."


def leaves_when_over(partner: str, programme: str) -> str:
    return f"As soon as it's over with {partner}, you've left {programme} too; nothing more to do for that."


def not_taking_part() -> str:
    return "You don't take part at the moment, so there is nothing to leave."


def other_programme(said: str, programme: str) -> str:
    return f"I know you only in {programme}, not in {short(said)!r}: leave {programme}"


def only_moderating() -> str:
    return "You take part as a moderator only; that ends with mod leave."


# ------------------------------------------------------------------------------------ rematch


def looking(promise: datetime | None, zone: str) -> str:
    by = f" By {times.show_day(promise, zone)} at the latest you hear from us." if promise is not None else ""
    return f"Noted: you'd like someone new.{by}"


def looking_when_free() -> str:
    return "Noted. You have as many partners as the programme allows; when one pair ends, I look for someone new."


def rematch_later() -> str:
    return "Noted: not now. rematch yes on any day."


def rematch_no() -> str:
    return "Noted: nobody new. rematch yes if you change your mind."


def members_only() -> str:
    return "That is for members; status shows where you are."
