"""What a programme has on each network that the configuration file serves: its places there, its own address, what can be done.

Written down once here, so that the rest of relaybot asks a policy's Network and never for the medium.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from relaybot.model import Style
from relaybot.policy import Network, Policy
from relaybot.settings import EmbeddedTable, IrcTable, MailTable, MatrixTable

EMBEDDED_NETWORK = "embedded"
MAIL_NETWORK = "mail"


@dataclass(frozen=True)
class Served:
    """The networks of the file, and what relaybot is called there."""

    irc: Mapping[str, IrcTable] = field(default_factory=dict)
    matrix: Mapping[str, MatrixTable] = field(default_factory=dict)
    mail: MailTable | None = None
    embedded: EmbeddedTable | None = None
    name: str = "relaybot"


def policy_of(programme: str, settings: Mapping[str, Any], served: Served) -> Policy:
    """The policy of a programme: its own settings, which have to be sound, and what it has on each network."""
    networks = {
        name: network for found in (_irc, _matrix, _embedded, _mail) for name, network in found(programme, served)
    }
    return Policy.model_validate(settings).model_copy(update={"networks": networks})


Found = Iterator[tuple[str, Network]]  # by the network's name, "irc:libera"


def _irc(programme: str, served: Served) -> Found:
    for network, table in served.irc.items():
        prefix = f"irc:{network}"
        yield (
            prefix,
            Network(
                public=_place(prefix, table.channel.get(programme, "")),
                moderators=_place(prefix, table.moderators_channel.get(programme, "")),
                pair_places=table.pair_channels,
                own=f"{prefix}/{(table.sasl.account or table.nick or served.name).casefold()}",
                invites=table.moderators_closed,
            ),
        )


def _matrix(programme: str, served: Served) -> Found:
    for network, account in served.matrix.items():
        prefix = f"matrix:{network}"
        yield (
            prefix,
            Network(
                public=_place(prefix, account.room.get(programme, "")),
                moderators=_place(prefix, account.moderators_room.get(programme, "")),
                pair_places=account.pair_rooms,
                own=f"{prefix}/{account.user}",
                place_shows_ids=True,
                edits=True,
                bare=True,
                identity="matrix",
                invites=True,
            ),
        )


def _embedded(programme: str, served: Served) -> Found:
    if served.embedded is not None:
        prefix = f"irc:{EMBEDDED_NETWORK}"
        public, own = f"{prefix}/#{programme}", f"{prefix}/{served.name.casefold()}"
        yield prefix, Network(public=public, moderators=f"{public}-mods", invites=True, own=own)


def _mail(programme: str, served: Served) -> Found:
    """By [mail], else by the embedded mail server."""
    if served.mail is not None:
        listed, mode, own = served.mail.list.get(programme, ""), served.mail.list_mode, served.mail.address
    elif served.embedded is not None and served.embedded.smtp:
        domain = served.embedded.mail_domain
        listed, mode, own = f"{programme}@{domain}", "own", f"{served.name}@{domain}"
    else:
        return
    yield (
        MAIL_NETWORK,
        Network(
            public=_place(MAIL_NETWORK, listed.lower()),
            pair_places=False,
            own=f"{MAIL_NETWORK}/{own.lower()}",
            style=Style.LETTER,
            identity="mail",
            list_mode=mode if listed else "",
        ),
    )


def _place(network: str, place: str) -> str:
    """The address of a place; "" where the programme has none."""
    return f"{network}/{place}" if place else ""
