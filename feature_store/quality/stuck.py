"""A meter that repeats one value for longer than it ever does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import Replacement, interpolated
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.meter_record import MeterRecord, Run
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_HOUR

LEAST_STEPS = 2 * STEPS_PER_HOUR
"""Two hours: no meter of a working plant that tells steps of some kW repeats one for as long."""
LONGER_THAN_SEEN = 2.0
"""Times the length of run that the meter has shown before."""
SEEN_BEFORE = 3
"""Runs of that length that make it the meter's own: one or two may themselves be faults."""
_NAME = Words(ko="멈춘 계량값", en="stuck meter")
_ADVICE = Words(
    ko="계량값이 움직이지 않습니다. 계량기와 통신 장치를 확인하세요. 계획된 정지였다면 휴무로 "
    "등록하세요 (sandan firms calendar).",
    en="The reading does not move. Check the meter and its gateway; if the plant ran down as "
    "planned, declare the closure (sandan firms calendar).",
)


@dataclass(frozen=True)
class Stuck:
    """Runs of one value above standby, on days that are not closed.

    At standby, in a declared closure or a shutdown a constant load is what a plant looks like.
    """

    kind: str = "stuck"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        if not record.judgeable:
            return
        runs = tuple(_constant_runs(record))
        most = max(LEAST_STEPS, int(LONGER_THAN_SEEN * _usual_steps(runs)))
        for run in runs:
            if run.steps <= most:
                continue
            yield finding(
                self,
                record,
                run,
                severity="fault",
                seen=(
                    Quantity(name="value", value=float(record.kw[run.first]), unit="kW"),
                    Quantity(name="repeated for", value=run.steps * HOURS_PER_STEP, unit="h"),
                ),
                rule="one value above standby is repeated no longer than twice what is usual",
                learnt=Quantity(name="longest believed", value=most * HOURS_PER_STEP, unit="h"),
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """See :class:`feature_store.quality.check.Check`."""
        del received
        return interpolated(trusted, run)


def _usual_steps(runs: Sequence[Run]) -> int:
    """Length that the meter reached ``SEEN_BEFORE`` times in its record; 1 if it never did."""
    lengths = sorted((run.steps for run in runs), reverse=True)
    return lengths[SEEN_BEFORE - 1] if len(lengths) >= SEEN_BEFORE else 1


def _constant_runs(record: MeterRecord) -> Iterator[Run]:
    """Yield the runs of one repeated value above standby and outside of closed days, in order."""
    same = np.concatenate(([False], record.kw[1:] == record.kw[:-1], [False]))
    starts = np.flatnonzero(~same[:-1] & same[1:])
    ends = np.flatnonzero(same[:-1] & ~same[1:]) + 1
    closed = record.closed[record.day]
    for first, after in zip(starts, ends, strict=True):
        if record.kw[first] > record.standby_kw and not closed[first:after].all():
            yield Run(first=int(first), after=int(after))
