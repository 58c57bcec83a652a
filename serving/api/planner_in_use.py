"""How a route gets at the use cases: the planner that the application was wired with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from serving.planner import Planner


def _planner(request: Request) -> Planner:
    planner: Planner = request.app.state.planner
    return planner


PlannerInUse = Annotated[Planner, Depends(_planner)]
