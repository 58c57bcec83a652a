"""What a battery may do over a stretch, as a cvxpy problem's parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cvxpy as cp

from feature_store.time_grid import HOURS_PER_STEP
from models.dispatch.store import Store

TIE_BREAK_KRW_PER_KWH = 1e-4
"""Preference for rest among equally cheap plans."""


@dataclass(frozen=True, kw_only=True)
class StoreOperation:
    """Variables, limits and costs; expressions of shape (steps,), draws positive."""

    power_kw: cp.Expression
    discharge_kw: cp.Expression
    end_kwh: cp.Expression
    """Charge at the end."""
    constraints: list[cp.Constraint]
    wear_krw: cp.Expression
    missing_krw: cp.Expression
    """Of the charge that is missing at the end."""
    tie_break_krw: cp.Expression
    parts_kw: tuple[cp.Expression, ...] = ()
    """Of each battery; empty for one."""

    @classmethod
    def of(
        cls,
        store: Store,
        steps: int,
        *,
        soc_kwh: cp.Parameter | float,
        end_kwh: cp.Parameter | float,
        missing_krw_per_kwh: float | None = None,
    ) -> Self:
        """Return the operation of ``steps`` intervals.

        Args:
            store: The battery.
            steps: Length of the stretch.
            soc_kwh: Its charge at the start.
            end_kwh: Its least charge at the end.
            missing_krw_per_kwh: What charge costs that is missing there; left out, none may be.
        """
        charge_kw = cp.Variable(steps, bounds=[0, store.charge_kw], name="store.charge_kw")
        discharge_kw = cp.Variable(steps, bounds=[0, store.discharge_kw], name="store.discharge_kw")
        held_kwh = cp.Variable(
            steps + 1, bounds=[store.least_kwh, store.most_kwh], name="store.soc_kwh"
        )
        missing_kwh = cp.Variable(
            bounds=[0, 0 if missing_krw_per_kwh is None else store.most_kwh],
            name="store.missing_kwh",
        )
        stored_kw = store.charge_efficiency * charge_kw - discharge_kw / store.discharge_efficiency
        moved_kwh = HOURS_PER_STEP * cp.sum(charge_kw + discharge_kw)
        return cls(
            power_kw=charge_kw - discharge_kw,
            discharge_kw=discharge_kw,
            end_kwh=held_kwh[steps],
            constraints=[
                held_kwh[0] == soc_kwh,
                held_kwh[1:] == held_kwh[:-1] + HOURS_PER_STEP * stored_kw,
                held_kwh[steps] + missing_kwh >= end_kwh,
            ],
            wear_krw=store.wear_krw_per_kwh * HOURS_PER_STEP * cp.sum(discharge_kw),
            missing_krw=(missing_krw_per_kwh or 0.0) * missing_kwh,
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * moved_kwh,
        )

    @classmethod
    def together(cls, parts: Sequence[Self]) -> Self:
        """Return several operations over the same stretch as one."""
        first, *others = parts
        return cls(
            power_kw=sum((one.power_kw for one in others), start=first.power_kw),
            discharge_kw=sum((one.discharge_kw for one in others), start=first.discharge_kw),
            end_kwh=sum((one.end_kwh for one in others), start=first.end_kwh),
            constraints=[limit for one in parts for limit in one.constraints],
            wear_krw=sum((one.wear_krw for one in others), start=first.wear_krw),
            missing_krw=sum((one.missing_krw for one in others), start=first.missing_krw),
            tie_break_krw=sum((one.tie_break_krw for one in others), start=first.tie_break_krw),
            parts_kw=tuple(one.power_kw for one in parts),
        )
