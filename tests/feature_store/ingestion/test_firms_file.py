"""A file of firms is read as declared, and everything wrong in it is told at once, by firm."""

import json
from datetime import UTC, datetime

import pytest

from feature_store.entities.firm import Firm
from feature_store.ingestion.firms_file import FirmsFileError, read_firms_file

GOOD = """
firms:
  - firm_id: kiln_works
    name_ko: 가마 공장
    name_en: Kiln works
    contract: {power_kw: 500, option: II}
    equipment:
      - name: kiln
        kind: shiftable_job
        parameters: {profile_kw: [80, 80.5], usual_start: "09:00", days: [0, 1]}
"""


def read(folder, content):
    path = folder / "firms.yaml"
    path.write_text(content, encoding="utf-8")
    return read_firms_file(path).firms


def test_a_firm_is_read_as_declared(tmp_path):
    (firm,) = read(tmp_path, GOOD)
    assert (firm.firm_id, firm.name_ko, firm.contract.power_kw) == ("kiln_works", "가마 공장", 500)
    assert firm.equipment[0].parameters["profile_kw"] == [80, 80.5]


def test_a_firm_may_name_the_place_of_its_weather(tmp_path):
    (firm,) = read(tmp_path, GOOD)
    assert firm.weather_place is None
    (firm,) = read(tmp_path, f"{GOOD}    weather_place: kma-grid 58,74\n")
    assert firm.weather_place == "kma-grid 58,74"
    with pytest.raises(FirmsFileError, match=r"kiln_works\.weather_place"):
        read(tmp_path, f"{GOOD}    weather_place: ''\n")


def test_every_fault_is_told_with_the_firm_and_the_field(tmp_path):
    bad = GOOD.replace("power_kw: 500", "power_kw: -1").replace("name_en", "name_de")
    with pytest.raises(FirmsFileError) as told:
        read(tmp_path, bad)
    message = str(told.value)
    assert "kiln_works.contract.power_kw: Input should be greater than 0" in message
    assert "kiln_works.name_en: Field required" in message
    assert "kiln_works.name_de: Extra inputs are not permitted" in message


def test_a_firm_without_an_id_is_told_by_its_place(tmp_path):
    with pytest.raises(FirmsFileError, match=r"firm 1\.firm_id: Field required"):
        read(tmp_path, GOOD.replace("firm_id: kiln_works", "name_ko2: x"))


def test_an_id_given_twice_is_told(tmp_path):
    with pytest.raises(FirmsFileError, match="kiln_works is declared twice"):
        read(tmp_path, GOOD + GOOD.replace("firms:\n", "").lstrip("\n"))


@pytest.mark.parametrize("content", ["", "- 1", "firms: 3", "firms: [1]", "firms: {a"])
def test_a_file_that_is_no_declaration_is_told(tmp_path, content):
    with pytest.raises(FirmsFileError, match=r"firms\.yaml"):
        read(tmp_path, content)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FirmsFileError, match="there is no such file"):
        read_firms_file(tmp_path / "none.yaml")


def test_entries_of_one_firm_hold_one_after_another(tmp_path):
    path = tmp_path / "firms.yaml"
    july = GOOD.replace("firms:\n", "").replace("power_kw: 500", "power_kw: 900").lstrip("\n")
    path.write_text(GOOD + july + "    valid_from: 2026-07-01\n", encoding="utf-8")
    first, second = read_firms_file(path).declarations
    begins = datetime(2026, 6, 30, 15, tzinfo=UTC)  # midnight in Korea
    assert (first.valid_from, first.valid_to) == (None, begins)
    assert (second.valid_from, second.valid_to) == (begins, None)
    assert (first.firm.contract.power_kw, second.firm.contract.power_kw) == (500, 900)
    assert type(first.firm) is Firm


def test_a_file_may_be_json(tmp_path):
    path = tmp_path / "firms.json"
    (declared,) = read(tmp_path, GOOD)
    path.write_text(json.dumps({"firms": [declared.model_dump(mode="json")]}), encoding="utf-8")
    assert read_firms_file(path).firms == (declared,)
