"""A client that speaks to an ASGI application in the same process, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import httpx

ORIGIN = "http://complex.test"


class AppClient:
    """Sends one request at a time and keeps the cookies, as a browser would."""

    def __init__(self, app: Callable[..., Coroutine[Any, Any, None]]) -> None:
        self.app = app
        self._cookies = httpx.Cookies()

    def get(self, path: str, **options) -> httpx.Response:
        """Ask for a path; redirects are not followed."""
        return self._send("GET", path, options)

    def post(self, path: str, **options) -> httpx.Response:
        """Send to a path; redirects are not followed."""
        return self._send("POST", path, options)

    def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        return anyio.run(self._answer, method, path, options)

    async def _answer(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url=ORIGIN, cookies=self._cookies
        ) as client:
            response = await client.request(method, path, **options)
        self._cookies.update(response.cookies)
        return response
