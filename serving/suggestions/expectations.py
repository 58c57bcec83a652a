"""What is told of a plan beside its bill: chances, events, what its peak is expected to cost."""

from __future__ import annotations

from dataclasses import asdict
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from models.optimizer.schedule import ExpectedDemand, PassingRisk, PlannedEvent


class Document(BaseModel):
    """A frozen JSON object; unknown keys of an older or newer version are passed over."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class PassingRiskDocument(Document):
    """How likely the demand passes what the first billing month is billed for anyway."""

    usual: float = Field(ge=0, le=1, description="If nothing is changed.")
    planned: float = Field(
        ge=0, le=1, description="With the plan, its powers kept whatever the load does."
    )


class ExpectedDemandDocument(Document):
    """What demand is expected to cost once the month is over: what a plan was chosen by, no bill.

    Some later day may pass the peak anyway, so it is never more than the demand_krw of the costs.
    """

    usual_krw: float = Field(description="If nothing is changed, won.")
    planned_krw: float = Field(description="With the plan, won.")
    days_left: int = Field(
        ge=0, description="Days of the billing month after the plan whose demand counts."
    )


class EventDocument(Document):
    """What the plan makes of one demand-response event."""

    name: str
    """As it was told."""
    start: AwareDatetime
    """Start of its window."""
    takes_part: bool
    """Whether the plan earns more, or loses less, by reducing than by leaving it alone."""
    credited_kwh: float = Field(description="Reduction that counts, kWh.")
    earned_krw: float = Field(description="Pay less penalty, won.")


def risk_document(risk: PassingRisk | None) -> PassingRiskDocument | None:
    """Write probabilities."""
    return None if risk is None else PassingRiskDocument(usual=risk.usual, planned=risk.planned)


def risk_of(document: PassingRiskDocument | None) -> PassingRisk | None:
    """Read them again."""
    if document is None:
        return None
    return PassingRisk(usual=document.usual, planned=document.planned)


def expected_document(expected: ExpectedDemand | None) -> ExpectedDemandDocument | None:
    """Write what demand is expected to cost."""
    return None if expected is None else ExpectedDemandDocument(**asdict(expected))


def expected_of(document: ExpectedDemandDocument | None) -> ExpectedDemand | None:
    """Read it again."""
    return None if document is None else ExpectedDemand(**dict(document))


def event_document(event: PlannedEvent, zone: ZoneInfo) -> EventDocument:
    """Write an event."""
    return EventDocument(**asdict(event) | {"start": event.start.astimezone(zone)})


def event_of(document: EventDocument, zone: ZoneInfo) -> PlannedEvent:
    """Read it again."""
    return PlannedEvent(**dict(document) | {"start": document.start.astimezone(zone)})
