"""A counter that ran over: the reading is off by the whole size of the register."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import FillingRule, Replacement, interpolated
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.meter_record import MeterRecord, Run, runs_of
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray

COUNTER_SIZES_KWH = tuple(10.0**digits for digits in range(4, 9))
"""Registers count four to eight digits; a reading is off by this after a wrap around."""
CURRENT_RATIOS = (1.0, 10.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 120.0, 160.0, 200.0)
"""Usual ratios of the current transformers by which a register is multiplied (계기 배율)."""
USUAL_QUANTILE = 0.999
ROOM = 1.5
"""Above the nearly highest usual reading: a mended reading must lie within it."""
_NAME = Words(ko="계량기 한 바퀴", en="counter rollover")
_ADVICE = Words(
    ko="적산 계량값이 한 바퀴 돌았습니다(자릿수 초과). 수집기의 계량기 자릿수와 배율 설정을 "
    "확인하세요. 값은 계량기 크기만큼 되돌려 채웁니다.",
    en="The meter's counter ran over. Check the number of digits and the multiplier in the "
    "collector; the value is mended by the size of the counter.",
)


@dataclass(frozen=True)
class Rollover:
    """A reading that becomes a usual one when a counter's size is added or taken away."""

    kind: str = "rollover"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        if not record.judgeable:
            return
        most_kw = _most_usual_kw(record)
        suspects = (record.kw < 0) | (record.kw > _least_jump_kw(most_kw))
        for run in runs_of(suspects):
            if run.steps > 1:
                continue  # no counter runs over twice in a row
            step = run.first
            kwh = float(record.kw[step]) * HOURS_PER_STEP
            mended_kwh = _mended_kwh(record, step, most_kw)
            if mended_kwh is None:
                continue
            yield finding(
                self,
                record,
                run,
                severity="fault",
                seen=(
                    Quantity(name="reading", value=kwh, unit="kWh"),
                    Quantity(name="size of the counter", value=abs(mended_kwh - kwh), unit="kWh"),
                    Quantity(name="mended reading", value=mended_kwh, unit="kWh"),
                ),
                rule="a reading is what the counter advanced by, within what is usual",
                learnt=Quantity(
                    name="highest usual reading", value=most_kw * HOURS_PER_STEP, unit="kWh"
                ),
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """See :class:`feature_store.quality.check.Check`."""
        most_kw = _most_usual_kw(received)
        mended = [_mended_kwh(received, step, most_kw) for step in range(run.first, run.after)]
        if any(kwh is None for kwh in mended):
            return interpolated(trusted, run)
        kw: KilowattArray = np.array(mended, dtype=np.float64) / HOURS_PER_STEP
        return Replacement(kw=kw, rule=FillingRule.COUNTER_SIZE)


def _most_usual_kw(record: MeterRecord) -> float:
    believed = record.possible_kw[record.possible_kw >= 0]  # NaN compares False
    if not believed.size:
        return 0.0
    return ROOM * float(np.quantile(believed, USUAL_QUANTILE))


def _least_jump_kw(most_kw: float) -> float:
    return max(2 * most_kw, COUNTER_SIZES_KWH[0] / HOURS_PER_STEP / 2)


def _mended_kwh(record: MeterRecord, step: int, most_kw: float) -> float | None:
    """The reading as it must have been; None where no counter's size explains it.

    Of several sizes that would, the one that comes nearest to what is usual then.
    """
    kwh = float(record.kw[step]) * HOURS_PER_STEP
    expected = float(record.expected_kw[step]) * HOURS_PER_STEP
    sign = 1.0 if kwh < 0 else -1.0
    candidates = [
        mended
        for size in COUNTER_SIZES_KWH
        for ratio in CURRENT_RATIOS
        if 0.0 <= (mended := kwh + sign * size * ratio) <= most_kw * HOURS_PER_STEP
    ]
    if not candidates:
        return None
    aim = expected if np.isfinite(expected) else 0.0
    return min(candidates, key=lambda mended: abs(mended - aim))
