"""The list's readers: `subscribe`, `unsubscribe`, and `list` for how copies come; moderators let others in.

Subscribing takes a proven address: an answer to a letter of ours, or a mail a trusted server vouches for.
"""

from __future__ import annotations

import re
from datetime import timedelta

from relaybot import times
from relaybot.commands import Arg, Call, Text, Who, Word, command, on_timer
from relaybot.desk import Desk
from relaybot.model import Style, Subscription
from relaybot.nouns import mailboxes, people, posts, subscriptions
from relaybot.ports import Invalid, Refused
from relaybot.words import listing as words

ASKED_DAYS = 30  # a wish to read the list is kept for a moderator this long
_ADDRESS = re.compile(r"[^\s@<>,;:\"/\\]{1,64}@[^\s@<>,;:\"/\\]{1,190}\.[^\s@<>,;:\"/\\.]{2,63}")
_UNTIL = re.compile(r"^(?:until|till|to)\s+", re.I)


def _own(desk: Desk) -> str:
    """The list's address when relaybot distributes it; raises Refused with where else to go."""
    listed = subscriptions.list_address(desk)
    if not listed:
        raise Refused(words.no_list())
    if not subscriptions.own(desk):
        raise Refused(words.list_elsewhere(listed))
    return listed


def _address(desk: Desk, call: Call) -> str:
    """Whose copies are meant: the address that speaks, if it is a mail address, else the person's. Raises Refused."""
    message = call.message
    if message.style is Style.LETTER and message.sender and subscriptions.on_list_network(desk, message.sender):
        if not message.proven:
            raise Refused(
                words.prove(f"{call.command.name} {' '.join(call.args[k] for k in call.args if call.args[k])}".strip())
            )
        return message.sender
    address = subscriptions.address_of(desk, call.person) if call.person is not None else ""
    if not address:
        raise Refused(words.no_mail())
    return address


def _subscribed(desk: Desk, call: Call, listed: str) -> Subscription:
    """The subscription meant: of the address that speaks, else of another one of the same person. Raises Refused."""
    found = desk.subscriptions.get(_address(desk, call))
    if found is None and call.person is not None:
        found = next(iter(subscriptions.of(desk, call.person)), None)
    if found is None:
        raise Refused(words.not_subscribed(listed))
    return found


# ------------------------------------------------------------------------------------------ subscribing


@command(
    "subscribe",
    who=Who.ANYONE,
    topic="mail",
    help="read the mailing list: each post comes to you by mail",
    examples=("subscribe",),
)
def subscribe(desk: Desk, call: Call) -> None:
    """Members read the list when they want to; others when the programme or a moderator lets them."""
    listed, address = _own(desk), _address(desk, call)
    elsewhere = subscriptions.of(desk, call.person) if call.person is not None else []
    found = desk.subscriptions.get(address) or next(iter(elsewhere), None)
    address = found.address if found is not None else address
    if found is not None and found.mode != "none" and not subscriptions.away(desk, found):
        call.reply(desk, words.subscribed_already(listed, subscriptions.shown(address), found.mode))
    elif subscriptions.may_read(desk, call.person, address):
        subscriptions.begin(desk, address)
        call.reply(desk, words.subscribed(listed, subscriptions.shown(address)))
    else:
        if desk.timers.get((subscriptions.ASKED, address)) is None:
            people.tell_team(desk, words.team_asks(subscriptions.shown(address)))
        desk.plan(subscriptions.ASKED, address, desk.now + timedelta(days=ASKED_DAYS))
        call.reply(desk, words.asked(listed))


@command(
    "unsubscribe",
    who=Who.ANYONE,
    topic="mail",
    help="stop the mailing list; nothing else changes",
    examples=("unsubscribe",),
    always=True,  # List-Unsubscribe writes it, whatever is being asked
)
def unsubscribe(desk: Desk, call: Call) -> None:
    """No copies any more."""
    listed = _own(desk)
    found = _subscribed(desk, call, listed)
    subscriptions.end(desk, found.address)
    call.reply(desk, words.unsubscribed(listed, subscriptions.shown(found.address)))


@on_timer(subscriptions.ASKED)
def list_asked(desk: Desk, about: str, late_seconds: float) -> None:
    """A wish to read the list that no moderator answered is forgotten."""


@on_timer(subscriptions.INVITED)
def list_invited(desk: Desk, about: str, late_seconds: float) -> None:
    """An invitation to read the list that nobody took up is forgotten."""


# ------------------------------------------------------------------------------------------- how it comes


@command(
    "list",
    Word("mode", optional=True, choices=("each", "digest", "none", "away")),
    Text("until", optional=True),
    who=Who.ANYONE,
    topic="mail",
    help="how the mailing list comes to you: each post, one mail a day, nothing, or nothing until a day",
    examples=("list", "list digest", "list away until 4 jan"),
)
def set_mode(desk: Desk, call: Call) -> None:
    """Show or set how copies come."""
    listed = _own(desk)
    found = _subscribed(desk, call, listed)
    mode, until = call.text("mode"), call.text("until")
    zone = subscriptions.zone(desk, found.address)
    if until and mode != "away":
        raise Invalid(words.away_when())
    if mode == "away":
        _away(desk, call, found, until)
    elif mode:
        found = desk.change(found, mode=mode, away_until=None)
        if mode == "none":
            subscriptions.drop_kept(desk, found.address)
        elif mode == "each":
            posts.release_kept(desk, found.address)
        call.reply(desk, words.mode_set(listed, mode, desk.policy.mail.digest_at))
    else:
        away = found.away_until if subscriptions.away(desk, found) else None
        shown = subscriptions.shown(found.address)
        call.reply(desk, words.mode(listed, shown, found.mode, away, zone, desk.now))


def _away(desk: Desk, call: Call, found: Subscription, until: str) -> None:
    if not until:
        raise Invalid(words.away_when())
    zone = subscriptions.zone(desk, found.address)
    try:
        day = times.at_wall(times.day(_UNTIL.sub("", until), desk.now, zone), 0, zone)
    except times.NotUnderstood as unclear:
        raise Invalid(str(unclear)) from None
    if not desk.now < day <= desk.now + timedelta(days=desk.policy.reach.pause_days):
        raise Invalid(words.from_tomorrow())
    desk.change(found, away_until=day)
    subscriptions.drop_kept(desk, found.address)
    call.reply(desk, words.away_set(day, zone, desk.now))


@on_timer(subscriptions.DIGEST)
def list_digest(desk: Desk, about: str, late_seconds: float) -> None:
    """The day's posts in one mail."""
    posts.send_digest(desk, about)


# -------------------------------------------------------------------------------------------- moderators


def _named(desk: Desk, call: Call) -> str:
    """The mail address a moderator typed, as a whole address here; raises Invalid."""
    found = subscriptions.network(desk)
    said = call.text("address").strip("<>")
    said = said.removeprefix(f"{found[0]}/" if found is not None else "")
    if not _ADDRESS.fullmatch(said) or found is None:
        raise Invalid(words.no_address(call.text("address")))
    local, _, domain = said.rpartition("@")
    return f"{found[0]}/{local}@{domain.lower()}"


@command(
    "list add",
    Arg("address"),
    who=Who.MODERATOR,
    topic="moderator",
    help="let somebody who is no member read the list; they have to want it too",
    examples=("list add eve@example.org",),
)
def add(desk: Desk, call: Call) -> None:
    """Who asked with a proven address reads from now on; anybody else is asked by mail."""
    listed, address = _own(desk), _named(desk, call)
    shown = subscriptions.shown(address)
    if desk.subscriptions.get(address) is not None:
        raise Refused(words.reads_already(shown))
    if desk.timers.get((subscriptions.ASKED, address)) is not None:
        subscriptions.begin(desk, address)
        desk.post(address, words.let_in(listed, shown))
        call.reply(desk, words.added(shown))
    else:
        hours = desk.policy.mail.code_hours
        if desk.timers.get((subscriptions.INVITED, address)) is None:
            desk.post(address, words.invited(call.me.name, desk.title, listed))
        desk.plan(subscriptions.INVITED, address, desk.now + timedelta(hours=hours))
        call.reply(desk, words.invitation_sent(shown, hours))
    people.tell_others(desk, call, words.team_added(call.me.name, shown))


@command(
    "list remove",
    Arg("address"),
    who=Who.MODERATOR,
    topic="moderator",
    help="take somebody off the list; they are told",
    examples=("list remove eve@example.org",),
)
def remove(desk: Desk, call: Call) -> None:
    """No copies for this address any more."""
    listed, address = _own(desk), _named(desk, call)
    shown = subscriptions.shown(address)
    if not subscriptions.end(desk, address):
        raise Refused(words.reads_not(shown))
    if not mailboxes.refuses(desk, address):
        desk.post(address, words.removed_you(listed))
    call.reply(desk, words.removed(shown))
    people.tell_others(desk, call, words.team_removed(call.me.name, shown))
