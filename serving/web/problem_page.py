"""A problem as a page: what went wrong, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from serving.web.rendering import page
from serving.web.words import OTHER_PROBLEM, PROBLEM_TITLES


@dataclass(frozen=True, kw_only=True)
class ProblemPage:
    """What the page shows."""

    kind: str
    """Name of the kind of problem, as in ``PROBLEM_TITLES``."""
    status: int
    detail: str
    back: str = "/"

    @property
    def title(self) -> str:
        """The kind in words."""
        return PROBLEM_TITLES.get(self.kind, OTHER_PROBLEM)


def problem_page(request: Request, problem: ProblemPage) -> Response:
    """Render the page."""
    content: dict[str, object] = {"problem": problem, "notices": None}
    return page(request, "problem.html", content, status=problem.status, path=problem.back)
