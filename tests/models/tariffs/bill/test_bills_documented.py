"""The document about bills tells every switch with its default and every key of a worked bill."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import BaseModel

from models.tariffs.bill.bill_cases import (
    BandCase,
    BillCase,
    BillCases,
    EnergyRow,
    ExcessCase,
    Expected,
    Inputs,
    PowerFactorCase,
    RatchetCase,
    RatedDays,
    RatedEnergy,
    StatedExcess,
    StatedPowerFactor,
)
from models.tariffs.switches import Switches

TEXT = (Path(__file__).parents[4] / "docs/bills.md").read_text("utf-8")
TOLD = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", TEXT.partition("## Worked")[2]))))
FREE_WORDS = {"source", "note", "retrieved", "title", "kind", "season", "tariff", "tariff_class"}
"""Remarks that every case may carry, and `class` by the name it has in code."""


@pytest.mark.parametrize("switch", fields(Switches), ids=lambda switch: switch.name)
def test_every_switch_is_told_with_its_default(switch):
    rows = [row.split("|") for row in TEXT.splitlines() if row.startswith(f"| `{switch.name}` |")]
    default = "the table" if switch.default is None else f"`{switch.default}`"
    assert [row[2].strip() for row in rows] == [default]


@pytest.mark.parametrize(
    "model",
    [
        BillCases, BillCase, Inputs, Expected, EnergyRow, RatedDays, RatedEnergy, StatedExcess,
        StatedPowerFactor, RatchetCase, ExcessCase, PowerFactorCase, BandCase,
    ],
)  # fmt: skip
def test_every_key_of_a_worked_bill_is_told(model: type[BaseModel]):
    assert set(model.model_fields) - FREE_WORDS <= TOLD
