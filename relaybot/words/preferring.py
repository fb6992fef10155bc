"""Sentences about where somebody likes to be written to, and about addresses taken away."""

from __future__ import annotations

from collections.abc import Sequence

from relaybot.words.common import join_words, short
from relaybot.words.linking import example, medium, on
from relaybot.words.subjects import begins

# ------------------------------------------------------------------------------------------------ prefer


def no_medium(said: str, kinds: Sequence[str], mine: Sequence[str]) -> str:
    media = join_words([medium(kind) for kind in kinds])
    return f"I don't know {short(said, 40)!r} as a medium. Here there is {media}; you are linked as {join_words(mine)}."


def not_linked(kind: str) -> str:
    return f"I don't know you {on(kind)} yet. link {example(kind)} sends a code there; then it can be done."


def which(accounts: Sequence[str]) -> str:
    return f"You have several there: {join_words(accounts)}. Please name one of them."


def home_already(account: str) -> str:
    return f"I write to you at {account} already."


@begins("Where I write to you")
def from_now(kind: str, others: Sequence[str]) -> str:
    stays = f" {join_words(others)} {'stays' if len(others) == 1 else 'stay'} linked." if others else ""
    return f"From now on I write to you {on(kind)}.{stays}"


def stays_in_place(pair: int, place: str) -> str:
    return f"M{pair}'s own place stays {place}."


def here_we_are(open_questions: int, after: str) -> str:
    asked = (
        f"{open_questions} {'question' if open_questions == 1 else 'questions'}, below" if open_questions else "nothing"
    )
    return f"Here we are. Open: {asked}. {after}".strip()


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def waited(writers: Sequence[tuple[str, int]], kind: str) -> str:
    """ "Two messages from Bram waited on IRC; here they are:"."""
    count = sum(number for _, number in writers)
    many = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    names = join_words([name for name, _ in writers])
    tail = "here it is" if count == 1 else "here they are"
    return (
        f"{many[0].upper()}{many[1:]} {'message' if count == 1 else 'messages'} from {names} waited {on(kind)}; {tail}:"
    )


# ------------------------------------------------------------------------------------------------ unlink


def last_one(account: str) -> str:
    return (
        f"{account} is the only address I know you by, so it stays. link another one first; leave ends your part here."
    )


def unlinked(account: str, kind: str, home: str) -> str:
    return f"{account} is not linked any more; nothing goes there, and what is said there {on(kind)} is not taken as yours. I write to you at {home}."


@begins("About this address")
def unlinked_there(who: str, title: str) -> str:
    return f'This address is not linked to "{who}" in {title} any more. If that is a surprise: moderator <words>'


@begins("Your addresses")
def unlinked_by_moderator(account: str, by: str) -> str:
    return f"{by}, moderator, has taken {account} off your record. If that is a surprise: moderator <words>"


def sure(name: str, account: str, others: Sequence[str]) -> str:
    stays = "stays" if len(others) == 1 else "stay"
    return f"Take {account} off {name}'s record? {join_words(others)} {stays}. {name} is told there that it was you. (yes/no)"


def nothing() -> str:
    return "All right, nothing is changed."


def not_there(name: str, account: str) -> str:
    return f"{account} is not on {name}'s record any more."


def done(name: str, account: str) -> str:
    return f"{account} is off {name}'s record, and {name} is told."


def team_done(by: str, name: str, kind: str) -> str:
    return f"{by} took an address {on(kind)} off {name}'s record."


def own_goes_short() -> str:
    return "For yourself it goes: unlink <medium>"
