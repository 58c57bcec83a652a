"""Reactive energy is kept for the bill and told to no forecast: it is measured with the load."""

import ast
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.features.catalogue import NAMES
from feature_store.snapshots import take_snapshot
from feature_store.time_grid import STEPS_PER_DAY, TimeGrid, utc_instant
from feature_store.views import feature_frame
from tests.builders import MONDAY, a_batch_of, a_firm, with_reactive
from tests.fakes.made_load import a_made_load
from tests.fakes.memory_store import MemoryStore

ROOT = Path(__file__).parents[2]
FORECASTS = ("feature_store/features", "feature_store/views.py", "feature_store/snapshots.py")
FIRM = a_firm(holiday_country=None)
DAYS = 66
ISSUE_TIME = MONDAY + timedelta(days=DAYS)


def knowledge(*, reactive: bool):
    batch = a_batch_of(a_made_load(DAYS))
    if reactive:
        told = np.random.default_rng(1).uniform(0, 50, batch.rows.height).tolist()
        batch = with_reactive(batch, lagging_kvarh=told, leading_kvarh=told)
    store = MemoryStore()
    store.declare(FIRM, known_at=MONDAY)
    store.append(batch, recorded_at=ISSUE_TIME)
    return store.as_of(ISSUE_TIME)


def test_no_feature_changes_with_it(tmp_path):
    silent, told = knowledge(reactive=False), knowledge(reactive=True)
    assert told.reactive_energy(FIRM.firm_id).measured
    issue = np.array([utc_instant(ISSUE_TIME)])
    frames = [
        feature_frame(FIRM, known.history(FIRM.firm_id), issue, np.arange(STEPS_PER_DAY))
        for known in (silent, told)
    ]
    np.testing.assert_array_equal(frames[0].values, frames[1].values)
    snapshots = [
        take_snapshot(tmp_path / name, known)
        for name, known in (("silent", silent), ("told", told))
    ]
    assert snapshots[0].content_sha256 == snapshots[1].content_sha256


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {
        getattr(node, "attr", getattr(node, "id", getattr(node, "arg", None))) or ""
        for node in ast.walk(tree)
    }


@pytest.mark.parametrize("place", [*FORECASTS, "models/forecasting", "training"])
def test_no_module_on_the_way_to_a_forecast_names_it(place):
    path = ROOT / place
    modules = [path] if path.is_file() else sorted(path.glob("*.py"))
    assert modules
    for module in modules:
        named = {name for name in names_in(module) if "kvarh" in name or "reactive" in name.lower()}
        assert named == set(), module


def test_neither_a_feature_nor_a_history_holds_it():
    fields = set(LoadHistory.__dataclass_fields__)
    assert [name for name in (*NAMES, *fields) if "var" in name.lower()] == []


def test_arrays_off_the_grid_are_refused():
    grid = TimeGrid(MONDAY, steps=4)
    with pytest.raises(ValueError, match=r"kiln_works: .* must both have shape \(4,\)"):
        ReactiveEnergy(
            firm_id="kiln_works", grid=grid, lagging_kvarh=np.zeros(3), leading_kvarh=np.zeros(4)
        )
