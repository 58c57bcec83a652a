"""Readings that no supply of this size could have carried, however long they last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import Replacement, interpolated
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.level_step import level_steps
from feature_store.quality.meter_record import BoolArray, MeterRecord, Run, runs_of
from feature_store.time_grid import HOURS_PER_STEP

HIGH_DAY_QUANTILE = 0.9
"""Of the daily highest readings: reached on a day in ten, so that a week of faults in a season
does not move it."""
BEYOND_HIGH_DAY = 3.0
"""Times the high day's reading. The sample's firms reach 1.4 times it on their highest day, an
expansion by half 1.5 times; the wrong unit or multiplier begins at 4."""
_NAME = Words(ko="있을 수 없는 값", en="implausible readings")
_ADVICE = Words(
    ko="계약전력으로 쓸 수 없는 값이거나 지금까지의 최대수요를 크게 넘습니다. 단위(kWh·kW·MWh), "
    "계기 배율(CT·PT), 사용량 대신 적산 지침을 올리지 않았는지 확인하고 바른 값을 다시 올리세요.",
    en="The contract's supply cannot carry this, or it is far beyond every peak so far. Check the "
    "unit (kWh, kW, MWh), the multiplier (CT, VT), and whether the register's state was imported "
    "in place of the energy; then import the right values.",
)


@dataclass(frozen=True)
class Implausible:
    """Beyond what the contract's supply can carry, or beyond it and every usual peak."""

    kind: str = "implausible"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        most_kw = _most_kw(record)
        beyond: BoolArray = record.kw > most_kw  # NaN compares False
        for step in level_steps(record) if beyond.any() else ():
            beyond[step.run.slice] = False
        for run in runs_of(beyond):
            highest_kw = float(record.kw[run.slice].max())
            yield finding(
                self,
                record,
                run,
                severity="fault",
                seen=(
                    Quantity(name="highest", value=highest_kw, unit="kW"),
                    Quantity(name="its energy", value=highest_kw * HOURS_PER_STEP, unit="kWh"),
                    Quantity(name="length", value=run.steps * HOURS_PER_STEP, unit="h"),
                ),
                rule="no reading is beyond what the supply can carry, nor far beyond every peak",
                learnt=Quantity(name="highest believed", value=most_kw, unit="kW"),
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """See :class:`feature_store.quality.check.Check`."""
        del received
        return interpolated(trusted, run)


def _most_kw(record: MeterRecord) -> float:
    """Highest reading that is believed.

    Up to the contract power the firm may draw whatever it did before; beyond it and far beyond
    its high days a reading is no peak; beyond what the supply can carry it never is.
    """
    if not record.judgeable:
        return record.most_possible_kw
    peaks_kw = record.by_day(record.possible_kw)
    daily_kw = np.nanmax(peaks_kw, axis=1, initial=-np.inf)
    possible = daily_kw[np.isfinite(daily_kw)]
    high_kw = float(np.quantile(possible, HIGH_DAY_QUANTILE)) if possible.size else 0.0
    learnt_kw = max(BEYOND_HIGH_DAY * high_kw, record.firm.contract.power_kw)
    return min(learnt_kw, record.most_possible_kw)
