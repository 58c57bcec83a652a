"""One training run: fit, backtest on held-back weeks, fit on everything, register, promote."""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import mlflow

from feature_store.features.catalogue import LOOKBACK, NAMES, catalogue_hash
from feature_store.point_in_time import Store
from feature_store.settings import Settings
from feature_store.snapshots import Snapshot, take_snapshot
from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting import typical_firm
from models.forecasting.lightgbm_quantiles import FITTED_LEVELS, BoosterParameters
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.same_day_type_mean import SameDayTypeMean
from models.forecasting.seasonal_naive import SeasonalNaive
from models.forecasting.similar_day import SimilarDay
from models.forecasting.trained_model import TrainedModel
from models.registry.bundle import Manifest, write_bundle
from models.registry.champion import BUNDLE_ARTIFACT, register_champion
from training import plots, tracking
from training.backtest import Backtest, run_backtest
from training.fit_pooled import MODEL, fit_pooled
from training.splits import HeldBack, hold_back
from training.training_rows import Sampling

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done and how much there is."""


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """How a run samples, tests and shapes its model."""

    horizon_steps: int = 2 * STEPS_PER_DAY
    """Of the test."""
    sampling: Sampling = field(default_factory=Sampling)
    test_days: int = 56
    issue_hours: tuple[int, ...] = (0, 12)
    boosters: BoosterParameters = field(default_factory=BoosterParameters)


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """What a finished run made."""

    run_id: str
    model_version: str
    snapshot_sha256: str
    held_back: HeldBack
    backtest: Backtest


def train(
    settings: Settings,
    store: Store,
    *,
    as_of: datetime,
    plan: TrainingPlan | None = None,
    on_progress: Progress = lambda _stage, _done, _total: None,
) -> TrainingReport:
    """Train on what was known at ``as_of``, test honestly, and make the result champion.

    The backtest judges a model fitted on nothing from the held-back weeks; the registered model
    is fitted the same way on everything known at ``as_of``.
    """
    plan = plan or TrainingPlan()
    snapshot = take_snapshot(settings.home / "snapshots", store.as_of(as_of))
    held_back = hold_back(
        snapshot.histories,
        as_of=as_of,
        test_days=plan.test_days,
        issue_hours=plan.issue_hours,
        steps=plan.horizon_steps,
    )
    with tracking.tracked_run(settings, run_name=f"as of {as_of:%Y-%m-%d %H:%M}") as run_id:
        backtest = _test(snapshot, held_back, plan, on_progress)
        fitted = _counter("fit for use", len(FITTED_LEVELS), on_progress)
        final = fit_before(snapshot, as_of, plan, on_booster=fitted)
        registering = _counter("register", 2, on_progress)
        _log(snapshot, plan, held_back, backtest)
        registering()
        version = _register(settings, final, snapshot, plan, run_id)
        registering()
    return TrainingReport(
        run_id=run_id,
        model_version=version,
        snapshot_sha256=snapshot.content_sha256,
        held_back=held_back,
        backtest=backtest,
    )


def fit_before(
    snapshot: Snapshot,
    cut: datetime,
    plan: TrainingPlan,
    *,
    on_booster: Callable[[], None] = lambda: None,
) -> TrainedModel:
    """Fit on what was known at ``cut``: nothing that is learnt lies at or after it."""
    known = {name: history.as_of(cut) for name, history in snapshot.histories.items()}
    forecaster = fit_pooled(
        snapshot.firms,
        known,
        sampling=plan.sampling,
        parameters=plan.boosters,
        on_booster=on_booster,
    )
    typical = typical_firm.fit(
        snapshot.firms, known, least_days_of_kind=typical_firm.LEAST_DAYS_TO_TRAVEL
    )
    return TrainedModel(forecaster=forecaster, typical=typical)


def _test(
    snapshot: Snapshot, held_back: HeldBack, plan: TrainingPlan, on_progress: Progress
) -> Backtest:
    """Fit without the held-back weeks and forecast them, beside the simple rules."""
    fitted = _counter("fit for test", len(FITTED_LEVELS), on_progress)
    challenger = fit_before(snapshot, held_back.start, plan, on_booster=fitted).forecaster
    return run_backtest(
        snapshot.firms,
        snapshot.histories,
        (challenger, challenger.boosters, SeasonalNaive(), SimilarDay(), SameDayTypeMean()),
        held_back,
        on_firm=_counter("test", len(snapshot.firms), on_progress),
    )


def _register(
    settings: Settings,
    model: TrainedModel,
    snapshot: Snapshot,
    plan: TrainingPlan,
    run_id: str,
) -> str:
    """Log the bundle with the open run, register it and make it champion."""
    made = Manifest(
        quantiles=QUANTILES,
        fitted_levels=FITTED_LEVELS,
        features=NAMES,
        features_hash=catalogue_hash(),
        as_of=snapshot.moment,
        snapshot_sha256=snapshot.content_sha256,
        parameters={name: float(value) for name, value in asdict(plan.boosters).items()},
        code_version=importlib.metadata.version("sandan"),
    )
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / BUNDLE_ARTIFACT
        write_bundle(bundle, model, made)
        model_uri = tracking.log_bundle(bundle)
    tags = {"snapshot_sha256": made.snapshot_sha256, "as_of": made.as_of.isoformat()}
    return register_champion(settings, model_uri=model_uri, run_id=run_id, tags=tags)


def _counter(stage: str, total: int, on_progress: Progress) -> Callable[[], None]:
    """Count calls into progress; boosters fitted side by side may call at the same time."""
    done: list[None] = []
    on_progress(stage, 0, total)

    def count() -> None:
        done.append(None)
        on_progress(stage, len(done), total)

    return count


def _log(snapshot: Snapshot, plan: TrainingPlan, held_back: HeldBack, backtest: Backtest) -> None:
    mlflow.log_params(
        {
            "snapshot_sha256": snapshot.content_sha256,
            "as_of": snapshot.moment.isoformat(),
            "test_start": held_back.start.isoformat(),
            "firms": len(snapshot.firms),
            "features_hash": catalogue_hash(),
            "lookback_days": LOOKBACK.days,
            "horizon_steps": plan.horizon_steps,
            "test_days": plan.test_days,
            "issue_hours": plan.issue_hours,
            **{f"sampling_{key}": value for key, value in asdict(plan.sampling).items()},
            **{f"booster_{key}": value for key, value in asdict(plan.boosters).items()},
        }
    )
    for name, scores in backtest.mean.items():
        mlflow.log_metrics({f"{name}_{key}": value for key, value in asdict(scores).items()})
    by_firm = {
        firm.firm_id: {name: asdict(scores) for name, scores in firm.scores.items()}
        for firm in backtest.firms
    }
    mlflow.log_dict(by_firm, "metrics_by_firm.json")
    tracking.log_figure("loss_by_firm", plots.loss_by_firm(backtest))
    tracking.log_figure("calibration", plots.calibration(backtest))
    tracking.log_figure("fans", plots.fans(backtest, MODEL))
