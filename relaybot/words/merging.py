"""Sentences about two records of one person that become one."""

from __future__ import annotations

from collections.abc import Sequence

from relaybot.words.common import join_words, short

# -------------------------------------------------------------------------------------------- the person


def nothing_to_merge() -> str:
    return "merge makes two records of yours one. First show that the other address is yours: link <address>, then link <code>."


def asked(number: int) -> str:
    return f"I've asked the moderators to make your two records one (H{number}). Until then both stay as they are."


def asked_already(number: int) -> str:
    return f"The moderators know it already (H{number}); one of them looks at it."


def nobody_to_ask(operator: str) -> str:
    return f"No moderator can look at it now. Please write to {operator or 'the operator'}."


def case_words(here: int, other: int, account: str) -> str:
    return f"merge: I am #{here} and #{other}, and have proved that {account} is mine."


def team_asked(case: int, name: str, here: int, other: int, other_name: str, account: str) -> str:
    address = short(account)
    return (
        f"H{case} {short(name, 40)}: #{here} and #{other} ({short(other_name, 40)}, {address}) are said to be one person; a code was sent to {address} and came back. "
        f"merge #{here} #{other}   show #{here}   show #{other}"
    )


def done(name: str, accounts: Sequence[str]) -> str:
    return f"Your two records are one now, {name}; I know you at {join_words(accounts)}. status shows where you stand."


# ----------------------------------------------------------------------------------------- the moderators


def usage() -> str:
    return "It takes two people, by name, address or number: merge #4 #9"


def sure(stays: str, goes: str, number: int) -> str:
    return f"Make these one record: {stays}; and {goes}? Everything goes to #{number}, and it cannot be taken back. (yes/no)"


def shown(number: int, name: str, accounts: Sequence[str], stage: str, pairs: Sequence[int]) -> str:
    own = f", {join_words([f'M{pair}' for pair in pairs])}" if pairs else ""
    known = join_words([short(account, 40) for account in accounts[:3]])
    return f"#{number} {name} ({known or 'no address'}; {stage}{own})"


def nothing() -> str:
    return "All right, both records stay as they are."


def gone() -> str:
    return "One of the two is not there any more; nothing is changed."


def merged(stays: int, goes: int, name: str) -> str:
    return f"#{goes} is part of #{stays} {name} now, who is told."


def team_merged(by: str, stays: int, goes: int, name: str) -> str:
    return f"{by} made #{goes} a part of #{stays} {name}."


def same(name: str) -> str:
    return f"That is one record already: {name}."


def removed() -> str:
    return "One of them was removed from the programme; that record stays as it is."


def rights_differ(moderator: int, name: str, other: int, other_name: str) -> str:
    return (
        f"#{moderator} {name} is a moderator and #{other} {other_name} is not; who may read what has to be clear first: "
        f"mod add #{other}, or mod remove #{moderator}"
    )


def to_be_forgotten() -> str:
    return "One of them has asked to be forgotten; that has to be taken back first (forget me stop)."


def partners(pair: int) -> str:
    return f"They are the two people of M{pair}; that has to be over first."


def over_the_limit(together: int, cap: int) -> str:
    return f"Together they would have {together} partners, and the limit is {cap}. One pair has to end first."


def two_offers(pairs: Sequence[int]) -> str:
    ids = [f"M{number}" for number in pairs]
    return f"Both are in an open offer ({join_words(ids)}). Please withdraw one first: withdraw {ids[-1]}"
