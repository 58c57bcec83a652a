"""A model comes back from its files as it was; damaged, missing or foreign files are refused."""

import hashlib
import json

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.features.catalogue import NAMES, catalogue_hash
from feature_store.time_grid import STEPS_PER_DAY
from feature_store.views import feature_frame
from models.forecasting import typical_firm
from models.forecasting.lightgbm_quantiles import FITTED_LEVELS, BoosterParameters, fit
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.mixture import Mixture
from models.forecasting.trained_model import TrainedModel
from models.forecasting.typical_firm import OwnReadings
from models.registry.bundle import Manifest, read_bundle, write_bundle
from models.registry.bundle_error import BundleError, OtherModelError
from tests.builders import MONDAY, a_firm
from tests.fakes.made_load import a_made_load

VERSION = "load-forecaster/7"
LOAD = a_made_load(70)
FRAME = feature_frame(
    a_firm(),
    LOAD,
    LOAD.grid.starts[40 * STEPS_PER_DAY : 60 * STEPS_PER_DAY : 31],
    np.arange(0, 192, 7),
)
BOOSTERS = fit(FRAME, BoosterParameters(trees=5), version="lightgbm")
MODEL = TrainedModel(
    forecaster=Mixture(boosters=BOOSTERS, version="mixture"),
    typical=typical_firm.fit([a_firm()], {"kiln_works": LOAD}),
)
FILES = ["manifest.json", "ridge.json", "typical_firms.json", "q0.05.txt", "q0.95.txt"]


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


def rewritten(bundle, name, content: str) -> None:
    """Change a file as somebody would who also mends its digest."""
    (bundle / name).write_text(content, encoding="utf-8")
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    manifest["sha256_of_file"][name] = hashlib.sha256(content.encode()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("firm_id", ["kiln_works", "nobody"])
def test_it_predicts_the_same_after_reading(bundle, firm_id):
    """Of a firm with the coefficients of its own, of an unknown one with the pool's."""
    read = read_bundle(bundle, version=VERSION).forecaster
    assert read.version == read.boosters.version == VERSION
    firms = [firm_id] * len(FRAME.values)
    np.testing.assert_array_equal(
        read.boosters.predict_values(FRAME.values, firms),
        BOOSTERS.predict_values(FRAME.values, firms),
    )


def test_a_firm_that_was_trained_on_has_coefficients_of_its_own():
    """So the test above can fail."""
    own, pool = (
        BOOSTERS.predict_values(FRAME.values, [name] * len(FRAME.values))
        for name in ("kiln_works", "nobody")
    )
    assert (own != pool).any()


def test_typical_firms_are_the_same_after_reading(bundle):
    read = read_bundle(bundle, version=VERSION).typical
    unread = OwnReadings(
        kind=np.array([], dtype=int), step_of_day=np.array([], dtype=int), demand_kw=np.array([])
    )
    of_read, of_learnt = (
        typical.quantiles_kw(Contract(power_kw=300), unread) for typical in (read, MODEL.typical)
    )
    assert len(read.shapes) == 1
    np.testing.assert_array_equal(of_read, of_learnt)


def test_it_holds_only_text(bundle):
    for file in bundle.iterdir():
        file.read_text(encoding="utf-8")
    assert {file.suffix for file in bundle.iterdir()} == {".txt", ".json"}


def test_its_text_names_no_firm(bundle):
    for file in bundle.iterdir():
        assert "kiln" not in file.read_text(encoding="utf-8")


def test_every_file_but_the_manifest_has_its_digest_there(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    kept = {file.name for file in bundle.iterdir()} - {"manifest.json"}
    assert kept == set(manifest["sha256_of_file"])
    assert {"ridge.json", "typical_firms.json"} < kept


@pytest.mark.parametrize("name", FILES[1:])
def test_a_changed_file_is_refused_by_name(bundle, name):
    file = bundle / name
    file.write_bytes(file.read_bytes() + b"\xff")
    with pytest.raises(BundleError, match=f"{name} is not the file that was trained"):
        read_bundle(bundle, version=VERSION)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_told_by_name_with_the_next_step(bundle, name):
    (bundle / name).unlink()
    with pytest.raises(
        BundleError, match=f"{VERSION}: {name} cannot be read .*restore it or train"
    ) as refused:
        read_bundle(bundle, version=VERSION)
    assert not isinstance(refused.value, OtherModelError)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"quantiles": [0.05'])
def test_a_manifest_that_is_no_json_is_told_with_the_next_step(bundle, content):
    (bundle / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match="is no JSON; restore it or train again"):
        read_bundle(bundle, version=VERSION)


def test_a_model_for_other_features_is_refused_with_the_next_step(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    for changed in ({"features_hash": "another"}, {"fitted_levels": [0.5]}, {"trees": 5}):
        (bundle / "manifest.json").write_text(json.dumps(manifest | changed))
        with pytest.raises(OtherModelError, match="train again with 'sandan train'"):
            read_bundle(bundle, version=VERSION)


@pytest.mark.parametrize("name", ["ridge.json", "typical_firms.json"])
@pytest.mark.parametrize("content", ["{", "{}", "[1]"])
def test_a_part_that_another_version_wrote_is_refused_with_the_next_step(bundle, name, content):
    rewritten(bundle, name, content)
    with pytest.raises(OtherModelError, match=f"{VERSION}: .*train again with 'sandan train'"):
        read_bundle(bundle, version=VERSION)


def test_boosters_of_other_columns_are_refused(bundle):
    name = "q0.5.txt"
    text = (bundle / name).read_text(encoding="utf-8")
    rewritten(bundle, name, text.replace("ridge_off_profile", "another_column"))
    with pytest.raises(OtherModelError, match="was fitted on other columns"):
        read_bundle(bundle, version=VERSION)
