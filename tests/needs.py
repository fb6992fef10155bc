"""What a test needs from outside, and what happens where it is missing: a skip that says how to get it.

Where RELAYBOT_REQUIRE_SERVERS=1 is set (the CI run) a missing thing is a failure: nothing is skipped silently there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from relaybot import homeserver
from relaybot.check_all import JS_CLIENT, REQUIRE_SERVERS, js_client_is_current

ROOT = Path(__file__).resolve().parent.parent
CORPORA = "RELAYBOT_CORPORA"
REQUIRE = REQUIRE_SERVERS

# Daemons live in directories that are not always on a user's PATH.
SEARCHED = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"])


def missing(what: str, cure: str) -> NoReturn:
    """Skip the test, or fail it where everything has to be there."""
    text = f"{what} is missing; {cure}"
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(f"{text} ({REQUIRE}=1 makes this a failure)", pytrace=False)
    pytest.skip(text)


def program(name: str, package: str) -> Path:
    """A real program, e.g. `program("inspircd", "inspircd")`; `package` is what Debian calls it."""
    found = shutil.which(name, path=SEARCHED)
    if found is None:
        missing(f"the program {name}", f"on Debian and Ubuntu: apt install {package}")
    return Path(found)


def synapse() -> Path:
    """The Python that has Synapse."""
    python = homeserver.installed()
    if python is None:
        missing("Synapse", "python -m relaybot.homeserver installs it into an environment of its own (240 MB)")
    return python


def js_client() -> tuple[str, Path]:
    """Node, and the folder of the JavaScript client with its packages installed as locked."""
    node = program("node", "nodejs npm")
    if not js_client_is_current():
        missing("matrix-js-sdk as locked", f"npm ci --prefix {JS_CLIENT.relative_to(ROOT)} installs it (30 MB)")
    return str(node), JS_CLIENT


def corpus(*parts: str) -> Path:
    """A file or folder of the shared test vectors, e.g. `corpus("irc-parser")`."""
    root = Path(os.environ.get(CORPORA) or ROOT.parent / "shared" / "corpora")
    path = root.joinpath(*parts)
    if not path.exists():
        missing(f"the corpus {'/'.join(parts) or 'folder'} ({path})", f"set {CORPORA} to the folder of test vectors")
    return path
