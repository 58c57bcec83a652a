"""How long do fitting and forecasting take, on one thread?

Processor time of one process. What a forecaster learns of a firm from its last four weeks is worked
out once a day and kept: the first forecast of a day pays for it, which is measured apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np

from bench.figures import Figure, print_figures, write
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.sample.complex import load_sample
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY, utc_instant
from models.forecasting.ladder import ForecastLadder
from models.forecasting.mixture import Mixture
from models.forecasting.typical_firm import LearntInTraining, TypicalFirms
from tests.fakes.memory_store import MemoryStore
from training.fit_pooled import fit_pooled

MANY = 1000
HORIZON = 2 * STEPS_PER_DAY
SINGLE = 100
"""Forecasts of one firm, one after another."""
ISSUES = 56
"""Issue times of one firm asked about together."""

Known = tuple[Firm, LoadHistory]
Made = TypeVar("Made")


def main() -> list[Figure]:
    """Fit on the sample's firms, then forecast them one by one, together and a thousand at once."""
    known, end = _sample()
    years = sum(np.isfinite(history.demand_kw).sum() for _, history in known) / 365
    years /= STEPS_PER_DAY
    model, fitted_s = _timed(
        lambda: fit_pooled(
            [firm for firm, _ in known], {firm.firm_id: history for firm, history in known}
        )
    )
    figures = [
        Figure(name="fit, a firm and year", value=fitted_s / years, unit="s", at_most=1.5),
        *_one_after_another(model, known, end),
        *_together(model, known, end),
    ]
    write("forecast_speed", (__doc__ or "").splitlines()[0], figures)
    return figures


def _sample() -> tuple[list[Known], datetime]:
    sample = load_sample()
    store = MemoryStore()
    first: datetime = sample.batch.rows["period_start"].sort()[0]
    for firm in sample.firms:
        store.declare(firm, known_at=first)
    store.append(sample.batch, recorded_at=sample.demo_time)
    now = store.as_of(sample.demo_time)
    return [(firm, now.history(firm.firm_id)) for firm in now.firms()], sample.demo_time


def _one_after_another(model: Mixture, known: Sequence[Known], end: datetime) -> list[Figure]:
    firm, history = known[0]
    instants = utc_instant(end) - np.arange(ISSUES) * 12 * np.timedelta64(1, "h")
    model.predict_many(firm, history, instants, STEPS_PER_DAY)
    _, together_s = _timed(lambda: model.predict_many(firm, history, instants, STEPS_PER_DAY))
    ladder = ForecastLadder(model=model, typical=LearntInTraining(firms=TypicalFirms()))
    fresh = replace(ladder, model=Mixture(boosters=model.boosters, version="fresh"))
    _, first_s = _timed(lambda: fresh.predict(firm, history, end, HORIZON))
    wall_ms = []
    for number in range(SINGLE):
        moment = end - (number % 20) * INTERVAL
        began = time.perf_counter()
        fresh.predict(firm, history, moment, HORIZON)
        wall_ms.append(1e3 * (time.perf_counter() - began))
    return [
        Figure(
            name="a firm and issue time, features included, of many issue times",
            value=1e3 * together_s / ISSUES,
            unit="ms",
            at_most=5,
        ),
        Figure(name="the first forecast of a firm on a day", value=1e3 * first_s, unit="ms"),
        Figure(
            name="one request in process, 95th percentile, wall time",
            value=float(np.quantile(wall_ms, 0.95)),
            unit="ms",
            at_most=30,
        ),
    ]


def _together(model: Mixture, known: Sequence[Known], end: datetime) -> list[Figure]:
    many = [_another(*known[number % len(known)], number) for number in range(MANY)]
    _, first_s = _timed(lambda: model.predict_firms(many, end, HORIZON))
    _, again_s = _timed(lambda: model.predict_firms(many, end - timedelta(hours=1), HORIZON))
    of = f"{MANY:,} firms x {HORIZON} steps x 11 quantiles at once"
    return [
        Figure(name=of, value=again_s, unit="s", at_most=12),
        Figure(name=f"{of}, the first time of a day", value=first_s, unit="s"),
    ]


def _another(firm: Firm, history: LoadHistory, number: int) -> Known:
    """The same plant at another size, under another name and in the sample's first zone."""
    name = f"{firm.firm_id}-{number}"
    scaled = replace(history, firm_id=name, demand_kw=history.demand_kw * (1 + number / MANY))
    return firm.model_copy(update={"firm_id": name, "timezone": "Asia/Seoul"}), scaled


def _timed(work: Callable[[], Made]) -> tuple[Made, float]:
    began = time.process_time()
    made = work()
    return made, time.process_time() - began


if __name__ == "__main__":
    print_figures(main())
