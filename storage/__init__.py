"""relaybot's storage on SQLite; third parties import `relaybot.api` instead."""
