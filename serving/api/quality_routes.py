"""``/v1/firms/.../readings/quality``: whether meters report, and what checks found in readings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from feature_store.errors import UnknownFirmError
from feature_store.quality.document import FindingDocument, FreshnessDocument
from feature_store.storage.findings import KnownFinding
from feature_store.storage.meter_checks import TOLD_DAYS
from models.diagnosis.known_firm import MomentAheadError
from serving.api.known_firm import Asked, FirmId, known_firm
from serving.api.problem import INVALID, KINDS
from serving.api.responses import reading_problems
from serving.in_use import PlannerInUse, WatchInUse

router = APIRouter(prefix="/v1/firms", tags=["quality"])

_MOST_DAYS = 3660
"""Ten years, which is older than 15-minute meters keep."""


class QualityAsked(Asked):
    """Which findings are wanted."""

    days: int = Field(
        default=TOLD_DAYS,
        ge=1,
        le=_MOST_DAYS,
        description="Findings that end in the last so many days.",
    )


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class RecordedFinding(FindingDocument):
    """A finding that held at the moment asked about."""

    meter_id: str
    """Whose readings."""
    found_at: AwareDatetime
    """Since when it is believed as it stands."""


class MeterFreshnessAnswer(FreshnessDocument):
    """Whether one meter in service still reports."""

    meter_id: str
    """The meter."""


class QualityAnswer(_Answer):
    """What is known about a firm's readings, beside what they tell."""

    firm_id: str
    """Whose readings."""
    as_of: AwareDatetime
    """The moment that the answer is about."""
    checked_at: AwareDatetime | None
    """As of when the readings were last checked, be it after ``as_of``; null if never. No finding
    is known of what came later."""
    freshness: tuple[MeterFreshnessAnswer, ...]
    """Of each meter in service, by id."""
    findings: tuple[RecordedFinding, ...]
    """In the order of time; those that no longer hold are left out."""


@router.get(
    "/{firm_id}/readings/quality",
    responses=reading_problems(KINDS[UnknownFirmError], KINDS[MomentAheadError], INVALID),
)
def show_quality(
    firm_id: FirmId,
    asked: Annotated[QualityAsked, Query()],
    planner: PlannerInUse,
    watch: WatchInUse,
) -> QualityAnswer:
    """Say whether a firm's meters report, and which readings cannot be believed.

    What is told was recorded by the last check; asking checks nothing.
    """
    asked_about = known_firm(planner, firm_id, asked)
    firm, moment = asked_about.firm, asked_about.known.moment
    since = moment - timedelta(days=asked.days)
    checked_at = watch.findings.checked_at(firm_id)

    def local(instant: datetime) -> datetime:
        return instant.astimezone(firm.zone)

    def answer(one: KnownFinding) -> RecordedFinding:
        told = FindingDocument.of(one.finding).model_dump()
        told |= {"start": local(one.finding.start), "end": local(one.finding.end)}
        return RecordedFinding(meter_id=one.meter_id, found_at=local(one.found_at), **told)

    fresh = watch.freshness.of_firm(firm, moment=moment).by_meter
    return QualityAnswer(
        firm_id=firm_id,
        as_of=local(moment),
        checked_at=checked_at and local(checked_at),
        freshness=tuple(
            MeterFreshnessAnswer(
                meter_id=meter_id, **FreshnessDocument.of(fresh[meter_id]).model_dump()
            )
            for meter_id in sorted(fresh)
        ),
        findings=tuple(
            answer(one) for one in watch.findings.findings_known(moment, firm_id, since=since)
        ),
    )
