"""relaybot pairs peers who teach each other, and keeps their meetings: over IRC, Matrix and mail.

Start reading at model.py (the nouns), then decide.py (the one door in) and office.py (the loop around it).
"""

__version__ = "0.1.0"

# `adapters` and `storage` are common names; by this mark each of our packages says that it is ours (see __main__.py).
RELAYBOT = True
