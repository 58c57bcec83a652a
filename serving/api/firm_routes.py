"""``/v1/firms``: who is declared, and how fresh their readings are."""

from __future__ import annotations

from fastapi import APIRouter

from feature_store.errors import UnknownFirmError
from serving.api.answers import FirmAnswer, FirmsAnswer, firm_answer
from serving.api.problem import KINDS
from serving.api.responses import reading_problems
from serving.in_use import PlannerInUse

router = APIRouter(prefix="/v1/firms", tags=["firms"])


@router.get("", responses=reading_problems())
def list_firms(planner: PlannerInUse) -> FirmsAnswer:
    """All declared firms, by id."""
    return FirmsAnswer(
        firms=[firm_answer(firm, planner.readings_end(firm.firm_id)) for firm in planner.firms()]
    )


@router.get("/{firm_id}", responses=reading_problems(KINDS[UnknownFirmError]))
def show_firm(firm_id: str, planner: PlannerInUse) -> FirmAnswer:
    """One declared firm."""
    return firm_answer(planner.firm(firm_id), planner.readings_end(firm_id))
