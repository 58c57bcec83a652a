"""The figures are those of the evaluation protocol: by hand, and against its own script."""

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from feature_store.time_grid import STEPS_PER_DAY, TimeGrid
from models.forecasting.load_forecast import QUANTILES, quantile_key
from tests.builders import MONDAY
from training.metrics import pinball_kw, score

PROTOCOL = Path(__file__).parents[3] / "shared" / "bench" / "score.py"


def test_the_loss_of_a_hand_computed_case():
    """Actual 10 kW, every quantile 8 kW: pinball is 2 q; the deciles' mean is 1.0 kW."""
    actual_kw = np.full((1, STEPS_PER_DAY), 10.0)
    scores = score(actual_kw, np.full((1, STEPS_PER_DAY, len(QUANTILES)), 8.0))
    assert scores.wql == pytest.approx(2 * 1.0 / 10)
    assert scores.pl90 == pytest.approx(2 * 0.9 * 2 / 10)
    assert scores.nmae == pytest.approx(0.2)
    assert scores.peak_error == pytest.approx(0.2)
    assert (scores.cov80, scores.wid80, scores.crossings) == (0.0, 0.0, 0)


def test_a_perfect_forecast_costs_nothing():
    actual_kw = np.linspace(10, 90, STEPS_PER_DAY)[None, :]
    scores = score(actual_kw, np.repeat(actual_kw[..., None], len(QUANTILES), axis=2))
    assert (scores.wql, scores.nmae, scores.cov80, scores.peak_hit) == (0.0, 0.0, 1.0, 1.0)


def test_intervals_without_a_reading_count_for_nothing():
    actual_kw = np.full((1, STEPS_PER_DAY), 10.0)
    demand_kw = np.full((1, STEPS_PER_DAY, len(QUANTILES)), 8.0)
    demand_kw[0, 5] = 1e6
    actual_kw[0, 5] = np.nan
    assert score(actual_kw, demand_kw).wql == pytest.approx(0.2)


def test_pinball_punishes_a_low_high_quantile_more():
    assert pinball_kw(np.array([10.0]), np.full((1, len(QUANTILES)), 8.0))[0, -1] == (
        pytest.approx(0.95 * 2)
    )


@pytest.mark.skipif(
    not PROTOCOL.exists(), reason="needs ../shared/bench/score.py beside the project"
)
def test_they_agree_with_the_protocols_own_script(tmp_path):
    random = np.random.default_rng(1)
    grid = TimeGrid(MONDAY, 30 * STEPS_PER_DAY)
    kw = 100 + 30 * random.standard_normal(grid.steps)
    issues = np.arange(20 * STEPS_PER_DAY, 27 * STEPS_PER_DAY, STEPS_PER_DAY // 2)
    forecast = np.sort(
        100 + 30 * random.standard_normal((len(issues), 2 * STEPS_PER_DAY, len(QUANTILES))), axis=2
    )
    at = issues[:, None] + np.arange(2 * STEPS_PER_DAY)
    starts = grid.starts.astype("datetime64[ms]")
    pl.DataFrame({"firm_id": ["a"] * grid.steps, "period_start": starts, "kw": kw}).write_parquet(
        tmp_path / "readings.parquet"
    )
    pl.DataFrame(
        {
            "firm_id": ["a"] * at.size,
            "issue_time": np.repeat(starts[issues], at.shape[1]),
            "valid_time": starts[at.ravel()],
            **{
                quantile_key(level): forecast[..., column].ravel()
                for column, level in enumerate(QUANTILES)
            },
        }
    ).write_parquet(tmp_path / "forecasts.parquet")
    subprocess.run(  # noqa: S603 -- the protocol's script on files made here
        [
            sys.executable,
            str(PROTOCOL),
            "--readings",
            str(tmp_path / "readings.parquet"),
            "--forecasts",
            str(tmp_path / "forecasts.parquet"),
            "--json",
            str(tmp_path / "score.json"),
        ],
        check=True,
        capture_output=True,
    )
    theirs = pl.read_json(tmp_path / "score.json")["a"][0]
    ours = asdict(score(kw[at], forecast))
    for name, value in ours.items():
        assert value == pytest.approx(theirs[name], rel=1e-6), name
