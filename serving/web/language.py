"""Which language a request is answered in: what it asks for, what was chosen before, Korean."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from serving.web.texts import DEFAULT_LANGUAGE, LANGUAGES, Texts, texts_in

COOKIE = "lang"
_YEAR_S = 365 * 24 * 3600


def texts_for(request: Request) -> Texts:
    """Return the texts that a request is answered with."""
    for wish in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return texts_in(wish)
    return texts_in(DEFAULT_LANGUAGE)


def remember_language(request: Request, response: Response) -> None:
    """Keep the language that the request asked for by name."""
    wish = request.query_params.get("lang")
    if wish in LANGUAGES:
        response.set_cookie(COOKIE, wish, max_age=_YEAR_S, samesite="lax", httponly=True)
