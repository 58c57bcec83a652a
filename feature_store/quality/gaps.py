"""Intervals inside the record of which no reading is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import Replacement, interpolated
from feature_store.quality.finding import Finding, Quantity, Severity, Words
from feature_store.quality.meter_record import MeterRecord, Run, runs_of
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, STEPS_PER_HOUR

_NAME = Words(ko="결측", en="missing readings")
_ADVICE = Words(
    ko="계량기나 한전 파워플래너에서 이 구간을 다시 내려받아 올리세요. "
    "그때까지는 채운 값으로 표시됩니다.",
    en="Export this stretch from the meter or Power Planner again and import it; "
    "until then it is shown as filled.",
)


@dataclass(frozen=True)
class Gaps:
    """A gap is no judgement on the meter: every missing interval is told."""

    kind: str = "gap"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        for run in runs_of(np.isnan(record.kw)):
            yield finding(
                self,
                record,
                run,
                severity=_severity(run),
                seen=(
                    Quantity(name="missing intervals", value=run.steps, unit=""),
                    Quantity(name="length", value=run.steps * HOURS_PER_STEP, unit="h"),
                ),
                rule="every interval between the first and the last reading is known",
                learnt=None,
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """See :class:`feature_store.quality.check.Check`."""
        del received
        return interpolated(trusted, run)


def _severity(run: Run) -> Severity:
    """An hour can be drawn as a line; a missing day may hold the month's peak."""
    if run.steps <= STEPS_PER_HOUR:
        return "notice"
    return "warning" if run.steps < STEPS_PER_DAY else "fault"
