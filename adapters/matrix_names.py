"""What people on Matrix call themselves: asked once, kept for a while, and never waited for long. It proves nothing.

A name that is none (an address, a link) gives way to the first part of the user id.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict

from adapters.matrix_client import Client
from adapters.matrix_parts import LoggedOut, MatrixError
from adapters.matrix_read import person_name

log = logging.getLogger(__name__)

ASKED_SECONDS = 3.0
KEPT_MAX = 5000


class Names:
    """Display names, by user id."""

    def __init__(self, network: str, client: Client) -> None:
        self._network, self._client = network, client
        self._known: OrderedDict[str, str] = OrderedDict()

    def forget(self, user: str) -> None:
        """They may have changed it."""
        self._known.pop(user, None)

    async def of(self, user: str) -> str:
        """What somebody is called. Raises LoggedOut."""
        known = self._known.get(user)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(ASKED_SECONDS):
                shown = await self._client.display_name(user)
        except LoggedOut:
            raise
        except (MatrixError, TimeoutError) as error:  # their homeserver is asked, and may never answer
            log.info("%s: somebody's name is not known: %s", self._network, str(error) or "no answer")
            shown = ""
        name = self._known[user] = person_name(shown, user)
        if len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)
        return name
