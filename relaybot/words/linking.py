"""Sentences about one person on several media: codes, linking, unlinking, where somebody likes to be written to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from relaybot import times
from relaybot.words.common import join_words, short

MEDIA = {"irc": "IRC", "mail": "mail", "matrix": "Matrix"}


def medium(kind: str) -> str:
    """A kind of network as it is called in the middle of a sentence."""
    return MEDIA.get(kind, kind)


def on(kind: str) -> str:
    """ "on IRC", "by mail"."""
    return "by mail" if kind == "mail" else f"on {medium(kind)}"


def account_on(account: str, kind: str, network: str = "") -> str:
    """ "ana on IRC", "ana on libera"."""
    return f"{account} on {network}" if network else f"{account} {on(kind)}"


_FORMS = {
    "mail": ("address", "ana@example.org"),
    "matrix": ("@id:server", "@ana:example.org"),
    "irc": ("nick", "<nick>"),
}


def example(kind: str) -> str:
    """What somebody's address on such a medium looks like, after `link`."""
    return _FORMS[kind][1] if kind in _FORMS else "<address>"


def usage(kinds: Sequence[str]) -> str:
    """`kinds`: of the media that there are."""
    forms = join_words([form for kind, (form, _) in _FORMS.items() if kind in kinds], "or")
    return f"link <{forms}> sends a code there; link <code> with that code makes it yours."


# -------------------------------------------------------------------------------------- reading an address


def nobodys(said: str) -> str:
    return f"{short(said, 60)} is the list, which many people read; it can't be anybody's own address."


def mine(account: str) -> str:
    return f"{short(account, 60)} is my own address. Please name one where you yourself read what comes."


def not_configured(said: str, kinds: Sequence[str]) -> str:
    return (
        f"I don't recognise {short(said, 60)!r} as an address I could write to. "
        f"Here I can write to: {join_words([medium(kind) for kind in kinds])}. "
        f"It goes: {join_words([f'link {shape}' for kind, (_, shape) in _FORMS.items() if kind in kinds], 'or')}"
    )


def several(said: str, found: Sequence[str]) -> str:
    return f"{short(said, 60)!r} could be {join_words(found[:5], 'or')}. Please say which, in full, e.g. {found[0]}"


# ------------------------------------------------------------------------------------------------- codes


def lasting(span: timedelta) -> str:
    """ "30 minutes", "72 hours"."""
    minutes = int(span.total_seconds() // 60)
    if minutes >= 120:
        return f"{minutes // 60} hours"
    return f"{minutes} {'minute' if minutes == 1 else 'minutes'}"


def code_sent(account: str, kind: str, valid: timedelta, *, letter: bool, again: bool) -> str:
    new = " The one before it doesn't count any more." if again else ""
    if letter:
        return f"I've sent a code to {account}.{new} Answer that mail with yes, or send me here: link <code> (valid {lasting(valid)})."
    return f"I've sent a code to {account} {on(kind)}.{new} Send me here: link <code> (valid {lasting(valid)})."


def reach_noted() -> str:
    return "Thanks. I sent a code there; type link <code> when you like. Nothing private goes there before that."


def reach_kept(why: str) -> str:
    return f"{f'Thanks, noted. {why}'.strip()} Nothing private goes there before you have confirmed it."


def asked_line(title: str, who: str, where: str, code: str) -> str:
    """What the other side reads in a chat."""
    return (
        f'Someone who is "{who}" {where} wants to link this account in {title}. '
        f"If that's you, type there: link {code}.  If not: no, or moderator <words>."
    )


def asked_letter(title: str, who: str, where: str, code: str, valid: timedelta) -> tuple[str, ...]:
    """The same as a letter."""
    return (
        "Hello,",
        f'someone who is "{who}" {where} wants to link this mail address in {title}, where two people teach each other.',
        "If that's you, answer this mail with the word  yes .  Or type there:",
        f"  link {code}",
        f"The code is valid for {lasting(valid)}. If it isn't you: answer  no , or write to a person by beginning with  moderator .",
        "Nothing private comes here unless you say yes.",
    )


def asked_subject(title: str) -> str:
    return f"Is this address yours, too? ({title})"


def too_soon(account: str, sent: datetime, again: datetime, zone: str) -> str:
    return (
        f"The code for {account} left at {times.show_time(sent, zone)}; it may be on its way. "
        f"I can send another one from {times.show_time(again, zone)}: link resend"
    )


def too_many_open(accounts: Sequence[str]) -> str:
    return f"{len(accounts)} codes of yours are open ({join_words(accounts[:5])}). Please use one of them first: link <code>"


def enough_there(account: str) -> str:
    return f"{account} has had enough codes for today, so I send none now. Please try again tomorrow, or moderator <words>."


def enough_today() -> str:
    return "That was enough codes for one day. Please try again tomorrow, or moderator <words>."


def no_code_open(kinds: Sequence[str]) -> str:
    return f"No code of yours is open. {usage(kinds)}"


def which_code(accounts: Sequence[str]) -> str:
    return f"Codes are open for {join_words(accounts[:5])}. Which one again? link <address>"


def wrong_code(left: int) -> str:
    more = f" {left} more {'try' if left == 1 else 'tries'} this hour." if left else " No more tries this hour."
    return f"That is no code I could use: it may be too old or mistyped.{more} link <address> sends a new one."


def too_many_tries() -> str:
    return "That was too many wrong codes. Please try again in an hour."


def code_waits(account: str, kind: str, until: datetime, zone: str) -> str:
    return (
        f"{account} isn't there {on(kind)} now; the code reaches them if they come by {times.show_time(until, zone)}."
    )


def code_lost(account: str, reason: str) -> str:
    why = f" ({reason})" if reason and reason != "expired" else ""
    return f"The code didn't reach {account}{why}. Is it spelt like that? link <address> sends a new one."


# ------------------------------------------------------------------------------------------------ linked


def places(kinds: Sequence[str]) -> str:
    """ "on IRC, by mail and on Matrix"."""
    return join_words([on(kind) for kind in dict.fromkeys(kinds)])


def _whose(name: str) -> str:
    return f"{name}'s"


def linked(kinds: Sequence[str], new: str, partners: Sequence[str], old: str) -> str:
    words = f", {join_words([_whose(name) for name in partners])} messages" if partners else ""
    more = (
        f" prefer {new} moves everything there: reminders{words}, your open questions. {medium(old)[0].upper()}{medium(old)[1:]} stays linked."
        if new != old
        else ""
    )
    return f"Linked. I now know you {places(kinds)}.{more}"


def linked_here(who: str, where: str, title: str) -> str:
    return f'Thank you. I know now that you are "{who}" {where} in {title}. What you say here counts as said there; unlink takes it back.'


def already_linked(account: str) -> str:
    return f"{account} is linked already."


def too_many_addresses(most: int) -> str:
    return f"You have {most} addresses linked, which is the most I keep. unlink <medium> takes one away."


def other_record() -> str:
    return "That address belongs to another member record. If both are you, say merge; a moderator looks at it."


def other_record_here(who: str, where: str) -> str:
    return (
        f'You are known here already, so this is not linked to "{who}" {where} at once. '
        "If both are you, say merge there; a moderator looks at it."
    )


def type_it_there() -> str:
    return "Type the link line where you asked for it. If it wasn't you who asked: no"


def send_the_code() -> str:
    return "I need the code from my mail to be sure: answer with the line that begins with  link , or with  no ."


def not_you(account: str) -> str:
    return f"All right, {account} is not linked to anybody by this, and I send no more codes here today."


def asker_told_no(account: str) -> str:
    return f"{account} answered that this isn't you. Nothing is linked."


# ------------------------------------------------------------------------------------------------- lists


def linked_list(accounts: Sequence[str], waiting: Sequence[str], kinds: Sequence[str]) -> str:
    open_now = f" A code is open for {join_words(waiting)}." if waiting else ""
    return f"Linked: {join_words([short(account, 40) for account in accounts])}.{open_now} {usage(kinds)}"


def written_to(account: str, others: Sequence[str], example: str) -> str:
    """The line of `status` for somebody with several addresses."""
    return f"I write to you at {account}. Linked too: {join_words(others)}. Change: prefer {example}"


def profile_line(accounts: Sequence[str]) -> str:
    return f"linked: {join_words(accounts)} (only you and moderators see this)"
