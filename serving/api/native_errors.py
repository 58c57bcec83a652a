"""Turns the errors that BentoML words itself into problem documents."""

from __future__ import annotations

import json
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.problem import (
    INVALID,
    MEDIA_TYPE,
    Problem,
    problem,
    problem_of_status,
    problem_response,
)


class NativeErrors:
    """Rewrites an error answer under ``/v1`` that is no problem document into one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass good answers through; hold an error back until it is rewritten."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold_errors(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_foreign_error(message):
                held.append(message)
                return
            if not held:
                await send(message)
                return
            held.append(message)
            if not message.get("more_body", False):
                body = b"".join(part.get("body", b"") for part in held[1:])
                rewritten = _rewritten(held[0]["status"], body, scope["path"])
                await problem_response(rewritten)(scope, receive, send)

        await self.app(scope, receive, hold_errors)


def _is_foreign_error(start: Message) -> bool:
    content_type = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] >= HTTPStatus.BAD_REQUEST and not content_type.startswith(MEDIA_TYPE)


def _rewritten(status: int, body: bytes, path: str) -> Problem:
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}:
        return problem(INVALID, f"{_complaints(body)}; see /docs for what {path} takes")
    return problem_of_status(status, path)


def _complaints(body: bytes) -> str:
    """Say what BentoML found wrong: its validation errors, or its one sentence."""
    try:
        said = json.loads(body)
    except ValueError:
        return "the request cannot be read"
    if isinstance(said, list) and said:
        said = said[0]
    if not isinstance(said, dict):
        return "the request cannot be read"
    errors = said.get("detail")
    if isinstance(errors, list):
        return validation_complaints(errors)
    return str(said.get("error", "the request cannot be read"))


def validation_complaints(errors: list[dict[str, object]]) -> str:
    """Word pydantic's validation errors as one sentence.

    Example:
        >>> validation_complaints([{"loc": ("body", "steps"), "msg": "Input is too large"}])
        'body.steps: Input is too large'
    """
    return "; ".join(
        f"{'.'.join(str(part) for part in _location(error))}: {error.get('msg', 'is not valid')}"
        for error in errors
    )


def _location(error: dict[str, object]) -> list[object]:
    location = error.get("loc")
    return list(location) if isinstance(location, list | tuple) and location else ["body"]
