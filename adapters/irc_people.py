"""Who is where on one IRC connection, and which services account each of them has: evidence, never nicks.

Pure bookkeeping, fed with lines; time is an argument (seconds, monotonic). Membership changes cause nothing but
entries here, so a netsplit is a few thousand dictionary writes. Everything is forgotten with the connection.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.irc_lines import Line, split_source

EVIDENCE_SECONDS = 30.0  # how long "we saw that account" holds for a nick that we cannot watch (at most 60)
MAX_STRANGERS = 2000  # people in none of our channels whom we remember for a while


@dataclass(slots=True, eq=False)
class User:
    """A nick on the network right now. `account` None: unknown; "": not logged in."""

    nick: str
    userhost: str = ""
    account: str | None = None
    seen_at: float = float("-inf")  # when the account was last proven
    spoke_at: float = float("-inf")
    channels: set[str] = field(default_factory=set)


class People:
    """The members of our channels and the people who spoke to us lately.

    `tracking` is true when the server tells every change of account in our channels (account-notify with
    extended-join): then what is known of a member stays true until it says otherwise.
    """

    def __init__(self, casefold: Callable[[str], str]) -> None:
        self.fold = casefold
        self.tracking = False
        self._users: dict[str, User] = {}
        self._accounts: dict[str, dict[str, User]] = {}
        self._channels: dict[str, dict[str, User]] = {}
        self._strangers: OrderedDict[str, None] = OrderedDict()
        self._last_nick: OrderedDict[str, str] = OrderedDict()

    # ------------------------------------------------------------------------------------------- asking

    def get(self, nick: str) -> User | None:
        return self._users.get(self.fold(nick))

    def members(self, channel: str) -> list[User]:
        """Everybody known to be in a channel (folded name), the bot too."""
        return list(self._channels.get(channel, {}).values())

    def nick_of(self, account: str, now: float) -> str | None:
        """The nick that is proven to have this (folded) account at this moment; of several the one that spoke last."""
        users = [user for user in self._accounts.get(account, {}).values() if self._is_proven(user, now)]
        return max(users, key=lambda user: user.spoke_at).nick if users else None

    def _is_proven(self, user: User, now: float) -> bool:
        return (self.tracking and bool(user.channels)) or now - user.seen_at <= EVIDENCE_SECONDS

    def candidates(self, account: str) -> list[str]:
        """Nicks worth a WHOIS when nobody is proven to have this account: the last one known, and its own name."""
        nicks = [user.nick for user in self._accounts.get(account, {}).values()]
        nicks += [nick for nick in (self._last_nick.get(account), account) if nick]
        return list({self.fold(nick): nick for nick in nicks}.values())[:3]

    # ------------------------------------------------------------------------------------------ learning

    def proven(self, nick: str, userhost: str, account: str, now: float) -> User:
        """The server said just now that this nick has this account ("" for none)."""
        user = self._user(nick)
        user.userhost = userhost or user.userhost
        user.seen_at = now
        if user.account != account:
            self._set_account(user, account)
        return user

    def spoke(self, nick: str, userhost: str, now: float) -> None:
        """Somebody said something. Another user@host behind a known nick is another person."""
        user = self._users.get(self.fold(nick))
        if user is None:
            return
        if user.userhost and user.userhost != userhost:
            self._set_account(user, None)
        user.userhost = userhost
        user.spoke_at = now

    def joined(self, channel: str, nick: str, userhost: str, account: str | None) -> None:
        """JOIN; `account` as extended-join tells it ("" for none), None when the server does not say."""
        user = self._user(nick)
        if userhost and user.userhost and user.userhost != userhost:
            self._set_account(user, None)
        if account is None and self.tracking and not user.channels:
            self._set_account(user, None)  # it may have changed while nobody told us; WHOX will say
        user.userhost = userhost or user.userhost
        user.channels.add(channel)
        self._channels.setdefault(channel, {})[self.fold(nick)] = user
        self._strangers.pop(self.fold(nick), None)
        if account is not None:
            self._set_account(user, account)

    def parted(self, channel: str, nick: str) -> None:
        user = self._channels.get(channel, {}).pop(self.fold(nick), None)
        if user is not None:
            user.channels.discard(channel)
            if not user.channels:
                self.gone(nick)  # out of sight: neither its nick nor its account can be followed any more

    def left_by_us(self, channel: str) -> None:
        """We are in that channel no more, so nobody in it can be watched there."""
        for user in list(self._channels.get(channel, {}).values()):
            self.parted(channel, user.nick)
        self._channels.pop(channel, None)

    def gone(self, nick: str) -> None:
        """QUIT, or out of sight: whoever has this nick next is somebody else."""
        user = self._users.pop(self.fold(nick), None)
        if user is not None:
            self._set_account(user, None)
            self._strangers.pop(self.fold(nick), None)
            for channel in user.channels:
                self._channels.get(channel, {}).pop(self.fold(nick), None)

    def renamed(self, old: str, new: str) -> None:
        """NICK: the account goes with the person, never with the name."""
        user = self._users.get(self.fold(old))
        if user is None:
            return
        account, channels = user.account, set(user.channels)
        self.gone(old)
        if self.fold(new) != self.fold(old):
            self.gone(new)
        user.nick, user.channels = new, channels
        self._users[self.fold(new)] = user
        for channel in channels:
            self._channels.setdefault(channel, {})[self.fold(new)] = user
        if not channels:
            self._strangers[self.fold(new)] = None
        self._set_account(user, account)

    def _user(self, nick: str) -> User:
        key = self.fold(nick)
        user = self._users.get(key)
        if user is None:
            user = self._users[key] = User(nick)
            self._strangers[key] = None
            if len(self._strangers) > MAX_STRANGERS:
                self.gone(next(iter(self._strangers)))
        user.nick = nick
        return user

    def _set_account(self, user: User, account: str | None) -> None:
        key = self.fold(user.nick)
        if user.account:
            known = self._accounts.get(self.fold(user.account), {})
            known.pop(key, None)
            if not known:
                self._accounts.pop(self.fold(user.account), None)
        user.account = account
        if account:
            folded = self.fold(account)
            self._accounts.setdefault(folded, {})[key] = user
            self._last_nick[folded] = user.nick
            self._last_nick.move_to_end(folded)
            if len(self._last_nick) > MAX_STRANGERS:
                self._last_nick.popitem(last=False)
        else:
            user.seen_at = float("-inf")

    # ------------------------------------------------------------------------------------- from the wire

    def read(self, line: Line, now: float) -> str:
        """Learn from one line; returns the account ("" for none) that it newly proved to be here."""
        nick, user, host = split_source(line.source)
        userhost = f"{user}@{host}" if host else ""
        match line.command:
            case "JOIN":
                return self._read_join(line, nick, userhost)
            case "PART":
                self.parted(self.fold(line.param(0)), nick)
            case "KICK":
                self.parted(self.fold(line.param(0)), line.param(1))
            case "QUIT":
                self.gone(nick)
            case "NICK":
                self.renamed(nick, line.param(0))
            case "ACCOUNT":
                account = "" if line.param(0) == "*" else line.param(0)
                self.proven(nick, userhost, account, now)
                return account
            case "CHGHOST":
                known = self.get(nick)
                if known is not None:
                    known.userhost = f"{line.param(0)}@{line.param(1)}"
            case "353":
                for name in line.param(3).split():
                    self.joined(self.fold(line.param(2)), name.lstrip("~&@%+!"), "", None)
            case "354":
                return self._read_whox(line, now)
        return ""

    def _read_join(self, line: Line, nick: str, userhost: str) -> str:
        account: str | None = None
        if len(line.params) >= 3:  # extended-join: channel account :realname, "*" for not logged in
            account = "" if line.params[1] == "*" else line.params[1]
        elif "account" in line.tags:
            account = line.tags["account"]
        self.joined(self.fold(line.param(0)), nick, userhost, account)
        return account or ""

    def _read_whox(self, line: Line, now: float) -> str:
        """354 as asked for with %tuhna,42: me 42 user host nick account."""
        if len(line.params) != 6 or line.params[1] != "42":
            return ""
        _, _, user, host, nick, account = line.params
        account = "" if account == "0" else account
        self.proven(nick, f"{user}@{host}", account, now)
        return account
