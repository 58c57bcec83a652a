"""How a route gets at the set-points that the application was wired with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from serving.set_points import SetPoints


def _set_points(request: Request) -> SetPoints:
    set_points: SetPoints = request.app.state.set_points
    return set_points


SetPointsInUse = Annotated[SetPoints, Depends(_set_points)]
