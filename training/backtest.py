"""Past issue times forecast again, each with nothing but what was known then."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEP, STEPS_PER_DAY, Instants, KilowattArray
from models.forecasting.forecaster import ManyForecaster
from models.forecasting.next_day_maximum import NextDayPeaks
from training.metrics import Scores, mean_scores, score
from training.scores.peak_scores import PeakForecaster
from training.splits import HeldBack


@dataclass(frozen=True, kw_only=True)
class FirmBacktest:
    """One firm's test forecasts beside what was measured."""

    firm_id: str
    issue_times: Instants
    actual_kw: KilowattArray
    """Shape (issue times, steps); NaN where nothing was measured."""
    demand_kw: dict[str, KilowattArray]
    """By forecaster, shape (issue times, steps, quantiles)."""
    scores: dict[str, Scores]
    peaks: dict[str, NextDayPeaks] = field(default_factory=dict)
    """The first day's largest load, by each forecaster that answers it itself."""
    asked: int = 0
    """Issue times that were asked; those that do not count are not among ``issue_times``."""
    predict_cpu_seconds: dict[str, float] = field(default_factory=dict)
    """By forecaster, for one issue time when all are asked together."""


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """All firms' tests and their plain mean."""

    firms: tuple[FirmBacktest, ...]
    mean: dict[str, Scores]
    """By forecaster."""
    left_out: tuple[str, ...]
    """Firms that could not be tested: too young, or silent or still in the held-back weeks."""


def run_backtest(
    firms: Sequence[Firm],
    histories: dict[str, LoadHistory],
    forecasters: Sequence[ManyForecaster],
    held_back: HeldBack,
    *,
    on_firm: Callable[[], None] = lambda: None,
) -> Backtest:
    """Forecast every firm's held-back weeks with every forecaster and score them.

    A firm without any case that counts (:func:`backtest_firm`) is left out; if none is left, there
    is nothing to judge by (:class:`NotEnoughReadingsError`).
    """
    named = {forecaster.version: forecaster for forecaster in forecasters}
    tests = []
    for firm in firms:
        test = backtest_firm(firm, histories[firm.firm_id], named, held_back)
        if test is not None:
            tests.append(test)
        on_firm()
    if not tests:
        raise NotEnoughReadingsError(
            f"no firm has readings to test on from {held_back.start.isoformat()} on; "
            "import newer readings or train as of an earlier time"
        )
    mean = {name: mean_scores([test.scores[name] for test in tests]) for name in named}
    tested = {test.firm_id for test in tests}
    left_out = tuple(firm.firm_id for firm in firms if firm.firm_id not in tested)
    return Backtest(firms=tuple(tests), mean=mean, left_out=left_out)


def backtest_firm(
    firm: Firm,
    history: LoadHistory,
    forecasters: Mapping[str, ManyForecaster],
    held_back: HeldBack,
) -> FirmBacktest | None:
    """Forecast one firm's held-back weeks with every forecaster, by name, and score them.

    All forecasters are scored on the same cases: an issue time that one of them cannot answer, or
    after which nothing was measured for a day, counts for none. None if no case counts, or the
    firm stood still in all of them: losses are relative to the load.
    """
    issue_times = held_back.issue_times(firm, history)
    if not len(issue_times):
        return None
    actual_kw = _measured_after(history, issue_times, held_back.steps)
    kept = np.asarray(np.isfinite(actual_kw[:, :STEPS_PER_DAY]).any(axis=1))
    demand_kw, peaks, cpu_seconds = {}, {}, {}
    for name, forecaster in forecasters.items():
        started = time.process_time()
        demand_kw[name] = forecaster.predict_many(firm, history, issue_times, held_back.steps)
        cpu_seconds[name] = (time.process_time() - started) / len(issue_times)
        kept &= np.isfinite(demand_kw[name]).all(axis=(1, 2))
        if isinstance(forecaster, PeakForecaster):
            peaks[name] = forecaster.next_day_peaks(firm, history, issue_times)
            kept &= np.isfinite(peaks[name].quantiles_kw).all(axis=1)
    if not np.nansum(np.abs(actual_kw[kept, :STEPS_PER_DAY])):
        return None
    demand_kw = {name: forecast_kw[kept] for name, forecast_kw in demand_kw.items()}
    return FirmBacktest(
        firm_id=firm.firm_id,
        issue_times=issue_times[kept],
        actual_kw=actual_kw[kept],
        demand_kw=demand_kw,
        scores={name: score(actual_kw[kept], forecast) for name, forecast in demand_kw.items()},
        peaks={name: told.where(kept) for name, told in peaks.items()},
        asked=len(issue_times),
        predict_cpu_seconds=cpu_seconds,
    )


def _measured_after(history: LoadHistory, issue_times: Instants, steps: int) -> KilowattArray:
    first = ((issue_times - history.grid.starts[0]) // STEP).astype(np.int64)
    return history.demand_kw[first[:, None] + np.arange(steps)]
