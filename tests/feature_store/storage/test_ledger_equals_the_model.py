"""Whatever is appended in whatever order, the ledger shows at each moment what a plain list would.

Nothing that became known later shows, and nothing that was known is missing.
"""

import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.errors import NotEnoughReadingsError
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import INTERVAL, utc_instant
from tests.builders import MONDAY, a_batch, with_reactive
from tests.fakes.memory_store import MemoryStore

minutes = st.integers(0, 240)
kwh = st.sampled_from([0.0, 1.0, 2.5, float("nan")])  # few values, so that repeats are common
kvarh = st.none() | st.sampled_from([0.0, 3.0])
deliveries = st.tuples(
    st.sampled_from(["bakery", "kiln_works"]),
    st.integers(0, 4),  # first interval
    st.lists(kwh, min_size=1, max_size=5).filter(lambda values: np.isfinite(values).any()),
    st.none() | minutes,  # when the file says its rows were known
    minutes,  # when it is recorded
    st.tuples(*[st.lists(kvarh, min_size=5, max_size=5)] * 2),  # lagging and leading
)


def at(minute):
    return MONDAY + timedelta(minutes=minute)


def shown(store, firm_id, moment):
    try:
        history = store.as_of(moment).history(firm_id)
        reactive = store.as_of(moment).reactive_energy(firm_id)
    except NotEnoughReadingsError:
        return None
    assert reactive.grid == history.grid
    return (
        history.grid.start,
        history.demand_kw.tolist(),
        history.known_at.tolist(),
        reactive.lagging_kvarh.tolist(),
        reactive.leading_kvarh.tolist(),
    )


@settings(max_examples=60, deadline=None)
@given(sequence=st.lists(deliveries, max_size=6), moments=st.lists(minutes, min_size=1, max_size=4))
def test_the_ledger_shows_what_a_plain_list_would(sequence, moments):
    with tempfile.TemporaryDirectory() as home:
        ledger, model = open_store(Settings(home=Path(home))), MemoryStore()
        for firm_id, first, values, known, recorded, (lagging, leading) in sequence:
            batch = a_batch(
                values,
                firm_id=firm_id,
                start=MONDAY + first * INTERVAL,
                known_at=None if known is None else at(known),
            )
            rows = batch.rows.height
            batch = with_reactive(batch, lagging_kvarh=lagging[:rows], leading_kvarh=leading[:rows])
            ledger.append(batch, recorded_at=at(recorded))
            model.append(batch, recorded_at=at(recorded))
        for firm_id in ("bakery", "kiln_works"):
            for moment in map(at, [*moments, 10_000]):
                seen = shown(ledger, firm_id, moment)
                np.testing.assert_equal(seen, shown(model, firm_id, moment))
                if seen is not None:
                    known_at = np.array(seen[2], dtype="datetime64[s]")
                    assert not (known_at > utc_instant(moment)).any()
        ledger.close()
