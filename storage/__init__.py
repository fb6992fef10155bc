"""relaybot's storage on SQLite; third parties import `relaybot.api` instead."""

# Another project's package may have the same name; by this mark relaybot knows its own (see relaybot/__main__.py).
RELAYBOT = True
