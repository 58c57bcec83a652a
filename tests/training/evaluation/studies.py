"""Backtests of small made firms by the rules, which need no fitting."""

from __future__ import annotations

from pathlib import Path

from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_DAY
from tests.builders import a_firm
from training.evaluation.run import Evaluation, EvaluationPlan, each_at_its_own_end, evaluate

RULES = ("similar-day", "seasonal-naive")


def a_plan(*forecasters: str, test_days: int = 15, jobs: int = 1) -> EvaluationPlan:
    """Two weeks in which every issue time of a day and a half ahead has passed."""
    return EvaluationPlan(
        forecasters=forecasters or RULES,
        test_days=test_days,
        steps=3 * STEPS_PER_DAY // 2,
        jobs=jobs,
    )


def a_study(parts: Path, *histories: LoadHistory, plan: EvaluationPlan | None = None) -> Evaluation:
    """Test firms that keep no holiday, each at the end of its own series."""
    plan = plan or a_plan()
    firms = [a_firm(one.firm_id, holiday_country=None) for one in histories]
    by_id = {one.firm_id: one for one in histories}
    held_back, left_out = each_at_its_own_end(firms, by_id, plan)
    return evaluate(held_back, plan, parts, left_out=left_out)
