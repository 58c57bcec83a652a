"""How long does one firm's 48-hour schedule take, from forecast to checked plan?

Every sample firm with equipment is planned at several issue times across a week, each problem
built, compiled, solved and verified afresh as the service does it. The time of a plan that was not
solved counts as well.
"""

from __future__ import annotations

import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from bench.figures import Figure, print_figures, write
from bench.sample_ledger import sample_ledger
from feature_store.entities.firm import Firm
from feature_store.point_in_time import Store
from feature_store.sample.complex import load_sample
from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.similar_day import SimilarDay
from models.optimizer.plan import plan
from models.optimizer.schedule import Solved

HORIZON_STEPS = 2 * STEPS_PER_DAY
ISSUES = 8
"""Issue times a firm, 21 hours apart: a week of mornings, evenings, weekdays and weekend."""


def main() -> list[Figure]:
    """Time every plan and count the outcomes."""
    sample = load_sample()
    with tempfile.TemporaryDirectory() as folder:
        store = sample_ledger(Path(folder), sample)
        _seconds(store, sample.firms[0], sample.demo_time)  # the first solve imports and warms up
        taken = [
            _seconds(store, firm, sample.demo_time - number * timedelta(hours=21))
            for firm in sample.firms
            if firm.equipment
            for number in range(ISSUES)
        ]
        store.close()
    seconds = [spent for spent, _ in taken]  # an operator waits for a failure too
    solved = sum(is_solved for _, is_solved in taken)
    figures = [
        Figure(name="schedules asked for", value=len(taken)),
        Figure(name="solved to the gap", value=100 * solved / len(taken), unit="%", at_least=100),
        Figure(name="seconds a schedule, median", value=float(np.median(seconds)), unit="s"),
        Figure(name="seconds a schedule, largest", value=max(seconds), unit="s", at_most=1),
    ]
    write("schedule", (__doc__ or "").splitlines()[0], figures)
    return figures


def _seconds(store: Store, firm: Firm, issue_time: datetime) -> tuple[float, bool]:
    """Wall seconds of one plan, and whether it was solved."""
    history = store.as_of(issue_time).history(firm.firm_id)
    forecast = SimilarDay().predict(firm, history, issue_time, HORIZON_STEPS)
    started = time.perf_counter()
    outcome = plan(firm, history, forecast)
    return time.perf_counter() - started, isinstance(outcome, Solved)


if __name__ == "__main__":
    print_figures(main())
