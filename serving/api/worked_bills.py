"""Worked bills over the wire: a file of them as JSON, and what became of each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.tariffs.bill.bill_cases import BillCases
from models.tariffs.bill.errors import BillCasesError
from models.tariffs.bill.verification import Verification
from models.tariffs.billing_month import BillingMonth
from serving.api.issue_time import FIRST_YEAR, LAST_YEAR
from serving.api.native_errors import validation_complaints
from serving.suggestions.documents import Document

FAULTS_TOLD = 5
"""Enough to find a wrong habit; a wrong file can have as many as it has lines."""
MOST_DIGITS = 15
"""Before and after the decimal point: a thousand times what any bill holds, and quick to compute
with, which `1e999999999` is not."""
MOST_BANDS = 1000
"""Ten days of intervals. A band is the slowest case, some 2 ms: more would keep a thread busy."""

_BILL = {
    "id": "march",
    "class": "industrial_eul/high_a/II",
    "inputs": {"billed_demand_kw": 225, "basic_won_per_kw": 8320},
    "expected": {"basic": 1872000},
}


class WorkedBillsRequest(BaseModel):
    """Worked bills in the keys of the file that `sandan bill verify` takes; see docs/bills.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    retrieved: str = ""
    """When they were collected, in any words."""
    bills: list[dict[str, Any]] = Field(
        default=[],
        description="Bills: `id`, `class` in any words, `inputs`, `expected`.",
        examples=[[_BILL]],
    )
    approximate_bills: list[dict[str, Any]] = []
    """Bills known in round figures; listed in the answer, not compared."""
    ratchet_cases: list[dict[str, Any]] = []
    """Billed demands: `id`, `contract_kw`, `current`, `monthly_max_kw`, `expected_billed_kw`."""
    excess_cases: list[dict[str, Any]] = []
    """Excesses: `id`, `contract_kw`, `max_kw`, `basic`, `expected_charge`."""
    power_factor_cases: list[dict[str, Any]] = []
    """Power factors: `id`, `basic_charge`, `std`, `cap`, `lag`, `lead`, `expected`."""
    band_cases: list[dict[str, Any]] = Field(
        default=[],
        max_length=MOST_BANDS,
        description="Bands: `start` by the clock in Korea, `band`.",
    )


class DifferingLine(Document):
    """A line in which the case and the rules disagree."""

    case: str
    """Id of the case; of a band its time."""
    line: str
    """Which line of it."""
    expected: int | str
    """What the case says: won, kW, a band or months."""
    computed: int | str | None
    """What the rules give; null where the inputs do not suffice."""


class VerificationAnswer(Document):
    """What became of worked bills."""

    cases: int
    """Cases computed."""
    lines: int
    """Lines compared."""
    differing: list[DifferingLine]
    """Every line that differs; empty where all agree."""
    not_checked: list[str]
    """Cases in round figures only, by id."""


def bill_cases_of(asked: WorkedBillsRequest) -> BillCases:
    """Check worked bills; what does not follow their schema is a :class:`BillCasesError`."""
    stated = asked.model_dump(exclude_unset=True)
    if not any(stated.values()):
        raise BillCasesError(
            f"the body states no bill; write some of {', '.join(WorkedBillsRequest.model_fields)}"
        )
    try:
        cases = BillCases.model_validate(stated)
    except ValidationError as wrong:
        faults = [dict(fault) for fault in wrong.errors()[:FAULTS_TOLD]]
        raise BillCasesError(
            f"the body does not follow the schema of worked bills in {wrong.error_count()} places, "
            f"{validation_complaints(faults)}; mend them (docs/bills.md lists every key)"
        ) from wrong
    for place, fault in _not_computable(cases):
        raise BillCasesError(f"{place} {fault}; mend it")
    return cases


def verification_answer(checked: Verification) -> VerificationAnswer:
    """Write what became of worked bills."""
    return VerificationAnswer(
        cases=checked.cases,
        lines=len(checked.lines),
        differing=[
            DifferingLine(
                case=line.case,
                line=line.line,
                expected="" if line.expected is None else line.expected,
                computed=line.computed,
            )
            for line in checked.differing
        ],
        not_checked=list(checked.not_checked),
    )


def _not_computable(cases: BillCases) -> Iterator[tuple[str, str]]:
    """Find what the schema allows and no bill can be computed from: its place and its fault."""
    for case in cases.bills:
        for name, rows in case.inputs.energy.items():
            if not rows:
                yield f"{case.id}.inputs.energy.{name}", "has no row"
        if case.inputs.fund_rate == ():
            yield f"{case.id}.inputs.fund_rate", "has no row"
    for place, leaf in _leaves(cases, ""):
        match leaf:
            case Decimal() | int() if _unbounded(Decimal(leaf)):
                yield place, f"has more than {MOST_DIGITS} digits before or after its point"
            case BillingMonth() | datetime() if not FIRST_YEAR <= leaf.year <= LAST_YEAR:
                yield place, f"is not of the years {FIRST_YEAR} to {LAST_YEAR}"


def _leaves(stated: object, place: str) -> Iterator[tuple[str, object]]:
    """Walk through everything stated, keys of mappings among it, each with its place."""
    inside: Iterable[tuple[object, object]]
    match stated:
        case BaseModel():
            inside = stated
        case Mapping():
            yield from ((f"{place}.{key}", key) for key in stated)
            inside = stated.items()
        case tuple():
            inside = enumerate(stated)
        case _:
            yield place, stated
            return
    for name, value in inside:
        yield from _leaves(value, f"{place}.{name}" if place else str(name))


def _unbounded(figure: Decimal) -> bool:
    exponent = figure.as_tuple().exponent
    return (
        not isinstance(exponent, int) or exponent < -MOST_DIGITS or figure.adjusted() >= MOST_DIGITS
    )
