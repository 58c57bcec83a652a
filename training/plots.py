"""Pictures of a backtest, for the tracked run and the reports."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.load_forecast import QUANTILES
from training.backtest import Backtest, FirmBacktest
from training.metrics import P10, P50, P90
from training.scores.calibration import Calibration

BAND, INK, ACTUAL = "#9cc3e6", "#1f4e79", "#222222"


def loss_by_firm(backtest: Backtest) -> Figure:
    """Quantile loss of every forecaster, firm by firm."""
    figure = Figure(figsize=(9, 0.5 * len(backtest.firms) + 1.6), layout="constrained")
    axes = figure.subplots()
    names = list(backtest.mean)
    height = 0.8 / len(names)
    position = np.arange(len(backtest.firms))
    for number, name in enumerate(names):
        loss = [firm.scores[name].wql for firm in backtest.firms]
        axes.barh(position + number * height, loss, height, label=name)
    axes.set_yticks(position + 0.4 - height / 2, [firm.firm_id for firm in backtest.firms])
    axes.invert_yaxis()
    axes.set_xlabel("weighted quantile loss (lower is better)")
    axes.legend(fontsize="small")
    return figure


def calibration(backtest: Backtest) -> Figure:
    """Share of readings below each forecast quantile, against the share there should be."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    for name in backtest.mean:
        of_firms = (Calibration.of(firm.actual_kw, firm.demand_kw[name]) for firm in backtest.firms)
        share = Calibration.pooled(of_firms).share_below
        axes.plot(QUANTILES, share, marker="o", markersize=3, label=name)
    axes.set_xlabel("forecast quantile")
    axes.set_ylabel("share of readings at or below it")
    axes.legend(fontsize="small")
    return figure


def fans(backtest: Backtest, forecaster: str, *, days: int = 3) -> Figure:
    """Forecasts of the last test days beside the readings, four firms of different size."""
    by_loss = sorted(backtest.firms, key=lambda firm: firm.scores[forecaster].wql)
    chosen = [by_loss[int(share * (len(by_loss) - 1))] for share in (0, 1 / 3, 2 / 3, 1)]
    figure = Figure(figsize=(11, 7), layout="constrained")
    for axes, firm in zip(figure.subplots(2, 2).ravel(), chosen, strict=True):
        _fan(axes, firm, forecaster, days)
    return figure


def _fan(axes: Axes, firm: FirmBacktest, forecaster: str, days: int) -> None:
    shown = firm.demand_kw[forecaster][-2 * days :: 2, :STEPS_PER_DAY].reshape(-1, len(QUANTILES))
    actual_kw = firm.actual_kw[-2 * days :: 2, :STEPS_PER_DAY].ravel()
    hours = np.arange(len(actual_kw)) * 24 / STEPS_PER_DAY
    axes.fill_between(hours, shown[:, P10], shown[:, P90], color=BAND, label="q0.1 to q0.9")
    axes.plot(hours, shown[:, P50], color=INK, linewidth=1, label="median")
    axes.plot(hours, actual_kw, color=ACTUAL, linewidth=1, label="measured")
    axes.set_title(f"{firm.firm_id}  (quantile loss {firm.scores[forecaster].wql:.3f})")
    axes.set_ylabel("kW")
    axes.set_xlabel("hours, issued once a day")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="x-small")
