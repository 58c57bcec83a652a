"""A stretch of readings that repeats an earlier day, value by value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import Replacement, as_on_alike_days
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.meter_record import BoolArray, MeterRecord, Run, runs_of
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, STEPS_PER_HOUR

LEAST_STEPS = 4 * STEPS_PER_HOUR
"""Four hours. The sample's meters repeat a value of the day before in one interval of nine at
most, so sixteen in a row do not come about by chance."""
LEAST_VALUES = 8
"""Different values among them: a plant at rest draws the same two or three on every Sunday."""
_NAME = Words(ko="복사된 구간", en="repeated stretch")
_ADVICE = Words(
    ko="이전 날의 값이 그대로 반복됩니다. 날짜를 바꿔 같은 파일을 올렸는지, 뒤의 "
    "날들이 하루씩 밀려 있지는 않은지 확인하고, 이 구간의 값을 다시 올리세요.",
    en="These readings repeat an earlier day exactly. Check whether the same file was imported "
    "under another date, or all days after it stand a day late; import the stretch's own values.",
)


@dataclass(frozen=True)
class DuplicateDays:
    """The later of two equal stretches, whole days apart, is the copy."""

    kind: str = "duplicate_day"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        for run, days in sorted(_copies(record), key=lambda copy: copy[0].first):
            original, _ = record.span(Run(first=run.first - days * STEPS_PER_DAY, after=run.first))
            yield finding(
                self,
                record,
                run,
                severity="fault",
                seen=(
                    Quantity(name="equal readings", value=run.steps, unit=""),
                    Quantity(name="length", value=run.steps * HOURS_PER_STEP, unit="h"),
                    Quantity(name=f"days after {original.date()}", value=days, unit="d"),
                ),
                rule="no four hours of changing values repeat an earlier day",
                learnt=None,
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """See :class:`feature_store.quality.check.Check`."""
        del received
        return as_on_alike_days(trusted, run)


def _copies(record: MeterRecord) -> Iterator[tuple[Run, int]]:
    """Yield the runs that equal the readings some days before, the nearest day first."""
    number = record.grid.steps
    taken: BoolArray = np.zeros(number, dtype=np.bool_)
    for days in range(1, number // STEPS_PER_DAY + 1):
        lag = days * STEPS_PER_DAY
        equal = record.kw[lag:] == record.kw[:-lag]  # NaN equals nothing
        for found in runs_of(equal, least=LEAST_STEPS):
            run = Run(first=found.first + lag, after=found.after + lag)
            if taken[run.slice].any() or len(np.unique(record.kw[run.slice])) < LEAST_VALUES:
                continue
            taken[run.slice] = True
            yield run, days
