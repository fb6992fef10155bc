"""Letters that do not arrive: where else their reader can be written to, and who is told when there is nowhere else.

A letter that is refused, or waits too long, goes to another verified address of its reader, once. What matters and
has no other way is a line for the moderators; what is neither is only given up.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot.desk import Desk
from relaybot.model import Letter, Person, Style, Urgency, medium
from relaybot.nouns import cases, mailboxes, outbox, people
from relaybot.rules import RUNNING_MEETINGS
from relaybot.words import reaching as words

DOWN = "medium-down"  # timer: letters wait because their network is not there
AWAY = "reader-away"  # timer: letters wait because their reader is not there
TOLD = "reach-told"  # timer: its being there says that this was told lately
NOT_CONNECTED = "not connected"  # how adapters begin the reason of a letter that waits for its whole network
RELAY = "relay "


def elsewhere(desk: Desk, person: Person, but: str) -> str:
    """Another verified address of the person on another network, the one they like best first; "" when there is none."""
    away = but.partition("/")[0]
    found = [
        a for a in people.addresses(desk, person) if a.partition("/")[0] != away and not mailboxes.refuses(desk, a)
    ]
    return person.home if person.home in found else next(iter(sorted(found)), "")


def tell_everywhere(desk: Desk, person: Person, line: str, *, claim: str, expires_at: datetime) -> list[str]:
    """Write what cannot wait to a person's home and to another medium of theirs; returns the media if there are two."""
    ways = [person.home, *filter(None, [elsewhere(desk, person, person.home)])]
    for to in ways:
        desk.tell(person, line, urgency=Urgency.URGENT, claim=claim, expires_at=expires_at, to=to)
    if len(ways) == 1:
        return []
    for letter in desk.letters.where("person", person.id):
        if letter.claim == claim and letter.text[:1] == (line,):
            desk.change(letter, moved=True)  # it is there already, so it need not follow later
    return [medium(to) for to in ways]


def stands(desk: Desk, letter: Letter) -> bool:
    """Whether what a letter claims is still so, as far as this decision has got."""
    if not letter.claim:
        return True
    kind, key, stages = letter.claim.split(" ")
    record = desk.views[kind].get(int(key))
    return record is not None and record.stage in stages.split(",")


def matters(letter: Letter) -> bool:
    """Whether a moderator should know that it did not arrive: offers, introductions, farewells, hours."""
    return bool(letter.claim or letter.about[:1] in {"M", "S", "H"} or letter.urgency is Urgency.URGENT)


# ------------------------------------------------------------------------------------- what became of one


def settled(desk: Desk, letter: Letter, outcome: str, reason: str) -> bool:
    """Look at the fate of a letter to a person; True when it is taken care of, so that no receipt is due."""
    person = desk.people.get(letter.person)
    if person is None or outcome == "sent" or letter.card:  # a card is said anew before it could be of use elsewhere
        return not letter.receipt
    if outcome == "waiting":
        _watch(desk, person, letter, reason)
        return not letter.receipt
    if letter.moved or letter.files or not reason or not stands(desk, letter):
        return not letter.receipt
    if reason == "expired":
        _too_late(desk, person, letter)
        return not letter.receipt
    other = elsewhere(desk, person, letter.to)
    if not other:
        _unreached(desk, person, letter)
        return not letter.receipt
    _move(desk, [letter], other, words.refused(person.name, medium(letter.to), medium(other)))
    return True


def _watch(desk: Desk, person: Person, letter: Letter, reason: str) -> None:
    """When a letter begins to wait: look again after a while, if there is anything to do then."""
    down = reason.startswith(NOT_CONNECTED)
    other = elsewhere(desk, person, letter.to)
    if letter.moved or not (other or (down and matters(letter))):
        return
    about = f"person {person.id}" if other else letter.to.partition("/")[0]
    name = DOWN if down else AWAY
    due = max(_patience(desk, letter), desk.now)
    before = desk.timers.get((name, about))
    if before is None or before.due > due:
        desk.plan(name, about, due)


def _patience(desk: Desk, letter: Letter) -> datetime:
    """Until when a letter may wait for its own address."""
    reach = desk.policy.reach
    if letter.urgency is Urgency.URGENT:
        return letter.written_at + timedelta(minutes=reach.urgent_minutes)
    return letter.written_at + timedelta(hours=reach.elsewhere_hours)


def look(desk: Desk, about: str, *, down: bool) -> None:
    """Letters of somebody have waited for long (or those of a whole network, for people who have no other address)."""
    if not about.startswith("person "):
        _tell_team_down(desk, about)
        return
    person = desk.people.get(int(about.split()[1]))
    if person is None:
        return
    waiting = [x for x in desk.letters.where("person", person.id) if not x.held and not x.moved and not x.card]
    for to in sorted({x.to for x in waiting}):
        _look_at(desk, person, [x for x in waiting if x.to == to], down=down)


def _look_at(desk: Desk, person: Person, waiting: list[Letter], *, down: bool) -> None:
    """Move what has waited long enough for one address, and with it what is behind it; look again at the rest."""
    other = elsewhere(desk, person, waiting[0].to)
    if not other:
        return
    since = min(x.written_at for x in waiting)
    due = min(_patience(desk, x) for x in waiting)
    if due > desk.now:
        desk.plan(DOWN if down else AWAY, f"person {person.id}", due)
        return
    said = words.not_reachable if down else words.not_there
    notice = said(person.name, medium(waiting[0].to), medium(other), since, people.zone(person))
    hour = _hour_runs(desk, person) and _once(desk, f"hour {person.id}")
    _move(desk, waiting, other, notice, hour=hour)


def _move(desk: Desk, waiting: list[Letter], other: str, notice: str, *, hour: bool = False) -> None:
    """The same letters, at the other address: those that tell nobody what became of them in one, with a word why."""
    alive = [x for x in sorted(waiting, key=lambda x: x.id) if stands(desk, x)]
    alive = [x for x in alive if x.expires_at is None or x.expires_at > desk.now]
    first = words.with_hour(notice) if hour else notice
    plain = [x for x in alive if not x.receipt]
    single = [x for x in alive if x.receipt]
    if plain:
        for letter in plain[1:]:
            desk.drop(letter)
        claims = {x.claim for x in plain}
        outbox.move(
            desk,
            plain[0],
            other,
            text=(first, *(line for x in plain for line in x.text)),
            claim=plain[0].claim if len(claims) == 1 else "",
            expires_at=_fresh(desk),
            urgency=max(x.urgency for x in plain),
            about=next((x.about for x in plain if x.about), ""),
            moved=True,
        )
    for number, letter in enumerate(_together(desk, single)):
        # a partner's words are kept so long and no longer, on whichever way they are
        due = letter.expires_at if letter.receipt.startswith(RELAY) else _fresh(desk)
        moved = outbox.move(desk, letter, other, expires_at=due, moved=True)
        if not plain and not number:
            desk.change(moved, text=(first, *moved.text))


def _together(desk: Desk, letters: list[Letter]) -> list[Letter]:
    """Lines of one partner that waited one behind the other are one letter from now on; its receipt tells of them all."""
    found: dict[str, Letter] = {}
    for letter in letters:
        words_of = " ".join(letter.receipt.split(" ")[:3]) if letter.receipt.startswith(RELAY) else letter.receipt
        before = found.get(words_of)
        if before is None or letter.via or before.style is not letter.style or not letter.receipt.startswith(RELAY):
            found[letter.receipt if before is not None else words_of] = letter
        else:
            found[words_of] = desk.change(before, text=(*before.text, *letter.text))
            desk.drop(letter)
    return list(found.values())


def _fresh(desk: Desk) -> datetime:
    return desk.now + timedelta(hours=desk.policy.reach.letter_hours)


def _hour_runs(desk: Desk, person: Person) -> bool:
    """Whether an hour of theirs runs or begins soon, so that they need to know where it can take place."""
    soon = desk.now + timedelta(minutes=desk.policy.session.soon_minutes)
    for side in desk.participants.where("person", person.id):
        for meeting in desk.meetings.where("pair", side.pair):
            if meeting.stage in RUNNING_MEETINGS or (meeting.stage == "agreed" and meeting.starts_at <= soon):
                return True
    return False


# ------------------------------------------------------------------------------------- nowhere else to go


def _once(desk: Desk, about: str) -> bool:
    """Whether this was not told within the last hours; from now on it was."""
    if desk.timers.get((TOLD, about)) is not None:
        return False
    desk.plan(TOLD, about, desk.now + timedelta(hours=desk.policy.reach.elsewhere_hours))
    return True


def _too_late(desk: Desk, person: Person, letter: Letter) -> None:
    """A letter whose time is over: a line of an hour has a word about where it is now, an important one the moderators."""
    stale = letter.expires_at is not None and letter.expires_at - letter.written_at < timedelta(hours=1)
    if not stale:
        _unreached(desk, person, letter)
        return
    other = elsewhere(desk, person, letter.to)
    if letter.urgency is not Urgency.URGENT or not _hour_runs(desk, person) or not _once(desk, f"hour {person.id}"):
        return
    if other:
        down = desk.timers.get((DOWN, f"person {person.id}")) is not None
        said = words.not_reachable if down else words.not_there
        zone = people.zone(person)
        notice = words.with_hour(said(person.name, medium(letter.to), medium(other), letter.written_at, zone))
        desk.tell(person, notice, urgency=Urgency.URGENT, to=other)
    elif letter.style is Style.LINE:  # that a mail about the clock comes too late is no trouble: the calendar rings
        line = words.hour_unreached(person.name, medium(letter.to))
        _tell_team(desk, letter.to.partition("/")[0], line, hidden_from=(person.id,))


def _unreached(desk: Desk, person: Person, letter: Letter) -> None:
    """What matters did not arrive and cannot arrive: moderators know, once for what belongs together."""
    if not matters(letter) or not _once(desk, f"unreached {person.id}") or letter.receipt:
        return  # what becomes of a letter with a receipt is told by whoever wrote it
    what = letter.about if letter.about[:1] in {"M", "S", "H"} else _claimed(letter)
    hidden = (person.id, *_concerned(desk, what))
    people.tell_team(desk, words.unreached(person.name, medium(letter.to), what), hidden_from=hidden)


def _concerned(desk: Desk, what: str) -> tuple[int, ...]:
    """Moderators who must not hear of what a letter was about: not even its number."""
    number = int(what[1:]) if what[1:].isdigit() else 0
    case = desk.cases.get(number) if what.startswith("H") else None
    if case is not None:
        return case.hidden_from
    hour = desk.meetings.get(number) if what.startswith("S") else None
    return cases.concerned(desk, desk.pairs.get(hour.pair if hour is not None else number)) if what[:1] in "MS" else ()


def _claimed(letter: Letter) -> str:
    kind, _, rest = letter.claim.partition(" ")
    return f"M{rest.split()[0]}" if kind == "pair" else ""


def _tell_team(desk: Desk, network: str, line: str, hidden_from: tuple[int, ...] = ()) -> None:
    """A line to the moderators about a network that may be away: also to each of them by another way of theirs."""
    people.tell_team(desk, line, hidden_from=hidden_from)
    places = [n.moderators for n in desk.policy.networks.values() if n.moderators]
    if not places or any(place.partition("/")[0] != network for place in places):
        return
    for moderator in people.moderators(desk, hidden_from):
        other = elsewhere(desk, moderator, f"{network}/")
        if other:
            desk.tell(moderator, line, to=other)


def _tell_team_down(desk: Desk, network: str) -> None:
    """A whole network has been away for long: moderators hear for whom something that matters waits there."""
    waiting = [
        x
        for x in desk.letters
        if x.person and not x.held and matters(x) and x.to.partition("/")[0] == network and stands(desk, x)
    ]
    alone = [x for x in waiting if (who := desk.people.get(x.person)) is not None and not elsewhere(desk, who, x.to)]
    found = sorted({desk.people[x.person].name for x in alone})
    if found and _once(desk, f"down {network}"):
        since = min(x.written_at for x in alone)
        _tell_team(desk, network, words.medium_down(medium(network), since, found, desk.policy.limits.listed))
