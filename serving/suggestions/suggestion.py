"""A suggestion: a schedule proposed to an operator, and what became of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from feature_store.entities.firm import Firm
from feature_store.errors import SandanError
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.schedule import Schedule
from serving.suggestions.made_with import FORECAST_ALONE, MadeWith

Verdict = Literal["accepted", "rejected"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What an operator decided about one suggestion; never changed afterwards."""

    verdict: Verdict
    reason: str
    """Why, in the operator's words; may be empty only when accepted."""
    decided_by: str
    decided_at: datetime

    def __post_init__(self) -> None:
        """Refuse a decision of nobody and a rejection without a reason."""
        if not self.decided_by.strip():
            raise UnreadableDecisionError("the decision has no name; write who decides")
        if self.verdict == "rejected" and not self.reason.strip():
            raise UnreadableDecisionError("the rejection has no reason; write why")


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """Nobody has decided yet."""


@dataclass(frozen=True, kw_only=True)
class NothingToChange:
    """The usual operation is the cheapest known, so no decision is awaited."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """An operator will run the plan."""

    decision: Decision


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """An operator will not run the plan."""

    decision: Decision


@dataclass(frozen=True, kw_only=True)
class Expired:
    """The horizon was over before anybody decided."""

    expired_at: datetime


State = Proposed | NothingToChange | Accepted | Rejected | Expired


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A schedule, what it was made for and with, and the decision if there is one."""

    suggestion_id: str
    forecast: LoadForecast
    schedule: Schedule
    created_at: datetime
    decision: Decision | None = None
    made_with: MadeWith = FORECAST_ALONE

    @property
    def firm_id(self) -> str:
        """Whose schedule it is."""
        return self.schedule.firm_id

    @property
    def issue_time(self) -> datetime:
        """When its forecast was made."""
        return self.schedule.issue_time

    @property
    def model_version(self) -> str:
        """What made its forecast."""
        return self.forecast.model_version

    def is_of(self, firm: Firm) -> bool:
        """Whether it is a plan of the equipment that the firm declares, each of its kind."""
        kinds = {one.name: one.kind for one in firm.equipment}
        moved = all(kinds.get(move.equipment) == move.kind for move in self.schedule.moves)
        return moved and set(self.schedule.equipment_kw) == set(kinds)

    def state(self, now: datetime) -> State:
        """What has become of it at ``now``."""
        if self.decision is None:
            end = self.schedule.grid.end
            if now >= end:
                return Expired(expired_at=end)
            return Proposed() if self.schedule.moves else NothingToChange()
        if self.decision.verdict == "accepted":
            return Accepted(decision=self.decision)
        return Rejected(decision=self.decision)


def suggestion_id_of(
    firm_id: str,
    issue_time: datetime,
    model_version: str,
    made_with: MadeWith = FORECAST_ALONE,
) -> str:
    """Name the suggestion of a firm, an issue time, a model and what was told: as one, one name.

    Example:
        >>> suggestion_id_of("press", datetime(2026, 7, 1, tzinfo=UTC), "load-forecaster/3")
        'press.20260701T0000Z.e38adde1'
    """
    model = hashlib.sha256(model_version.encode()).hexdigest()[:8]
    told = f".{made_with.digest}" if made_with.digest else ""
    return f"{firm_id}.{issue_time.astimezone(UTC):%Y%m%dT%H%MZ}.{model}{told}"


class UnknownSuggestionError(SandanError):
    """No suggestion of that id was ever made."""


class AlreadyDecidedError(SandanError):
    """The suggestion has its decision; a second one is refused."""

    def __init__(self, suggestion_id: str, decision: Decision) -> None:
        super().__init__(
            f"suggestion {suggestion_id}: {decision.verdict} by {decision.decided_by} at "
            f"{decision.decided_at.isoformat(timespec='seconds')}; a decision is never changed, "
            "ask for a new suggestion once newer readings are known"
        )
        self.suggestion_id = suggestion_id
        self.decision = decision


class SuggestionExpiredError(SandanError):
    """The suggestion's horizon is over, so there is nothing left to decide."""


class NothingToDecideError(SandanError):
    """The suggestion moves nothing, so there is nothing to accept or reject."""


class UnreadableDecisionError(SandanError):
    """The decision lacks a name, or a rejection lacks its reason."""
