"""A whole backtest: fit once before every firm's test, forecast each firm, score it all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEP, STEPS_PER_DAY, TimeGrid, utc_instant
from models.forecasting.forecaster import ManyForecaster
from models.forecasting.lightgbm_quantiles import FITTED_LEVELS, BoosterParameters
from training.evaluation.firm_figures import FirmFigures
from training.evaluation.named_forecasters import MODEL, RULES
from training.evaluation.one_firm import FirmTask, HeldBackFirm, LeftOut, evaluate_firm
from training.evaluation.side_by_side import side_by_side
from training.fit_pooled import fit_pooled
from training.splits import hold_back_of
from training.training_rows import Sampling

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done and how much there is."""


@dataclass(frozen=True, kw_only=True)
class EvaluationPlan:
    """What is tested, and how."""

    forecasters: tuple[str, ...]
    """By the names in ``named_forecasters``; the first is the one under test."""
    test_days: int = 56
    issue_hours: tuple[int, ...] = (0, 12)
    """Local clock hours."""
    steps: int = 2 * STEPS_PER_DAY
    seed: int = 0
    jobs: int = 1
    """Firms tested side by side."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All figures of all firms."""

    plan: EvaluationPlan
    firms: tuple[FirmFigures, ...]
    """In the order in which they were given."""
    left_out: Mapping[str, str]
    """Why, by firm."""
    fit_cpu_seconds: float
    """Of the model, on all firms together; 0 where it took no part."""


def each_at_its_own_end(
    firms: Sequence[Firm], histories: Mapping[str, LoadHistory], plan: EvaluationPlan
) -> tuple[tuple[HeldBackFirm, ...], dict[str, str]]:
    """Hold back the last days of every firm's own series.

    Returns:
        The firms whose series are long enough, and why each of the others is left out.
    """
    tested, left_out = [], {}
    for firm in firms:
        history = histories[firm.firm_id]
        try:
            held_back = hold_back_of(
                history,
                test_days=plan.test_days,
                issue_hours=plan.issue_hours,
                steps=plan.steps,
            )
        except NotEnoughReadingsError as too_short:
            left_out[firm.firm_id] = str(too_short)
        else:
            tested.append(HeldBackFirm(firm=firm, history=history, held_back=held_back))
    return tuple(tested), left_out


def evaluate(
    tested: Sequence[HeldBackFirm],
    plan: EvaluationPlan,
    parts: Path,
    *,
    left_out: Mapping[str, str] | None = None,
    on_progress: Progress = lambda _stage, _done, _total: None,
) -> Evaluation:
    """Fit and test; each firm's forecasts are written to a file of its own in ``parts``.

    The model learns once, from what was known of each firm before its own test.

    Raises:
        NotEnoughReadingsError: No firm can be tested.
    """
    left_out = dict(left_out or {})
    if not tested:
        raise NotEnoughReadingsError(f"no firm can be tested:\n{_reasons(left_out)}")
    started = time.process_time()
    forecasters = _forecasters(tested, plan, on_progress)
    fit_cpu_seconds = time.process_time() - started if MODEL in plan.forecasters else 0.0
    tasks = [FirmTask(of=one, forecasters=forecasters, parts=parts) for one in tested]
    found: dict[str, FirmFigures] = {}
    on_progress("test", 0, len(tasks))
    with closing(side_by_side(evaluate_firm, tasks, jobs=plan.jobs)) as outcomes:
        for number, outcome in enumerate(outcomes, start=1):
            match outcome:
                case FirmFigures():
                    found[outcome.firm_id] = outcome
                case LeftOut():
                    left_out[outcome.firm_id] = outcome.reason
            on_progress("test", number, len(tasks))
    if not found:
        raise NotEnoughReadingsError(f"no firm can be tested:\n{_reasons(left_out)}")
    return Evaluation(
        plan=plan,
        firms=tuple(found[one.firm.firm_id] for one in tested if one.firm.firm_id in found),
        left_out=left_out,
        fit_cpu_seconds=fit_cpu_seconds,
    )


def known_before(tested: HeldBackFirm) -> LoadHistory:
    """Return the firm's history as it was known where its test begins, ending there."""
    known = tested.history.as_of(tested.held_back.start)
    steps = int((utc_instant(tested.held_back.start) - known.grid.starts[0]) // STEP)
    steps = min(steps, known.grid.steps)
    return replace(
        known,
        grid=TimeGrid(known.grid.start, steps),
        demand_kw=known.demand_kw[:steps],
        known_at=known.known_at[:steps],
    )


def _forecasters(
    tested: Sequence[HeldBackFirm], plan: EvaluationPlan, on_progress: Progress
) -> dict[str, ManyForecaster]:
    fitted: dict[str, ManyForecaster] = {}
    if MODEL in plan.forecasters:
        done: list[None] = []
        on_progress("fit", 0, len(FITTED_LEVELS))

        def count() -> None:
            done.append(None)
            on_progress("fit", len(done), len(FITTED_LEVELS))

        fitted[MODEL] = fit_pooled(
            [one.firm for one in tested],
            {one.firm.firm_id: known_before(one) for one in tested},
            sampling=Sampling(seed=plan.seed),
            parameters=BoosterParameters(seed=plan.seed),
            on_booster=count,
        )
    every = RULES | fitted
    return {name: every[name] for name in plan.forecasters}


def _reasons(left_out: Mapping[str, str]) -> str:
    return "\n".join(f"  {reason}" for reason in left_out.values())
