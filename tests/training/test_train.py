"""A training run learns the load, tells it honestly, keeps everything, and serves the result."""

import re
from dataclasses import replace
from datetime import timedelta

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from feature_store.errors import NoModelError, NotEnoughReadingsError
from feature_store.features.load_table import HALF_DAY, REST_DAY, SATURDAY, WORKDAY
from feature_store.settings import Settings
from feature_store.snapshots import take_snapshot
from feature_store.time_grid import STEP, STEPS_PER_DAY, STEPS_PER_WEEK
from models.forecasting import typical_firm
from models.forecasting.lightgbm_quantiles import BoosterParameters
from models.forecasting.typical_firm import LEAST_DAYS_TO_TRAVEL
from models.forecasting.typical_firm_document import to_json
from models.registry import ridge_document
from models.registry.champion import BUNDLE_ARTIFACT, load_champion
from tests.builders import MONDAY, a_batch_of, a_firm, a_history
from tests.fakes.made_load import a_made_load
from tests.fakes.memory_store import MemoryStore
from training.train import TrainingPlan, fit_before, train
from training.training_rows import Sampling

DAYS = 120
PLAN = TrainingPlan(boosters=BoosterParameters(trees=25), sampling=Sampling(issues_per_day=2))


class _Known:
    """Knowledge of some plants whose histories are given whole: a year is slow to append."""

    def __init__(self, moment, histories):
        self.moment, self._histories = moment, histories

    def firms(self):
        return tuple(a_firm(firm_id, holiday_country=None) for firm_id in sorted(self._histories))

    def firm(self, firm_id):
        return a_firm(firm_id, holiday_country=None)

    def history(self, firm_id, *, days=None):
        del days
        return self._histories[firm_id].as_of(self.moment)


class _Store:
    def __init__(self, histories):
        self._histories = histories

    def as_of(self, moment):
        return _Known(moment, self._histories)


HISTORIES = {
    "kiln_works": a_made_load(DAYS),
    "press_shop": a_made_load(DAYS, firm_id="press_shop", seed=1),
}
AS_OF = HISTORIES["kiln_works"].end


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    stages = []
    report = train(
        settings,
        _Store(HISTORIES),
        as_of=AS_OF,
        plan=PLAN,
        on_progress=lambda stage, done, total: stages.append((stage, done, total)),
    )
    return settings, report, stages


def test_it_beats_every_simple_rule_on_a_load_with_good_and_bad_days(trained):
    _, report, _ = trained
    loss = {name: scores.wql for name, scores in report.backtest.mean.items()}
    assert loss["mixture"] < 0.9 * min(loss["seasonal-naive"], loss["same-day-type-mean"])
    assert loss["mixture"] < loss["similar-day"]
    assert report.backtest.mean["mixture"].crossings == 0


def test_the_champion_is_what_was_registered(trained):
    settings, report, _ = trained
    champion = load_champion(settings).forecaster
    assert champion.version == report.model_version == "load-forecaster/1"
    firm = a_firm(holiday_country=None)
    forecast = champion.predict(firm, HISTORIES["kiln_works"], AS_OF, 2 * STEPS_PER_DAY)
    assert forecast.median_kw.max() > 150


def test_the_run_keeps_parameters_figures_pictures_and_the_datas_hash(trained):
    settings, report, _ = trained
    client = MlflowClient(settings.tracking_uri)
    run = client.get_run(report.run_id)
    assert run.data.params["snapshot_sha256"] == report.snapshot_sha256
    assert run.data.params["booster_num_leaves"] == "31"
    assert run.data.metrics["mixture_wql"] == report.backtest.mean["mixture"].wql
    kept = {artifact.path for artifact in client.list_artifacts(report.run_id, "plots")}
    assert kept == {"plots/calibration.png", "plots/fans.png", "plots/loss_by_firm.png"}
    assert (settings.home / "snapshots" / f"{report.snapshot_sha256}.parquet").exists()


def test_no_file_of_the_model_is_a_pickle(trained):
    settings, _, _ = trained
    files = [file for file in (settings.artifacts / "models").rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if file.suffix in {".pkl", ".pickle", ".joblib"}]
    for file in files:
        file.read_text(encoding="utf-8")


def test_mlflow_itself_loads_it_and_predicts_the_same(trained):
    settings, report, _ = trained
    import pandas as pd

    from feature_store.features.catalogue import NAMES
    from feature_store.views import feature_frame
    from models.registry.bundle_pyfunc import NOBODY

    mlflow.set_tracking_uri(settings.tracking_uri)
    loaded = mlflow.pyfunc.load_model(f"models:/{report.model_version}")
    issue = HISTORIES["kiln_works"].grid.starts[-1:] + STEP
    firm = a_firm(holiday_country=None)
    frame = feature_frame(firm, HISTORIES["kiln_works"], issue, np.arange(STEPS_PER_DAY))
    told = loaded.predict(pd.DataFrame(frame.values, columns=list(NAMES)))
    boosters = load_champion(settings).forecaster.boosters
    expected_kw = boosters.predict_values(frame.values, [NOBODY] * STEPS_PER_DAY)
    np.testing.assert_allclose(told["q0.5"], expected_kw[:, 5])


def test_progress_reaches_the_end_of_every_stage(trained):
    _, _, stages = trained
    last = {stage: (done, total) for stage, done, total in stages}
    assert list(last) == ["fit for test", "test", "fit for use", "register"]
    assert all(done == total for done, total in last.values())


def test_the_champion_brings_the_typical_firms_of_all_that_was_known(trained):
    settings, _, _ = trained
    firms = [a_firm(name, holiday_country=None) for name in HISTORIES]
    expected = typical_firm.fit(firms, HISTORIES, least_days_of_kind=LEAST_DAYS_TO_TRAVEL)
    learnt = load_champion(settings).typical
    assert len(learnt.shapes) == len(HISTORIES)
    for shape, own in zip(learnt.shapes, expected.shapes, strict=True):
        assert shape.contract_share == own.contract_share
        np.testing.assert_array_equal(shape.quantiles, own.quantiles)


def test_no_file_of_the_model_names_a_firm_or_holds_its_readings(trained):
    """What it draws over its mean, and how large it is over its contract, is all that travels."""
    settings, report, _ = trained
    (bundle,) = (settings.artifacts / "models").rglob(BUNDLE_ARTIFACT)
    told = {file.name: file.read_text(encoding="utf-8") for file in bundle.iterdir()}
    names = [firm.firm_id for firm in report.backtest.firms]
    for text in told.values():
        assert not [name for name in (*names, "Kiln", "가마") if name in text]
    numbers = {float(one) for one in re.findall(r"[\d.]+", told["typical_firms.json"])}
    readings = {float(kw) for one in HISTORIES.values() for kw in one.demand_kw.round(4)}
    assert len(readings) > 1000
    assert not numbers & readings


def test_what_happens_after_the_cut_changes_nothing_in_the_model(tmp_path):
    """Poison everything from the cut on: all that is learnt stays the same to the letter."""
    cut = MONDAY + timedelta(days=90)
    history = HISTORIES["kiln_works"]
    poisoned_kw = history.demand_kw.copy()
    poisoned_kw[90 * STEPS_PER_DAY :] = 1e6
    models = []
    for number, demand_kw in enumerate((history.demand_kw, poisoned_kw)):
        known = _Known(AS_OF, {"kiln_works": replace(history, demand_kw=demand_kw)})
        snapshot = take_snapshot(tmp_path / str(number), known)
        models.append(fit_before(snapshot, cut, PLAN))
    honest, poisoned = models
    boosters = (model.forecaster.boosters.boosters for model in models)
    for one, other in zip(*boosters, strict=True):
        assert one.model_to_string() == other.model_to_string()
    assert ridge_document.to_json(honest.forecaster.boosters.ridge) == ridge_document.to_json(
        poisoned.forecaster.boosters.ridge
    )
    assert to_json(honest.typical) == to_json(poisoned.typical)
    assert honest.typical.shapes


def test_of_a_kind_of_day_seen_three_times_no_reading_travels_with_the_model(tmp_path):
    """Its quantiles would be hardly more than the three days themselves."""
    history = HISTORIES["kiln_works"]
    saturday = history.grid.clock(a_firm().zone).weekday == SATURDAY
    first_of_three = len(history.demand_kw) - 3 * STEPS_PER_WEEK
    demand_kw = history.demand_kw.copy()
    demand_kw[saturday & (np.arange(len(demand_kw)) < first_of_three)] = np.nan
    few = a_history(demand_kw.tolist())
    snapshot = take_snapshot(tmp_path, _Known(AS_OF, {"kiln_works": few}))
    (shape,) = fit_before(snapshot, AS_OF, PLAN).typical.shapes
    assert np.isnan(shape.quantiles[HALF_DAY]).all()
    assert np.isfinite(shape.quantiles[[WORKDAY, REST_DAY]]).all()


def test_a_young_firm_and_a_broken_meter_do_not_keep_the_others_from_a_model(tmp_path):
    young = a_made_load(8, firm_id="newcomer", start=AS_OF - timedelta(days=8))
    broken_kw = HISTORIES["press_shop"].demand_kw.copy()
    broken_kw[60 * STEPS_PER_DAY : 119 * STEPS_PER_DAY] = np.nan
    histories = {
        "kiln_works": HISTORIES["kiln_works"],
        "newcomer": young,
        "press_shop": a_history(broken_kw.tolist(), firm_id="press_shop"),
    }
    report = train(Settings(home=tmp_path), _Store(histories), as_of=AS_OF, plan=PLAN)
    assert report.backtest.left_out == ("newcomer", "press_shop")
    assert [firm.firm_id for firm in report.backtest.firms] == ["kiln_works"]
    champion = load_champion(Settings(home=tmp_path)).forecaster
    forecast = champion.predict(a_firm("newcomer", holiday_country=None), young, AS_OF, 96)
    assert forecast.median_kw.max() > 0


def test_nothing_to_test_on_is_told_with_the_next_step(tmp_path):
    silent = {
        "kiln_works": a_made_load(60),
        "press_shop": a_made_load(3, firm_id="press_shop", start=MONDAY + timedelta(days=157)),
    }
    with pytest.raises(NotEnoughReadingsError, match="no firm has readings to test on"):
        train(
            Settings(home=tmp_path), _Store(silent), as_of=MONDAY + timedelta(days=160), plan=PLAN
        )


def test_without_a_trained_model_the_next_step_is_named(tmp_path):
    with pytest.raises(NoModelError, match="run 'sandan train'"):
        load_champion(Settings(home=tmp_path))


def test_the_readings_of_a_store_train_too(tmp_path):
    """The door that serving uses is the one that training uses."""
    store = MemoryStore()
    store.declare(a_firm(holiday_country=None), known_at=MONDAY)
    store.append(a_batch_of(a_made_load(60)), recorded_at=MONDAY + timedelta(days=60))
    report = train(Settings(home=tmp_path), store, as_of=MONDAY + timedelta(days=60), plan=PLAN)
    assert report.model_version == "load-forecaster/1"
