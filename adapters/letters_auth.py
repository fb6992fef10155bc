"""Whether a server we believe says that the From domain is genuine: Authentication-Results (RFC 8601), DMARC only.

A mail may bring such headers of its own making, so only the topmost can say yes; any of ours may say no.
"""

from __future__ import annotations

import re

from adapters.letters_mime import Headers, unfolded

HEADER = "authentication-results"
TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[;=]|[^\s;="()]+|[()]')


def authentic(headers: Headers, domain: str, authserv: tuple[str, ...]) -> bool | None:
    """DMARC's verdict on `domain` (of the only From address, lower case, ASCII): True, False, or None for not told.

    True only from the topmost such header of the mail, with exactly one result, about exactly this domain.
    """
    ours = [_results(value) for value in _topmost(headers)]
    believed = []
    for server, results in ours:
        if server not in authserv:
            break  # whatever stands below came with the mail
        believed.append(results)
    verdicts = [result for results in believed for result in results]
    if any(verdict == "fail" for verdict, _ in verdicts):
        return False
    if len(verdicts) == 1 and believed[0] == verdicts and verdicts[0] == ("pass", domain):
        return True
    return None


def _topmost(headers: Headers) -> list[str]:
    """The uppermost run of Authentication-Results headers: a server adds its own next to each other."""
    found: list[str] = []
    for name, value in headers.lines:
        if name == HEADER:
            found.append(unfolded(value))
        elif found:
            break
    return found


def _results(value: str) -> tuple[str, list[tuple[str, str]]]:
    """The authserv-id, and each DMARC result with the domain it is about (header.from)."""
    sections: list[list[str]] = [[]]
    depth = 0
    for piece in TOKENS.findall(value):
        if piece in "()":
            depth = max(0, depth + (1 if piece == "(" else -1))
        elif depth:
            continue
        elif piece == ";":
            sections.append([])
        else:
            sections[-1].append(piece)
    server = sections[0][0].strip('"').lower() if sections[0] else ""
    results = [
        (section[2].lower(), _property(section[3:], "header.from"))
        for section in sections[1:]
        if len(section) >= 3 and section[0].lower().partition("/")[0] == "dmarc" and section[1] == "="
    ]
    return server, results


def _property(tokens: list[str], name: str) -> str:
    found = [
        tokens[index + 2]
        for index in range(len(tokens) - 2)
        if tokens[index].lower() == name and tokens[index + 1] == "="
    ]
    return found[0].strip('"').rstrip(".").lower().rpartition("@")[2] if len(found) == 1 else ""
