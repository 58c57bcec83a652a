"""A backtest's folder changes all at once: forecasts, figures and times that other tools read."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bench.forecast_scores import read_forecasts, score_forecasts
from feature_store.errors import SandanError
from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.load_forecast import QUANTILES, quantile_key
from tests.fakes.made_load import a_made_load
from tests.training.evaluation.measured_files import readings_of
from tests.training.evaluation.studies import RULES, a_plan, a_study
from training.evaluation.files import FILES, metrics_document, output_folder, times_document
from training.evaluation.overall_figures import overall_figures

KILN, PRESS = a_made_load(70), a_made_load(75, firm_id="press_shop", seed=1)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A folder that a backtest was written to, and the backtest."""
    out = tmp_path_factory.mktemp("backtest") / "made" / "here"
    with output_folder(out) as folder:
        study = a_study(folder.parts, KILN, PRESS, a_made_load(50, firm_id="newcomer"))
        folder.finish(study)
    return out, study


def test_it_holds_the_files_and_nothing_unfinished(done):
    out, _ = done
    assert {path.name for path in out.iterdir()} == set(FILES)


def test_forecasts_have_a_row_a_step_a_column_a_quantile_and_instants_in_utc(done):
    out, study = done
    rows = pl.read_parquet(out / "forecasts.parquet")
    columns = ["firm_id", "issue_time", "valid_time", *map(quantile_key, QUANTILES)]
    assert rows.columns == columns
    assert rows["issue_time"].dtype == rows["valid_time"].dtype == pl.Datetime("us", "UTC")
    steps = study.plan.steps
    assert rows.height == steps * sum(firm.issue_times for firm in study.firms)
    first = rows.filter(firm_id="kiln_works")[:steps]
    lead = (first["valid_time"] - first["issue_time"]).dt.total_minutes()
    assert lead.to_list() == [15 * step for step in range(steps)]


def test_the_others_forecasts_stand_beside_under_their_names(done):
    out, _ = done
    ours, others = (
        pl.read_parquet(out / name) for name in ("forecasts.parquet", "other_forecasts.parquet")
    )
    assert others["forecaster"].unique().to_list() == [RULES[1]]
    cases = ["firm_id", "issue_time", "valid_time"]
    assert others.select(cases).equals(ours.select(cases))
    assert not others.select("q0.5").equals(ours.select("q0.5"))


def test_who_scores_the_file_of_forecasts_gets_the_figures_that_stand_beside_it(done):
    out, _ = done
    told = json.loads((out / "metrics.json").read_text("utf-8"))
    scored = score_forecasts(read_forecasts(out / "forecasts.parquet"), readings_of(KILN, PRESS))
    for firm_id, theirs in scored.items():
        firm = told["firms"][firm_id]
        ours = firm["forecasters"]["similar-day"]
        expected = theirs.figures
        assert firm["issue_times"] == expected.pop("issue_times")
        assert ours["wql_all_leads"] == pytest.approx(expected.pop("wql_0_48h"))
        assert {name: ours[name] for name in expected} == pytest.approx(expected)


def test_means_are_plain_over_firms_and_lie_within_their_intervals(done):
    out, _ = done
    told = json.loads((out / "metrics.json").read_text("utf-8"))
    mean = told["forecasters"]["similar-day"]
    by_firm = [firm["forecasters"]["similar-day"] for firm in told["firms"].values()]
    assert mean["wql"] == pytest.approx(np.mean([one["wql"] for one in by_firm]))
    assert mean["churn"] == pytest.approx(np.mean([one["churn"] for one in by_firm]))
    assert mean["intervals"]["wql"]["low"] <= mean["wql"] <= mean["intervals"]["wql"]["high"]
    ratio = mean["wql_ratio_to"]["seasonal-naive"]
    naive = told["forecasters"]["seasonal-naive"]
    assert ratio["ratio"] == pytest.approx(mean["wql"] / naive["wql"])
    assert ratio["low"] <= ratio["ratio"] <= ratio["high"]
    back = naive["wql_ratio_to"]["similar-day"]
    assert back["low"] == pytest.approx(1 / ratio["high"], rel=0.01)


def test_every_case_is_in_a_bin_and_every_lead_in_a_window(done):
    out, study = done
    told = json.loads((out / "metrics.json").read_text("utf-8"))
    mean = told["forecasters"]["similar-day"]
    cases = 3 * STEPS_PER_DAY * sum(firm.issue_times for firm in study.firms)
    assert sum(one["count"] for one in mean["reliability"]) == cases
    assert [one["last_hour"] for one in mean["by_lead"]] == list(range(2, 37, 2))
    assert set(mean["share_below"]) == {quantile_key(level) for level in QUANTILES}


def test_what_was_asked_and_who_was_left_out_stand_with_the_figures(done):
    out, _ = done
    told = json.loads((out / "metrics.json").read_text("utf-8"))
    assert told["protocol"]["issue_hours"] == [0, 12]
    assert told["protocol"]["test_days"] == 15
    assert list(told["left_out"]) == ["newcomer"]
    assert told["firms"]["kiln_works"]["test_end"] == "2026-05-10T15:00:00+00:00"


def test_times_have_the_form_that_the_comparison_with_libraries_reads(done):
    out, _ = done
    told = json.loads((out / "time.json").read_text("utf-8"))
    assert told["forecaster"] == "similar-day"
    assert told["fit_cpu_seconds"] == {"kiln_works": 0.0, "press_shop": 0.0}
    assert {len(one) for one in told["predict_cpu_seconds"].values()} == {1}
    assert set(told["others"]) == {"seasonal-naive"}
    assert {"python", "lightgbm", "sandan"} <= set(told["versions"])


def test_the_model_alone_is_fitted_and_each_firm_has_an_equal_share_of_it(done):
    _, study = done
    plan = a_plan("model", "similar-day")
    firms = tuple(_as_if_by(firm, plan.forecasters) for firm in study.firms)
    fitted = type(study)(plan=plan, firms=firms, left_out={}, fit_cpu_seconds=8.0)
    told = times_document(fitted)
    assert told["fit_cpu_seconds"] == {"kiln_works": 4.0, "press_shop": 4.0}
    assert set(told["others"]["similar-day"]["fit_cpu_seconds"].values()) == {0.0}


def test_a_figure_that_there_is_not_is_null(tmp_path):
    """Every half day has a gap, each at another hour than a week before: no peak is known."""
    demand_kw = KILN.demand_kw.copy()
    demand_kw[:: STEPS_PER_DAY // 2 - 1] = np.nan
    gaps = type(KILN)(
        firm_id=KILN.firm_id, grid=KILN.grid, demand_kw=demand_kw, known_at=KILN.known_at
    )
    with output_folder(tmp_path) as folder:
        study = a_study(folder.parts, gaps)
        folder.finish(study)
    told = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert told["forecasters"]["similar-day"]["peak_crps"] is None
    assert np.isnan(
        metrics_document(study, overall_figures(study.firms))["forecasters"]["similar-day"][
            "peak_crps"
        ]
    )


@pytest.mark.parametrize("ending", [KeyboardInterrupt, RuntimeError])
def test_a_run_that_is_broken_off_leaves_the_folder_as_it_was(tmp_path, ending):
    (tmp_path / "forecasts.parquet").write_text("of the run before")

    def broken_off():
        with output_folder(tmp_path) as folder:
            a_study(folder.parts, KILN)
            raise ending

    with pytest.raises(ending):
        broken_off()
    assert [path.name for path in tmp_path.iterdir()] == ["forecasts.parquet"]
    assert (tmp_path / "forecasts.parquet").read_text() == "of the run before"


def test_forecasts_of_others_of_a_run_before_do_not_stay_beside_new_ones(tmp_path):
    for names in (RULES, RULES[:1]):
        with output_folder(tmp_path) as folder:
            folder.finish(a_study(folder.parts, KILN, plan=a_plan(*names)))
    assert {path.name for path in tmp_path.iterdir()} == set(FILES) - {"other_forecasts.parquet"}


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(SandanError, match="cannot be written to"),
        output_folder(tmp_path / "file" / "out"),
    ):
        pass


def _as_if_by(firm, names):
    """The same firm's figures under other forecasters' names."""
    figures = list(firm.of.values())
    changed = {field: getattr(firm, field) for field in firm.__dataclass_fields__}
    return type(firm)(**changed | {"of": dict(zip(names, figures, strict=True))})


def test_the_page_is_written_too(done):
    out, _ = done
    assert Path(out / "report.html").read_text("utf-8").startswith("<!doctype html>")
