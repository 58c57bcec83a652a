"""Which faults put into measured readings are found, and what is found where nothing is wrong?

Protocol: each fault is put once at a time into the measured year of each of the sample's firms, at
a random place of the second half; found is a fault whose own kind is told at its place, wrong is
everything told elsewhere or under another name that the untouched year does not tell as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np

from bench.figures import Figure, print_figures, write
from bench.injected_faults import (
    FAULTS,
    Injected,
    Injector,
    clock_shift,
    copied_hours,
    expansion,
    history_of,
    planned_shutdown,
)
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.quality.catalogue import CATALOGUE, findings
from feature_store.quality.finding import Finding
from feature_store.quality.meter_record import record_of
from feature_store.sample.complex import load_sample
from feature_store.time_grid import STEPS_PER_DAY

TRIES = 6
"""A firm and fault."""
SHIFT_STEPS = (1, 2, 4, -4, 36, -36)
"""A quarter hour, half an hour, an hour either way, and Korean time taken for UTC and back."""
BORDER = timedelta(days=4)
"""A shift is told by whole days and may end with the weekend after it."""
YEAR = 365 * STEPS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class Score:
    """What became of one kind of fault."""

    tried: int
    found: int
    wrong: int

    @property
    def recall_percent(self) -> float:
        """Share of the faults that were found."""
        return 100 * self.found / self.tried

    @property
    def precision_percent(self) -> float:
        """Share of what was told that was a fault under its own name."""
        return 100 * self.found / max(self.found + self.wrong, 1)


def main() -> list[Figure]:
    """Score every kind of fault, then the untouched year."""
    sample = load_sample()
    meters = tuple((firm, history_of(firm, sample.batch)) for firm in sample.firms)
    untouched = {firm.firm_id: findings(history, firm) for firm, history in meters}
    figures = []
    for kind, name, inject in _injectors():
        score = scored(kind, inject, meters, untouched)
        figures += [
            Figure(name=f"{name}: faults put in", value=score.tried),
            Figure(name=f"{name}: found (recall)", value=score.recall_percent, unit="%"),
            Figure(
                name=f"{name}: told rightly (precision)", value=score.precision_percent, unit="%"
            ),
        ]
    resting = tuple(meter for meter in meters if rests(*meter))
    figures.append(_mistaken("planned shutdowns", planned_shutdown, resting, untouched))
    figures.append(_mistaken("expansions by half", expansion, meters, untouched))
    figures += _untouched(meters, untouched)
    write("quality", __doc__.splitlines()[0], figures)
    return figures


def scored(
    kind: str,
    inject: Injector,
    meters: tuple[tuple[Firm, LoadHistory], ...],
    untouched: Mapping[str, tuple[Finding, ...]],
    *,
    tries: int = TRIES,
) -> Score:
    """Put a fault into every meter ``tries`` times, and count what is told of it."""
    random = np.random.default_rng(0)
    found = wrong = 0
    for firm, history in meters:
        for _ in range(tries):
            injected = inject(history, random)
            news = told_of(injected, firm, untouched[firm.firm_id])
            right = [one for one in news if one.kind == kind and _at(injected, one)]
            found += bool(right)
            wrong += len(news) - len(right)
    return Score(tried=tries * len(meters), found=found, wrong=wrong)


def told_of(injected: Injected, firm: Firm, untouched: tuple[Finding, ...]) -> list[Finding]:
    """What is found in a changed history that is not found, about there, in the untouched one."""
    return [
        one
        for one in findings(injected.history, firm)
        if not any(
            one.kind == old.kind and one.start < old.end and old.start < one.end
            for old in untouched
        )
    ]


def _at(injected: Injected, one: Finding) -> bool:
    grid = injected.history.grid
    border = BORDER if one.kind == "clock_shift" else timedelta(0)
    return grid.at(injected.first) < one.end + border and one.start - border < grid.at(
        injected.after
    )


def _injectors() -> list[tuple[str, str, Injector]]:
    shifts: list[tuple[str, str, Injector]] = [
        ("clock_shift", f"clock_shift {15 * steps:+} min", partial(clock_shift, steps=steps))
        for steps in SHIFT_STEPS
    ]
    named = [(kind, kind, inject) for kind, inject in FAULTS.items()]
    return [*named, ("duplicate_day", "duplicate_day of 6 h", copied_hours), *shifts]


def rests(firm: Firm, history: LoadHistory) -> bool:
    """Whether the plant has a load at rest: one that never rests must declare its shutdowns."""
    record = record_of(history, firm)
    return record is not None and record.standby_kw > 0


def _mistaken(
    name: str,
    inject: Injector,
    meters: tuple[tuple[Firm, LoadHistory], ...],
    untouched: Mapping[str, tuple[Finding, ...]],
) -> Figure:
    """How many of what is no fault are told as one."""
    random = np.random.default_rng(0)
    told = 0
    for firm, history in meters:
        for _ in range(TRIES):
            injected = inject(history, random)
            told += bool(told_of(injected, firm, untouched[firm.firm_id]))
    return Figure(name=f"{name} told as a fault, of {TRIES * len(meters)}", value=told, at_most=0)


def _untouched(
    meters: tuple[tuple[Firm, LoadHistory], ...], untouched: Mapping[str, tuple[Finding, ...]]
) -> list[Figure]:
    years = sum(history.grid.steps for _, history in meters) / YEAR
    kinds = [one.kind for found in untouched.values() for one in found]
    return [
        Figure(
            name="untouched years: findings a firm and year", value=len(kinds) / years, at_most=3
        ),
        *(
            Figure(name=f"untouched years: {check.kind}", value=kinds.count(check.kind))
            for check in CATALOGUE
        ),
    ]


if __name__ == "__main__":
    print_figures(main())
