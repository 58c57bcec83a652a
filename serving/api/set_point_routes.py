"""``/v1/firms/.../set-point``: what batteries do in the running quarter hour."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from models.diagnosis.known_firm import MomentAheadError
from models.dispatch.set_point_terms import (
    BatteryStateError,
    NoBatteryError,
    NoPlanToFollowError,
    NotValuedError,
)
from models.optimizer.problem_file.errors import StaleStateError, StateOutsideWindowError
from models.site import EquipmentError
from models.tariffs.errors import NoTariffError, TariffTableError
from serving.api.known_firm import FirmId, QueryTime
from serving.api.problem import INVALID, KINDS
from serving.api.responses import reading_problems, writing_problems
from serving.api.set_point_answers import (
    AT,
    PEAK,
    SetPointAnswer,
    SetPointRequest,
    SetPointsAnswer,
    set_point_answer,
    set_points_answer,
)
from serving.in_use import SetPointsInUse

router = APIRouter(prefix="/v1/firms", tags=["prediction"])

_PROBLEMS = (
    KINDS[UnknownFirmError],
    KINDS[NoBatteryError],
    KINDS[NoPlanToFollowError],
    KINDS[NotEnoughReadingsError],
    KINDS[TariffTableError],
    KINDS[MomentAheadError],
    KINDS[EquipmentError],
    KINDS[NoTariffError],
    KINDS[NotValuedError],
)


class SetPointsAsked(BaseModel):
    """Which table is wanted; unknown parameters are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    at: QueryTime | None = AT
    peak_so_far_kw: float | None = PEAK


@router.post(
    "/{firm_id}/set-point",
    responses=writing_problems(
        *_PROBLEMS,
        KINDS[BatteryStateError],
        KINDS[StaleStateError],
        KINDS[StateOutsideWindowError],
    ),
)
def decide_set_point(
    firm_id: FirmId, asked: SetPointRequest, set_points: SetPointsInUse
) -> SetPointAnswer:
    """Say what a firm's batteries do in the running quarter hour; nothing is switched.

    Price and the value of what is left are looked up for the load that is seen: the day is valued
    at each forecast, every two hours, which takes some seconds once.
    """
    moment = asked.at or set_points.planner.now()
    return set_point_answer(set_points.now(firm_id, asked.measured(moment), asked.at))


@router.get("/{firm_id}/set-points", responses=reading_problems(*_PROBLEMS, INVALID))
def show_set_points(
    firm_id: FirmId, asked: Annotated[SetPointsAsked, Query()], set_points: SetPointsInUse
) -> SetPointsAnswer:
    """Tell the set-point of every load and charge until the next forecast.

    For a controller that looks up inside the interval, or while it cannot reach the service.
    """
    return set_points_answer(set_points.table(firm_id, asked.at, asked.peak_so_far_kw))
