"""What a firm's page says of its batteries now: the set-point in words, with the peak it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.errors import NotEnoughReadingsError, SandanError
from feature_store.time_grid import (
    INTERVAL,
    STEP,
    STEPS_PER_DAY,
    TimeGrid,
    floor_to_step,
    utc_instant,
)
from models.dispatch.set_point_terms import DecidedBy, NoPlanToFollowError
from serving.set_points import BATTERY, SetPoints

if TYPE_CHECKING:  # numba takes a second to import
    from models.assets.battery import Battery
    from models.dispatch.battery_now import BatteryNow
    from models.dispatch.battery_state import BatteryState
    from models.dispatch.set_point import SetPoint

TOLD_LATELY = timedelta(hours=1)
"""A charge that a controller told longer ago is no charge of now."""

ChargeFrom = Literal["told", "plan", "declared"]


@dataclass(frozen=True, kw_only=True)
class BatteryPanel:
    """Everything that the panel tells."""

    set_point: SetPoint
    decided_by: DecidedBy
    charge_from: ChargeFrom
    """Whether the charge was told, or is that of the accepted plan or of the declaration."""
    charge_at: datetime
    """When it was measured, or the moment that the plan has it at."""
    load_at: datetime
    """Start of the newest reading's interval, whose load is taken for the running one."""


@dataclass(frozen=True, kw_only=True)
class NoPanel:
    """Why nothing can be told."""

    because: str
    lacks_plan: bool = False
    """Whether the batteries follow the accepted plan, and none is accepted."""


def has_battery(firm: Firm) -> bool:
    """Whether a firm's page has the panel."""
    return any(one.kind == BATTERY for one in firm.equipment)


def battery_panel(set_points: SetPoints, firm: Firm) -> BatteryPanel | NoPanel:
    """Look up what the batteries do now, at the newest reading and the charge that is known."""
    try:
        load_kw, load_at = _newest_load(set_points, firm)
        charge_from, charge_at, batteries = _batteries(set_points, firm)
        found = set_points.at_charges(firm.firm_id, batteries, load_kw)
    except NoPlanToFollowError as error:
        return NoPanel(because=str(error), lacks_plan=True)
    except SandanError as error:
        return NoPanel(because=str(error))
    return BatteryPanel(
        set_point=found.found,
        decided_by=found.decided_by,
        charge_from=charge_from,
        charge_at=charge_at,
        load_at=load_at,
    )


def _newest_load(set_points: SetPoints, firm: Firm) -> tuple[float, datetime]:
    """The load of the newest interval that is known of the last day, and when it began."""
    planner = set_points.planner
    start = floor_to_step(planner.now().astimezone(firm.zone))
    grid = TimeGrid(start - STEPS_PER_DAY * INTERVAL, STEPS_PER_DAY)
    measured_kw = planner.measured_on(firm.firm_id, grid)
    known = np.flatnonzero(np.isfinite(measured_kw))
    if not known.size:
        raise NotEnoughReadingsError(
            f"{firm.firm_id}: no reading of the last day is known, so the load of now is not; "
            "import or send readings"
        )
    newest = int(known[-1])
    return float(measured_kw[newest]), grid.at(newest)


def _batteries(
    set_points: SetPoints, firm: Firm
) -> tuple[ChargeFrom, datetime, tuple[BatteryNow, ...]]:
    """The charges that are known, or what they would be by the accepted plan."""
    from models.dispatch.battery_state import BatteryState, batteries_now, declared_batteries

    now = set_points.planner.now().astimezone(firm.zone)
    told = set_points.last_told(firm.firm_id)
    if told is not None and told.at <= now:
        try:
            measured = batteries_now(firm, told.batteries, now=now, max_age=TOLD_LATELY)
        except SandanError:  # too long ago, or the firm declares other batteries by now
            pass
        else:
            return "told", min(one.measured_at for one in told.batteries), measured
    batteries = declared_batteries(firm)
    planned_kwh = _planned_charges(set_points, firm, now)
    charges = {
        battery.name: _in_window_kwh(
            battery, planned_kwh.get(battery.name, battery.initial_soc_kwh)
        )
        for battery in batteries
    }
    states: Iterable[BatteryState] = (
        BatteryState(name=name, charge_kwh=kwh, measured_at=now, discharged_today_kwh=0.0)
        for name, kwh in charges.items()
    )
    charge_from: ChargeFrom = "plan" if set(charges) <= set(planned_kwh) else "declared"
    return charge_from, now, batteries_now(firm, tuple(states), now=now)


def _planned_charges(set_points: SetPoints, firm: Firm, now: datetime) -> dict[str, float]:
    """What the accepted plan has in each battery now, by name; nothing without such a plan."""
    accepted = set_points.planner.accepted(firm.firm_id, now)
    if accepted is None or not accepted.is_of(firm):
        return {}
    step = int((utc_instant(now) - utc_instant(accepted.schedule.grid.start)) // STEP)
    return {name: float(kwh[step]) for name, kwh in accepted.schedule.soc_kwh.items()}


def _in_window_kwh(battery: Battery, charge_kwh: float) -> float:
    """Hold a planned charge within the window that is declared by now."""
    limits = battery.parameters
    share = charge_kwh / limits.capacity_kwh
    return limits.capacity_kwh * min(max(share, limits.min_soc_share), limits.max_soc_share)
