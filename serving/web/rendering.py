"""Templates, filled in the language of the request."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from serving.web.language import remember_language, texts_for
from serving.web.texts import LANGUAGES, texts_in

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
VENDOR = STATIC / "vendor"
HTMX = "htmx.min.js"
UPLOT = ("uPlot.iife.min.js", "uPlot.min.css")


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,  # a name that a template mistypes is an error, not a gap
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    request: Request,
    template: str,
    content: dict[str, object],
    *,
    status: int = 200,
    path: str | None = None,
) -> HTMLResponse:
    """Render a page.

    Args:
        request: What asked for it; names the language.
        template: File name of the template.
        content: What the template shows.
        status: HTTP status.
        path: Where the language switch leads, if not to the page asked for: what answers a form
            cannot be asked for again.
    """
    texts = texts_for(request)
    html = (
        _templates()
        .get_template(template)
        .render(
            content,
            t=texts,
            _=texts.gettext,
            languages=[texts_in(language) for language in LANGUAGES],
            path=path or request.url.path,
            has_htmx=(VENDOR / HTMX).is_file(),
            has_uplot=all((VENDOR / name).is_file() for name in UPLOT),
        )
    )
    response = HTMLResponse(html, status_code=status)
    response.headers["Content-Language"] = texts.language
    response.headers["Cache-Control"] = "no-store"
    remember_language(request, response)
    return response
