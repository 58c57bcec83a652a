"""Past issue times forecast again, each with nothing but what was known then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEP, STEPS_PER_DAY, Instants, KilowattArray
from models.forecasting.forecaster import ManyForecaster
from training.metrics import Scores, mean_scores, score
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


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """All firms' tests and their plain mean."""

    firms: tuple[FirmBacktest, ...]
    mean: dict[str, Scores]
    """By forecaster."""
    left_out: tuple[str, ...]
    """Firms that could not be tested: too young, or silent in the held-back weeks."""


def run_backtest(
    firms: Sequence[Firm],
    histories: dict[str, LoadHistory],
    forecasters: Sequence[ManyForecaster],
    held_back: HeldBack,
    *,
    on_firm: Callable[[], None] = lambda: None,
) -> Backtest:
    """Forecast every firm's held-back weeks with every forecaster and score them.

    All forecasters are scored on the same cases: an issue time that one of them cannot answer, or
    after which nothing was measured for a day, counts for none. A firm without any is left out;
    if none is left, there is nothing to judge by (:class:`NotEnoughReadingsError`).
    """
    tests = []
    for firm in firms:
        test = _one_firm(firm, histories[firm.firm_id], forecasters, held_back)
        if test is not None:
            tests.append(test)
        on_firm()
    if not tests:
        raise NotEnoughReadingsError(
            f"no firm has readings to test on from {held_back.start.isoformat()} on; "
            "import newer readings or train as of an earlier time"
        )
    names = [forecaster.version for forecaster in forecasters]
    mean = {name: mean_scores([test.scores[name] for test in tests]) for name in names}
    tested = {test.firm_id for test in tests}
    left_out = tuple(firm.firm_id for firm in firms if firm.firm_id not in tested)
    return Backtest(firms=tuple(tests), mean=mean, left_out=left_out)


def _one_firm(
    firm: Firm,
    history: LoadHistory,
    forecasters: Sequence[ManyForecaster],
    held_back: HeldBack,
) -> FirmBacktest | None:
    issue_times = held_back.issue_times(firm, history)
    if not len(issue_times):
        return None
    first = ((issue_times - history.grid.starts[0]) // STEP).astype(np.int64)
    actual_kw = history.demand_kw[first[:, None] + np.arange(held_back.steps)]
    demand_kw = {
        forecaster.version: forecaster.predict_many(firm, history, issue_times, held_back.steps)
        for forecaster in forecasters
    }
    kept = np.isfinite(actual_kw[:, :STEPS_PER_DAY]).any(axis=1)
    for forecast_kw in demand_kw.values():
        kept &= np.isfinite(forecast_kw).all(axis=(1, 2))
    if not kept.any():
        return None
    demand_kw = {name: forecast_kw[kept] for name, forecast_kw in demand_kw.items()}
    return FirmBacktest(
        firm_id=firm.firm_id,
        issue_times=issue_times[kept],
        actual_kw=actual_kw[kept],
        demand_kw=demand_kw,
        scores={name: score(actual_kw[kept], forecast) for name, forecast in demand_kw.items()},
    )
