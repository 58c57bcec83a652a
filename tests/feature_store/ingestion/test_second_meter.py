"""A second meter's export is never taken for corrections of the first one's readings."""

from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
import yaml

from feature_store.entities.meter import Meter
from feature_store.entities.meter_numbers import MeterNumbers
from feature_store.entities.other_meter import OtherMeter
from feature_store.entities.told_meters import CameBefore, ToldMeters
from feature_store.ingestion.firms_file import read_firms_file
from feature_store.ingestion.intake import Delivery, NotTaken, Taken, declared_meters, take_in
from feature_store.ingestion.preview import preview_file
from feature_store.ingestion.read_file import take_file
from feature_store.ingestion.read_request import ReadRequest, meters_of
from feature_store.settings import Settings
from feature_store.storage.append_outcome import AlreadyReceived, Appended
from feature_store.storage.ledger_store import open_store
from feature_store.storage.meter_numbers import OtherMeterError
from tests.builders import MONDAY, a_firm
from tests.made_exports import CUSTOMER, METER, NOW, ROWS, as_csv, kepco_on

OTHER_CUSTOMER, OTHER_METER = "0698765432", "25202027099"
FIRM = "kiln_works"
FEW = ROWS[:4]
REQUEST = ReadRequest(firm_id=FIRM, now=NOW)


@contextmanager
def opened(database_url):
    with closing(open_store(Settings(database_url=database_url))) as ledger:
        ledger.declare(a_firm(FIRM), known_at=MONDAY)
        yield ledger


@pytest.fixture
def ledger(tmp_path):
    with opened(f"sqlite:///{tmp_path / 'sandan.db'}") as ledger:
        yield ledger


@pytest.fixture
def stored(database_url):
    """The same on each kind of database."""
    with opened(database_url) as ledger:
        yield ledger


@pytest.fixture
def export(tmp_path):
    """Write an export of these numbers; a column of which there is none is left out."""

    def write(name, *, customer=CUSTOMER, meter=METER, kwh=None, rows=FEW):
        names, *lines = kepco_on(rows)
        told = [("고객번호", customer), ("계기번호", meter)]
        kept = [(column, number) for column, number in told if number]
        cells = [
            [*(number for _, number in kept), label, kwh or value] for _, _, label, value in lines
        ]
        path = tmp_path / name
        header = [*(column for column, _ in kept), *names[2:]]
        path.write_text(as_csv([header, *cells]), encoding="utf-8")
        return path

    return write


def taken(ledger, path, request=REQUEST, **asked):
    return take_in(ledger, Delivery(path=path, request=request, clock=lambda: NOW, **asked))


def only_fault(outcome):
    assert isinstance(outcome, NotTaken), outcome
    (fault,) = outcome.bad_rows
    return fault


def stored_kwh(ledger):
    """What is known of the firm at last, by meter."""
    told = ledger.as_of(NOW + timedelta(days=1)).meter_readings(FIRM)
    return {one.meter.meter_id: one.kwh.tolist() for one in told}


@pytest.fixture
def imported(ledger, export):
    """A ledger with the first meter's readings."""
    assert isinstance(taken(ledger, export("march.csv")), Taken)
    return ledger


FIRST = {FIRM: [float(row.kwh) for row in FEW]}


@pytest.mark.parametrize(
    "numbers",
    [
        {"customer": OTHER_CUSTOMER, "meter": OTHER_METER},
        {"meter": OTHER_METER},
        {"customer": OTHER_CUSTOMER, "meter": None},
        {"customer": None, "meter": OTHER_METER},
    ],
    ids=str,
)
def test_a_file_of_another_number_is_refused_and_both_are_told(imported, export, numbers):
    fault = only_fault(taken(imported, export("second.csv", kwh="1", **numbers)))
    now = {"customer": CUSTOMER, "meter": METER} | numbers
    assert fault.value == " / ".join(number for number in now.values() if number)
    assert f"{CUSTOMER} / {METER} in march.csv" in fault.fault
    assert "sandan firms declare" in fault.fix
    assert "--same-meter" in fault.fix
    assert stored_kwh(imported) == FIRST


def test_the_good_rows_of_another_meter_are_no_better(imported, export):
    path = export("second.csv", meter=OTHER_METER, kwh="1")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{CUSTOMER},{OTHER_METER},2026-03-02 02:00,-5\n")
    only_fault(taken(imported, path, keep_good=True))
    assert stored_kwh(imported) == FIRST


@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {"customer": "06-1234-5678"},
        {"customer": "612345678"},
        {"customer": "06****5678"},
        {"meter": None},
        {"customer": None},
        {"customer": None, "meter": None},
    ],
    ids=str,
)
def test_corrections_of_the_same_meter_pass_however_it_is_written(imported, export, numbers):
    outcome = taken(imported, export("mended.csv", kwh="7", **numbers)).outcome
    assert isinstance(outcome, Appended)
    assert outcome.corrections == 4


def test_what_a_file_tells_more_is_learnt(ledger, export):
    """A customer number alone fits both of its meters; the first one that is named is the one."""
    taken(ledger, export("title.csv", meter=None))
    taken(ledger, export("march.csv"))
    fault = only_fault(taken(ledger, export("second.csv", meter=OTHER_METER, kwh="1")))
    assert f"{CUSTOMER} / {METER} in march.csv" in fault.fault


def test_readings_that_came_before_numbers_were_kept_get_theirs_when_they_come_again(
    ledger, export
):
    taken(ledger, export("old.csv", customer=None, meter=None))
    again = taken(ledger, export("march.csv")).outcome
    assert again == AlreadyReceived(rows_already_known=4, import_id=None)
    only_fault(taken(ledger, export("second.csv", meter=OTHER_METER, kwh="1")))


def test_a_meter_that_was_exchanged_is_one_meter_under_two_numbers(imported, export):
    later = {"meter": OTHER_METER, "rows": ROWS[4:8]}
    told = replace(REQUEST, same_meter=True)
    assert isinstance(taken(imported, export("april.csv", **later), told), Taken)
    for path in (export("may.csv", **later | {"rows": ROWS[8:12]}), export("march.csv", kwh="3")):
        assert isinstance(taken(imported, path), Taken), path
    third = export("third.csv", meter="99999999999", kwh="1")
    assert f"{OTHER_METER} in april.csv" in only_fault(taken(imported, third)).fault


@pytest.mark.parametrize("first_id", [METER, FIRM])
def test_a_meter_that_was_exchanged_is_another_one_if_it_is_declared_alone_from_then_on(
    ledger, export, first_id
):
    """Both meters stay known, so that the number on the face of each tells them apart."""
    later, exchanged = {"meter": OTHER_METER, "rows": ROWS[4:8]}, MONDAY + timedelta(hours=1)
    first, second = (a_firm(FIRM, meters=(Meter(meter_id=one),)) for one in (first_id, OTHER_METER))
    ledger.declare(first, known_at=MONDAY)
    taken(ledger, export("march.csv"))
    ledger.declare(second, known_at=MONDAY + timedelta(days=1), valid_from=exchanged)
    new = export("april.csv", **later)
    declared = declared_meters(ledger.as_of(NOW), REQUEST)
    before = ledger.came_before([FIRM])
    seen = preview_file(new, replace(REQUEST, declared_meters=declared), before=before)
    assert not seen.bad_rows
    assert isinstance(taken(ledger, new), Taken)
    assert stored_kwh(ledger) == {
        first_id: FIRST[FIRM],
        OTHER_METER: [float(row.kwh) for row in ROWS[4:8]],
    }
    assert isinstance(taken(ledger, export("mended.csv", **later | {"kwh": "7"})), Taken)
    assert stored_kwh(ledger)[OTHER_METER] == [7.0] * 4
    if first_id == METER:
        assert isinstance(taken(ledger, export("march.csv")).outcome, AlreadyReceived)
    only_fault(taken(ledger, export("third.csv", meter="99999999999", kwh="1")))


def test_a_customer_number_that_is_declared_anew_is_the_one_that_counts(imported, export):
    for number, day in ((CUSTOMER, 1), (OTHER_CUSTOMER, 2)):
        declared = a_firm(FIRM, meters=(Meter(meter_id=FIRM, customer_number=number),))
        moment = MONDAY + timedelta(days=day)
        imported.declare(declared, known_at=moment, valid_from=moment)
    assert "declare the number" in only_fault(taken(imported, export("march.csv", kwh="1"))).fix
    told = replace(REQUEST, same_meter=True)
    assert isinstance(taken(imported, export("april.csv", customer=OTHER_CUSTOMER), told), Taken)


@pytest.mark.parametrize(
    "numbers",
    [
        {"customer": OTHER_CUSTOMER, "meter": OTHER_METER},
        {"meter": OTHER_METER},
        {"customer": OTHER_CUSTOMER, "meter": None},
    ],
    ids=str,
)
def test_declared_as_the_refusal_says_each_file_is_of_its_own_meter(imported, export, numbers):
    second = export("second.csv", kwh="1", **numbers)
    fix = only_fault(taken(imported, second)).fix
    told = yaml.safe_load(fix[fix.index("[") : fix.index("]") + 1])
    meters = tuple(Meter.model_validate(meter) for meter in told)
    imported.declare(a_firm(FIRM, meters=meters), known_at=MONDAY + timedelta(days=1))
    assert isinstance(taken(imported, second), Taken)
    assert isinstance(taken(imported, export("march.csv")).outcome, AlreadyReceived)
    assert stored_kwh(imported) == FIRST | {meters[1].meter_id: [1.0] * 4}


@pytest.mark.parametrize("customer", [CUSTOMER, "06****5678", "06 1234 5678"])
@pytest.mark.parametrize("now", [METER, "2520 2027 099", "25-202/027", "1e6", None])
@pytest.mark.parametrize(
    "meter_id",
    ["111", "0111", "1e5", "0x1F", "null", "on", "1_000", "12.5", "a" * 63, "2026-03-02"],
)
def test_what_a_refusal_tells_to_declare_can_be_declared(tmp_path, meter_id, now, customer):
    """As it stands in the advice: YAML takes some ids, unless quoted, for what is no text."""
    came = (MeterNumbers(customer=customer, meter="111"),)
    comes = MeterNumbers(customer=customer if now else OTHER_CUSTOMER, meter=now)
    other = OtherMeter(
        firm_id=FIRM,
        before=CameBefore(
            meter_id=meter_id, told=(ToldMeters(numbers=came, source_name="march.csv"),)
        ),
        now=ToldMeters(numbers=(comes,), source_name="april.csv"),
    )
    fix = other.bad_row.fix
    path = tmp_path / "firm.yaml"
    path.write_text(
        f"firms: [{{firm_id: {FIRM}, name_ko: 가, name_en: A, timezone: Asia/Seoul, "
        f"contract: {{power_kw: 500}}, {fix[fix.index('meters:') : fix.index(']') + 1]}}}]",
        encoding="utf-8",
    )
    first, second = read_firms_file(path).firms[0].meters
    assert first.meter_id == meter_id
    assert came[0].has(first.customer_number)
    assert not comes.has(first.customer_number)
    assert comes.is_known_by(second.meter_id) or comes.has(second.customer_number)
    assert "NUMBER" not in fix


def test_the_only_declared_meter_is_known_by_the_number_on_its_face(ledger, export):
    declared = a_firm(FIRM, meters=(Meter(meter_id=METER),))
    ledger.declare(declared, known_at=MONDAY + timedelta(days=1))
    taken(ledger, export("earlier.csv", customer=None, meter="11112222333"))
    mended = taken(ledger, export("mended.csv", kwh="7"))
    assert isinstance(mended, Taken)
    only_fault(taken(ledger, export("second.csv", meter=OTHER_METER, kwh="1")))


def test_a_sum_is_of_the_same_meters_every_time(ledger, tmp_path):
    names, *lines = kepco_on(FEW)
    others = [[OTHER_CUSTOMER, OTHER_METER, label, "1"] for _, _, label, _ in lines]
    both = tmp_path / "both.csv"
    both.write_text(as_csv([names, *lines, *others]), encoding="utf-8")
    summed = replace(REQUEST, meters=meters_of([METER, OTHER_METER]))
    assert isinstance(taken(ledger, both, summed), Taken)
    sums = stored_kwh(ledger)
    fault = only_fault(taken(ledger, both, replace(REQUEST, meters=meters_of([METER]))))
    assert f"--meter {METER} --meter {OTHER_METER}" in fault.fix
    assert stored_kwh(ledger) == sums
    assert isinstance(taken(ledger, both, summed).outcome, AlreadyReceived)


def test_each_firm_has_numbers_of_its_own(imported, export):
    imported.declare(a_firm("bakery"), known_at=MONDAY)
    path = export("second.csv", customer=OTHER_CUSTOMER, meter=OTHER_METER)
    assert isinstance(taken(imported, path, replace(REQUEST, firm_id="bakery")), Taken)


def test_a_preview_says_it_beforehand(imported, export):
    second = export("second.csv", meter=OTHER_METER, kwh="1")
    before = imported.came_before([FIRM])
    seen = preview_file(second, REQUEST, before=before)
    assert (seen.refused, seen.bad_rows) == (True, taken(imported, second).bad_rows)
    told = replace(REQUEST, same_meter=True)
    assert not preview_file(second, told, before=before).bad_rows
    assert not preview_file(export("march.csv", kwh="7"), REQUEST, before=before).bad_rows


def test_of_two_that_were_read_before_either_was_stored_one_is_refused(stored, export):
    """Whoever appends without asking what came before is held to it by the ledger itself."""
    first = take_file(export("march.csv"), REQUEST)
    second = take_file(export("second.csv", meter=OTHER_METER, kwh="1"), REQUEST)
    stored.append(first, recorded_at=NOW)
    with pytest.raises(OtherMeterError, match=f"{OTHER_METER} is another meter"):
        stored.append(second, recorded_at=NOW)
    assert stored_kwh(stored) == FIRST


def test_each_meter_of_a_firm_is_held_against_its_own_numbers(stored, export):
    """Also where a file was read before the exchange was declared, so that its numbers count."""
    both = (Meter(meter_id=FIRM), Meter(meter_id="new"))
    stored.declare(a_firm(FIRM, meters=both), known_at=MONDAY + timedelta(hours=1))

    def append(meter_id, path):
        read = take_file(path, REQUEST)
        rows = read.rows.with_columns(meter_id=pl.lit(meter_id))
        return stored.append(replace(read, rows=rows), recorded_at=NOW)

    append(FIRM, export("march.csv"))
    append("new", export("april.csv", meter=OTHER_METER))
    with pytest.raises(OtherMeterError, match=f"{OTHER_METER} in april.csv"):
        append("new", export("third.csv", meter="9999", kwh="1"))
    assert append(FIRM, export("mended.csv", kwh="3")).corrections == 4
    before = stored.came_before([FIRM])[FIRM]
    assert (before.meter_id, [one.source_name for one in before.told]) == ("new", ["april.csv"])


def test_what_is_no_number_is_told_and_breaks_nothing(stored, export):
    strange = export("x.csv", meter="}\x00'; [" + "9" * 3_000, kwh="1")
    assert isinstance(taken(stored, export("march.csv")), Taken)
    fault = only_fault(taken(stored, strange))
    assert "meter_id: NUMBER" in fault.fix
    assert len(fault.reason) < 500
    assert isinstance(taken(stored, strange, replace(REQUEST, same_meter=True)), Taken)
    assert isinstance(taken(stored, strange), Taken)
