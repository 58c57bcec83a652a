"""A new version of a tariff is rows in a file: no code changes, and no other version suffers."""

from pathlib import Path

import pytest
import yaml

from feature_store.entities.firm import Contract
from models.tariffs import kepco_tables as tables
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.monthly_bill import bill
from models.tariffs.errors import NoTariffError
from tests.models.tariffs.bill.metered import flat, month_of

CONTRACT = Contract(power_kw=400, option="II")
NEW = {"from": "2026-09-15", "until": None, "confidence": "assumed", "source": "made up"}


def caches_cleared() -> None:
    tables.kepco_tables.cache_clear()


@pytest.fixture
def with_new_version(tmp_path: Path, monkeypatch):
    """The shipped tables, and a version of class (을) from 15 September 2026 on."""
    for file in tables.FOLDER.iterdir():
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    path = tmp_path / "industrial_eul.yaml"
    declared = yaml.safe_load(path.read_text("utf-8"))
    last = declared["rates"][-1]
    last["until"] = "2026-09-14"
    dearer = last["prices"]["high_a/II"] | {"basic": 9000, "mid": [200.0, 200.0, 200.0]}
    declared["rates"].append(NEW | {"prices": {"high_a/II": dearer, "low/I": dearer}})
    path.write_text(yaml.safe_dump(declared, allow_unicode=True), "utf-8")
    monkeypatch.setattr(tables, "FOLDER", tmp_path)  # where the tables lie can only be arranged
    caches_cleared()
    yield
    monkeypatch.undo()
    caches_cleared()


@pytest.mark.usefixtures("with_new_version")
def test_a_basic_charge_that_changes_inside_a_month_is_billed_by_days():
    made = bill(CONTRACT, flat("2026-09", 200), month_of("2026-09"))
    first, second = [line for line in made.lines if line.kind is LineKind.BASIC]
    assert (first.amount_krw, second.amount_krw) == (
        200 * 8_320 * 14 // 30,
        200 * 9_000 * 16 // 30,
    )
    assert "09-01~09-14" in first.name.en
    assert made.formula.demand_krw == pytest.approx(200 * (8_320 * 14 + 9_000 * 16) / 30)
    mid = [float(line.rate) for line in made.lines if line.band is not None and line.band == 1]
    assert 200.0 in mid


@pytest.mark.usefixtures("with_new_version")
def test_an_option_that_only_the_new_version_has_is_billed_from_then_on():
    contract = Contract(power_kw=400, voltage="low", option="I")
    october = bill(contract, flat("2026-10", 200), month_of("2026-10"))
    assert october.krw(LineKind.BASIC) == 200 * 9_000
    with pytest.raises(NoTariffError, match="has no voltage/option low/I"):
        bill(contract, flat("2026-08", 200), month_of("2026-08"))
