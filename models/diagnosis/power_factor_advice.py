"""What the power factor costs or earns in a year, and what a better one would."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract
from feature_store.time_grid import HOURS_PER_STEP
from models.diagnosis.billed_year import BilledYear, billed_year
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.metered_energy import MeteredEnergy

LAGGING_TARGETS_PERCENT = (95, 97)
"""95 % was the most that earned a bonus until 2025-01-31, 97 % has been since (제43조)."""
LEADING_STANDARD_PERCENT = 95
"""From here on leading power costs nothing; it never earns anything (제43조)."""


@dataclass(frozen=True, kw_only=True)
class PowerFactorTarget:
    """What compensation up to a power factor would save."""

    lagging_percent: int
    saved_krw: int
    """In the months billed, against today's power factor, with VAT and fund."""
    compensation_kvar: float
    """Largest 15-minute mean of the lagging power to be compensated."""


@dataclass(frozen=True, kw_only=True)
class PowerFactorAdvice:
    """The year's power factor charges."""

    charged_krw: int
    """Surcharges less bonuses of the year, before VAT and fund; negative is a bonus."""
    targets: tuple[PowerFactorTarget, ...]
    """By rising power factor. Each also takes leading power to where it costs nothing."""


def power_factor_advice(
    contract: Contract, readings: MeteredEnergy, today: BilledYear, day: date
) -> PowerFactorAdvice | None:
    """Bill the year again with better power factors; None where no reactive energy is known.

    In every interval reactive energy above what the target allows is taken away, as a regulated
    compensation would; what is better already stays. Its price is not known here.
    """
    if readings.lagging_kvarh is None or readings.leading_kvarh is None:
        return None
    months = tuple(bill.month for bill in today.bills)
    leading = np.minimum(readings.leading_kvarh, _allowed(readings, LEADING_STANDARD_PERCENT))
    targets = []
    for percent in LAGGING_TARGETS_PERCENT:
        lagging = np.minimum(readings.lagging_kvarh, _allowed(readings, percent))
        compensated = replace(readings, lagging_kvarh=lagging, leading_kvarh=leading)
        year = billed_year(contract, compensated, months, day)
        taken_away = np.nan_to_num(readings.lagging_kvarh - lagging)
        targets.append(
            PowerFactorTarget(
                lagging_percent=percent,
                saved_krw=today.total_krw - year.total_krw,
                compensation_kvar=float(taken_away.max(initial=0.0) / HOURS_PER_STEP),
            )
        )
    return PowerFactorAdvice(
        charged_krw=sum(bill.krw(LineKind.POWER_FACTOR) for bill in today.bills),
        targets=tuple(targets),
    )


def _allowed(readings: MeteredEnergy, percent: int) -> npt.NDArray[np.float64]:
    """Reactive energy of each interval at a power factor, kvarh, shape (grid.steps,)."""
    return readings.kwh * np.tan(np.arccos(percent / 100))
