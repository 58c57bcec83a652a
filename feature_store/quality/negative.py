"""Readings below zero that no counter's size explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import Replacement, interpolated
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.meter_record import MeterRecord, Run, runs_of
from feature_store.time_grid import HOURS_PER_STEP

_NAME = Words(ko="음수", en="negative readings")
_ADVICE = Words(
    ko="수전 전력량은 음수일 수 없습니다. 발전(역송) 전력량이 섞였는지, 전류변성기(CT) 결선이 "
    "뒤집혔는지 확인하세요.",
    en="Drawn energy is never negative. Check whether fed-in energy was mixed in, or a current "
    "transformer is wired the wrong way round.",
)


@dataclass(frozen=True)
class Negative:
    """Readings are the draw from the grid; what is fed in has a channel of its own."""

    kind: str = "negative"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        for run in runs_of(record.kw < 0):
            yield finding(
                self,
                record,
                run,
                severity="fault",
                seen=(
                    Quantity(name="negative readings in a row", value=run.steps, unit=""),
                    Quantity(
                        name="lowest",
                        value=float(record.kw[run.slice].min()) * HOURS_PER_STEP,
                        unit="kWh",
                    ),
                ),
                rule="a reading is the energy drawn, from 0",
                learnt=None,
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """See :class:`feature_store.quality.check.Check`."""
        del received
        return interpolated(trusted, run)
