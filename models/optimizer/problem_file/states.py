"""Equipment as it is declared, in the state that was measured of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from feature_store.entities.firm import Equipment
from feature_store.time_grid import INTERVAL
from models.assets.asset import TOLERANCE_KW
from models.optimizer.problem_file.document import StatePart
from models.optimizer.problem_file.errors import (
    StaleStateError,
    StateError,
    StateOutsideWindowError,
)

BY_INTERVAL = ("reduced_before_kw", "announced_kw")
"""Parameters with a value for each interval up to the grid's start, or from it on."""


def equipment_now(
    equipment: Sequence[Equipment],
    states: Sequence[StatePart],
    *,
    now: datetime,
    max_age_minutes: float,
) -> tuple[Equipment, ...]:
    """Return the equipment with what was measured instead of what was declared.

    Args:
        equipment: As declared.
        states: At most one of each.
        now: Start of the grid.
        max_age_minutes: An older state is a :class:`StaleStateError`.
    """
    declared = {one.name: one for one in equipment}
    told: dict[str, StatePart] = {}
    for state in states:
        if state.equipment not in declared:
            raise StateError(
                f"states: no equipment is called {state.equipment!r}; name one of "
                f"{', '.join(declared) or 'the equipment, of which none is declared'}"
            )
        if state.equipment in told:
            raise StateError(f"states: {state.equipment} has two; keep the newest")
        _refuse_stale(state, now, max_age_minutes)
        told[state.equipment] = state
    measured = tuple(
        _measured(one, told[one.name]) if one.name in told else one for one in equipment
    )
    for one in measured:
        _refuse_outside_window(one)
    return measured


def _refuse_stale(state: StatePart, now: datetime, max_age_minutes: float) -> None:
    age = now - state.measured_at
    if age > timedelta(minutes=max_age_minutes):
        raise StaleStateError(
            f"states: {state.equipment} was measured at {state.measured_at.isoformat()}, "
            f"{age / timedelta(minutes=1):,.0f} minutes before the grid starts, and "
            f"{max_age_minutes:g} are allowed; read it again, or raise max_state_age_minutes"
        )
    by_interval = [name for name in BY_INTERVAL if name in state.parameters]
    if by_interval and age > INTERVAL:
        raise StaleStateError(
            f"states: {by_interval[0]} of {state.equipment} was told "
            f"{age / timedelta(minutes=1):,.0f} minutes before the grid starts, but one of its "
            "values is of the interval next to that start; tell it again as of the grid's start"
        )
    if age <= -INTERVAL:
        raise StaleStateError(
            f"states: {state.equipment} is told as of {state.measured_at.isoformat()}, after the "
            "grid's first interval; mend measured_at or the grid's start"
        )


def _measured(declared: Equipment, state: StatePart) -> Equipment:
    share = state.soc_share
    if state.soc_kwh is not None:
        capacity_kwh = declared.parameters.get("capacity_kwh")
        if share is not None:
            raise StateError(f"states: {declared.name} has soc_kwh and soc_share; write one")
        if not isinstance(capacity_kwh, int | float) or capacity_kwh <= 0:
            raise StateError(
                f"states: {declared.name} declares no capacity_kwh above 0, so soc_kwh says "
                "nothing of it; write what it has in parameters"
            )
        share = state.soc_kwh / capacity_kwh
    now = dict(declared.parameters) | dict(state.parameters)
    if share is not None:
        if "initial_soc_share" not in declared.parameters:
            raise StateError(
                f"states: {declared.name} declares no initial_soc_share, so it has no state of "
                "charge; leave it out"
            )
        now["initial_soc_share"] = share
    return declared.model_copy(update={"parameters": now})


def _refuse_outside_window(equipment: Equipment) -> None:
    soc = _number(equipment.parameters, "initial_soc_share")
    least = _number(equipment.parameters, "min_soc_share")
    most = _number(equipment.parameters, "max_soc_share")
    capacity_kwh = _number(equipment.parameters, "capacity_kwh")
    if soc is None or least is None or most is None or capacity_kwh is None:
        return
    slack = TOLERANCE_KW / capacity_kwh if capacity_kwh > 0 else 0.0
    if least <= most and not least - slack <= soc <= most + slack:
        raise StateOutsideWindowError(
            f"{equipment.name}: a state of charge of {soc:g} lies outside of its window "
            f"{least:g} to {most:g}; measure again, or widen min_soc_share and max_soc_share"
        )


def _number(parameters: Mapping[str, object], name: str) -> float | None:
    value = parameters.get(name)
    return float(value) if isinstance(value, int | float) else None
