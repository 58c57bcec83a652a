"""Isolated readings far above everything that the meter shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import Replacement, interpolated
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.meter_record import BoolArray, MeterRecord, Run, runs_of
from feature_store.time_grid import KilowattArray

WIDEST_STEPS = 2
"""A fault of transmission hits one interval, two where it falls on their border; plants that run
for half an hour are believed."""
RARE_QUANTILE = 0.999
"""Exceeded about 35 times a year: no single fault moves it, and it is above the everyday."""
LEVEL_FACTOR = 1.3
"""Above the rare level. The sample's firms reach 1.4 times theirs on their highest day, but not
alone among their neighbours."""
JUMP_FACTOR = 3.0
"""Above the rare isolated jump. Of what the sample's firms show above 1.1 times the rare level, the
most isolated reading jumps 2.06 times as far as the rare jump, above 1.2 times 0.75."""
SPREADS = 6.0
"""Standard deviations above what is usual at that time."""
_NAME = Words(ko="튀는 값", en="spike")
_ADVICE = Words(
    ko="계량기가 보인 적이 없는 값입니다. 실제 최대수요라면 요금에 반영되므로 계량기 기록과 "
    "대조하고, 전송 오류라면 바른 값을 다시 올리세요.",
    en="The meter never shows such a value. Compare it with the meter's own log: a real peak will "
    "be billed, an error of transmission should be imported again with the right value.",
)


@dataclass(frozen=True)
class Spikes:
    """High against its neighbours, against its own time of day, and against the whole record."""

    kind: str = "spike"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        if not record.judgeable:
            return
        level_kw = LEVEL_FACTOR * float(np.nanquantile(record.possible_kw, RARE_QUANTILE))
        high = record.kw > level_kw
        for wide in runs_of(high, least=WIDEST_STEPS + 1):
            high[wide.slice] = False  # what stands out of a whole stretch of faults is its noise
        for run in runs_of(_isolated(record.kw) & high & _unusual(record)):
            highest = run.first + int(np.argmax(record.kw[run.slice]))
            yield finding(
                self,
                record,
                run,
                severity="fault",
                seen=(
                    Quantity(name="highest", value=float(record.kw[highest]), unit="kW"),
                    Quantity(
                        name="usual then", value=float(record.expected_kw[highest]), unit="kW"
                    ),
                ),
                rule="an isolated reading stays near the highest that the meter shows",
                learnt=Quantity(name="highest believed alone", value=level_kw, unit="kW"),
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """See :class:`feature_store.quality.check.Check`."""
        del received
        return interpolated(trusted, run)


def _isolated(kw: KilowattArray) -> BoolArray:
    """Whether each reading stands out of its neighbours more than the meter's rare jumps do."""
    jump_kw = _jump_kw(kw)
    rare_kw = float(np.nanquantile(jump_kw, RARE_QUANTILE))
    return jump_kw > JUMP_FACTOR * max(rare_kw, 0.0)


def _jump_kw(kw: KilowattArray) -> KilowattArray:
    """Height of each reading above both sides of the narrow stretch that it tops, shape of ``kw``.

    An unknown neighbour is looked over: the next known one to that side stands for it.
    """
    number = len(kw)
    known = np.isfinite(kw)
    places = np.where(known, np.arange(number), -1)
    before = np.maximum.accumulate(places)
    after = np.minimum.accumulate(np.where(known, np.arange(number), number)[::-1])[::-1]
    padded = np.concatenate([kw, [np.nan, np.nan]])  # of places past the end, and of -1
    jump_kw = np.full(number, -np.inf)
    for width in range(1, WIDEST_STEPS + 1):
        for lead in range(width):
            left = np.full(number, -1)
            left[lead + 1 :] = before[: number - lead - 1]
            right = np.full(number, number)
            right[: number - (width - lead)] = after[width - lead :]
            sides = np.stack([padded[left], padded[right]])
            higher = np.where(np.isfinite(sides), sides, -np.inf).max(axis=0)
            jump_kw = np.maximum(jump_kw, kw - higher, where=known, out=jump_kw)
    return np.where(known & np.isfinite(jump_kw), jump_kw, np.nan)


def _unusual(record: MeterRecord) -> BoolArray:
    return record.kw > record.expected_kw + SPREADS * record.spread_kw
