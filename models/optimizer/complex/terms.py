"""What the firms of a complex share, and who they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.battery import Battery
from models.optimizer.pricing import Pricing


class ComplexTermsError(SandanError):
    """The shared terms and the firms do not fit together."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One firm of the complex."""

    pricing: Pricing
    """Its site, prices, forecast and what its months are billed anyway."""

    @property
    def firm_id(self) -> str:
        """Name of the firm."""
        return self.pricing.site.firm_id


@dataclass(frozen=True, kw_only=True)
class SharedTerms:
    """What ties the firms to one another. Demand is judged on the cautious path, as bills are."""

    feeder_limit_kw: KilowattArray | None = None
    """Most that all firms and shared batteries may draw together, shape (steps,)."""
    peak_krw_per_kw: float = 0.0
    """Price of the complex's largest counted demand, beside what each firm pays for its own."""
    counted: npt.NDArray[np.bool_] | None = None
    """Whether the interval counts for that peak, shape (steps,); left out, all do."""
    batteries: tuple[Battery, ...] = ()
    """Batteries of the community, behind the feeder and beside the firms."""
    battery_krw_per_kwh: npt.NDArray[np.float64] | None = None
    """What the energy that they lose and store costs, shape (steps,)."""

    def checked(self, grid: TimeGrid) -> None:
        """Raise a :class:`ComplexTermsError` for numbers that no complex can have on ``grid``."""
        series = {
            "feeder_limit_kw": self.feeder_limit_kw,
            "counted": self.counted,
            "battery_krw_per_kwh": self.battery_krw_per_kwh,
        }
        for name, values in series.items():
            if values is None:
                continue
            if values.shape != (grid.steps,) or not np.isfinite(values).all():
                raise ComplexTermsError(
                    f"{name} has shape {values.shape} or a value that is no number; "
                    f"give one finite number for each of the {grid.steps} intervals"
                )
        if self.feeder_limit_kw is not None and self.feeder_limit_kw.min() < 0:
            raise ComplexTermsError("feeder_limit_kw is negative somewhere; give a limit >= 0 kW")
        if not np.isfinite(self.peak_krw_per_kw) or self.peak_krw_per_kw < 0:
            raise ComplexTermsError(
                f"peak_krw_per_kw is {self.peak_krw_per_kw:g}; give a price >= 0 won/kW"
            )
        if self.batteries and self.battery_krw_per_kwh is None:
            raise ComplexTermsError(
                f"{self.batteries[0].name}: no price for the energy of the community's batteries; "
                "give battery_krw_per_kwh"
            )

    def counted_on(self, grid: TimeGrid) -> npt.NDArray[np.bool_]:
        """Whether each interval counts for the shared peak, shape (steps,)."""
        return np.ones(grid.steps, dtype=bool) if self.counted is None else self.counted

    def part(self, share: float) -> SharedTerms:
        """Return the terms of firms that together hold ``share`` of the feeder and batteries."""
        limit_kw = None if self.feeder_limit_kw is None else share * self.feeder_limit_kw
        return replace(
            self,
            feeder_limit_kw=limit_kw,
            batteries=tuple(_part_of(battery, share) for battery in self.batteries),
        )


def _part_of(battery: Battery, share: float) -> Battery:
    limits = battery.parameters
    held = {
        "capacity_kwh": share * limits.capacity_kwh,
        "max_charge_kw": share * limits.max_charge_kw,
        "max_discharge_kw": share * limits.max_discharge_kw,
        "discharged_today_kwh": share * limits.discharged_today_kwh,
    }
    if limits.max_discharge_kwh_per_day is not None:
        held["max_discharge_kwh_per_day"] = share * limits.max_discharge_kwh_per_day
    return replace(battery, parameters=limits.model_copy(update=held))


def shared_grid(members: tuple[Member, ...]) -> TimeGrid:
    """Return the grid that all members are planned on; another one is a named error."""
    if not members:
        raise ComplexTermsError("a complex without firms; name at least one")
    grid = members[0].pricing.prices.grid
    for member in members:
        other = member.pricing.prices.grid
        if other != grid:
            raise ComplexTermsError(
                f"{member.firm_id} is planned from {other.start} for {other.steps} intervals, "
                f"{members[0].firm_id} from {grid.start} for {grid.steps}; "
                "forecast all firms for the same intervals"
            )
    names = [member.firm_id for member in members]
    twice = (
        sorted({name for name in names if names.count(name) > 1})
        if len(set(names)) < len(names)
        else []
    )
    if twice:
        raise ComplexTermsError(f"{twice[0]} is named twice; name each firm once")
    return grid


def entitled_shares(members: tuple[Member, ...]) -> npt.NDArray[np.float64]:
    """Return each firm's share of what is shared, by contract power; shape (firms,), sum 1."""
    power_kw = np.array([member.pricing.site.contract.power_kw for member in members])
    return power_kw / power_kw.sum()
