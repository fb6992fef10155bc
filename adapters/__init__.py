"""relaybot's adapters: one medium each, found through the entry points `relaybot.adapters`.

An adapter knows messages and letters (relaybot.model, relaybot.ports) and nothing about mentoring.
"""

# Another project's package may have the same name; by this mark relaybot knows its own (see relaybot/__main__.py).
RELAYBOT = True
