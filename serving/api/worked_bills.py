"""Worked bills over the wire: a file of them as JSON, and what became of each line."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from models.tariffs.bill.bill_cases import BillCases, checked_bill_cases
from models.tariffs.bill.errors import BillCasesError
from models.tariffs.bill.verification import Verification
from serving.suggestions.expectations import Document

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
    return checked_bill_cases(stated, what="the body")


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
