"""A month's runs and reductions: as planned on days that have begun, as expected on others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from models.dispatch.day_places import PLACED_AT_LEVEL, DayPlaces, ProblemKey
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.known_load import KnownLoad, days_of_positions
from models.dispatch.load_path import expected_path_kw, forecast_path_kw
from models.dispatch.peak_lines import PeakLines
from models.dispatch.policy import Month, Morning, Operation


@dataclass(kw_only=True)
class PlacedRuns:
    """The runs, and how the next day's are placed."""

    places: DayPlaces
    known: KnownLoad
    total_kw: KilowattArray
    """Of all jobs, shape (steps of the month and a day after it,)."""
    given_up_kw: KilowattArray
    """Reductions as planned, of the same shape."""
    net_kw: KilowattArray
    """What both add to the base load, of the same shape; kept up to date in place."""
    planned_peak_kw: float = 0.0
    """Counted peak of the running day as it is planned."""

    @classmethod
    def of(cls, month: Month, flexible: FlexibleLoad, known: KnownLoad) -> Self:
        """Begin a month with the places that its days are expected to have.

        A day to come is expected to be placed as if its load were that of past days alike; days of
        one kind with the same runs and prices are placed once.
        """
        places = DayPlaces(month=month, flexible=flexible)
        total_kw = flexible.over(0, month.steps + STEPS_PER_DAY).usual_kw().sum(axis=0)
        lines = PeakLines.of_cost(month.peak_cost, 0.0)
        given_up_kw = np.zeros(len(total_kw))
        found: dict[tuple[int, tuple[ProblemKey, bytes, bytes]], Operation] = {}
        for positions in days_of_positions(known.table, month.first, month.steps):
            first, steps = int(positions[0]) - month.first, len(positions)
            within = slice(first, first + steps)
            morning = Morning(step=first, steps=steps, soc_kwh=month.store.start_kwh, peak_kw=0.0)
            same = (known.kind_at(int(positions[0])), places.told_alike(morning))
            if same not in found:
                path_kw = expected_path_kw(
                    known,
                    int(positions[0]),
                    level=PLACED_AT_LEVEL,
                    steps=steps,
                    seen_from=month.first,
                )
                found[same] = places.place(morning, path_kw, lines)
            total_kw[within] = found[same].runs_kw.sum(axis=0)
            given_up_kw[within] = found[same].given_up_kw
        return cls(
            places=places,
            known=known,
            total_kw=total_kw,
            given_up_kw=given_up_kw,
            net_kw=total_kw - given_up_kw,
        )

    def place(
        self, morning: Morning, lines: PeakLines, path_kw: KilowattArray | None = None
    ) -> KilowattArray:
        """Place a day's runs and keep them, shape (jobs, steps).

        Args:
            morning: When the day begins.
            lines: What its peak will cost.
            path_kw: The base load planned on; left out it is that of the newest forecast, or, where
                there is none, of days alike.
        """
        if path_kw is None:
            path_kw = self._path_kw(morning)
        path_kw = np.maximum(path_kw, 0.0)
        plan = self.places.place(morning, path_kw, lines)
        within = slice(morning.step, morning.step + morning.steps)
        self.total_kw[within] = plan.runs_kw.sum(axis=0)
        self.given_up_kw[within] = plan.given_up_kw
        self.net_kw[within] = self.total_kw[within] - plan.given_up_kw
        import_kw = path_kw + self.net_kw[within] + plan.battery_kw
        counted = self.places.month.prices.counted[within]
        self.planned_peak_kw = float(import_kw[counted].max(initial=0.0))
        return plan.runs_kw

    def expected_on(self, kind: int) -> KilowattArray:
        """Return the runs of the first day of a kind, shape (STEPS_PER_DAY,); zeros without one."""
        month = self.places.month
        for positions in days_of_positions(self.known.table, month.first, month.steps):
            if len(positions) == STEPS_PER_DAY and self.known.kind_at(int(positions[0])) == kind:
                first = int(positions[0]) - month.first
                return self.total_kw[first : first + STEPS_PER_DAY]
        return np.zeros(STEPS_PER_DAY)

    def _path_kw(self, morning: Morning) -> KilowattArray:
        position = self.places.month.first + morning.step
        newest = self.known.newest_forecast(position)
        if newest is None or position - newest[0] >= len(newest[1]):
            return expected_path_kw(
                self.known,
                position,
                level=PLACED_AT_LEVEL,
                steps=morning.steps,
                seen_from=position,
            )
        return forecast_path_kw(newest, position, level=PLACED_AT_LEVEL, steps=morning.steps)
