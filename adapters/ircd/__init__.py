"""The embedded IRC server: a small, honest network on loopback for the default run, the demo and the tests.
Everybody there is logged in to services under their nick, or as their SASL account if they give one.
lines.py is pure, world.py holds the nouns, one file per group of commands, server.py does the I/O."""

from adapters.ircd.server import Server
from adapters.ircd.world import Limits

__all__ = ["Limits", "Server"]
