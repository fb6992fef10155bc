"""Sentences about what is kept, who reads it, for how long, and how it is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.words.common import join_words, short


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 pair", "3 pairs"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


# --------------------------------------------------------------------------------------------- privacy


def nothing_kept(title: str) -> str:
    return f"Of you I keep nothing: {title} doesn't know you. What you say to me before join is answered and forgotten."


def kept(parts: Sequence[str]) -> str:
    return f"I keep: {join_words(parts)}."


def kept_profile(member: bool) -> str:
    return (
        "profile (members see skills, languages, zone)"
        if member
        else "what you told me of yourself (moderators read it)"
    )


def kept_address(number: int) -> str:
    return f"{counted(number, 'address', 'addresses')} (moderators; a partner sees none unless you write it)"


def kept_feedback(number: int, days: int) -> str:
    return f"{counted(number, 'feedback note')} (moderators, deleted {days} days after the pair ends)"


def kept_case(number: int) -> str:
    return f"{counted(number, 'help case')} (moderators it does not concern)"


def kept_list() -> str:
    return "that you read the mailing list"


def no_messages(hours: int) -> str:
    return (
        f"I keep no messages: what you and a partner write through me lies in my outbox until it is delivered, {hours} hours at most. "
        "What you say in a channel or room of yours passes through the network, not through my records."
    )


def readers(moderators: Sequence[str], operator: str) -> str:
    who = [*moderators[:6], f"the operator ({operator})" if operator else "the operator of this bot"]
    return f"{join_words(who)} can read what moderators see; a moderator never sees a case about themselves. Nobody reads what partners write to each other."


def how_long(feedback: int, declined: int, deferred: int, unfinished: int, audit: int) -> str:
    return (
        f"How long: feedback {feedback} days after a pair ends; unfinished applications {unfinished} days, declined {declined}, deferred {deferred}; "
        f"the journal (who did what when, no words) {audit} days; the rest until you say forget me."
    )


def on_irc() -> str:
    return (
        "On IRC I write only to a nick whose services account is yours when the message leaves; the instant between that check and the delivery "
        "cannot be closed there, and the network's operators could read along."
    )


def on_matrix() -> str:
    return (
        "On Matrix I am an end of the encryption: what you write in our encrypted chat I read and pass on, and whoever runs me could read it "
        "here; so it is in a room you share with a partner. Who writes there your homeserver tells me; I can't be verified by comparing emojis."
    )


def on_list_of_others(address: str) -> str:
    return (
        f"The list {address} is kept by another server, which is less private: its operators and readers see what you write there and the ask of yours "
        "that I post there, and an archive may keep both; forget me cannot take that back. What you write to me alone never goes there."
    )


def what_to_do() -> str:
    return "Export: mydata   Erase: forget me"


# ---------------------------------------------------------------------------------------------- mydata


def data_person(name: str, number: int, since: str, stage: str, addresses: Sequence[str]) -> str:
    known = f", known here since {since}" if since else ""
    return f"You: {name} (#{number}), {stage}{known}. Addresses: {join_words(addresses) or 'none'}."


def data_field(label: str, value: str) -> str:
    return f"{label}: {short(value, 330)}"


def data_settings(parts: Sequence[str]) -> str:
    return f"Settings: {'; '.join(parts)}."


def set_quiet(start: int, end: int) -> str:
    return f"quiet hours {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def set_rules(version: int) -> str:
    return f"agreed to rules v{version}" if version else ""


def set_rematch(wish: str) -> str:
    return f"someone new: {wish}"


def set_paused(until: datetime, zone: str) -> str:
    return f"on a pause until {times.show_day(until, zone)}"


def set_muted(until: datetime, zone: str) -> str:
    return f"on mute until {times.show(until, zone)}"


def somebody() -> str:
    return "somebody who is not here any more"


def data_application(number: int, day: str, stage: str, words: int) -> str:
    more = f"; {counted(words, 'message')} with moderators about it" if words else ""
    return f"Application A{number}: handed in {day}, {stage}{more}."


def data_pair(number: int, partner: str, stage: str, held: int, minutes: int) -> str:
    return f"M{number} with {partner}: {stage}; {counted(held, 'hour')} held, you taught {minutes} minutes."


def data_offer(number: int, day: str) -> str:
    return f"Offer M{number}: you were asked on {day}."


def data_feedback(number: int, day: str, value: str, said: str) -> str:
    quoted = f' - "{short(said, 280)}"' if said else ""
    return f"Feedback on M{number}, {day}: {value}{quoted}"


def data_case(number: int, day: str, stage: str, said: Sequence[str]) -> str:
    quoted = f': "{short(said[-1], 280)}"' if said else ""
    return f"Help case H{number}, {day}, {stage}{quoted}"


def data_avoid(name: str) -> str:
    return f"You'd rather not be matched with {name}."


def data_memos(number: int) -> str:
    return f"Moderators keep {counted(number, 'note')} about you; ask them with: moderator <words>"


def data_list(address: str, mode: str) -> str:
    return f"The mailing list comes to {address}: {mode}."


def data_post(number: int, day: str, subject: str, stage: str, text: Sequence[str]) -> str:
    words = (
        f" Its words, until it is decided: {' / '.join(' '.join(part.split()) for part in text)}"[:300] if text else ""
    )
    return f'P{number}, {day}, {stage}: "{subject}".{words}'


def data_letters(number: int) -> str:
    return f"{counted(number, 'message')} for you {'waits' if number == 1 else 'wait'} to be delivered."


def data_more(left: int) -> str:
    return f"And {counted(left, 'line')} more; the operator can export everything (relaybot export)."


# ------------------------------------------------------------------------------------------- forget me


def forget_sure(until: datetime, zone: str, partners: Sequence[str], hours: int) -> tuple[str, ...]:
    told = (
        f" {join_words(partners)} will read then that your hours have ended; no reason, no name of whoever ended it."
        if partners
        else ""
    )
    return (
        f"Everything of yours goes, {hours} hours from now ({times.show(until, zone)}): profile, addresses, applications, feedback, what you told moderators.{told}",
        'What stays: numbers in the counts, and an audit line "a member left". Until then you can take it back: forget me stop',
    )


def forget_question() -> str:
    return "Forget you? (yes/no)"


def forget_not() -> str:
    return "All right, nothing is deleted."


def forget_planned(until: datetime, zone: str) -> str:
    return f"Noted. Everything of yours is deleted on {times.show(until, zone)}; after that I don't know you. Take it back until then: no, or forget me stop"


def forget_already(until: datetime, zone: str) -> str:
    return f"It is noted already: everything of yours is deleted on {times.show(until, zone)}. Take it back until then: forget me stop"


def forget_nothing_planned() -> str:
    return "Nothing is about to be deleted. forget me deletes everything of yours, a day later."


def forget_stopped() -> str:
    return "Taken back: nothing is deleted, everything stays as it was."


def still_moderator() -> str:
    return "You are a moderator; that ends first: mod leave. Then: forget me"


def last_moderator(name: str) -> str:
    return f"{name} is the only moderator. Another one is needed first (mod add <person>, or mod claim <code>); people are not left without a person."


# ------------------------------------------------------------------------------------------ moderators


def team_application_gone(number: int) -> str:
    return f"A{number} is gone: the applicant asked to be forgotten."


def team_case_gone(number: int) -> str:
    return f"H{number} is gone, with everything in it: the person asked to be forgotten."


def team_offer_gone(number: int) -> str:
    return f"M{number} is withdrawn: one of the two asked to be forgotten. The other one hears the usual words."


def team_member_left(pairs: Sequence[int]) -> str:
    over = (
        f" {join_words([f'M{number}' for number in pairs])}: the partner has been told that the hours have ended."
        if pairs
        else ""
    )
    return f"A member left and asked to be forgotten.{over}"
