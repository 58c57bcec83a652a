"""Past issue times forecast again, each with nothing but what was known then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEP, Instants, KilowattArray
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


def run_backtest(
    firms: Sequence[Firm],
    histories: dict[str, LoadHistory],
    forecasters: Sequence[ManyForecaster],
    held_back: HeldBack,
    *,
    on_firm: Callable[[], None] = lambda: None,
) -> Backtest:
    """Forecast every firm's held-back weeks with every forecaster and score them.

    A firm without readings in those weeks is left out.
    """
    tests = []
    for firm in firms:
        issue_times = held_back.issue_times(firm, histories[firm.firm_id])
        if len(issue_times):
            history = histories[firm.firm_id]
            tests.append(_one_firm(firm, history, issue_times, forecasters, held_back.steps))
        on_firm()
    names = [forecaster.version for forecaster in forecasters]
    mean = {name: mean_scores([test.scores[name] for test in tests]) for name in names}
    return Backtest(firms=tuple(tests), mean=mean)


def _one_firm(
    firm: Firm,
    history: LoadHistory,
    issue_times: Instants,
    forecasters: Sequence[ManyForecaster],
    steps: int,
) -> FirmBacktest:
    first = ((issue_times - history.grid.starts[0]) // STEP).astype(np.int64)
    actual_kw = history.demand_kw[first[:, None] + np.arange(steps)]
    demand_kw, scores = {}, {}
    for forecaster in forecasters:
        forecast_kw = forecaster.predict_many(firm, history, issue_times, steps)
        demand_kw[forecaster.version] = forecast_kw
        scores[forecaster.version] = score(actual_kw, forecast_kw)
    return FirmBacktest(
        firm_id=firm.firm_id,
        issue_times=issue_times,
        actual_kw=actual_kw,
        demand_kw=demand_kw,
        scores=scores,
    )
