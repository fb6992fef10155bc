"""relaybot's storage on SQLite: the Store of relaybot.ports, and what an operator does with the file."""

# Another project's package may have the same name; by this mark relaybot knows its own (see relaybot/__main__.py).
RELAYBOT = True
