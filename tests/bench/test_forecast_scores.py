"""Forecasts of others get the figures of the product's own backtest, on cases that all share."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bench.contestants import Folder
from bench.forecast_peers import LeftOut, ask, keep_only_if_made_from
from bench.forecast_scores import (
    COLUMNS,
    UnfitForecastsError,
    on_shared_cases,
    read_forecasts,
    score_forecasts,
)
from bench.peer_results import Result, write_results
from feature_store.time_grid import STEPS_PER_DAY, TimeGrid
from tests.builders import MONDAY

PROTOCOL = Path(__file__).parents[3] / "shared" / "bench" / "score.py"
STEPS = 2 * STEPS_PER_DAY
GRID = TimeGrid(MONDAY, 40 * STEPS_PER_DAY)
STARTS = pl.Series(GRID.starts.astype("datetime64[us]")).dt.replace_time_zone("UTC")
FIRMS = ("kiln", "press")


def readings() -> pl.DataFrame:
    random = np.random.default_rng(1)
    return pl.concat(
        pl.DataFrame(
            {
                "firm_id": [name] * GRID.steps,
                "period_start": STARTS,
                "kw": 100 + 30 * random.standard_normal(GRID.steps),
            }
        )
        for name in FIRMS
    )


def forecasts(seed: int, *, first_day: int = 30, days: int = 7) -> pl.DataFrame:
    """Two forecasts a day that are right on average; quantiles in order."""
    random = np.random.default_rng(seed)
    issues = np.arange(first_day, first_day + days, 0.5) * STEPS_PER_DAY
    at = (issues[:, None] + np.arange(STEPS)).astype(np.int64).ravel()
    kw = np.sort(100 + 30 * random.standard_normal((len(at), len(COLUMNS))), axis=1)
    return pl.concat(
        pl.DataFrame(kw + number, schema=COLUMNS).select(
            pl.lit(name).alias("firm_id"),
            pl.Series("issue_time", STARTS[np.repeat(issues.astype(np.int64), STEPS)]),
            pl.Series("valid_time", STARTS[at]),
            pl.all(),
        )
        for number, name in enumerate(FIRMS)
    )


@pytest.mark.skipif(
    not PROTOCOL.exists(), reason="needs ../shared/bench/score.py beside the project"
)
def test_they_agree_with_the_protocols_own_script(tmp_path):
    readings().write_parquet(tmp_path / "readings.parquet")
    forecasts(2).sample(fraction=1, shuffle=True, seed=1).write_parquet(tmp_path / "made.parquet")
    told = {}
    for steps in (STEPS_PER_DAY, STEPS):
        words = f"--readings {tmp_path}/readings.parquet --forecasts {tmp_path}/made.parquet"
        words += f" --steps {steps} --json {tmp_path}/score.json"
        subprocess.run(  # noqa: S603 -- the protocol's script on files made here
            [sys.executable, str(PROTOCOL), *words.split()], check=True, capture_output=True
        )
        told[steps] = pl.read_json(tmp_path / "score.json")

    ours = score_forecasts(read_forecasts(tmp_path / "made.parquet"), readings())

    for name in FIRMS:
        theirs = told[STEPS_PER_DAY][name][0] | {"wql_0_48h": told[STEPS][name][0]["wql"]}
        assert ours[name].figures == pytest.approx(
            {figure: theirs[figure] for figure in ours[name].figures}, rel=1e-9
        )


def test_last_weeks_load_as_median_has_a_scaled_error_of_one_on_average():
    rows = forecasts(3)
    week_before = readings().with_columns(pl.col("period_start").dt.offset_by("1w"))
    naive = rows.join(
        week_before,
        left_on=["firm_id", "valid_time"],
        right_on=["firm_id", "period_start"],
        maintain_order="left",
    ).select("firm_id", "issue_time", "valid_time", *(pl.col("kw").alias(one) for one in COLUMNS))

    scores = score_forecasts(naive, readings())

    assert {name: one.mase for name, one in scores.items()} == pytest.approx(
        dict.fromkeys(FIRMS, 1.0), rel=0.1
    )


def test_only_the_cases_that_everybody_answered_count():
    short = forecasts(4, first_day=32, days=3)
    without_press = forecasts(5).filter(firm_id="kiln")

    shared = on_shared_cases({"a": forecasts(6), "b": short, "c": without_press})

    cases = [
        rows.select("firm_id", "issue_time").unique().sort("issue_time") for rows in shared.values()
    ]
    assert cases[0].equals(cases[1])
    assert cases[0].equals(cases[2])
    assert (
        cases[0].rows()
        == short.filter(firm_id="kiln")
        .select("firm_id", "issue_time")
        .unique()
        .sort("issue_time")
        .rows()
    )


def test_forecasters_without_a_case_in_common_are_refused():
    kiln, press = (forecasts(5).filter(firm_id=name) for name in FIRMS)

    with pytest.raises(UnfitForecastsError, match="a, b have no firm and issue time in common"):
        on_shared_cases({"a": kiln, "b": press})


def test_a_missing_quantile_is_refused_by_name(tmp_path):
    forecasts(7).drop("q0.9").write_parquet(tmp_path / "made.parquet")

    with pytest.raises(UnfitForecastsError, match=r"lacks q0\.9;"):
        read_forecasts(tmp_path / "made.parquet")


def test_what_is_no_number_is_refused(tmp_path):
    forecasts(7).with_columns(pl.lit(float("nan")).alias("q0.5")).write_parquet(
        tmp_path / "made.parquet"
    )

    with pytest.raises(UnfitForecastsError, match="no numbers"):
        read_forecasts(tmp_path / "made.parquet")


@pytest.mark.parametrize("lost", [0, 5])
def test_a_forecast_without_one_of_its_steps_is_refused(lost):
    rows = forecasts(8).with_row_index().filter(pl.col("index") != lost).drop("index")

    with pytest.raises(UnfitForecastsError, match="kiln: the forecasts have not the same steps"):
        score_forecasts(rows, readings())


def test_the_mean_is_the_plain_one_over_firms():
    firms = score_forecasts(forecasts(9), readings())
    result = Result(name="", versions={}, fit_seconds=None, predict_ms=None, firms=firms)

    assert result.mean["wql"] == pytest.approx(np.mean([one.scores.wql for one in firms.values()]))
    assert firms["kiln"].scores.wql != firms["press"].scores.wql


def test_the_page_tells_who_was_measured_with_what_and_who_was_not(tmp_path):
    firms = score_forecasts(forecasts(9), readings())
    result = Result(
        name="Peer", versions={"peer": "1.2"}, fit_seconds=3, predict_ms=None, firms=firms
    )

    write_results("Who is better?\n", [result], {"Other": "it is not here"}, folder=tmp_path)

    page = (tmp_path / "forecast_peers.md").read_text("utf-8")
    assert f"| Peer | {result.mean['wql']:.3f} |" in page
    assert f"| kiln | {firms['kiln'].scores.wql:.3f} |" in page
    assert "- Peer: peer 1.2" in page
    assert "Not measured: Other: it is not here." in page
    (told,) = json.loads((tmp_path / "forecast_peers.json").read_text("utf-8"))["contestants"]
    assert told["mean"] == pytest.approx(result.mean)
    assert told["firms"]["press"] == pytest.approx(firms["press"].figures)


def test_a_folder_without_forecasts_is_left_out_with_the_command_that_makes_them(tmp_path):
    nobody = Folder(name="ours", out=tmp_path, command="sandan backtest")

    outcome = ask(nobody, tmp_path / "readings.parquet", tmp_path / "firms.csv")

    assert isinstance(outcome, LeftOut)
    assert "`sandan backtest`" in outcome.reason


def test_forecasts_are_kept_while_their_input_is_the_same_and_made_anew_when_it_is_not(tmp_path):
    out = tmp_path / "forecasts"
    keep_only_if_made_from("a", out)
    (out / "forecasts.parquet").touch()

    keep_only_if_made_from("a", out)
    kept = (out / "forecasts.parquet").exists()
    keep_only_if_made_from("b", out)

    assert kept
    assert not (out / "forecasts.parquet").exists()
