"""A ridge comes back from JSON as it was, and only to the regressors that it was fitted for."""

import json
import re

import numpy as np
import pytest

from models.forecasting import ridge_anchor
from models.forecasting.ridge_anchor import LEAD_EDGES, REGRESSORS, RidgeAnchor
from models.registry.ridge_document import RidgeDocumentError, from_json, to_json

RANDOM = np.random.default_rng(0)
SHAPE = (len(LEAD_EDGES), len(REGRESSORS))
RIDGE = RidgeAnchor(
    pool=RANDOM.normal(size=SHAPE), of_firm={"kiln_works": RANDOM.normal(size=SHAPE)}
)


def test_coefficients_come_back_bit_for_bit_and_only_to_who_asks_by_id():
    read = from_json(to_json(RIDGE))
    np.testing.assert_array_equal(read.pool, RIDGE.pool)
    np.testing.assert_array_equal(read.of_firm["kiln_works"], RIDGE.of_firm["kiln_works"])
    assert len(read.of_firm) == 1
    assert "press_shop" not in read.of_firm
    assert read.of_firm.get("press_shop") is None
    with pytest.raises(TypeError, match="ask for one by id"):
        list(read.of_firm)
    assert "kiln" not in to_json(RIDGE)


@pytest.mark.parametrize(
    ("constant", "value", "named"),
    [
        ("_FADES_STEPS", {"deviation_1h_kw": 16, "deviation_last_kw": 3.0}, "deviation_1h_kw"),
        ("_ALIKE_FADES_STEPS", 17, "alike_off_profile_kw"),
        ("_CONSTANT", 0.2, "profile_kw"),
        ("LARGEST", 3.0, "deviation_24h_kw"),
    ],
)
def test_a_constant_that_its_coefficients_hang_on_and_that_changed_is_told(
    monkeypatch, constant, value, named
):
    """The names stay the same: what the regressors make of made rows does not."""
    text = to_json(RIDGE)
    monkeypatch.setattr(ridge_anchor, constant, value)
    with pytest.raises(
        RidgeDocumentError,
        match=rf"other regressors \(.*{named}.*\).*train again with 'sandan train'",
    ):
        from_json(text)


def changed(**fields) -> str:
    return json.dumps(json.loads(to_json(RIDGE)) | fields)


TWICE = REGRESSORS.index("alike_off_profile_kw")
WITHOUT_A_TWIN = REGRESSORS[:TWICE] + REGRESSORS[TWICE + 1 :]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (changed(regressors=[*REGRESSORS[:-1], "wind_kw"]), r"other regressors \(.*wind_kw"),
        (changed(regressors=REGRESSORS[::-1]), "in another order"),
        (changed(regressors=WITHOUT_A_TWIN), "in another order or number"),
        (changed(first_lead_steps=[0, 1, 4, 10, 24, 48, 97]), "lead times from .* 97"),
        (changed(first_lead_steps=[0]), "lead times from"),
        (changed(of_made_rows=[[1.0]]), "other regressors"),
        (changed(pool=RIDGE.pool[1:].tolist()), "coefficients in sizes"),
        (changed(of_firm={"": [[0.0]]}), "coefficients in sizes"),
        (changed(another=1), "not as this version writes it"),
        (json.dumps({"pool": [[0.0]], "of_firm": {}}), "not as this version writes it"),
        ("", "not as this version writes it"),
    ],
)
def test_another_ridge_is_refused_with_the_next_step(text, told):
    with pytest.raises(RidgeDocumentError, match=re.compile(f"{told}.*train again", re.DOTALL)):
        from_json(text)


def test_what_another_processor_rounds_differently_is_the_same_ridge():
    document = json.loads(to_json(RIDGE))
    document["of_made_rows"] = (np.array(document["of_made_rows"]) * (1 + 1e-9)).tolist()
    np.testing.assert_array_equal(from_json(json.dumps(document)).pool, RIDGE.pool)
