"""How a letter is read: commands on its first lines, answers, words for a partner, prose, or a post to the list.

Nothing a bare From line could have been forged for takes effect before its sender has proved that the address is theirs,
and what a forged letter of a moderator could do to others needs a one-time code besides.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from relaybot import answers, commands, forms, hearing
from relaybot.commands import Command, Text
from relaybot.desk import Desk
from relaybot.events import Heard
from relaybot.forms import Form, Question, form, given, yes_no
from relaybot.model import Dialogue, Message, Person, Style
from relaybot.nouns import codes, dates, people, profile, proving, replying, strangers, subscriptions
from relaybot.ports import Invalid, Refused
from relaybot.words import common
from relaybot.words import letters as words

COMMAND_LINES_MAX = 10
NOTHING = frozenset({"", "RE"})  # what a letter is about that answers nothing in particular
ADDED_CHARS = 60  # that a telephone may put below a mail without words
OBJECT = re.compile(r"([AMSHP])([0-9]{1,10})")
KINDS = {letter: kind for kind, letter in commands.LETTERS.items()}


def read(desk: Desk, event: Heard) -> None:
    """Take one letter; whatever is said back becomes one letter."""
    message = event.message
    subscriptions.heard(desk, message)
    person = _writer(desk, message)
    try:
        if message.calendar:
            _calendar(desk, event, person)
        elif message.stranger:
            _from_elsewhere(desk, message)
        elif message.place:
            _to_the_list(desk, event, person)
        else:
            _private(desk, event, person)
    except (Refused, Invalid) as no:
        if not message.place:
            _reply(desk, message, person, str(no), about=no.about if isinstance(no, Refused) else "")


def _writer(desk: Desk, message: Message) -> Person | None:
    """Who wrote it. A reply that only the reader of our letter can have sent proves the address."""
    address = desk.addresses.get(message.sender)
    if address is None:
        return None
    person = desk.people.get(address.person)
    if not address.verified and person is not None and person.home == message.sender and message.proven:
        desk.change(address, verified=True)
        return person
    return person if address.verified or (person is not None and person.home == message.sender) else None


def _reply(desk: Desk, message: Message, person: Person | None, *lines: str, about: str = "") -> None:
    if person is not None:
        desk.answer(person, message.sender, *lines, about=about)
    elif _may_answer_stranger(desk, message):
        desk.post(message.reply, *lines, about=about)


def _may_answer_stranger(desk: Desk, message: Message) -> bool:
    """Somebody unknown is answered once a day: their address may be forged, and theirs who knows nothing of us."""
    return message.proven or strangers.may_answer(desk, message.sender)


@commands.on_timer(strangers.ANSWERED)
def _stranger_forgotten(desk: Desk, about: str, late_seconds: float) -> None:
    """A stranger may be answered again."""


def _calendar(desk: Desk, event: Heard, person: Person | None) -> None:
    """A calendar's answer to our dates: yes is noted without a word, no leaves that hour out, once."""
    message = event.message
    found = OBJECT.fullmatch(message.about)
    hour = dates.meant(desk, person, int(found[2])) if found is not None and person is not None else None
    if person is None or hour is None or message.stranger or hour.stage not in {"agreed", "waiting"}:
        return
    if message.text == "skip":
        _commands(desk, event, person, None, f"skip S{hour.id}")
    elif message.proven:
        desk.note(person.id, "accepted", f"S{hour.id}")


# ----------------------------------------------------------------------------------------- in private


def _private(desk: Desk, event: Heard, person: Person | None) -> None:
    message = event.message
    text = _said(message)
    if len(text) > desk.policy.limits.letter_chars:
        raise Refused(common.too_long(desk.policy.limits.letter_chars))
    dialogue = _asked(desk, person, message.about)
    if not message.proven and person is not None and _first(text) in {*forms.YES, *forms.NO}:
        dialogue = forms.of(desk, person, PROVE) or dialogue  # it is asked again, below this mail
    if dialogue is not None and dialogue.form in {PROVE, CODE}:
        _settle(desk, event, dialogue, text)
        return
    rest, ran = _commands(desk, event, person, dialogue, text)
    if ran:
        return
    if not _prove(desk, message, person, rest):
        return
    if dialogue is not None and rest and _answer(desk, event, dialogue, rest):
        return
    if _reply_about(desk, message, person):
        return
    if not commands.wrote(desk, message, person, to_list=False):
        _nothing_understood(desk, message, person, rest)


def _said(message: Message) -> str:
    """What a letter says: its subject only where it has no words, and is no answer, which has the subject of ours."""
    text, subject = message.text.strip(), message.subject.strip()
    if message.about not in NOTHING and message.about[0] != "P":  # copies of the list's posts are answered to P4
        return text
    if subject.lower() == "unsubscribe" and len(text) <= ADDED_CHARS:
        return subject  # what List-Unsubscribe makes, whatever a mail program writes below it
    return text or subject


def _asked(desk: Desk, person: Person | None, about: str) -> Dialogue | None:
    """The question this letter may answer; a reply to what was put off with `later` takes it up again."""
    if person is None:
        return None
    found = hearing.open_dialogue(desk, person, "", "" if about in NOTHING else about)
    return hearing.take_up(desk, person, about) if found is None and about not in NOTHING else found


def _commands(
    desk: Desk, event: Heard, person: Person | None, dialogue: Dialogue | None, text: str, *, coded: bool = False
) -> tuple[str, bool]:
    """Run the commands on the first lines; returns what is left and whether there were any. `coded`: the code for the first came."""
    message, ran = event.message, 0
    while text and ran < COMMAND_LINES_MAX:
        line, _, after = text.strip().partition("\n")
        explicit = line.startswith("!")
        found = named(message, line.lstrip("!").strip())
        if found is None or not message.complete:
            break
        command, rest = found
        if command.args and isinstance(command.args[-1], Text):
            rest, after = " ".join(f"{rest} {after}".split()), ""
        meant = (command, rest)
        if dialogue is not None and not explicit and not hearing.is_command(dialogue, meant):
            break
        if dialogue is None and not explicit and replying.is_talk(desk, message, line):
            break
        if not hearing.parses(meant):
            if explicit or (len(line.split()) <= hearing.A_SENTENCE and not after.strip()):
                commands.read_args(*meant)  # says how it goes
            break
        waiting = f"{command.name} {rest}".strip() + f"\n{after}".rstrip()  # the rest of the mail waits with it
        if not (coded and not ran) and not _may(desk, message, person, command, waiting):
            return "", True
        hearing.run(desk, event, person, meant, team=False)
        text, ran, person = after.strip(), ran + 1, _writer(desk, message)
    return text.strip(), ran > 0


def named(message: Message, line: str) -> tuple[Command, str] | None:
    """The command of a line; in answer to a letter about A17 the id may be left out: `accept`."""
    found = commands.find(line)
    if found is None or hearing.parses(found) or OBJECT.fullmatch(message.about) is None:
        return found
    word, _, rest = line.partition(" ")
    named = commands.find(f"{word} {message.about} {rest}".strip())
    return named if named is not None and hearing.parses(named) else found


def _answer(desk: Desk, event: Heard, dialogue: Dialogue, text: str) -> bool:
    """Whether the letter answered the open question; if not, its words may be for somebody else."""
    message = event.message
    if replying.may_answer(dialogue) and _reply_about(desk, message, desk.people[dialogue.person]):
        return True  # an answer, or words for the partner, or both
    try:
        answers.answer(desk, dialogue, text, message.blocks)
    except Invalid:
        person = desk.people[dialogue.person]
        if not _reply_about(desk, message, person):
            raise
        return True
    commands.notice(desk, desk.people[dialogue.person], "")
    return True


def _reply_about(desk: Desk, message: Message, person: Person | None) -> bool:
    """Hand words that answer a letter about an object to whoever takes them; about something closed the truth is told."""
    found = OBJECT.fullmatch(message.about)
    if found is None or person is None:
        return False
    kind, number = KINDS[found[1]], int(found[2])
    if commands.replied(desk, message, person, kind, number):
        return True
    said = words.news if person.moderator else words.late_reply
    _reply(desk, message, person, said(message.about))
    return True


def _nothing_understood(desk: Desk, message: Message, person: Person | None, text: str) -> None:
    if not text:
        _reply(desk, message, person, words.empty())
    elif person is None:
        _reply(desk, message, person, words.hello(people.called(message), profile.title(desk)))
    else:
        hearing.unknown(desk, replace(message, text=text), person, text)


# ---------------------------------------------------------------------------------------- to the list


def _to_the_list(desk: Desk, event: Heard, person: Person | None) -> None:
    """A letter to the list's address: an unmistakable command or an application is private; the rest is a post."""
    message = event.message
    line, _, after = message.text.strip().partition("\n")
    found = commands.find(line.lstrip("!").strip()) if message.complete else None
    # On a list that others distribute a bare word is said to its readers.
    alone = line.startswith("!") or (subscriptions.own(desk) and not after.strip())
    if found is not None and alone and hearing.parses(found):
        message = replace(message, place="", programme=desk.name)
        try:
            _private(desk, Heard(message), person)
        except (Refused, Invalid) as no:
            _reply(desk, message, person, str(no))
        return
    commands.wrote(desk, message, person, to_list=True)


# ------------------------------------------------------------------------------------ proof and codes

PROVE = "prove"
CODE = "code by mail"
FORGET = "proof-forgotten"


def _may(desk: Desk, message: Message, person: Person | None, command: Command, text: str) -> bool:
    """Whether the command a letter goes on with may be done now; if not, what is missing is asked for."""
    if person is None or not commands.allowed(command, person):
        return True  # it is refused, or harmless, by itself
    if command.code:
        _ask_code(desk, message, person, text)
        return False
    if not command.proof or message.proven:
        return True
    _ask_back(desk, person, message, PROVE, text, words.prove(text))
    return False


def _prove(desk: Desk, message: Message, person: Person | None, text: str) -> bool:
    """Whether the sender is who they say; if not, they are asked to answer, and what they wrote waits for that."""
    if message.proven or person is None or not text:
        return True
    if person.stage == "applying" and not desk.addresses[message.sender].verified:
        return True  # an application in the making: nothing of it counts before its reply
    _ask_back(desk, person, message, PROVE, text, words.prove(text))
    return False


def _ask_back(desk: Desk, person: Person, message: Message, name: str, waiting: str, asked: str) -> None:
    """Ask something below the letter it is about; what was written waits in the dialogue, for as long as a code is valid."""
    forms.listen(desk, person, name, "", note=f"{message.about}\n{waiting}")
    dialogue = forms.of(desk, person, name)
    if desk.timers.get((FORGET, f"person {person.id}")) is None:
        desk.plan(FORGET, f"person {person.id}", desk.now + timedelta(hours=desk.policy.mail.code_hours))
    desk.answer(person, message.sender, asked, about=f"D{dialogue.id}" if dialogue is not None else "")


@commands.on_timer("proof-forgotten")
def forget_waiting(desk: Desk, about: str, late_seconds: float) -> None:
    """What waited for a proof or a code that never came is forgotten, and the code with it."""
    number, hours = int(about.split()[1]), timedelta(hours=desk.policy.mail.code_hours)
    left = []
    for dialogue in desk.dialogues.where("person", number):
        until = (dialogue.asked_at or desk.now) + hours
        if dialogue.form in {PROVE, CODE} and until <= desk.now:
            desk.drop(dialogue)
        elif dialogue.form in {PROVE, CODE}:
            left.append(until)
    for code in desk.codes.where("person", number):
        if code.purpose == "act" and code.expires_at is not None and code.expires_at <= desk.now:
            desk.drop(code)
    if left:
        desk.plan(FORGET, about, min(left))


def _settle(desk: Desk, event: Heard, dialogue: Dialogue, text: str) -> None:
    """A letter below a question for proof: only a proven one can answer it."""
    message, person = event.message, desk.people[dialogue.person]
    if dialogue.form == PROVE and not message.proven:
        _reply(desk, message, person, words.prove(_waiting(dialogue)[1]), about=f"D{dialogue.id}")
    else:
        answers.answer(desk, dialogue, text)


def _waiting(dialogue: Dialogue) -> tuple[str, str]:
    """What the letter was about that waits for proof, and its words."""
    about, _, text = dialogue.note.partition("\n")
    return about, text


def _first(text: str) -> str:
    """The first line of a letter, as short answers are compared."""
    return text.splitlines()[0].strip().lower().rstrip(".!") if text else ""


def _read_code(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """The code in an answer, whatever stands around it; raises Invalid."""
    found = re.search(r"\b(?:[0-9A-Za-z]{4}[- ]){2}[0-9A-Za-z]{4}\b", text)
    said = found[0] if found else text[:40]
    if not codes.valid(desk, said, "act", dialogue.person):
        raise Invalid(words.wrong_code())
    return said


def _ask_code(desk: Desk, message: Message, person: Person, text: str) -> None:
    """A command that would do harm if it were forged: a code goes to the moderator's chat, or by mail where there is none."""
    line = text.partition("\n")[0]
    chat = next(
        (
            a.address
            for a in desk.addresses.where("person", person.id)
            if a.verified and desk.style(a.address) is Style.LINE
        ),
        "",
    )
    code = codes.issue(desk, "act", person, "", desk.now + timedelta(hours=desk.policy.mail.code_hours))
    if chat:
        desk.answer(person, chat, words.code_on_chat(code, line))
    waiting = f"{'proven' if message.proven else ''}\n{text}"
    _ask_back(desk, person, message, CODE, waiting, words.code_asked(line, "" if chat else code))


def _proved(desk: Desk, dialogue: Dialogue) -> None:
    """The sender is who they said: what they wrote happens, wherever the yes came from."""
    person, (about, text) = desk.people[dialogue.person], _waiting(dialogue)
    if given(dialogue, "really") == "no":
        desk.tell(person, common.stopped())
        return
    message = replace(_heard(desk, person), text=text, about=about, proven=True)
    _private(desk, Heard(message), desk.people[person.id])


def _coded(desk: Desk, dialogue: Dialogue) -> None:
    """The code came back: the command is done, and what stood below it goes on as the mail it was."""
    person, (about, waiting) = desk.people[dialogue.person], _waiting(dialogue)
    proven, _, text = waiting.partition("\n")
    if codes.take(desk, given(dialogue, "code"), "act") is None:
        return
    message = replace(_heard(desk, person), text=text, about=about, proven=bool(proven))
    _commands(desk, Heard(message), person, None, text, coded=True)


def _asked_code(desk: Desk, dialogue: Dialogue) -> str:
    return words.code_asked(_waiting(dialogue)[1].split("\n")[1], "")


def _heard(desk: Desk, person: Person) -> Message:
    """The message that brought the proof, as one from which only its sender matters."""
    if desk.heard is not None:
        return replace(desk.heard, place="", blocks=(), files=())
    return Message(person.home.partition("/")[0], person.home, person.home, person.name, "")


form(
    Form(
        PROVE,
        (yes_no("really", lambda desk, dialogue: words.prove(_waiting(dialogue)[1])),),
        done=_proved,
        waits=False,
        apart=True,
    )
)
form(
    Form(
        CODE,
        (Question("code", _asked_code, _read_code),),
        done=_coded,
        waits=False,
        apart=True,
    )
)


# ------------------------------------------------------------------------------------------ strangers


def _from_elsewhere(desk: Desk, message: Message) -> None:
    """A true reply address, used from an address it was not written to: a code goes to the one that is known."""
    found = OBJECT.fullmatch(message.about)
    person = None
    if found is not None and found[1] == "A":
        application = desk.applications.get(int(found[2]))
        person = desk.people.get(application.person) if application is not None else None
    if person is not None and _codes_there(desk, person) >= desk.policy.limits.open_codes:
        return  # whoever stole the letter can make up as many senders as they like
    if not _may_answer_stranger(desk, message):
        return
    if person is None:
        desk.post(message.reply, words.elsewhere())
        return
    due = desk.now + timedelta(hours=desk.policy.mail.code_hours)
    code = codes.issue(desk, proving.THERE, person, message.sender, due)
    desk.plan("code-expires", codes.digest(code), due)
    desk.tell(person, words.code_for_elsewhere(code, message.about), about=message.about)
    desk.post(message.reply, words.from_elsewhere(message.about), about=message.about)


def _codes_there(desk: Desk, person: Person) -> int:
    """How many codes wait at the address somebody is known at."""
    return sum(code.purpose == proving.THERE for code in desk.codes.where("person", person.id))
