"""What stands between the network and every route: ASGI middleware, outermost last."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feature_store.ingestion.limits import MEBIBYTE, MOST_TEXT_BYTES
from models.optimizer.problem_file.limits import MOST_BYTES, MOST_COMPLEX_BYTES
from serving.api.problem import CROSS_SITE, TOO_LARGE, problem, problem_response

BODY_LIMIT_BYTES = 64 * 1024
"""The longest usual body is a decision of some 2,000 characters, in UTF-8 below 10 kB."""
LONGER_BODIES: Mapping[str, int] = MappingProxyType(
    {
        "/v1/bills/verify": 256 * 1024,
        "/v1/readings": MOST_TEXT_BYTES,
        "/v1/schedule/complex": MOST_COMPLEX_BYTES,
        "/v1/schedule/problem": MOST_BYTES,
    }
)
"""Paths that take more. Worked bills are files of some 400 bytes a bill: 600 bills fit. Readings
come as files, of which none may be larger. Problems to be scheduled are as large as their file."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the headers that keep a browser from running or framing what is not ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class SameOriginWrites:
    """Refuses a write that a page of another site made the browser send.

    Browsers name the relation in ``Sec-Fetch-Site`` and older ones the page in ``Origin``;
    programs send neither and are let through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless it is a write from another site."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            headers = Headers(scope=scope)
            if not _same_origin(headers):
                detail = (
                    f"{scope['method']} {scope['path']} came from a page of another site; "
                    "send it from this service's own pages or from a program"
                )
                await problem_response(problem(CROSS_SITE, detail))(scope, receive, send)
                return
        await self.app(scope, receive, send)


class BodyLimit:
    """Refuses a request body over the limit before anything reads it."""

    def __init__(self, app: ASGIApp, limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the limit and pass it on whole."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        limit_bytes = LONGER_BODIES.get(scope["path"], self.limit_bytes)
        body = bytearray()
        more = not _says_it_is_longer(scope, limit_bytes)
        while more and len(body) <= limit_bytes:
            message = await receive()
            if message["type"] != "http.request":  # the client went away
                return
            body += message.get("body", b"")  # in place: bytes would be copied whole each time
            more = message.get("more_body", False)
        if len(body) > limit_bytes or _says_it_is_longer(scope, limit_bytes):
            detail = f"the body is over {_size(limit_bytes)}; send it in parts"
            await problem_response(problem(TOO_LARGE, detail))(scope, receive, send)
            return
        content = bytes(body)
        del body  # else a body of 32 MiB would be held twice for as long as it is worked on
        await self.app(scope, _replay(content, receive), send)


def _same_origin(headers: Headers) -> bool:
    relation = headers.get("sec-fetch-site")
    if relation is not None:
        return relation in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def _says_it_is_longer(scope: Scope, limit_bytes: int) -> bool:
    """Whether the body's own account of its length is over the limit, so that none need be read."""
    told = Headers(scope=scope).get("content-length", "")
    return told.isascii() and told.isdigit() and int(told) > limit_bytes


def _size(limit_bytes: int) -> str:
    mebibytes = limit_bytes / MEBIBYTE
    return f"{mebibytes:g} MiB" if mebibytes >= 1 else f"{limit_bytes} bytes"


def _replay(body: bytes, receive: Receive) -> Receive:
    """Receive a body that was read already, then whatever comes after it."""
    waiting = [body]

    async def receive_again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return receive_again
