"""Whose readings a file of several meters holds is said by the caller, never guessed."""

from dataclasses import replace

import pytest

from feature_store.entities.meter import Meter
from feature_store.entities.reading_batch import ReadingBatch, Refused
from feature_store.errors import SandanError
from feature_store.ingestion.read_file import take_file
from feature_store.ingestion.read_request import ReadRequest, meters_of
from tests.made_exports import CUSTOMER, METER, NOW, ROWS, as_csv, kepco_on

OTHER_CUSTOMER, OTHER_METER = "0698765432", "25202027099"
FEW = ROWS[:4]
REQUEST = ReadRequest(firm_id="kiln_works", now=NOW)


@pytest.fixture
def two_meters(tmp_path):
    """A file in which a second meter reads 1 kWh wherever the first one reads."""
    names, *lines = kepco_on(FEW)
    others = [[OTHER_CUSTOMER, OTHER_METER, label, "1"] for _, _, label, _ in lines]
    path = tmp_path / "two.csv"
    path.write_text(as_csv([names, *lines, *others]), encoding="utf-8")
    return path


def choosing(*meters, firm_id="kiln_works", **changes):
    return replace(REQUEST, firm_id=firm_id, meters=meters_of(list(meters)), **changes)


def having(*meters):
    return {"kiln_works": meters}


def only_fault(path, request):
    outcome = take_file(path, request)
    assert isinstance(outcome, Refused), outcome
    (fault,) = outcome.bad_rows
    return fault


def test_two_meters_in_one_file_are_refused_and_told(two_meters):
    fault = only_fault(two_meters, REQUEST)
    assert fault.value == f"{CUSTOMER} / {METER}, {OTHER_CUSTOMER} / {OTHER_METER}"
    assert fault.fault == "are 2 meters in one file"
    assert "--meter NUMBER=FIRM" in fault.fix


@pytest.mark.parametrize("number", [METER, CUSTOMER, "06-1234-5678", "612345678"])
def test_one_of_them_is_taken_by_either_of_its_numbers(two_meters, number):
    batch = take_file(two_meters, choosing(number))
    assert isinstance(batch, ReadingBatch), batch
    assert batch.rows["kwh"].to_list() == [float(row.kwh) for row in FEW]


def test_each_is_taken_for_its_own_firm(two_meters):
    request = choosing(f"{METER}=kiln_works", f"{OTHER_METER}=bakery", firm_id=None)
    rows = take_file(two_meters, request).rows
    assert rows.filter(firm_id="bakery")["kwh"].to_list() == [1.0] * 4
    assert rows.filter(firm_id="kiln_works")["kwh"].to_list() == [float(r.kwh) for r in FEW]


def test_several_of_one_firm_are_summed(two_meters):
    batch = take_file(two_meters, choosing(METER, OTHER_METER))
    assert batch.rows["kwh"].to_list() == [float(row.kwh) + 1 for row in FEW]
    assert batch.rows["period_start"].to_list() == [row.start for row in FEW]


def test_an_interval_that_not_all_of_them_tell_has_no_sum(two_meters):
    lines = two_meters.read_text().splitlines()
    two_meters.write_text("\n".join(lines[:-1]))
    fault = only_fault(two_meters, choosing(METER, OTHER_METER))
    assert (fault.row, fault.fix) == (5, "export all of them for the same period")
    kept = take_file(two_meters, choosing(METER, OTHER_METER), keep_good=True)
    assert kept.rows["period_start"].to_list() == [row.start for row in FEW[:3]]


def test_another_part_of_the_same_file_is_another_batch(two_meters):
    one, other = (take_file(two_meters, choosing(number)) for number in (METER, OTHER_METER))
    assert one.content_sha256 != other.content_sha256


def test_a_number_that_is_not_there_is_told_with_those_that_are(two_meters):
    fault = only_fault(two_meters, choosing("123456"))
    assert fault.value == "123456"
    assert OTHER_METER in fault.fix


def test_a_meter_named_by_both_its_numbers_is_refused(two_meters):
    assert "is named by two --meter" in only_fault(two_meters, choosing(METER, CUSTOMER)).fault


def test_a_file_of_another_firm_is_refused(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text(as_csv(kepco_on(FEW)), encoding="utf-8")
    declared = replace(
        REQUEST, declared_meters=having(Meter(meter_id="m", customer_number=OTHER_CUSTOMER))
    )
    fault = only_fault(path, declared)
    assert (fault.column, fault.value) == ("고객번호", CUSTOMER)
    assert "is not a customer number of kiln_works" in fault.fault
    own = replace(
        REQUEST, declared_meters=having(Meter(meter_id="m", customer_number="06-1234-5678"))
    )
    assert isinstance(take_file(path, own), ReadingBatch)


@pytest.mark.parametrize(
    "second",
    [
        Meter(meter_id=OTHER_METER),
        Meter(meter_id="press-hall", customer_number=OTHER_CUSTOMER),
        Meter(meter_id="press-hall", customer_number="06-9876-5432"),
    ],
    ids=["number on its face", "customer number", "customer number as typed"],
)
def test_rows_come_under_the_declared_meter_that_their_numbers_tell(two_meters, second):
    declared = having(Meter(meter_id=METER), second)
    rows = take_file(two_meters, replace(REQUEST, declared_meters=declared)).rows
    assert rows.filter(meter_id=METER)["kwh"].to_list() == [float(row.kwh) for row in FEW]
    assert rows.filter(meter_id=second.meter_id)["kwh"].to_list() == [1.0] * 4
    assert rows.height == 2 * len(FEW)


@pytest.mark.parametrize("number", [None, CUSTOMER], ids=["none", "of the other"])
def test_a_meter_that_no_declared_one_fits_is_refused(two_meters, number):
    declared = having(Meter(meter_id=METER), Meter(meter_id="press-hall", customer_number=number))
    fault = only_fault(two_meters, replace(REQUEST, declared_meters=declared))
    assert (fault.value, fault.fault) == (
        f"{OTHER_CUSTOMER} / {OTHER_METER}",
        f"is none of the meters of kiln_works ({METER}, press-hall)",
    )


def test_a_customer_number_of_two_declared_meters_tells_neither(two_meters):
    declared = having(*(Meter(meter_id=name, customer_number=CUSTOMER) for name in ("a", "b")))
    fault = only_fault(two_meters, choosing(METER, declared_meters=declared))
    assert (fault.value, fault.fault) == (
        f"{CUSTOMER} / {METER}",
        "could be several of the meters of kiln_works (a, b)",
    )


def test_a_meter_of_which_every_row_is_at_fault_is_missed_in_the_sum(two_meters):
    lines = two_meters.read_text().splitlines()
    broken = [line.rpartition(",")[0] + ",x" if OTHER_METER in line else line for line in lines]
    two_meters.write_text("\n".join(broken))
    both = choosing(METER, OTHER_METER)
    assert isinstance(take_file(two_meters, both, keep_good=True), Refused)


def test_a_row_whose_cells_do_not_fit_is_told_though_its_meter_is_unknown(two_meters):
    two_meters.write_text(two_meters.read_text() + f"{CUSTOMER},{METER},2026-03-02 01:15,1,000\n")
    assert only_fault(two_meters, choosing(OTHER_METER)).row == 10


@pytest.mark.parametrize("written", [["=bakery"], ["12", "0012"]])
def test_options_that_name_nothing_or_the_same_twice_are_refused(written):
    with pytest.raises(SandanError, match="--meter"):
        meters_of(written)
