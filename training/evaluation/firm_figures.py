"""Everything that one firm's test tells of each forecaster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from training.backtest import FirmBacktest
from training.evaluation.shown_days import ShownDays, shown_days
from training.metrics import Scores, wql
from training.scores.bootstrap import WeeklyRatio, weekly_ratios
from training.scores.by_lead import LeadWindow, by_lead
from training.scores.calibration import Calibration
from training.scores.churn import churn
from training.scores.exceedance import Exceedance, Reliability, exceedances, levels_kw
from training.scores.peak_scores import path_peaks_kw, peak_crps, peak_time_hit
from training.scores.scaled_error import mase
from training.splits import HeldBack


@dataclass(frozen=True, kw_only=True)
class ForecasterFigures:
    """One forecaster's figures on one firm."""

    scores: Scores
    """Of the first day of lead time."""
    mase: float
    wql_all_leads: float
    """Weighted quantile loss of every step that was forecast."""
    churn: float
    peak_crps: float
    """Of the day's peak, from the quantiles' paths."""
    peak_crps_told: float | None
    """Of the distribution of the peak that the forecaster answers itself; None if it does not."""
    peak_hit_told: float | None
    """Share of days whose peak came within half an hour of the time that it answers for it."""
    windows: tuple[LeadWindow, ...]
    exceedances: tuple[Exceedance, ...]
    reliability: Reliability
    calibration: Calibration
    """Of the first day."""
    weekly: Mapping[str, WeeklyRatio]
    predict_cpu_seconds: float
    """Of one forecast, when all issue times are asked together."""

    @property
    def figures(self) -> dict[str, float]:
        """The figures that are one number each, by name."""
        told = {
            "mase": self.mase,
            "wql_all_leads": self.wql_all_leads,
            "churn": self.churn,
            "peak_crps": self.peak_crps,
        }
        if self.peak_crps_told is not None and self.peak_hit_told is not None:
            told["peak_crps_told"] = self.peak_crps_told
            told["peak_hit_told"] = self.peak_hit_told
        brier = {f"brier_{one.level_share:g}": one.brier for one in self.exceedances}
        return asdict(self.scores) | told | brier


@dataclass(frozen=True, kw_only=True)
class FirmFigures:
    """One firm's figures, and the days that are shown of it."""

    firm_id: str
    timezone: str
    held_back: HeldBack
    mean_kw: float
    """Mean load before the test; NaN of a firm that was not measured then."""
    asked: int
    """Issue times that were asked."""
    issue_times: int
    """Of them, those that every forecaster could answer and that were measured afterwards."""
    of: Mapping[str, ForecasterFigures]
    """By forecaster."""
    shown: ShownDays
    """Of the first forecaster."""


def firm_figures(
    firm: Firm, history: LoadHistory, held_back: HeldBack, test: FirmBacktest
) -> FirmFigures:
    """Score everything that is told of one firm's test."""
    learned_kw = history.as_of(held_back.start).demand_kw
    learned_kw = learned_kw[np.isfinite(learned_kw)]
    firm_levels_kw = levels_kw(learned_kw)
    before_kw = history.demand_kw[history.grid.starts < test.issue_times[0]]
    first, *_ = test.demand_kw
    return FirmFigures(
        firm_id=firm.firm_id,
        timezone=firm.timezone,
        held_back=held_back,
        mean_kw=float(learned_kw.mean()) if learned_kw.size else float("nan"),
        asked=test.asked,
        issue_times=len(test.issue_times),
        of={name: _figures(test, name, before_kw, firm_levels_kw) for name in test.demand_kw},
        shown=shown_days(firm, test, first),
    )


def _figures(
    test: FirmBacktest, name: str, before_kw: KilowattArray, firm_levels_kw: tuple[float, ...]
) -> ForecasterFigures:
    actual_kw, demand_kw = test.actual_kw, test.demand_kw[name]
    of_levels, reliability = exceedances(actual_kw, demand_kw, firm_levels_kw)
    peaks = test.peaks.get(name)
    return ForecasterFigures(
        scores=test.scores[name],
        mase=mase(actual_kw, demand_kw, before_kw),
        wql_all_leads=wql(actual_kw, demand_kw),
        churn=churn(test.issue_times, actual_kw, demand_kw),
        peak_crps=peak_crps(actual_kw, path_peaks_kw(demand_kw)),
        peak_crps_told=None if peaks is None else peak_crps(actual_kw, peaks.quantiles_kw),
        peak_hit_told=None if peaks is None else peak_time_hit(actual_kw, peaks.likeliest_step),
        windows=by_lead(actual_kw, demand_kw),
        exceedances=of_levels,
        reliability=reliability,
        calibration=Calibration.of(actual_kw[:, :STEPS_PER_DAY], demand_kw[:, :STEPS_PER_DAY]),
        weekly=weekly_ratios(test.issue_times, actual_kw, demand_kw),
        predict_cpu_seconds=test.predict_cpu_seconds[name],
    )
