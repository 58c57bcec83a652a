"""What the power factor costs or earns in a year, and what a better one would."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from feature_store.entities.firm import Contract
from feature_store.time_grid import HOURS_PER_STEP
from models.diagnosis.billed_year import BilledYear, billed_year
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.metered_energy import MeteredEnergy, Quantities

Reactive = Literal["lagging", "leading"]

TARGETS_PERCENT: tuple[tuple[Reactive, int], ...] = (
    ("lagging", 95),
    ("lagging", 97),
    ("leading", 95),
)
"""Lagging 95 % was the most that earned a bonus until 2025-01-31, 97 % has been since; leading
power costs nothing from 95 % on and never earns anything (제43조)."""


@dataclass(frozen=True, kw_only=True)
class PowerFactorTarget:
    """What compensation of one kind of reactive power, up to a power factor, would save."""

    kind: Reactive
    percent: int
    saved_krw: int
    """In the months billed, against today's power factor, with VAT and fund."""
    compensation_kvar: float
    """Largest 15-minute mean of the power to be compensated."""


@dataclass(frozen=True, kw_only=True)
class PowerFactorAdvice:
    """The year's power factor charges."""

    charged_krw: int
    """Surcharges less bonuses of the year, before VAT and fund; negative is a bonus."""
    targets: tuple[PowerFactorTarget, ...]
    """Lagging by rising power factor, then leading; none of a kind that is not read."""


def power_factor_advice(
    contract: Contract, readings: MeteredEnergy, today: BilledYear, day: date
) -> PowerFactorAdvice | None:
    """Bill the year again with better power factors; None where no reactive energy is known.

    In every interval reactive energy above what the target allows is taken away, as a regulated
    compensation would; what is better already stays, and so does the other kind. Its price is not
    known here.
    """
    months = tuple(bill.month for bill in today.bills)
    targets = []
    for kind, percent in TARGETS_PERCENT:
        kvarh = readings.lagging_kvarh if kind == "lagging" else readings.leading_kvarh
        if kvarh is None:
            continue
        allowed = np.minimum(kvarh, _allowed(readings, percent))
        year = billed_year(contract, _with(readings, kind, allowed), months, day)
        taken_away = np.nan_to_num(kvarh - allowed)
        targets.append(
            PowerFactorTarget(
                kind=kind,
                percent=percent,
                saved_krw=today.total_krw - year.total_krw,
                compensation_kvar=float(taken_away.max(initial=0.0) / HOURS_PER_STEP),
            )
        )
    if not targets:
        return None
    return PowerFactorAdvice(
        charged_krw=sum(bill.krw(LineKind.POWER_FACTOR) for bill in today.bills),
        targets=tuple(targets),
    )


def _with(readings: MeteredEnergy, kind: Reactive, kvarh: Quantities) -> MeteredEnergy:
    if kind == "lagging":
        return replace(readings, lagging_kvarh=kvarh)
    return replace(readings, leading_kvarh=kvarh)


def _allowed(readings: MeteredEnergy, percent: int) -> Quantities:
    """Reactive energy of each interval at a power factor, kvarh, shape (grid.steps,)."""
    return readings.kwh * np.tan(np.arccos(percent / 100))
