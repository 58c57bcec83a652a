"""The pages and their files, added to the application that serves them."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from serving.web import battery_routes, firm_routes
from serving.web.api_guide import api_guide
from serving.web.rendering import STATIC, page


def mount_pages(app: FastAPI, openapi: Callable[[], dict[str, Any]]) -> None:
    """Add the pages; ``openapi`` gives the document that the API's guide is made of."""
    app.include_router(firm_routes.router)
    app.include_router(battery_routes.router)
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        return page(request, "docs.html", {"guide": api_guide(openapi()), "notices": None})

    @app.get("/{path:path}", include_in_schema=False)
    def nowhere(path: str) -> Response:
        """Answer what no other route does; without this BentoML would, in bare words."""
        status = (
            HTTPStatus.METHOD_NOT_ALLOWED
            if f"/{path}" in openapi()["paths"]
            else HTTPStatus.NOT_FOUND
        )
        raise HTTPException(status)
