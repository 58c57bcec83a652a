"""``/v1/firms/.../bills``: what a month costs, and what it would have cost under other terms."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Path, Query
from pydantic import Field, WithJsonSchema

from feature_store.entities.firm import Option, TariffClass, Voltage
from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from models.diagnosis.known_firm import MomentAheadError, MonthNotOverError
from models.tariffs.bill.document import BillDocument, bill_document
from models.tariffs.bill.errors import (
    ImpossiblePeakError,
    NegativeReadingError,
    ReadingsOutsideMonthError,
    TooManyMissingReadingsError,
    UnknownChangeError,
)
from models.tariffs.bill.statement import told_peaks
from models.tariffs.bill.what_if import WhatIf
from models.tariffs.billing_month import WRITTEN_PATTERN, BillingMonth
from models.tariffs.errors import (
    NoTariffError,
    TariffTableError,
    UnknownMonthError,
    UnknownSwitchError,
)
from models.tariffs.switches import switched
from serving.api.known_firm import Asked, FirmId, QueryDay, known_firm
from serving.api.problem import INVALID, KINDS
from serving.api.responses import reading_problems
from serving.in_use import PlannerInUse

router = APIRouter(prefix="/v1/firms", tags=["bills"])

# What the contract says of a wrong term is one error on the command line and here, so the terms
# are text to the framework and their choices are told to the reader alone.
ClassText = Annotated[str, WithJsonSchema({"type": "string", "enum": list(get_args(TariffClass))})]
VoltageText = Annotated[str, WithJsonSchema({"type": "string", "enum": list(get_args(Voltage))})]
OptionText = Annotated[str, WithJsonSchema({"type": "string", "enum": list(get_args(Option))})]


class BillAsked(Asked):
    """How a month is to be billed; what is left out is as the firm declares it."""

    tariff_class: ClassText | None = None
    """What if: under this tariff class."""
    voltage: VoltageText | None = None
    """What if: at this voltage."""
    option: OptionText | None = None
    """What if: under this option."""
    contract_power_kw: float | None = None
    """What if: with this contract power, kW."""
    tariff_date: QueryDay | None = Field(
        default=None,
        description="What if: by the tables in force on this day.",
        examples=["2024-10-24"],
    )
    switch: list[str] = Field(
        default=[],
        description="Reads an uncertain rule so, name=value; may be repeated. The answer's "
        "`switches` list every name.",
        examples=[["split=by_days"]],
    )

    peak: list[str] = Field(
        default=[],
        description="Counted peak that a statement printed, month=kW; goes before the readings; "
        "may be repeated.",
        examples=[["2026-01=640"]],
    )

    @property
    def what_if(self) -> WhatIf:
        """The changes of the contract."""
        return WhatIf(
            tariff_class=self.tariff_class,
            voltage=self.voltage,
            option=self.option,
            power_kw=self.contract_power_kw,
            tariff_date=self.tariff_date,
        )


@router.get(
    "/{firm_id}/bills/{month}",
    responses=reading_problems(
        KINDS[UnknownFirmError],
        KINDS[MonthNotOverError],
        KINDS[NotEnoughReadingsError],
        KINDS[TooManyMissingReadingsError],
        KINDS[ReadingsOutsideMonthError],
        KINDS[NegativeReadingError],
        KINDS[TariffTableError],
        KINDS[NoTariffError],
        KINDS[UnknownMonthError],
        KINDS[UnknownChangeError],
        KINDS[UnknownSwitchError],
        KINDS[ImpossiblePeakError],
        KINDS[MomentAheadError],
        INVALID,
    ),
)
def show_bill(
    firm_id: FirmId,
    month: Annotated[
        str,
        Path(
            description="Billing month `YYYY-MM` that is over, named by its last day.",
            examples=["2026-10"],
            json_schema_extra={"pattern": f"^{WRITTEN_PATTERN}$"},
        ),
    ],
    asked: Annotated[BillAsked, Query()],
    planner: PlannerInUse,
) -> BillDocument:
    """Bill a firm's month as KEPCO prints it, to the won, or as it would be under other terms.

    Missing readings are filled and listed up to a tenth of the month; a month that goes on, or
    lacks more, is not billed.
    """
    made = known_firm(planner, firm_id, asked).bill(
        BillingMonth.parse(month),
        what_if=asked.what_if,
        past=told_peaks(asked.peak),
        switches=switched(asked.switch),
    )
    return bill_document(made)
