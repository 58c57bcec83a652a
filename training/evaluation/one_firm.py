"""The test of one firm, as it is done in a process of its own.

This module imports no tracking: each process would take seconds to load it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from models.forecasting.forecaster import ManyForecaster
from training.backtest import backtest_firm
from training.evaluation.firm_figures import FirmFigures, firm_figures
from training.evaluation.forecast_files import write_part
from training.splits import HeldBack


@dataclass(frozen=True, kw_only=True)
class HeldBackFirm:
    """A firm, its readings, and what of them is held back."""

    firm: Firm
    history: LoadHistory
    held_back: HeldBack


@dataclass(frozen=True, kw_only=True)
class FirmTask:
    """A firm to be tested."""

    of: HeldBackFirm
    forecasters: Mapping[str, ManyForecaster]
    """By name; the first is the one under test."""
    parts: Path
    """Folder that its forecasts are written to."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A firm that could not be tested."""

    firm_id: str
    reason: str


def evaluate_firm(task: FirmTask) -> FirmFigures | LeftOut:
    """Forecast one firm's held-back days, write the forecasts down and score them."""
    firm, history, held_back = task.of.firm, task.of.history, task.of.held_back
    try:
        test = backtest_firm(firm, history, task.forecasters, held_back)
    except NotEnoughReadingsError as error:
        return LeftOut(firm_id=firm.firm_id, reason=str(error))
    if test is None:
        return LeftOut(
            firm_id=firm.firm_id,
            reason=f"{firm.firm_id}: no issue time from {held_back.start.isoformat()} on has a "
            "load after it that every forecaster can tell from the readings before; give a series "
            "that is longer or has fewer gaps, or name fewer forecasters",
        )
    write_part(task.parts, test)
    return firm_figures(firm, history, held_back, test)
