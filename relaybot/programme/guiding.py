"""Guiding: `help`, `status`, `rules` and "did you mean"; nothing here changes where anybody stands.

Help is made from the registry of commands, so it lists what exists and nothing else.
"""

from __future__ import annotations

from relaybot import commands
from relaybot.commands import COMMANDS, Arg, Call, Command, Who, command
from relaybot.desk import Desk
from relaybot.forms import Form, form, given, yes_no
from relaybot.model import Dialogue, Message, Person
from relaybot.nouns import meetings, pairs, people, profile, whereabouts
from relaybot.ports import Invalid
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import common
from relaybot.words import guiding as words

# ----------------------------------------------------------------------------------------------- help

MOST_LINES = 8

# What somebody may most likely want to say next; commands that do not exist (yet) are left out.
NEXT_COMMANDS = {
    "stranger": ("join", "rules", "privacy", "moderator"),
    "applying": ("join", "status", "set", "rules", "leave", "moderator"),
    "submitted": ("status", "profile", "set", "offer", "learn", "leave", "moderator"),
    "deferred": ("join", "profile", "leave", "moderator"),
    "waiting": ("status", "profile", "offer", "learn", "pause", "leave", "moderator"),
    "paired": ("status", "propose", "agree", "reschedule", "skip", "tell", "drop", "moderator"),
    "member": ("status", "match me", "profile", "offer", "learn", "leave", "moderator"),
    "moderator": ("queue", "show", "waiting", "suggest", "pair", "cases", "undo", "status"),
}


class Topic(Arg):
    """A help topic or the name of a command; other words are not taken for one."""

    def read(self, text: str) -> tuple[object, str]:
        """The topic or command; raises Invalid for anything else."""
        said = " ".join(text.lower().lstrip("!").split())
        if not said:
            return None, ""
        if said in words.TOPICS or _called(said):
            return said, ""
        raise Invalid(words.no_topic(said))


def _called(said: str) -> list[Command]:
    """The commands somebody may mean: `mod` stands for all of `mod claim`, `mod add` and so on."""
    return [c for name, c in COMMANDS.items() if said in {name.lower(), name.lower().split()[0]}]


@command(
    "help",
    Topic("topic", optional=True),
    who=Who.ANYONE,
    topic="help",
    help="what you can say now, or about one topic or command",
    examples=("help", "help times", "help join"),
    always=True,
    public=True,
    proof=False,
)
def help_(desk: Desk, call: Call) -> None:
    """What can be said now; in the public place one line."""
    if _in_public(desk, call):
        desk.post(call.message.place, _public_line(desk))
        return
    topic = call.text("topic")
    if topic in words.TOPICS:
        lines = _topic(topic, call.person)
        # Some topics are commands too, and not always of the topic of that name.
        own = [words.command_line(c.usage, c.help) for c in _called(topic)]
        call.reply(desk, *lines, *(line for line in own if line not in lines))
    elif topic:
        found = _called(topic)
        if len(found) == 1:
            call.reply(desk, *words.command_help(found[0].usage, found[0].help, found[0].examples))
        else:
            call.reply(desk, *(words.command_line(c.usage, c.help) for c in found))
    else:
        call.reply(desk, *_for_now(desk, call))


def _in_public(desk: Desk, call: Call) -> bool:
    network = desk.policy.networks.get(call.message.network)
    return bool(call.message.place) and network is not None and call.message.place == network.public


def _public_line(desk: Desk) -> str:
    """Counts from the indexes: anybody may ask this as often as they like."""
    # Pairs that rest are not counted; one whose end has not been told is, so that the number tells nobody.
    active = sum(desk.pairs.count("stage", stage) for stage in (*ACTIVE_PAIRS, "ending") if stage != "resting")
    return words.public_line(profile.title(desk), people.waiting_count(desk), active, meetings.held_last_week(desk))


def _topic(topic: str, person: Person | None) -> tuple[str, ...]:
    if topic == "times":
        return (words.topic_head(topic), *words.times_lines(), *_listed(_of_topic("times", person)))
    if topic == "mail":
        return (words.topic_head(topic), *words.mail_lines(), *_listed(_of_topic("mail", person)))
    topics = {"start": ("start", "help")}.get(topic, (topic,))
    found = [c for name in topics for c in _of_topic(name, person)]
    tail = (words.in_any_question(),) if topic == "start" else ()
    return (words.topic_head(topic), *_listed(found), *tail)


def _of_topic(topic: str, person: Person | None) -> list[Command]:
    """The commands of a topic; what only moderators may do is listed for everybody under its own topic."""
    shown = [c for c in COMMANDS.values() if c.topic == topic]
    return [c for c in shown if topic == "moderator" or c.who != Who.MODERATOR or commands.allowed(c, person)]


def _listed(found: list[Command]) -> tuple[str, ...]:
    lines = [words.command_line(c.usage, c.help) for c in found[:MOST_LINES]]
    return (*lines, words.also([c.name for c in found[MOST_LINES:]]))


def _state(desk: Desk, person: Person | None, team: bool) -> str:
    if person is None:
        return "stranger"
    if team or (person.moderator and person.stage != "member"):
        return "moderator"
    if person.stage != "member":
        return person.stage if person.stage in {"applying", "submitted", "deferred"} else "stranger"
    # A pair whose end has not been told is a pair.
    if pairs.of(desk, person, ACTIVE_PAIRS | {"ending"}):
        return "paired"
    return "waiting" if person.waiting_since is not None else "member"


def _for_now(desk: Desk, call: Call) -> tuple[str, ...]:
    state = _state(desk, call.person, call.team)
    found = [COMMANDS[name] for name in NEXT_COMMANDS[state] if name in COMMANDS]
    topics = [t for t in words.TOPICS if t != "moderator" or (call.person is not None and call.person.moderator)]
    return (
        words.help_head(state, profile.title(desk)),
        *(words.command_line(c.usage, c.help) for c in found),
        words.more_help(topics),
    )


# ---------------------------------------------------------------------------------------------- status


@command(
    "status",
    who=Who.ANYONE,
    topic="start",
    help="who you are to me, what is next, who acts next and by when",
    examples=("status",),
    always=True,
    proof=False,
)
def status(desk: Desk, call: Call) -> None:
    """Where you stand."""
    if call.person is None:
        call.reply(desk, *words.stranger(vouched=bool(call.message.sender)))
        return
    lines = whereabouts.lines(desk, call.person)
    if call.team:  # a moderator's own affairs are nothing for the team's place
        desk.tell(call.person, *lines)
        desk.post(call.message.place, common.written_privately(call.message.name))
    else:
        call.reply(desk, *lines)


@command(
    "rules",
    who=Who.ANYONE,
    topic="start",
    help="the rules everybody agrees to",
    examples=("rules",),
    always=True,
    proof=False,
)
def rules(desk: Desk, call: Call) -> None:
    """The rules in full, with their version."""
    policy = desk.policy
    if policy.rules_text:
        lines = words.own_rules(profile.title(desk), policy.rules_version, policy.rules_text)
    else:
        lines = words.rules(profile.title(desk), policy.rules_version, policy.rules_line)
    mine = words.agreed(call.person, policy.rules_version) if call.person is not None else ""
    call.reply(desk, *lines, mine)


# ---------------------------------------------------------------------------------------- did you mean


def _meant(desk: Desk, dialogue: Dialogue) -> None:
    """A yes runs the line as if it had been typed."""
    person = desk.people[dialogue.person]
    meant = dialogue.note.partition("\n")[2]
    found = commands.find(meant)
    if given(dialogue, "meant") == "no":
        desk.tell(person, words.fine())
        return
    if found is None or found[0].journal or not commands.allowed(found[0], person):
        desk.tell(person, words.type_it(meant))
        return
    message = Message(
        network=person.home.partition("/")[0], sender=person.home, reply=person.home, name=person.name, text=meant
    )
    call = Call(message, person, found[0], commands.read_args(*found))
    found[0].handler(desk, call)
    desk.note(person.id, found[0].name, call.object_id())


def _ask_meant(desk: Desk, dialogue: Dialogue) -> str:
    word, _, meant = dialogue.note.partition("\n")
    more = commands.MORE_FOR_CASE.match(meant)
    return words.more_for_case(int(more.group(1))) if more and not word else words.did_you_mean(word, meant)


form(Form("did-you-mean", (yes_no("meant", _ask_meant),), done=_meant, waits=False, brief=True))
