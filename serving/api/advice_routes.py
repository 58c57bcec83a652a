"""``/v1/firms/.../advice`` and ``value-of-kw``: what another contract, or one kW, is worth."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from models.diagnosis.document import (
    AdviceDocument,
    ValueOfKwDocument,
    advice_document,
    value_of_kw_document,
)
from models.diagnosis.known_firm import MomentAheadError
from models.tariffs.bill.errors import (
    NegativeReadingError,
    TooManyMissingReadingsError,
    UnknownChangeError,
)
from models.tariffs.errors import NoTariffError, TariffTableError
from serving.api.known_firm import Asked, FirmId, QueryDay, known_firm
from serving.api.problem import INVALID, KINDS
from serving.api.responses import reading_problems
from serving.in_use import PlannerInUse

router = APIRouter(prefix="/v1/firms", tags=["advice"])

_PROBLEMS = (
    KINDS[UnknownFirmError],
    KINDS[NotEnoughReadingsError],
    KINDS[TariffTableError],
    KINDS[NoTariffError],
    KINDS[MomentAheadError],
    INVALID,
)


class AdviceAsked(Asked):
    """Which advice is wanted."""

    last_change: QueryDay | None = Field(
        default=None,
        description="Day on which the option was last changed; a year must pass before the next "
        "change. Left out: never, so a change is free.",
        examples=["2026-03-01"],
    )


@router.get(
    "/{firm_id}/advice",
    responses=reading_problems(
        *_PROBLEMS,
        KINDS[TooManyMissingReadingsError],
        KINDS[NegativeReadingError],
        KINDS[UnknownChangeError],
    ),
)
def advise(
    firm_id: FirmId, asked: Annotated[AdviceAsked, Query()], planner: PlannerInUse
) -> AdviceDocument:
    """Bill a firm's last year under every contract that it could have, and say what would save.

    It takes the last whole billing months, all priced by the tables of the day of the advice.
    """
    advice = known_firm(planner, firm_id, asked).advice(asked.last_change)
    return advice_document(firm_id, advice)


@router.get("/{firm_id}/value-of-kw", responses=reading_problems(*_PROBLEMS))
def show_value_of_kw(
    firm_id: FirmId, asked: Annotated[Asked, Query()], planner: PlannerInUse
) -> ValueOfKwDocument:
    """Say what one more kW of this month's peak costs, in it and in months that remember it."""
    firm = known_firm(planner, firm_id, asked)
    return value_of_kw_document(firm, firm.value_of_kw())
