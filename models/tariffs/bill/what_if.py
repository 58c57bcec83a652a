"""The same firm under other terms: what a month would have cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from feature_store.entities.firm import Contract
from models.tariffs.bill.errors import UnknownChangeError


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Changes of a contract; None leaves the declared term."""

    tariff_class: str | None = None
    voltage: str | None = None
    option: str | None = None
    power_kw: float | None = None
    tariff_date: date | None = None
    """Bill by the tables in force on this day."""


AS_DECLARED = WhatIf()


def changed(contract: Contract, what_if: WhatIf) -> Contract:
    """Return the contract with the changes; a value that none can have is refused by name.

    Whether the class has the voltage and option is for the tables to say.

    Example:
        >>> changed(Contract(power_kw=500), WhatIf(option="III")).option
        'III'
    """
    terms = {
        "tariff_class": what_if.tariff_class,
        "voltage": what_if.voltage,
        "option": what_if.option,
        "power_kw": what_if.power_kw,
        "tariff_date": what_if.tariff_date,
    }
    wanted = {name: value for name, value in terms.items() if value is not None}
    try:
        return Contract.model_validate(contract.model_dump() | wanted)
    except ValidationError as unknown:
        fault = unknown.errors()[0]
        raise UnknownChangeError(
            f"{fault['loc'][0]} cannot be {fault['input']!r}; {fault['msg']}"
        ) from unknown
