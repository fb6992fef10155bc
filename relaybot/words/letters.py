"""Sentences that only letters have: how they end, and what is said about the mail itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from relaybot.words.common import join_words, short

SHOWN_CHARS = 1000  # of what waits for a proof: whoever is asked has to see what they say yes to


def signature(title: str, moderators: Sequence[str]) -> str:
    """The last line of every letter."""
    who = f" ({join_words(sorted(moderators)[:5])})" if moderators else ""
    return f"relaybot, for the {title} moderators{who}"


_GREETING = re.compile(r"(?:Dear|Hello|Good (?:morning|afternoon|evening))\b[^.!?]*,$")

# What a letter is about, where nothing better is said of it; a subject is read on a locked screen, so it tells no more.
_ABOUT = {
    "A": "Your application",
    "M": "You and your partner",
    "S": "Your hour",
    "H": "From the moderators",
    "P": "The list",
}


def your_mail() -> str:
    return "your mail"


def subject(answered: str, about: str, title: str) -> str:
    """Of a letter that was given none: it answers one ("Re:"), or says what it is about in general."""
    return f"Re: {answered}" if answered else _ABOUT.get(about[:1], title)


def greeted(lines: Sequence[str], name: str) -> tuple[str, ...]:
    """The lines with one greeting, first of all; `name`: who is greeted if nobody is yet ("" for nobody)."""
    said = [line for line in lines if _GREETING.match(line)]
    rest: list[str] = []
    for before, line in zip(("", *lines), lines, strict=False):
        if _GREETING.match(line):
            continue
        moved_away = bool(rest) and bool(_GREETING.match(before))  # its small letter followed a comma
        rest.append(line[:1].upper() + line[1:] if moved_away else line)
    called = rf"^{re.escape(name)}[,:] |(?<=\. ){re.escape(name)}, (?=I write to you )"  # a chat says the name there
    if name:
        rest = [re.sub(called, "", line, count=1) for line in rest]
    if not said and name:
        said = [f"Dear {name},"]
    return (*said[:1], *rest)


def prove(waiting: str) -> str:
    """Asked below a letter whose From line may be forged."""
    return (
        f'Your mail says: "{short(" ".join(waiting.split()), SHOWN_CHARS)}". Anybody can write your address into a From line, so please answer this mail '
        "with  yes  , and it is done. If it wasn't you, there is nothing to do."
    )


def prove_first() -> str:
    """Said to somebody unknown whose words would go to other people."""
    return "Anybody can write your address into a From line, so nothing has been done yet. Please answer this mail with your words once more."


def code_asked(line: str, code: str) -> str:
    """Asked below a moderator's letter that would do harm if it were forged; `code` is empty when it went elsewhere."""
    where = f"with this code:  {code}" if code else "with the code I've just sent to your chat"
    return (
        f'To do this: "{short(line, 200)}", please answer this mail {where}. A From line can be forged, a code can\'t.'
    )


def code_on_chat(code: str, line: str) -> str:
    return f'A mail in your name asks me to: "{short(line, 120)}". If that was you, answer my mail with {code}. If not, tell the other moderators.'


def wrong_code() -> str:
    return "That isn't the code, or it is too old. Please answer with the code as I wrote it, or with  stop ."


def late_reply(about: str) -> str:
    return f"{about} is closed, but thank you. Nothing is waiting for an answer about it; status says where you stand."


def news(about: str) -> str:
    """A moderator answers a letter that only told them something."""
    return (
        f"My letter about {about} was news for moderators, so an answer to it goes nowhere: nobody else has read yours. "
        "What can be done has a command; help moderator  lists them."
    )


def empty() -> str:
    return "Your mail reached me without any words that I could read. The word  help  shows what you can write to me."


def hello(name: str, title: str) -> str:
    """What somebody unknown reads whose mail is no application."""
    return (
        f"Hello {name}, in {title} two people teach each other, one hour a week, for free. To take part answer with the word  join , "
        "or tell me in your own words what you'd like to learn and what you could help somebody with. The word  help  tells more."
    )


def elsewhere() -> str:
    return "This answer came from an address I don't know. Please write from the address I wrote to."


def from_elsewhere(about: str) -> str:
    """Somebody answers from an address that is not the one they were written to; they may have stolen the letter."""
    return f"This answer came from an address I don't know for {about}. If it's you, reply with the code I've just sent to the address that I do know."


def code_for_elsewhere(code: str, about: str) -> str:
    return f"Somebody answered a letter about {about} from another address. If it was you, send me from there:  link {code} . If not, there is nothing to do."
