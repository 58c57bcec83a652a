"""A schedule: what each piece of equipment should do, what that changes and what it saves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.action import Action

Reason = Literal["cheaper_hours", "lower_peak", "cheaper_hours_and_lower_peak"]
Binding = Literal[
    "full",
    "empty",
    "reserve",
    "charging_power",
    "discharging_power",
    "days_discharge",
    "machine_power",
    "largest_output",
    "least_output",
    "largest_reduction",
    "least_reduction",
    "days_reduction",
    "window_start",
    "window_end",
    "departure",
    "notice",
    "shortest_time",
    "longest_time",
    "shortest_pause",
    "days_starts",
    "precedence",
    "exclusion",
    "crew",
    "contract_power",
    "no_feeding_back",
    "feeding_back",
]
"""What a move may lie at: see :mod:`models.optimizer.binding_limits`."""
ByBillBecause = Literal["few_days", "month_ends", "not_metered", "value_failed", "bill_would_rise"]
"""Why a plan was chosen by its bill although its firm asks for what the peak is expected to cost:
too few days are known, no day of the billing month is left after the plan, demand is not metered,
the value could not be computed, or it led to a bill above that of doing nothing."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A stretch of steady action of one piece of equipment."""

    action: Action
    start: datetime
    end: datetime
    power_kw: float
    """Mean draw from the site bus over the block; negative feeds or reduces."""


@dataclass(frozen=True, kw_only=True)
class BindingLimit:
    """A limit that a move lies at: with more of it another plan may be cheaper."""

    what: Binding
    others: tuple[str, ...] = ()
    """The jobs that hold it back, where it is a relation between jobs."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """What one piece of equipment does otherwise than usual."""

    equipment: str
    kind: str
    usual: tuple[Block, ...]
    """What it would do if nobody changed anything; empty for a battery at rest."""
    planned: tuple[Block, ...]
    saved_krw: float
    """Its Shapley share of the plan's saving: the shares of all moves add up to the whole."""
    reason: Reason
    limits: tuple[BindingLimit, ...] = ()
    """What it lies at, of its equipment first, then of the site; empty if nothing holds it."""


@dataclass(frozen=True, kw_only=True)
class PlanCost:
    """What the horizon costs: the tariff's own formulas on one set of equipment powers."""

    energy_krw: float
    """Energy charge with the per-kWh additions, on the median forecast, before VAT and fund."""
    demand_krw: float
    """Demand charge of every billing month that the horizon touches, the surcharge above the
    contract power, and ``later_demand_krw``, on the forecast quantile ``Schedule.peak_quantile``,
    before VAT and fund."""
    wear_krw: float
    """Wear of batteries and the cost of curtailing."""
    later_demand_krw: float = 0.0
    """Of ``demand_krw``, what the ratchet will charge in later months for the horizon's peak,
    beyond what they are expected to be charged anyway."""
    export_earned_krw: float = 0.0
    """What power fed back into the grid earns."""
    events_earned_krw: float = 0.0
    """What demand-response events pay, less their penalties."""

    @property
    def month_demand_krw(self) -> float:
        """Of ``demand_krw``, what the billing months touched are charged."""
        return self.demand_krw - self.later_demand_krw

    @property
    def total_krw(self) -> float:
        """All of it."""
        cost_krw = self.energy_krw + self.demand_krw + self.wear_krw
        return cost_krw - self.export_earned_krw - self.events_earned_krw


@dataclass(frozen=True, kw_only=True)
class PeakDemand:
    """One peak that is charged: of a billing month, or of stated hours."""

    name: str
    krw_per_kw: float
    floor_kw: float
    """Billed whatever happens."""
    usual_kw: float
    """Largest demand that counts for it if nothing is changed, 0 if no interval does."""
    planned_kw: float
    """The same with the plan."""


@dataclass(frozen=True, kw_only=True)
class PlannedEvent:
    """What the plan makes of one demand-response event."""

    name: str
    start: datetime
    takes_part: bool
    credited_kwh: float
    """Reduction that counts."""
    earned_krw: float
    """Pay less penalty."""


@dataclass(frozen=True, kw_only=True)
class PassingRisk:
    """Probabilities that the demand passes what the first billing month is billed for anyway."""

    usual: float
    """If nothing is changed."""
    planned: float
    """With the plan, its powers kept whatever the load does."""


@dataclass(frozen=True, kw_only=True)
class ExpectedDemand:
    """What demand is expected to cost once the month is over: what a plan was chosen by.

    No bill and no saving: some later day may pass the peak of the grid anyway. Never more than
    ``PlanCost.demand_krw`` of the same operation.
    """

    usual_krw: float
    """If nothing is changed."""
    planned_krw: float
    """With the plan."""
    days_left: int
    """Days of the month after the grid."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A site's plan over a grid, beside what would happen without it."""

    firm_id: str
    issue_time: datetime
    grid: TimeGrid
    equipment_kw: dict[str, KilowattArray]
    """Planned draw of each piece of equipment by name, shape (grid.steps,)."""
    soc_kwh: dict[str, KilowattArray]
    """State of charge of each battery at the start of each step and at the end, (grid.steps+1,)."""
    usual_import_kw: KilowattArray
    """Draw from KEPCO if nothing is changed, on the median forecast, shape (grid.steps,)."""
    planned_import_kw: KilowattArray
    """The same with the plan."""
    usual_cost: PlanCost
    planned_cost: PlanCost
    usual_peak_kw: float
    """Largest demand that counts for the bill (mid and peak bands) if nothing is changed, on the
    same forecast quantile as ``PlanCost.demand_krw``, so that kW and won agree: it lies above the
    largest ``usual_import_kw``, which is the median. 0 if no interval counts."""
    planned_peak_kw: float
    """The same with the plan."""
    demand_floor_kw: float
    """Demand already billed in the first billing month touched, whatever happens: the larger of
    the ratchet, the month's peak so far and 30 % of the contract power."""
    contract_power_kw: float
    moves: tuple[Move, ...]
    """Sorted by saving, largest first."""
    solve_seconds: float
    peak_quantile: float = 0.8
    """Probability level of the forecast path that peaks and demand charges are judged on."""
    undrawn_kwh: float = 0.0
    """Energy of usual runs that the median forecast does not show. Above 0 the declared runs draw
    more than the whole load at some time: the declaration or the forecast is off there."""
    peak_krw_per_kw: float = 0.0
    """What one more kW than ``planned_peak_kw`` costs in the first billing month touched and in
    all later months that the ratchet binds; 0 while the peak lies below what is billed anyway."""
    peak_months: int = 0
    """Number of these months."""
    kept_previous: bool = False
    """Whether it is the plan made before, carried on: a new one would have saved too little."""
    usual_net_kw: KilowattArray | None = None
    """Draw from the grid if nothing is changed, negative where power is fed back, shape
    (grid.steps,); None where nothing may be."""
    planned_net_kw: KilowattArray | None = None
    """The same with the plan."""
    peaks: tuple[PeakDemand, ...] = ()
    """Every peak charged, in the order of the prices."""
    events: tuple[PlannedEvent, ...] = ()
    """Every demand-response event."""
    usual_kw: dict[str, KilowattArray] = field(default_factory=dict)
    """What each piece of equipment draws if nothing is changed, by name, shape (grid.steps,)."""
    passing_risk: PassingRisk | None = None
    """None where no forecast tells how the load may run."""
    expected_demand: ExpectedDemand | None = None
    """None where the plan was chosen by the bill alone."""
    by_bill_because: ByBillBecause | None = None
    """Why, where the firm asks for the other; else None."""

    @property
    def saved_krw(self) -> float:
        """What the plan saves over the horizon."""
        return self.usual_cost.total_krw - self.planned_cost.total_krw


@dataclass(frozen=True, kw_only=True)
class Solved:
    """The cheapest schedule was found, to the solver's gap."""

    schedule: Schedule
    bound_krw: float | None = None
    """No schedule costs less than this over the horizon, but for preferences among equally cheap
    ones, which weigh a few won; None where the solver was not asked."""

    @property
    def gap_krw(self) -> float | None:
        """Most that any other schedule could be cheaper."""
        if self.bound_krw is None:
            return None
        return self.schedule.planned_cost.total_krw - self.bound_krw


@dataclass(frozen=True, kw_only=True)
class Infeasible:
    """No schedule satisfies every limit; nothing may be suggested."""

    reason: str
    """What conflicts, where, and the next step."""


@dataclass(frozen=True, kw_only=True)
class AcceptedPlan:
    """A plan that was accepted before and still runs."""

    plan_id: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class TimedOut:
    """The time limit ended before a schedule was proved cheapest; nothing may be suggested."""

    time_limit_s: float
    incumbent: Schedule | None = None
    """The best schedule found by then, replayed and billed again as any; None if there was none.
    Which one it is depends on how fast the machine was, so it may be shown, but not proposed."""
    bound_krw: float | None = None
    """No schedule costs less than this over the horizon, as of :class:`Solved`; None without
    an incumbent."""
    last_accepted: AcceptedPlan | None = None
    """What goes on meanwhile, told by who keeps decisions."""

    @property
    def gap_krw(self) -> float | None:
        """Most that any other schedule could be cheaper than the incumbent."""
        if self.incumbent is None or self.bound_krw is None:
            return None
        return self.incumbent.planned_cost.total_krw - self.bound_krw

    @property
    def reason(self) -> str:
        """Why there is no proved schedule, and what goes on."""
        late = f"no schedule was proved cheapest within {self.time_limit_s:g} s"
        accepted = self.last_accepted
        if accepted is None:
            return late
        until = f"{accepted.until:%Y-%m-%d %H:%M}"
        return f"{late}; the accepted plan {accepted.plan_id} goes on until {until}"


Outcome = Solved | Infeasible | TimedOut
