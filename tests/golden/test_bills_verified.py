"""Worked bills agree to the won with the arithmetic that makes bills, and a wrong line is found."""

from pathlib import Path

import pytest
import yaml

from models.tariffs.bill.bill_cases import read_bill_cases
from models.tariffs.bill.errors import BillCasesError
from models.tariffs.bill.verification import Verification, verify

WORKED = Path(__file__).with_name("worked_bills.yaml")
COLLECTED = Path(__file__).parents[2].parent / "shared" / "domain" / "bills.yaml"


def verified(path: Path) -> Verification:
    return verify(read_bill_cases(path.read_text("utf-8"), what=path.name))


def test_every_worked_bill_agrees_to_the_won():
    made = verified(WORKED)
    assert made.differing == ()
    assert made.not_checked == ("june_2025",)
    cases = yaml.safe_load(WORKED.read_text("utf-8"))
    assert made.cases == sum(len(cases[group]) for group in cases if group != "approximate_bills")


@pytest.mark.skipif(not COLLECTED.exists(), reason="the collected bills are not beside this copy")
def test_every_collected_bill_agrees_to_the_won():
    made = verified(COLLECTED)
    assert made.differing == ()
    assert made.cases == 26


def every_expected_line() -> list[tuple[str | int, ...]]:
    """Where the file states a result: each is made wrong in turn."""
    document = yaml.safe_load(WORKED.read_text("utf-8"))
    found: list[tuple[str | int, ...]] = []
    for number, case in enumerate(document["bills"]):
        for name, value in case["expected"].items():
            inner = value if isinstance(value, dict) else {None: value}
            found += [("bills", number, "expected", name, key) for key in inner]
    for group, key in [
        ("ratchet_cases", "expected_billed_kw"),
        ("excess_cases", "expected_charge"),
        ("power_factor_cases", "expected"),
        ("band_cases", "band"),
        ("band_cases", "version"),
    ]:
        found += [(group, number, key, None) for number in range(len(document[group]))]
    return found


@pytest.mark.parametrize("place", every_expected_line(), ids=str)
def test_one_wrong_line_is_the_one_that_differs(place):
    document = yaml.safe_load(WORKED.read_text("utf-8"))
    inside, path = document, [step for step in place if step is not None]
    for step in path[:-1]:
        inside = inside[step]
    right = inside[path[-1]]
    wrong = {"off_peak": "mid", "mid": "peak", "peak": "off_peak"}.get(right, f"{right}x")
    inside[path[-1]] = right + 1 if isinstance(right, int) else wrong
    made = verify(read_bill_cases(yaml.safe_dump(document, allow_unicode=True), what="changed"))
    (line,) = made.differing
    assert (line.expected, line.computed) == (inside[path[-1]], right)


def test_a_line_whose_inputs_are_missing_differs_as_not_computable():
    text = (
        "bills: [{id: x, inputs: {energy: {mid: {kwh: 10, rate: 100}}}, expected: {total: 1100}}]"
    )
    (line,) = verify(read_bill_cases(text, what="one")).differing
    assert (line.case, line.line, line.computed) == ("x", "total", None)


def test_a_total_of_kwh_that_the_rows_do_not_add_up_to_differs():
    text = WORKED.read_text("utf-8").replace("total_kwh: 249679", "total_kwh: 249680")
    assert "total_kwh" in {line.line for line in verify(read_bill_cases(text, what="x")).differing}


def test_a_total_of_kwh_is_compared_as_it_is_printed_half_up():
    text = (
        "bills: [{id: x, complete: true, expected: {climate: 90}, inputs: {total_kwh: 10.9, "
        "climate_rate: 9, energy: {mid: {kwh: 10.2, rate: 100}}}}]"
    )
    lines = {line.line: line for line in verify(read_bill_cases(text, what="one")).differing}
    assert (lines["total_kwh"].expected, lines["total_kwh"].computed) == (11, 10)


def test_a_gross_amount_and_a_discount_are_checked_where_they_are_stated():
    row = (
        "{kwh: 47714, rate: 121.5, discount_kwh: 2349, discount_rate: 60.7, "
        "gross: 5797251, discount: 142585}"
    )
    text = f"bills: [{{id: x, inputs: {{energy: {{off_peak: {row}}}}}, expected: {{}}}}]"
    (line,) = verify(read_bill_cases(text, what="one")).differing
    assert (line.line, line.expected, line.computed) == ("energy.off_peak.discount", 142585, 142584)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bills: [{id: a, inputs: {billed_kw: 1}, expected: {}}]", r"bills\.a\.inputs\.billed_kw"),
        ("bill: []", "bill: Extra inputs"),
        ("bills: [{id: a, inputs: {}, expected: {}}]", r"bills\.a.*nothing to compare"),
        ("bills: [{id: a, inputs: {energy: {mid: []}}, expected: {basic: 1}}]", "at least 1 item"),
        ("bills: [{id: a, inputs: {fund_rate: []}, expected: {basic: 1}}]", "at least 1 item"),
        ("bills: [{id: a, inputs: {billed_demand_kw: -1}, expected: {basic: 1}}]", "equal to 0"),
        ("bills: [{id: a, inputs: {}, expected: {basic: 1.5}}]", r"bills\.a\.expected\.basic"),
        ("bills: [{id: a, inputs: {energy: {mid: {kwh: -1, rate: 1}}}, expected: {}}]", "kwh"),
        (
            "excess_cases: [{id: e, contract_kw: 0, max_kw: 1, basic: 1, expected_charge: 1}]",
            "e.contract_kw",
        ),
        ("band_cases: [{start: '2026-04-15T14:00', band: peak, class: homes}]", "industrial_eul"),
        (
            "ratchet_cases: [{id: r, current: 2026-13, monthly_max_kw: {}}]",
            r"r\.current.*2026-07",
        ),
        ("[1, 2]", "states no bill"),
        ("", "states no bill"),
        ("bills: [", "neither YAML nor JSON"),
    ],
)
def test_a_file_that_does_not_follow_the_schema_is_refused_with_the_place(text, said):
    with pytest.raises(BillCasesError, match=f"mine.yaml.*{said}|{said}"):
        read_bill_cases(text, what="mine.yaml")
