"""Zeros that mean "not received": the meter never stands at zero at that time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import Replacement, interpolated
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.meter_record import BoolArray, MeterRecord, Run, runs_of
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray

USUAL_ZERO_SHARE = 0.02
"""Zero on one alike day in fifty, about this time, makes a zero usual: a roof that feeds in does
so on far more of them, two earlier outages in a year on fewer."""
NEAR_STEPS = 2
"""Half an hour to either side is the same time of day: machines do not stop to the minute."""
_NAME = Words(ko="받지 못한 0", en="zero that means not received")
_ADVICE = Words(
    ko="이 시간에 0이 된 적이 없는 계량기입니다. 통신이 끊겼다면 다시 내려받아 올리고, "
    "정전이나 휴업이었다면 휴무로 등록하세요 (sandan firms calendar).",
    en="This meter is never at zero then. If the link was down, export and import the stretch "
    "again; if the plant was off, declare the closure (sandan firms calendar).",
)


@dataclass(frozen=True)
class FalseZero:
    """Zero on a day on which the firm is not closed, at a time at which it hardly ever is."""

    kind: str = "false_zero"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        for run, share in unusual_zeros(record):
            expected = record.expected_kw[run.slice]
            missing_kwh = float(np.nansum(expected)) * HOURS_PER_STEP
            yield finding(
                self,
                record,
                run,
                severity="fault",
                seen=(
                    Quantity(name="zeros in a row", value=run.steps, unit=""),
                    Quantity(name="usual energy of the stretch", value=missing_kwh, unit="kWh"),
                    Quantity(name="alike days at zero then", value=100 * share, unit="%"),
                ),
                rule="zero is believed where the meter was at zero then on other alike days",
                learnt=Quantity(
                    name="least share of alike days", value=100 * USUAL_ZERO_SHARE, unit="%"
                ),
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """See :class:`feature_store.quality.check.Check`."""
        del received
        return interpolated(trusted, run)


def unusual_zeros(record: MeterRecord) -> Iterator[tuple[Run, float]]:
    """Yield each run of zeros that is not believed, with the share of alike days at zero then."""
    if not record.judgeable:
        return
    zero = record.kw == 0.0
    for run in runs_of(zero & ~record.closed[record.day]):
        share = _zero_share(record, zero, run)
        if share is not None and share < USUAL_ZERO_SHARE:
            yield run, share


def _zero_share(record: MeterRecord, zero: BoolArray, run: Run) -> float | None:
    """Share of other alike days at zero then, for the median interval of the run.

    None where no other day of a kind is in the record.
    """
    elsewhere = zero.copy()
    elsewhere[run.slice] = False
    near = _near(np.nan_to_num(record.by_day(elsewhere.astype(float))) > 0)
    day, step = record.day[run.slice], record.step_of_day[run.slice]
    shares: KilowattArray = np.empty(run.steps)
    for kind in np.unique(record.kinds[day]):
        others = record.kinds == kind
        others[np.unique(day)] = False
        if not others.any():
            return None
        of_kind = record.kinds[day] == kind
        shares[of_kind] = near[others].mean(axis=0)[step[of_kind]]
    return float(np.median(shares))


def _near(zero: BoolArray) -> BoolArray:
    """Widen zeros, shape (days, steps of a day), by ``NEAR_STEPS`` to either side."""
    flat = zero.ravel()
    widened = np.convolve(flat, np.ones(2 * NEAR_STEPS + 1), mode="same") > 0.5  # noqa: PLR2004
    return widened.reshape(zero.shape)
