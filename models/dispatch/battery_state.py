"""What is measured of batteries while they are run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feature_store.entities.firm import Firm
from models.assets.asset import TOLERANCE_KW
from models.assets.battery import Battery
from models.dispatch.battery_now import BatteryNow
from models.dispatch.pooled_store import usable_store
from models.dispatch.rest_of_month import batteries_of
from models.dispatch.set_point_terms import BatteryStateError, NoBatteryError
from models.dispatch.store import Store
from models.optimizer.problem_file.errors import StaleStateError, StateOutsideWindowError

MAX_AGE = timedelta(minutes=15)
"""In an interval a battery of two hours fills an eighth: an older charge says too little."""
CLOCKS_APART = timedelta(minutes=1)
"""A controller's clock may be ahead of ours by so much."""


@dataclass(frozen=True, kw_only=True)
class BatteryState:
    """What was measured of a battery."""

    name: str
    charge_kwh: float
    measured_at: datetime
    power_kw: float | None = None
    """What it draws now; needed where the meter's import is told instead of the load."""
    discharged_today_kwh: float | None = None
    """Needed where the firm limits what is discharged on a day."""


def batteries_now(
    firm: Firm, states: Sequence[BatteryState], *, now: datetime, max_age: timedelta = MAX_AGE
) -> tuple[BatteryNow, ...]:
    """Return a firm's batteries with what was measured of each, in the order of its declaration.

    Args:
        firm: Who declares them.
        states: One of each battery.
        now: Against which the age of a state is reckoned.
        max_age: Of a state.

    Raises:
        NoBatteryError: The firm declares none.
        BatteryStateError: A state is missing, told twice or of no battery of the firm.
        StaleStateError: A state is older than ``max_age``, or of a time to come.
        StateOutsideWindowError: A charge lies outside of the window that the battery declares.
    """
    batteries = declared_batteries(firm)
    told: dict[str, BatteryState] = {}
    names = [battery.name for battery in batteries]
    for state in states:
        if state.name not in names:
            raise BatteryStateError(
                f"{firm.firm_id}: no battery is called {state.name!r}; name one of "
                f"{', '.join(names)}"
            )
        if state.name in told:
            raise BatteryStateError(
                f"{firm.firm_id}: {state.name} is told twice; keep the newest state"
            )
        _refuse_stale(firm, state, now, max_age)
        told[state.name] = state
    missing = [name for name in names if name not in told]
    if missing:
        raise BatteryStateError(
            f"{firm.firm_id}: the charge of {', '.join(missing)} is not told; tell it of every "
            "battery, they are run together"
        )
    return tuple(_now(firm, battery, told[battery.name]) for battery in batteries)


def declared_batteries(firm: Firm) -> tuple[Battery, ...]:
    """Return a firm's batteries.

    Raises:
        NoBatteryError: It declares none.
    """
    batteries = batteries_of(firm)
    if not batteries:
        raise NoBatteryError(
            f"{firm.firm_id} declares no battery, so there is nothing to set; declare it with "
            "'sandan firms declare', or follow the plan of its other equipment"
        )
    return batteries


def _refuse_stale(firm: Firm, state: BatteryState, now: datetime, max_age: timedelta) -> None:
    age = now - state.measured_at
    minutes = abs(age) / timedelta(minutes=1)
    if age > max_age:
        raise StaleStateError(
            f"{firm.firm_id}, {state.name}: the charge was measured {minutes:,.0f} minutes before "
            f"{now.isoformat(timespec='seconds')}, and {max_age / timedelta(minutes=1):g} are "
            "allowed; measure it again"
        )
    if age < -CLOCKS_APART:
        raise StaleStateError(
            f"{firm.firm_id}, {state.name}: the charge is told as of "
            f"{state.measured_at.isoformat()}, {minutes:,.0f} minutes after the moment asked "
            "about; mend measured_at or the clock"
        )


def _now(firm: Firm, battery: Battery, state: BatteryState) -> BatteryNow:
    declared, limits = Store.of(battery), battery.parameters
    least_kwh, most_kwh = declared.least_kwh - TOLERANCE_KW, declared.most_kwh + TOLERANCE_KW
    if not least_kwh <= state.charge_kwh <= most_kwh:
        raise StateOutsideWindowError(
            f"{firm.firm_id}, {battery.name}: a charge of {state.charge_kwh:g} kWh lies outside of "
            f"its window {declared.least_kwh:g} to {declared.most_kwh:g} kWh; measure again, or "
            "declare another min_soc_share or max_soc_share"
        )
    left_kwh = None
    if limits.max_discharge_kwh_per_day is not None:
        if state.discharged_today_kwh is None:
            raise BatteryStateError(
                f"{firm.firm_id}, {battery.name}: max_discharge_kwh_per_day is declared, so what "
                "it discharged today is needed; tell discharged_today_kwh"
            )
        left_kwh = max(limits.max_discharge_kwh_per_day - state.discharged_today_kwh, 0.0)
    return BatteryNow(
        name=battery.name,
        store=usable_store(battery),
        charge_kwh=min(max(state.charge_kwh, declared.least_kwh), declared.most_kwh),
        left_today_kwh=left_kwh,
    )
