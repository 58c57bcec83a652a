"""``/v1/firms/.../peaks``: the peaks to come, and what they may pass."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from feature_store.entities.firm import LARGEST_CONTRACT_KW
from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from models.diagnosis.peak_outlook import peak_outlook
from models.diagnosis.peaks_document import PeaksDocument, peaks_document
from models.tariffs.errors import NoTariffError, TariffTableError
from serving.api.answers import ISSUE_TIME
from serving.api.known_firm import FirmId, QueryTime
from serving.api.problem import INVALID, KINDS
from serving.api.responses import reading_problems
from serving.in_use import PlannerInUse
from serving.planner import IssueTimeError

router = APIRouter(prefix="/v1/firms", tags=["prediction"])


class PeaksAsked(BaseModel):
    """Which peaks are wanted; unknown parameters are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    issue_time: QueryTime | None = ISSUE_TIME
    level_kw: float | None = Field(
        default=None,
        gt=0,
        le=LARGEST_CONTRACT_KW,
        description="A level in kW, of which is told how likely the month passes it.",
        examples=[850],
    )


@router.get(
    "/{firm_id}/peaks",
    responses=reading_problems(
        KINDS[UnknownFirmError],
        KINDS[NotEnoughReadingsError],
        KINDS[IssueTimeError],
        KINDS[TariffTableError],
        KINDS[NoTariffError],
        INVALID,
    ),
)
def show_peaks(
    firm_id: FirmId, asked: Annotated[PeaksAsked, Query()], planner: PlannerInUse
) -> PeaksDocument:
    """Say how large a firm's peaks will be, when they come, and what the month may pass.

    The days ahead, and the billing month under way: its peak when it is over, and the probability
    that it passes the demand that is billed anyway, the contract power and a level asked about.
    """
    known = planner.outlook(firm_id, asked.issue_time)
    return peaks_document(known, peak_outlook(known, level_kw=asked.level_kw))
