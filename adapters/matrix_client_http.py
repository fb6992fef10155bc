"""Requests to a homeserver, each with a time limit; every failure becomes one of matrix_parts' errors. Nothing is retried here.

Spec: https://spec.matrix.org/v1.18/client-server-api/#api-standards.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from adapters.matrix_parts import LoggedOut, MatrixError, Unreachable

V3 = "/_matrix/client/v3"
ANSWER_BYTES_MAX = 64 * 1024 * 1024
_ERROR_CHARACTERS = 200
_JSON = "application/json"
_USER = re.compile(r"@[^\s:@]+:[A-Za-z0-9.\-\[\]:]+")


class Authenticate(MatrixError):
    """User-interactive authentication is asked for; `session` has to be given back with it."""

    def __init__(self, message: str, code: str, session: str) -> None:
        super().__init__(message, 401, code)
        self.session = session


class Http:
    """One homeserver, as one account once `token` is set."""

    def __init__(self, homeserver: str, request_seconds: float) -> None:
        self.request_seconds = request_seconds
        self.token = ""
        self._homeserver = homeserver.rstrip("/")
        self._connections: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        seconds: float | None = None,
        token: str | None = None,
    ) -> dict[str, Any]:
        """One request; what was answered. `token` stands in for our own, "" asks without any.

        Raises Unreachable, LoggedOut, Authenticate, or MatrixError for what the homeserver refuses.
        """
        answer = await self._ask(method, path, body, query, seconds, token)
        if not isinstance(answer, dict):
            raise self._strange(200)
        return answer

    async def ask_list(self, path: str) -> list[Any]:
        """The one kind of request that is answered with a list: the state of a room."""
        answer = await self._ask("GET", path, None, None, None, None)
        if not isinstance(answer, list):
            raise self._strange(200)
        return answer

    async def upload(self, data: bytes, media_type: str) -> str:
        """Put a file into the homeserver's media repository, where everybody who has its address may read it; "mxc://...".

        Spec: https://spec.matrix.org/v1.18/client-server-api/#content-repository.
        """
        where = "/_matrix/media/v3/upload"
        answer = self._understood(*await self._reach("POST", where, data, self.token, self.request_seconds, media_type))
        if not isinstance(answer, dict) or not isinstance(answer.get("content_uri"), str):
            raise self._strange(200)
        return str(answer["content_uri"])

    async def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        if self._connections is not None:
            await self._connections.close()
            self._connections = None

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
        seconds: float | None,
        token: str | None,
    ) -> Any:
        where = path + ("?" + urlencode(query) if query else "")
        shown = self.token if token is None else token
        raw = None if body is None else json.dumps(body).encode()
        return self._understood(*await self._reach(method, where, raw, shown, seconds or self.request_seconds))

    async def _reach(
        self, method: str, where: str, body: bytes | None, token: str, seconds: float, media_type: str = _JSON
    ) -> tuple[int, bytes]:
        """Send a request; status and body of the answer. Raises Unreachable."""
        headers = {"Content-Type": media_type} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            return await self._exchange(method, self._homeserver + where, body, headers, seconds)
        except TimeoutError:
            raise Unreachable(f"the homeserver {self._homeserver} did not answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            text = str(problem)[:_ERROR_CHARACTERS] or type(problem).__name__
            raise Unreachable(f"the homeserver {self._homeserver} cannot be reached: {text}") from problem

    async def _exchange(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> tuple[int, bytes]:
        if self._connections is None:
            self._connections = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        async with (
            asyncio.timeout(seconds),
            self._connections.request(
                method,
                URL(url, encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,  # an access token is for the homeserver that was named, nobody else
            ) as answer,
        ):
            raw = bytearray()
            async for piece in answer.content.iter_chunked(64 * 1024):
                raw += piece
                if len(raw) > ANSWER_BYTES_MAX:
                    raise MatrixError(f"the homeserver {self._homeserver} gave an answer that is too long")
            return answer.status, bytes(raw)

    def _understood(self, status: int, raw: bytes) -> Any:
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError):
            raise self._strange(status) from None
        if status < 300:
            return answer
        if not isinstance(answer, dict) or status < 400 or status >= 500:
            raise self._strange(status)
        raise _refusal(status, answer)

    def _strange(self, status: int) -> Unreachable:
        return Unreachable(f"the homeserver {self._homeserver} gave no answer of its own (HTTP {status})", status)


def path(*parts: str) -> str:
    """A path of the client-server API, its parts escaped: path("rooms", room, "send", type, transaction)."""
    return "/".join((V3, *(quote(part, safe="") for part in parts)))


def _refusal(status: int, answer: Mapping[str, Any]) -> MatrixError:
    """The error a homeserver's answer tells of. What it says is logged, so whoever it names is "somebody" from here on."""
    code, said = answer.get("errcode"), answer.get("error")
    code = code if isinstance(code, str) else ""
    text = _USER.sub("somebody", said)[:_ERROR_CHARACTERS] if isinstance(said, str) else f"HTTP {status}"
    if status == 401 and isinstance(answer.get("flows"), list):
        session = answer.get("session")
        return Authenticate(text, code, session if isinstance(session, str) else "")
    if code == "M_UNKNOWN_TOKEN":
        return LoggedOut(text, soft=answer.get("soft_logout") is True)
    wait = answer.get("retry_after_ms")
    return MatrixError(text, status, code, wait if type(wait) is int and wait > 0 else 0)
