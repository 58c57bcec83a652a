"""A complex's schedule: what each firm does, what that costs together, and how good it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feature_store.time_grid import KilowattArray, TimeGrid
from models.optimizer.complex.member_problem import Prices
from models.optimizer.schedule import PlanCost


@dataclass(frozen=True, kw_only=True)
class MemberSchedule:
    """One firm's part."""

    firm_id: str
    equipment_kw: Mapping[str, KilowattArray]
    """Planned draw by name of the equipment, shape (grid.steps,)."""
    cost: PlanCost
    """By the firm's own tariff; its part of the shared cost is not in it."""
    at_prices_krw: float
    """What no operation of the firm costs less than at ``ComplexSchedule.prices``, which it pays
    on what its equipment draws."""


@dataclass(frozen=True, kw_only=True)
class ComplexSchedule:
    """A joint plan with the proof of how much cheaper another one could be at most."""

    grid: TimeGrid
    members: tuple[MemberSchedule, ...]
    """In the order asked for."""
    battery_kw: Mapping[str, KilowattArray]
    """Draw of the community's batteries by name, shape (grid.steps,)."""
    demand_kw: KilowattArray
    """What the complex draws through its feeder on the cautious path, shape (grid.steps,)."""
    peak_kw: float
    """The largest of it that counts for the shared peak."""
    shared_krw: float
    """The shared peak, and energy and wear of the community's batteries."""
    objective_krw: float
    """All costs with the preferences among equally cheap plans, which weigh a few won."""
    bound_krw: float
    """No joint plan has a lower ``objective_krw``."""
    prices: Prices
    """Won per kW and interval that stand for the shared limits, shape (grid.steps,): each firm's
    plan is what it would choose by itself at them, but for the gap that prices leave."""
    shared_at_prices_krw: float
    """The shared part's term of the bound at the prices, which with the firms' ``at_prices_krw`` is
    ``bound_krw`` or, where few firms were solved as one, below it."""
    rounds: int
    """Rounds of prices and answers."""
    solve_seconds: float

    @property
    def cost_krw(self) -> float:
        """What all firms and the shared part cost together."""
        return sum(member.cost.total_krw for member in self.members) + self.shared_krw

    @property
    def gap_share(self) -> float:
        """Most that another plan could be cheaper, as a share of this one's cost."""
        return (self.objective_krw - self.bound_krw) / max(abs(self.objective_krw), 1.0)
