"""The use case of the running quarter hour: what a firm's batteries do now, and why."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError, SandanError
from feature_store.point_in_time import Knowledge
from feature_store.time_grid import STEP, KilowattArray, TimeGrid, floor_to_step, utc_instant
from models.diagnosis.known_firm import MomentAheadError
from models.dispatch.followed_plan import FollowedPlan
from models.dispatch.set_point_terms import (
    BatteryStateError,
    DecidedBy,
    NoPlanToFollowError,
    NotValuedError,
)
from models.site import site_of
from models.tariffs.billing_month import BillingMonth
from serving.history import history_before
from serving.planner import FORECAST_HISTORY_DAYS, HORIZON_STEPS, PLAN_HISTORY_DAYS, Planner

if TYPE_CHECKING:  # numba takes a second to import, and many firms have no battery
    from models.dispatch.battery_now import BatteryNow
    from models.dispatch.battery_state import BatteryState
    from models.dispatch.month_bill import MonthBill
    from models.dispatch.set_point import SetPoint
    from models.dispatch.set_point_table import SetPointTable
    from models.dispatch.valued_day import KnownDay, LoadChange, ValuedDay, ValuedDayStore

logger = logging.getLogger(__name__)

Found = TypeVar("Found", "SetPoint", "SetPointTable")
BATTERY = "battery"
"""Kind of equipment that set-points are of."""
RECENT_DAYS = 35
"""What is read at every asking: the whole billing month so far, and the hours since a forecast."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a controller tells of the running interval: its load, or meter and batteries."""

    batteries: tuple[BatteryState, ...]
    load_kw: float | None = None
    """Mean of the interval without the batteries."""
    import_kw: float | None = None
    """What the meter shows instead, with each battery's power."""
    peak_so_far_kw: float | None = None
    """The month's counted peak by the billing meter; None takes that of the readings."""
    max_age: timedelta | None = None
    """Of a charge; None takes the usual one."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a controller told, and the moment that it asked about."""

    at: datetime
    batteries: tuple[BatteryState, ...]
    peak_so_far_kw: float | None


@dataclass(frozen=True, kw_only=True)
class LookedUp(Generic[Found]):
    """What was looked up for a firm, and how far its readings were known."""

    found: Found
    firm: Firm
    readings_until: datetime | None
    """End of the newest reading of the last weeks; None if there is none."""

    @property
    def decided_by(self) -> DecidedBy:
        """Whether the accepted plan decided it, or price and value, and why these."""
        if isinstance(self.found.by, FollowedPlan):
            return "plan"
        return "look_up_without_plan" if self.firm.battery_operation == "plan" else "look_up"


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A firm at a moment, as far as it is known then."""

    firm: Firm
    at: datetime
    start: datetime
    """Of the running interval."""
    recent: LoadHistory
    peak_kw: float
    """The month's so far."""

    def looked_up(self, found: Found) -> LookedUp[Found]:
        """Return what was found with what was known."""
        try:
            end = self.recent.end.astimezone(self.firm.zone)
        except NotEnoughReadingsError:
            end = None
        return LookedUp(found=found, firm=self.firm, readings_until=end)


@dataclass(frozen=True, kw_only=True)
class SetPoints:
    """What batteries do now, looked up in values that are computed once for each forecast."""

    planner: Planner
    told: dict[str, Told] = field(default_factory=dict)
    """What each firm's controller told last."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def _values(self) -> ValuedDayStore:
        with self.lock:  # two first askings at once are to share what they value
            return self._made_values

    @cached_property
    def _made_values(self) -> ValuedDayStore:
        from models.dispatch.valued_day import ValuedDayStore

        return ValuedDayStore()

    def now(
        self, firm_id: str, measured: Measured, at: datetime | None = None
    ) -> LookedUp[SetPoint]:
        """Return what a firm's batteries do in the running interval.

        Args:
            firm_id: Whose batteries.
            measured: What is seen of the interval.
            at: A moment in it; only what was known then is used. None is now.

        Raises:
            MomentAheadError: The moment has not come yet.
            UnknownFirmError: No such firm is declared.
            NoBatteryError: It declares no battery.
            BatteryStateError: A battery's state is missing or of no battery.
            StaleStateError: A state is too old.
            StateOutsideWindowError: A charge cannot be.
            NotEnoughReadingsError: Too few days are known to value charge by.
            NotValuedError: The values could not be computed.
            NoPlanToFollowError: The batteries follow the accepted plan, no plan of this equipment
                covers the interval, and price and value cannot decide instead.
        """
        from models.dispatch.battery_state import MAX_AGE, batteries_now

        moment, knowledge, firm = self._known(firm_id, at)
        batteries = batteries_now(
            firm, measured.batteries, now=moment, max_age=measured.max_age or MAX_AGE
        )
        load_kw = _load_kw(firm, measured)
        asked = self._asked(firm, knowledge, moment, measured.peak_so_far_kw)
        found = self._set_point(asked, batteries, load_kw)
        self._remember(
            firm_id,
            Told(at=moment, batteries=measured.batteries, peak_so_far_kw=measured.peak_so_far_kw),
        )
        return asked.looked_up(found)

    def at_charges(
        self, firm_id: str, batteries: tuple[BatteryNow, ...], load_kw: float
    ) -> LookedUp[SetPoint]:
        """Return what batteries would do now at charges that nobody measured; errors as above."""
        moment, knowledge, firm = self._known(firm_id, None)
        asked = self._asked(firm, knowledge, moment, self._told_peak_kw(firm, moment))
        return asked.looked_up(self._set_point(asked, batteries, load_kw))

    def _told_peak_kw(self, firm: Firm, moment: datetime) -> float | None:
        """The month's peak that the controller told last, if it is of the running month."""
        told = self.last_told(firm.firm_id)
        if told is None or _billing_month(firm, told.at) != _billing_month(firm, moment):
            return None
        return told.peak_so_far_kw

    def table(
        self, firm_id: str, at: datetime | None = None, peak_so_far_kw: float | None = None
    ) -> LookedUp[SetPointTable]:
        """Return set-points by load and charge until the next forecast; errors as in :meth:`now`.

        It is for a controller that looks up within the interval, or while the line is down.
        """
        from models.dispatch.battery_state import declared_batteries
        from models.dispatch.pooled_store import usable_store
        from models.dispatch.set_point_table import followed_table, set_point_table
        from models.dispatch.valued_day import next_issue_time

        moment, knowledge, firm = self._known(firm_id, at)
        stores = {one.name: usable_store(one) for one in declared_batteries(firm)}
        asked = self._asked(firm, knowledge, moment, peak_so_far_kw)
        plan = self._plan(asked)
        if plan is not None:
            until = next_issue_time(asked.start, firm.zone)
            with _failures_named(firm):
                bill = self._bill(asked)
                found = followed_table(
                    plan, bill, asked.start, until, stores=stores, peak_kw=asked.peak_kw
                )
            return asked.looked_up(found)
        with _no_plan_either(asked), _failures_named(firm):
            valued = self._valued(asked)
            since_kw = _since_kw(asked, valued)
            found = set_point_table(valued, asked.start, stores, asked.peak_kw, since_kw)
        return asked.looked_up(found)

    def last_told(self, firm_id: str) -> Told | None:
        """Return what a firm's controller told last; None if nothing since the service started."""
        with self.lock:
            return self.told.get(firm_id)

    def _known(self, firm_id: str, at: datetime | None) -> tuple[datetime, Knowledge, Firm]:
        now = self.planner.now()
        if at is not None and at > now:
            raise MomentAheadError(
                f"{at.isoformat()} has not come yet, now is {now.isoformat(timespec='seconds')}; "
                "ask for an earlier moment or leave it out"
            )
        knowledge = self.planner.store.as_of(at or now)
        firm = knowledge.firm(firm_id)
        return (at or now).astimezone(firm.zone), knowledge, firm

    def _asked(
        self, firm: Firm, knowledge: Knowledge, moment: datetime, peak_kw: float | None
    ) -> _Asked:
        from models.dispatch.valued_day import known_peak_kw

        start = floor_to_step(moment)
        recent = history_before(knowledge, firm, start, days=RECENT_DAYS)
        if peak_kw is None:
            peak_kw = known_peak_kw(firm, recent, start)
        return _Asked(firm=firm, at=moment, start=start, recent=recent, peak_kw=peak_kw)

    def _set_point(
        self, asked: _Asked, batteries: tuple[BatteryNow, ...], load_kw: float
    ) -> SetPoint:
        from models.dispatch.set_point import SeenInterval, followed, set_point

        seen = SeenInterval(
            start=asked.start, load_kw=load_kw, batteries=batteries, peak_kw=asked.peak_kw
        )
        plan = self._plan(asked)
        if plan is not None:
            with _failures_named(asked.firm):
                return followed(plan, self._bill(asked), seen)
        with _no_plan_either(asked), _failures_named(asked.firm):
            valued = self._valued(asked)
            return set_point(valued, replace(seen, since_kw=_since_kw(asked, valued)))

    def _plan(self, asked: _Asked) -> FollowedPlan | None:
        """The accepted plan that is followed in the running interval.

        None for a firm that looks up, and where no accepted plan of its equipment covers it.
        """
        firm = asked.firm
        if firm.battery_operation != "plan":
            return None
        accepted = self.planner.accepted(firm.firm_id, asked.start, known_at=asked.at)
        if accepted is None or not accepted.is_of(firm):
            return None
        return FollowedPlan(
            plan_id=accepted.suggestion_id, forecast=accepted.forecast, schedule=accepted.schedule
        )

    def _bill(self, asked: _Asked) -> MonthBill:
        """The month's prices and what its peak costs, which a plan needs no valued day for."""
        from models.dispatch.month_bill import MonthBill

        issue_time, digest = self._digest(asked)

        def look() -> MonthBill:
            knowledge = self.planner.store.as_of(issue_time)
            history = history_before(knowledge, asked.firm, issue_time, days=PLAN_HISTORY_DAYS)
            return MonthBill.of(asked.firm, history, issue_time)

        return self._values.bills.of(digest, look)

    def _digest(self, asked: _Asked) -> tuple[datetime, str]:
        """When the newest forecast was due, and what tells its day apart."""
        from models.dispatch.valued_day import digest_of_day, issue_time_at

        issue_time = issue_time_at(asked.start, asked.firm.zone)
        recent = asked.recent.as_of(issue_time)
        version = self.planner.forecaster.version
        return issue_time, digest_of_day(asked.firm, recent, issue_time, version)

    def _valued(self, asked: _Asked) -> ValuedDay:
        issue_time, digest = self._digest(asked)
        return self._values.of(digest, asked.peak_kw, lambda: self._look(asked, issue_time))

    def _look(self, asked: _Asked, issue_time: datetime) -> KnownDay:
        """Read what the day is valued by, as it was known when its forecast was due."""
        from models.dispatch.valued_day import KnownDay, next_issue_time

        firm, planner = asked.firm, self.planner
        knowledge = planner.store.as_of(issue_time)
        seen = history_before(knowledge, firm, issue_time, days=FORECAST_HISTORY_DAYS)
        return KnownDay(
            firm=firm,
            history=history_before(knowledge, firm, issue_time, days=PLAN_HISTORY_DAYS),
            forecast=planner.forecaster.predict(firm, seen, issue_time, HORIZON_STEPS),
            change=self._accepted_change(firm, issue_time),
            is_live=planner.now() < next_issue_time(issue_time, firm.zone),
        )

    def _accepted_change(self, firm: Firm, issue_time: datetime) -> LoadChange | None:
        """What the accepted plan of the other equipment adds to its usual operation."""
        from models.assets.battery import Battery
        from models.dispatch.valued_day import LoadChange

        others = [asset for asset in site_of(firm).assets if not isinstance(asset, Battery)]
        if not others:
            return None
        accepted = self.planner.accepted(firm.firm_id, issue_time, known_at=issue_time)
        if accepted is None:
            return None
        grid, planned_kw = accepted.schedule.grid, accepted.schedule.equipment_kw
        added_kw = np.zeros(grid.steps)
        for asset in others:
            if asset.name in planned_kw:
                added_kw += planned_kw[asset.name] - asset.usual_kw(grid)
        return LoadChange(grid=grid, added_kw=added_kw)

    def _remember(self, firm_id: str, told: Told) -> None:
        with self.lock:
            before = self.told.get(firm_id)
            if before is None or before.at <= told.at:
                self.told[firm_id] = told


def _billing_month(firm: Firm, moment: datetime) -> BillingMonth:
    return BillingMonth.of(moment.astimezone(firm.zone).date(), firm.contract.meter_reading_day)


def _load_kw(firm: Firm, measured: Measured) -> float:
    if measured.load_kw is not None:
        return measured.load_kw
    if measured.import_kw is None:
        raise BatteryStateError(
            f"{firm.firm_id}: the load is not told; tell load_kw, or import_kw with the power_kw "
            "of every battery"
        )
    powers_kw = [battery.power_kw for battery in measured.batteries]
    told_kw = [power_kw for power_kw in powers_kw if power_kw is not None]
    if len(told_kw) < len(powers_kw):
        raise BatteryStateError(
            f"{firm.firm_id}: import_kw is told without the power_kw of every battery, so the load "
            "is not known; tell it, or load_kw"
        )
    return measured.import_kw - sum(told_kw)


def _since_kw(asked: _Asked, valued: ValuedDay) -> KilowattArray:
    """Return the loads known from the forecast's issue time to the running interval."""
    since = utc_instant(asked.start) - utc_instant(valued.forecast.issue_time)
    steps = int(since // STEP)
    if not steps:
        return np.zeros(0)
    return asked.recent.demand_on(TimeGrid(valued.forecast.issue_time, steps))


@contextmanager
def _failures_named(firm: Firm) -> Iterator[None]:
    """Turn whatever goes wrong in valuing into an answer that names the next step."""
    try:
        yield
    except SandanError:
        raise
    except Exception as error:
        logger.exception("%s: the running day cannot be valued", firm.firm_id)
        raise NotValuedError(
            f"{firm.firm_id}: the running day could not be valued, the server's log says why; "
            "follow the accepted plan, or leave the batteries at rest, and ask again at the next "
            "quarter hour"
        ) from error


@contextmanager
def _no_plan_either(asked: _Asked) -> Iterator[None]:
    """Say, where looking up fails for a firm that follows its plan, that no plan is there."""
    try:
        yield
    except (NotEnoughReadingsError, NotValuedError) as error:
        if asked.firm.battery_operation != "plan":
            raise
        raise NoPlanToFollowError(
            f"{asked.firm.firm_id}: its batteries follow the accepted plan, and none of its "
            f"equipment is accepted for {asked.start.isoformat(timespec='minutes')}; accept a "
            f"suggestion. Price and value cannot decide instead: {error}"
        ) from error
