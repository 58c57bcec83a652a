"""The contracts that a firm may have: classes by contract power and voltage, and their options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from feature_store.entities.firm import Contract, Option, TariffClass, Voltage
from models.tariffs.kepco_tables import kepco_tables

_CLASSES: Mapping[Voltage, tuple[TariffClass, ...]] = MappingProxyType(
    {
        "low": ("industrial_gab_1",),
        "high_a": ("industrial_gab_2", "industrial_eul"),
        "high_b": ("industrial_gab_2", "industrial_eul"),
        "high_c": ("industrial_eul",),
    }
)
"""Classes at a voltage: below 300 kW a high-voltage customer is on (갑)Ⅱ (제59조⑤)."""


@dataclass(frozen=True, kw_only=True)
class ClosedClass:
    """A class that the firm cannot be in, and why."""

    tariff_class: TariffClass
    reason: str


def options_of(contract: Contract) -> tuple[Option, ...]:
    """Return the options that the contract's class has at its voltage."""
    prices = kepco_tables().classes[contract.tariff_class].rates[-1].prices
    keys = [key.split("/") for key in prices]
    return tuple(cast(Option, option) for voltage, option in keys if voltage == contract.voltage)


def classes_at(voltage: Voltage) -> tuple[TariffClass, ...]:
    """Return the classes that customers of a voltage are in, the smaller powers first."""
    return _CLASSES[voltage]


def powers_kw(contract: Contract, least_kw: int) -> tuple[float, ...]:
    """Return the contract powers worth asking about in the contract's class, none too small.

    Today's, and the least that is not exceeded: between them the charges do not fall lower, as
    only the 30 % floor moves with the contract power. Powers outside of the class are moved to
    its edge; those below ``least_kw`` would be charged for the excess and are left out, except
    today's.
    """
    allowed = kepco_tables().classes[contract.tariff_class].contract_power_kw
    wanted = {contract.power_kw, allowed.nearest_kw(contract.power_kw)}
    wanted |= {allowed.nearest_kw(least_kw)}
    return tuple(sorted(kw for kw in wanted if kw >= least_kw or kw == contract.power_kw))


def with_class(
    contract: Contract, tariff_class: TariffClass, largest_kw: int
) -> Contract | ClosedClass:
    """Return the contract moved to another class with its power as near as the class allows.

    The option is kept where the class has it, else it is the class's last. A class whose largest
    contract power the firm has exceeded is closed to it.
    """
    allowed = kepco_tables().classes[tariff_class].contract_power_kw
    if allowed.most_kw is not None and largest_kw > allowed.most_kw:
        return ClosedClass(
            tariff_class=tariff_class,
            reason=f"the largest demand of the year, {largest_kw} kW, exceeds the contract power "
            f"of at most {allowed.most_kw:g} kW; hold the demand below it first",
        )
    moved = contract.model_copy(
        update={
            "tariff_class": tariff_class,
            "power_kw": allowed.nearest_kw(max(contract.power_kw, largest_kw)),
        }
    )
    options = options_of(moved)
    return moved if moved.option in options else moved.model_copy(update={"option": options[-1]})
