"""The use cases: forecast a firm, plan its equipment, propose the plan, record the decision."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError, SandanError
from feature_store.point_in_time import Knowledge, Store
from feature_store.settings import Settings
from feature_store.time_grid import (
    STEPS_PER_DAY,
    KilowattArray,
    TimeGrid,
    floor_to_step,
    utc_instant,
)
from models.diagnosis.firm_outlook import FirmOutlook
from models.dispatch.firm_plan import PeakValues
from models.forecasting.explained_forecast import Explanation, explanation_of
from models.forecasting.forecaster import Forecaster
from models.forecasting.load_forecast import MADE_BY_MODEL, LoadForecast, QualityReason
from models.forecasting.online_state import LOOKBACK_OF_MIXTURE
from models.forecasting.outlook import outlook_of
from models.optimizer.peak_value import PeakValue
from models.optimizer.plan import problem_of
from models.optimizer.plan_limits import PlanLimits, plan_limits
from models.optimizer.problem_file.announced import with_announced
from models.optimizer.problem_file.firm_now import NOTHING_TOLD, FirmNow, site_now
from models.optimizer.schedule import AcceptedPlan, Infeasible, Outcome, Solved, TimedOut
from models.optimizer.site_now import SiteNow
from serving.history import asked_from, history_before, readings_end
from serving.suggestions.accepted_plans import AcceptedPlans
from serving.suggestions.made_with import MadeWith
from serving.suggestions.suggestion import Decision, Suggestion, Verdict, suggestion_id_of
from serving.suggestions.suggestion_store import SuggestionStore

HORIZON_STEPS = 2 * STEPS_PER_DAY
"""Two days ahead: the day that is being run and the one that can still be rearranged."""
MAX_HORIZON_STEPS = 7 * STEPS_PER_DAY
"""A week: the longest lead that a forecast is asked for."""
FORECAST_HISTORY_DAYS = LOOKBACK_OF_MIXTURE // timedelta(days=1) + 1
"""What the features and what is learnt of a firm look back over, and the started day."""
PLAN_HISTORY_DAYS = 400
"""Thirteen billing months and a few days: what the ratchet of 제68조 can remember."""

WITHOUT_MODEL: frozenset[QualityReason] = frozenset({"no_model", "model_of_other_features"})
"""Reasons that end when a model is trained and served."""


class IssueTimeError(SandanError):
    """The issue time asked for is off the quarter hour or has not come yet."""


class Scheduler(Protocol):
    """From a forecast to the cheapest schedule."""

    def __call__(
        self,
        firm: Firm,
        history: LoadHistory,
        forecast: LoadForecast,
        *,
        time_limit_s: float,
        now: SiteNow,
    ) -> Outcome:
        """Plan the firm's equipment over the forecast's grid, from the state that it is in."""
        ...


@dataclass(frozen=True, kw_only=True)
class FirmOutlooks:
    """What is to be expected of firms from one issue time on."""

    firms: tuple[FirmOutlook, ...]
    """At least one, by id."""
    left_out: dict[str, str]
    """Why a firm could not be forecast, by id."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What became of planning, and the forecast that it was made for."""

    forecast: LoadForecast
    outcome: Outcome
    previous_id: str | None
    """The accepted suggestion that was to be kept; None where none covers the grid's start."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A firm whose plan is asked for, and what is known of it."""

    firm: Firm
    knowledge: Knowledge
    forecast: LoadForecast
    made_with: MadeWith
    now: SiteNow


@dataclass(frozen=True, kw_only=True)
class Planner:
    """What the service can do for a firm, on what is known at the settings' now."""

    store: Store
    forecaster: Forecaster
    scheduler: Scheduler
    suggestions: SuggestionStore
    settings: Settings
    peak_values: PeakValues = field(default_factory=PeakValues)
    """What plans of firms that ask for it are chosen by."""
    without_model: QualityReason | None = None
    """Why forecasts are made without a model; None where one serves."""

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
            return readings_end(self.store.as_of(self.now()), firm_id)
        except NotEnoughReadingsError:
            return None

    def forecast(
        self, firm_id: str, issue_time: datetime | None = None, steps: int = HORIZON_STEPS
    ) -> LoadForecast:
        """Forecast a firm's load.

        Args:
            firm_id: Whose load.
            issue_time: Only what was known then is used; if None, the end of the newest reading,
                and of a firm without readings the quarter hour that is now.
            steps: Quarter hours to forecast.

        Raises:
            IssueTimeError: The issue time is off the grid or has not come yet.
            UnknownFirmError: No such firm is declared.
        """
        firm, knowledge = self._known(firm_id, issue_time)
        return self._forecast(firm, knowledge, issue_time, steps)

    def explanation(
        self, firm_id: str, issue_time: datetime | None = None, steps: int = HORIZON_STEPS
    ) -> Explanation:
        """Forecast as :meth:`forecast` does, and tell what the median is made of.

        Raises:
            IssueTimeError: The issue time is off the grid or has not come yet.
            NotExplainedError: The forecast was made without a model that can tell.
            UnknownFirmError: No such firm is declared.
        """
        firm, knowledge = self._known(firm_id, issue_time)
        issue, history = asked_from(firm, knowledge, issue_time, days=FORECAST_HISTORY_DAYS)
        return explanation_of(self.forecaster, firm, history, issue, steps)

    def outlook(self, firm_id: str, issue_time: datetime | None = None) -> FirmOutlook:
        """Return a firm with its forecast and the past days behind it.

        The history reaches back as far as the ratchet looks. Errors are those of :meth:`forecast`.
        """
        firm, knowledge = self._known(firm_id, issue_time)
        issue, history = asked_from(firm, knowledge, issue_time, days=PLAN_HISTORY_DAYS)
        expected = outlook_of(self.forecaster, firm, history, issue, HORIZON_STEPS)
        return FirmOutlook(firm=firm, history=history, outlook=expected)

    def outlooks(self, issue_time: datetime | None = None) -> FirmOutlooks:
        """Return every firm's outlook from one issue time.

        Args:
            issue_time: Only what was known then is used; the end of the newest reading of any firm
                if None.

        Raises:
            IssueTimeError: The issue time is off the grid or has not come yet.
            NotEnoughReadingsError: No firm can be forecast.
        """
        if issue_time is None:
            ends = [self.readings_end(firm.firm_id) for firm in self.firms()]
            issue_time = max(
                (end for end in ends if end is not None), default=floor_to_step(self.now())
            )
        known, left_out = [], {}
        for firm in self.store.as_of(issue_time).firms():
            try:
                known.append(self.outlook(firm.firm_id, issue_time))
            except NotEnoughReadingsError as error:
                left_out[firm.firm_id] = str(error)
        if not known:
            raise NotEnoughReadingsError(
                "no declared firm has enough readings to be forecast; import some with "
                "'sandan readings import' or ask for a later issue time"
            )
        return FirmOutlooks(firms=tuple(known), left_out=left_out)

    def schedule(
        self, firm_id: str, issue_time: datetime | None = None, told: FirmNow = NOTHING_TOLD
    ) -> Outcome:
        """Plan a firm's equipment without proposing the plan; errors as in :meth:`plan`."""
        return self.plan(firm_id, issue_time, told).outcome

    def plan(
        self, firm_id: str, issue_time: datetime | None = None, told: FirmNow = NOTHING_TOLD
    ) -> Plan:
        """Plan a firm's equipment, and tell the forecast that the plan is made for.

        Args:
            firm_id: Whose equipment.
            issue_time: As in :meth:`forecast`; None is the running quarter hour where ``told``
                says something of it.
            told: What is measured and agreed, and whether the accepted plan is kept.

        Raises:
            ProblemError: What is told cannot be, or is too old.
            SandanError: Those of :meth:`forecast`.
        """
        asked = self._asked(firm_id, issue_time, told)
        return Plan(
            forecast=asked.forecast,
            outcome=self._outcome(asked),
            previous_id=asked.made_with.previous_id,
        )

    def suggest(
        self, firm_id: str, issue_time: datetime | None = None, told: FirmNow = NOTHING_TOLD
    ) -> Suggestion | Infeasible | TimedOut:
        """Plan a firm's equipment and propose the plan; errors as in :meth:`plan`.

        The same firm, issue time, model and state give the suggestion that was stored first.
        """
        asked = self._asked(firm_id, issue_time, told)
        forecast, made_with = asked.forecast, asked.made_with
        made = suggestion_id_of(firm_id, forecast.issue_time, forecast.model_version, made_with)
        stored = self.suggestions.find(made)
        if stored is not None:
            return stored
        match self._outcome(asked):
            case Solved(schedule=schedule):
                return self.suggestions.propose(
                    forecast,
                    schedule,
                    zone=asked.firm.zone,
                    created_at=_wall_clock(),
                    made_with=made_with,
                )
            case Infeasible() | TimedOut() as outcome:
                return outcome

    def limits(self, suggestion: Suggestion) -> PlanLimits:
        """Find out what limits a suggested plan, on what was known when it was made.

        The problem is solved again several times, in as much time as a plan may take.
        """
        firm, knowledge = self._known(suggestion.firm_id, suggestion.issue_time)
        history = history_before(knowledge, firm, suggestion.issue_time, days=PLAN_HISTORY_DAYS)
        value = None
        if suggestion.schedule.expected_demand is not None:
            value = self.peak_values.of(firm, history, suggestion.forecast)
        problem = problem_of(
            firm,
            history,
            suggestion.forecast,
            value if isinstance(value, PeakValue) else None,
            site_now(suggestion.made_with.told, firm, suggestion.forecast.grid),
        )
        return plan_limits(
            problem,
            suggestion.schedule.equipment_kw,
            time_limit_s=self.settings.solver_time_limit_s,
        )

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

    def makes_otherwise(self, suggestion: Suggestion) -> bool:
        """Whether another model serves now than made a suggestion.

        One that was made without the model that serves does not change with it.
        """
        if self.without_model is not None:
            return False
        if suggestion.forecast.quality in MADE_BY_MODEL:
            return suggestion.model_version != self.forecaster.version
        return not WITHOUT_MODEL.isdisjoint(suggestion.forecast.reasons)

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

    def _forecast(
        self, firm: Firm, knowledge: Knowledge, issue_time: datetime | None, steps: int
    ) -> LoadForecast:
        issue, history = asked_from(firm, knowledge, issue_time, days=FORECAST_HISTORY_DAYS)
        return self.forecaster.predict(firm, history, issue, steps)

    def _asked(self, firm_id: str, issue_time: datetime | None, told: FirmNow) -> _Asked:
        firm, knowledge = self._known(firm_id, issue_time)
        if issue_time is None and told.is_measured:
            issue_time = floor_to_step(knowledge.moment)
        forecast = self._forecast(firm, knowledge, issue_time, HORIZON_STEPS)
        previous = None
        if told.keep_unless_saves_krw is not None:
            accepted = self.accepted(firm_id, forecast.grid.start, known_at=knowledge.moment)
            previous = accepted if accepted and accepted.is_of(firm) else None
        if previous is not None:
            grid, made_with = forecast.grid, previous.made_with
            told = with_announced(told, firm, grid, previous.schedule, made_with.told)
        return _Asked(
            firm=firm,
            knowledge=knowledge,
            forecast=forecast,
            made_with=MadeWith(told=told, previous_id=previous.suggestion_id if previous else None),
            now=site_now(told, firm, forecast.grid, previous.schedule if previous else None),
        )

    def _outcome(self, asked: _Asked) -> Outcome:
        firm, forecast, moment = asked.firm, asked.forecast, asked.forecast.issue_time
        history = history_before(asked.knowledge, firm, moment, days=PLAN_HISTORY_DAYS)
        time_limit_s = self.settings.solver_time_limit_s
        outcome = self.scheduler(firm, history, forecast, time_limit_s=time_limit_s, now=asked.now)
        if isinstance(outcome, TimedOut):
            accepted = self.accepted(firm.firm_id, moment, known_at=asked.knowledge.moment)
            return replace(outcome, last_accepted=_goes_on(accepted, firm) if accepted else None)
        return outcome

    def accepted(
        self, firm_id: str, moment: datetime, known_at: datetime | None = None
    ) -> Suggestion | None:
        """Return the accepted plan of a moment, see :meth:`AcceptedPlans.at`."""
        lived_again = self.settings.replay_time is not None
        plans = AcceptedPlans(suggestions=self.suggestions, lived_again=lived_again)
        return plans.at(firm_id, moment, known_at)


def _goes_on(accepted: Suggestion, firm: Firm) -> AcceptedPlan:
    return AcceptedPlan(
        plan_id=accepted.suggestion_id,
        until=accepted.schedule.grid.end.astimezone(firm.zone),
    )


def _wall_clock() -> datetime:
    return datetime.now().astimezone()
