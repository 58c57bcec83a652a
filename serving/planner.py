"""The use cases: forecast a firm, plan its equipment, propose the plan, record the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError, SandanError
from feature_store.features.catalogue import LOOKBACK
from feature_store.point_in_time import Knowledge, Store
from feature_store.settings import Settings
from feature_store.time_grid import (
    STEPS_PER_DAY,
    KilowattArray,
    TimeGrid,
    floor_to_step,
    utc_instant,
)
from models.forecasting.forecaster import Forecaster
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.schedule import Infeasible, Outcome, Solved, TimedOut
from serving.suggestions.suggestion import Decision, Suggestion, Verdict, suggestion_id_of
from serving.suggestions.suggestion_store import SuggestionStore

HORIZON_STEPS = 2 * STEPS_PER_DAY
"""Two days ahead: the day that is being run and the one that can still be rearranged."""
MAX_HORIZON_STEPS = 7 * STEPS_PER_DAY
"""A week: the longest lead that a forecast is asked for."""
FORECAST_HISTORY_DAYS = LOOKBACK // timedelta(days=1) + 1
"""What the features look back over, and the started day."""
PLAN_HISTORY_DAYS = 400
"""Thirteen billing months and a few days: what the ratchet of 제68조 can remember."""
LOOK_BACK_DAYS = (3, FORECAST_HISTORY_DAYS)
"""How far back the newest reading is looked for before all are: a weekend, then ten weeks."""


class IssueTimeError(SandanError):
    """The issue time asked for is off the quarter hour or has not come yet."""


class Scheduler(Protocol):
    """From a forecast to the cheapest schedule."""

    def __call__(
        self, firm: Firm, history: LoadHistory, forecast: LoadForecast, *, time_limit_s: float
    ) -> Outcome:
        """Plan the firm's equipment over the forecast's grid."""
        ...


@dataclass(frozen=True, kw_only=True)
class Planner:
    """What the service can do for a firm, on what is known at the settings' now."""

    store: Store
    forecaster: Forecaster
    scheduler: Scheduler
    suggestions: SuggestionStore
    settings: Settings

    def now(self) -> datetime:
        """The moment the service takes as now."""
        return self.settings.now()

    def firms(self) -> tuple[Firm, ...]:
        """Return every firm declared by now."""
        return self.store.as_of(self.now()).firms()

    def firm(self, firm_id: str) -> Firm:
        """Return one firm as declared by now."""
        return self.store.as_of(self.now()).firm(firm_id)

    def readings_end(self, firm_id: str) -> datetime | None:
        """Return the end of a firm's newest reading known now, None if it has none."""
        try:
            return _readings_end(self.store.as_of(self.now()), firm_id)
        except NotEnoughReadingsError:
            return None

    def forecast(
        self, firm_id: str, issue_time: datetime | None = None, steps: int = HORIZON_STEPS
    ) -> LoadForecast:
        """Forecast a firm's load.

        Args:
            firm_id: Whose load.
            issue_time: Only what was known then is used; the end of the newest reading if None.
            steps: Quarter hours to forecast.

        Raises:
            IssueTimeError: The issue time is off the grid or has not come yet.
            NoModelError: No model serves yet.
            NotEnoughReadingsError: Too little was known then.
            UnknownFirmError: No such firm is declared.
        """
        firm, knowledge = self._known(firm_id, issue_time)
        issue = issue_time or _readings_end(knowledge, firm_id)
        age_days = (knowledge.moment - issue) // timedelta(days=1)
        history = knowledge.history(firm_id, days=FORECAST_HISTORY_DAYS + age_days)
        return self.forecaster.predict(firm, history, issue.astimezone(firm.zone), steps)

    def schedule(self, firm_id: str, issue_time: datetime | None = None) -> Outcome:
        """Plan a firm's equipment without proposing the plan; errors as in :meth:`forecast`."""
        _, outcome = self._plan(*self._known(firm_id, issue_time), issue_time)
        return outcome

    def suggest(
        self, firm_id: str, issue_time: datetime | None = None
    ) -> Suggestion | Infeasible | TimedOut:
        """Plan a firm's equipment and propose the plan; errors as in :meth:`forecast`.

        The same firm, issue time and model give the suggestion that was stored first.
        """
        firm, knowledge = self._known(firm_id, issue_time)
        issue = issue_time or _readings_end(knowledge, firm_id)
        stored = self.suggestions.find(suggestion_id_of(firm_id, issue, self.forecaster.version))
        if stored is not None:
            return stored
        forecast, outcome = self._plan(firm, knowledge, issue)
        match outcome:
            case Solved(schedule=schedule):
                return self.suggestions.propose(
                    forecast, schedule, zone=firm.zone, created_at=_wall_clock()
                )
            case Infeasible() | TimedOut():
                return outcome

    def decide(
        self, suggestion_id: str, *, verdict: Verdict, decided_by: str, reason: str
    ) -> Suggestion:
        """Record an operator's decision; errors as in :meth:`SuggestionStore.decide`.

        The record carries the wall clock even while a past day is lived again.
        """
        decision = Decision(
            verdict=verdict,
            reason=reason.strip(),
            decided_by=decided_by.strip(),
            decided_at=_wall_clock(),
        )
        return self.suggestions.decide(suggestion_id, decision, now=self.now())

    def measured_on(self, firm_id: str, grid: TimeGrid) -> KilowattArray:
        """Return the load known now on ``grid``, shape (grid.steps,), NaN where none is."""
        now = self.now()
        age_days = max((now - grid.start) // timedelta(days=1) + 1, 1)
        try:
            history = self.store.as_of(now).history(firm_id, days=age_days)
        except NotEnoughReadingsError:
            return np.full(grid.steps, np.nan)
        return history.demand_on(grid)

    def _known(self, firm_id: str, issue_time: datetime | None) -> tuple[Firm, Knowledge]:
        """The firm, and what was known at the issue time or, without one, what is known now."""
        now = self.now()
        if issue_time is None:
            knowledge = self.store.as_of(now)
            return knowledge.firm(firm_id), knowledge
        utc_instant(issue_time, what="issue time")
        if issue_time > now:
            raise IssueTimeError(
                f"issue time {issue_time.isoformat()} has not come yet, now is "
                f"{now.isoformat(timespec='seconds')}; ask for an earlier one or leave it out"
            )
        if floor_to_step(issue_time) != issue_time:
            raise IssueTimeError(
                f"issue time {issue_time.isoformat()} is not on a quarter hour; "
                f"write {floor_to_step(issue_time).isoformat()}"
            )
        knowledge = self.store.as_of(issue_time)
        return knowledge.firm(firm_id), knowledge

    def _plan(
        self, firm: Firm, knowledge: Knowledge, issue_time: datetime | None
    ) -> tuple[LoadForecast, Outcome]:
        issue = (issue_time or _readings_end(knowledge, firm.firm_id)).astimezone(firm.zone)
        age_days = (knowledge.moment - issue) // timedelta(days=1)
        history = knowledge.history(firm.firm_id, days=PLAN_HISTORY_DAYS + age_days)
        forecast = self.forecaster.predict(firm, history, issue, HORIZON_STEPS)
        time_limit_s = self.settings.solver_time_limit_s
        return forecast, self.scheduler(firm, history, forecast, time_limit_s=time_limit_s)


def _readings_end(knowledge: Knowledge, firm_id: str) -> datetime:
    for days in LOOK_BACK_DAYS:
        try:
            return knowledge.history(firm_id, days=days).end
        except NotEnoughReadingsError:
            continue
    return knowledge.history(firm_id).end


def _wall_clock() -> datetime:
    return datetime.now().astimezone()
