"""``/firms/.../battery``: what a firm's batteries do now, as a page and as a part of the firm's."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from serving.in_use import SetPointsInUse
from serving.web.battery_panel import battery_panel
from serving.web.notices import notices_for
from serving.web.rendering import page
from serving.web.words import BATTERY_CHARGES, BATTERY_NOW

router = APIRouter(include_in_schema=False)


@router.get("/firms/{firm_id}/battery")
def battery_page(firm_id: str, request: Request, set_points: SetPointsInUse) -> Response:
    """Tell the set-point of now; the firm's page fetches it, since valuing a day takes seconds."""
    firm = set_points.planner.firm(firm_id)
    content: dict[str, object] = {
        "firm": firm,
        "told": battery_panel(set_points, firm),
        "battery_now": BATTERY_NOW,
        "battery_charges": BATTERY_CHARGES,
        "notices": notices_for(set_points.planner, (firm_id,)),
    }
    return page(request, "battery.html", content)
