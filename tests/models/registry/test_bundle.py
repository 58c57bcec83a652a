"""A model comes back from its files as it was, and damaged or foreign files are refused."""

import json

import numpy as np
import pytest

from feature_store.features.catalogue import NAMES, catalogue_hash
from feature_store.time_grid import STEPS_PER_DAY
from feature_store.views import feature_frame
from models.forecasting.lightgbm_quantiles import FITTED_LEVELS, BoosterParameters, fit
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.mixture import Mixture
from models.registry.bundle import BundleError, Manifest, read_bundle, write_bundle
from tests.builders import MONDAY, a_firm
from tests.fakes.made_load import a_made_load

FRAME = feature_frame(
    a_firm(),
    a_made_load(70),
    a_made_load(70).grid.starts[40 * STEPS_PER_DAY : 60 * STEPS_PER_DAY : 31],
    np.arange(0, 192, 7),
)
BOOSTERS = fit(FRAME, BoosterParameters(trees=5), version="lightgbm")
MODEL = Mixture(boosters=BOOSTERS, version="mixture")
FIRMS = ["kiln_works"] * len(FRAME.values)


@pytest.fixture
def bundle(tmp_path):
    made = Manifest(
        quantiles=QUANTILES,
        fitted_levels=FITTED_LEVELS,
        features=NAMES,
        features_hash=catalogue_hash(),
        as_of=MONDAY,
        snapshot_sha256="0" * 64,
        parameters={"trees": 5.0},
        code_version="0.1.0",
    )
    write_bundle(tmp_path, MODEL, made)
    return tmp_path


def test_it_predicts_the_same_after_reading(bundle):
    read = read_bundle(bundle, version="load-forecaster/7")
    assert read.version == "load-forecaster/7"
    np.testing.assert_array_equal(
        read.boosters.predict_values(FRAME.values, FIRMS),
        BOOSTERS.predict_values(FRAME.values, FIRMS),
    )


def test_it_holds_only_text(bundle):
    for file in bundle.iterdir():
        file.read_text(encoding="utf-8")
    assert {file.suffix for file in bundle.iterdir()} == {".txt", ".json"}


@pytest.mark.parametrize("name", ["q0.8.txt", "ridge.json"])
def test_a_changed_file_is_refused_by_name(bundle, name):
    file = bundle / name
    file.write_text(file.read_text() + "\n")
    with pytest.raises(BundleError, match=f"{name} is not the file that was trained"):
        read_bundle(bundle, version="load-forecaster/7")


def test_a_model_for_other_features_is_refused_with_the_next_step(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["features_hash"] = "another"
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="train again with 'sandan train'"):
        read_bundle(bundle, version="load-forecaster/7")
