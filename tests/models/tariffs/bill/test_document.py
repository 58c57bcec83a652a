"""A bill as a document says all that the bill says, each figure where a program looks for it."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np

from feature_store.entities.firm import Contract
from models.tariffs.bill.document import bill_document
from models.tariffs.bill.monthly_bill import bill
from models.tariffs.bill.statement import Bill, PastMonths
from models.tariffs.switches import Switches
from tests.builders import SEOUL
from tests.models.tariffs.bill.metered import flat, month_of

CONTRACT = Contract(power_kw=400, option="II")


def gappy(past: PastMonths) -> Bill:
    """May 2026 at 100 kW, an hour of it missing on Wednesday the 6th, one switch not as usual."""
    whole = flat("2026-05", 100)
    kwh = whole.kwh.copy()
    kwh[5 * 96 + 40 : 5 * 96 + 44] = np.nan
    switches = Switches(excess_hours="counted")
    readings = replace(whole, kwh=kwh)
    return bill(CONTRACT, readings, month_of("2026-05"), past=past, switches=switches)


def test_month_contract_and_sums_are_the_bills():
    made = gappy(PastMonths())
    document = bill_document(made)
    assert document.month == "2026-05"
    assert (document.first_day, document.last_day) == (date(2026, 5, 1), date(2026, 5, 31))
    assert document.contract == CONTRACT
    # 120 kW x 8,320 for the floor; energy to the won is the golden bills' matter.
    assert document.lines[0].amount_krw == 998_400
    assert (document.subtotal_krw, document.total_krw) == (made.subtotal_krw, made.total_krw)
    assert document.subtotal_krw < document.total_krw
    assert document.unrounded_demand_krw == 998_400
    assert document.unrounded_energy_krw == made.formula.energy_krw > document.unrounded_demand_krw
    assert tuple(document.less_certain) == made.less_certain != ()


def test_each_line_has_its_names_quantity_unit_rate_and_won():
    document = bill_document(gappy(PastMonths()))
    assert document.lines[0].model_dump() == {
        "kind": "basic",
        "name_ko": "기본요금",
        "name_en": "Demand charge",
        "quantity": 120.0,
        "unit": "kW",
        "rate": 8320.0,
        "amount_krw": 998_400,
        "lagging_percent": None,
        "leading_percent": None,
        "unread_half_hours": None,
    }
    mid = next(line for line in document.lines if line.name_en == "Energy charge mid")
    assert (mid.kind, mid.name_ko) == ("energy", "전력량요금 중간부하")
    assert (mid.unit, mid.amount_krw) == ("kWh", int(mid.quantity * mid.rate))
    total = document.lines[-1]
    assert (total.kind, total.unit, total.quantity, total.rate) == ("total", "", None, None)


def test_the_demand_says_whose_peak_it_is_and_what_is_not_known():
    august, may = month_of("2025-08"), month_of("2026-05")
    document = bill_document(gappy(PastMonths(peaks_kw={august: 255.4})))
    assert document.demand.model_dump() == {
        "kw": 255,
        "origin": "earlier_month",
        "month": "2025-08",
        "looked_at_kw": {"2025-08": 255, "2026-05": 100},
        "unknown_months": ["2025-07", "2025-09", "2025-12", "2026-01", "2026-02"],
        "partly_read_months": ["2026-05"],
    }
    floor = bill_document(gappy(PastMonths())).demand
    assert (floor.kw, floor.origin, floor.month) == (120, "floor", None)
    assert list(floor.looked_at_kw) == [str(may)]


def test_what_was_missing_and_every_switch_are_told():
    made = gappy(PastMonths())
    document = bill_document(made)
    missing = document.missing
    assert (missing.count, missing.of, missing.filled_kwh) == (4, 2976, 100)
    assert missing.rule == made.missing.rule
    (gap,) = missing.gaps
    assert gap.start == datetime(2026, 5, 6, 10, tzinfo=SEOUL)
    assert gap.end == datetime(2026, 5, 6, 11, tzinfo=SEOUL)
    assert gap.filled_kwh == 100
    assert [(one.name, one.value) for one in document.switches if not one.usual] == [
        ("excess_hours", "counted")
    ]
    told = {one.name: one for one in document.switches}
    assert told["assumed_fuel_krw_per_kwh"].value == "table"
    assert told["most_missing_share"].value == "0.1"
    assert all(one.why for one in document.switches)


def test_the_line_of_the_power_factor_tells_both_and_what_was_left_out():
    readings = flat("2026-05", 100)
    kvarh = 0.75 * readings.kwh  # 80 %
    kvarh[40:44] = np.nan
    metered = replace(readings, lagging_kvarh=kvarh, leading_kvarh=0 * readings.kwh)
    document = bill_document(bill(CONTRACT, metered, month_of("2026-05")))
    (line,) = [one for one in document.lines if one.kind == "power_factor"]
    assert (line.lagging_percent, line.leading_percent, line.unread_half_hours) == (80, 100, 2)
