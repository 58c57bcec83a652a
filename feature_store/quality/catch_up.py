"""An outage followed by one interval that holds the energy of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feature_store.quality.check import finding
from feature_store.quality.false_zero import unusual_zeros
from feature_store.quality.filling_rule import FillingRule, Replacement, usual_kw
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.meter_record import MeterRecord, Run, runs_of
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_HOUR

LEAST_SHARE, MOST_SHARE = 0.5, 1.7
"""Of the usual energy of the outage, what one interval brings: plants have good and bad days."""
SPREADS = 3.0
"""Standard deviations by which the interval exceeds what is usual at its own time."""
_NAME = Words(ko="몰아 들어온 전력량", en="catch-up after an outage")
_ADVICE = Words(
    ko="통신이 끊긴 동안의 전력량이 한 구간에 몰려 들어왔습니다. 이 값은 최대수요가 아닙니다. "
    "15분 값이 남아 있으면 다시 내려받아 올리세요. 그때까지는 전력량을 보존해 나눠 채웁니다.",
    en="The energy of an outage arrived in one interval; it is no peak. If the 15-minute values "
    "still exist, export and import them; until then the energy is spread, none of it lost.",
)


@dataclass(frozen=True)
class CatchUp:
    """The first reading after an outage holds about what the outage would usually have drawn."""

    kind: str = "catch_up"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        for outage in _outages(record):
            if outage.after >= record.grid.steps:
                continue
            balances = (_balance(record, outage, level) for level in (_level(record, outage), 1.0))
            fitting = [balance for balance in balances if _caught_up(record, outage, *balance)]
            if not fitting:
                continue
            missing_kw, excess_kw = fitting[0]
            yield finding(
                self,
                record,
                Run(first=outage.first, after=outage.after + 1),
                severity="fault",
                seen=(
                    Quantity(name="outage", value=outage.steps * HOURS_PER_STEP, unit="h"),
                    Quantity(
                        name="usual energy of the outage",
                        value=missing_kw * HOURS_PER_STEP,
                        unit="kWh",
                    ),
                    Quantity(
                        name="energy above usual in the interval after it",
                        value=excess_kw * HOURS_PER_STEP,
                        unit="kWh",
                    ),
                ),
                rule="the interval after an outage draws what is usual then, not what was missed",
                learnt=Quantity(
                    name="energy of an outage",
                    value=LEAST_SHARE * missing_kw * HOURS_PER_STEP,
                    unit="kWh",
                ),
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """See :class:`feature_store.quality.check.Check`."""
        total_kw = float(np.nansum(received.kw[run.slice]))
        shape = np.nan_to_num(np.maximum(usual_kw(trusted, run), 0.0))
        if not shape.sum() > 0.0:
            shape = np.ones(run.steps)
        kw = shape * (total_kw / shape.sum())
        return Replacement(kw=kw, rule=FillingRule.ENERGY_SPREAD)


def _outages(record: MeterRecord) -> Iterator[Run]:
    """Yield the runs of intervals without a reading or with a zero that is not believed."""
    silent = np.isnan(record.kw)
    for run, _ in unusual_zeros(record):
        silent[run.slice] = True
    yield from runs_of(silent)


def _level(record: MeterRecord, outage: Run) -> float:
    """Load in the hours around the outage as a share of what is usual then."""
    around = np.r_[
        max(outage.first - STEPS_PER_HOUR, 0) : outage.first,
        outage.after + 1 : min(outage.after + 1 + STEPS_PER_HOUR, record.grid.steps),
    ]
    seen, usual = record.kw[around], record.expected_kw[around]
    both = np.isfinite(seen) & np.isfinite(usual)
    seen_kw, around_kw = float(seen[both].sum()), float(usual[both].sum())
    if not around_kw > 0:
        return 1.0
    least_kw, most_kw = LEAST_SHARE * around_kw, around_kw / LEAST_SHARE
    return min(max(seen_kw, least_kw), most_kw) / around_kw  # bounded first: never too large


def _balance(record: MeterRecord, outage: Run, level: float) -> tuple[float, float]:
    """What is usual for the outage, and what the interval after it brings beyond the usual.

    Both in kW summed over intervals, the usual multiplied by ``level``.
    """
    missing_kw = level * float(record.expected_kw[outage.slice].sum())
    excess_kw = record.kw[outage.after] - level * record.expected_kw[outage.after]
    return missing_kw, float(excess_kw)


def _caught_up(record: MeterRecord, outage: Run, missing_kw: float, excess_kw: float) -> bool:
    """Whether the interval after the outage holds its energy; NaN compares False."""
    after = outage.after
    if after + 1 < record.grid.steps and record.kw[after] - record.kw[after + 1] < excess_kw / 2:
        return False  # it does not fall back: the plant started again at a higher level
    enough = LEAST_SHARE * missing_kw <= excess_kw <= MOST_SHARE * missing_kw
    return bool(enough and missing_kw > 0 and excess_kw > SPREADS * record.spread_kw[after])
