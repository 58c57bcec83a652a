"""The KEPCO tariff tables as their files state them, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from feature_store.entities.firm import TariffClass
from models.tariffs.dated import Dated, LocalDates, Version, in_order
from models.tariffs.errors import TariffTableError
from models.tariffs.hours import HoursFile

FOLDER = files("models.tariffs").joinpath("kepco")
"""Where the tables lie."""

Row = tuple[float, float, float]
"""Won per kWh in summer, spring and autumn, winter."""


class Price(BaseModel):
    """What one voltage and option pays in one version, before VAT and fund."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    basic_krw_per_kw: float = Field(alias="basic", gt=0)
    """Demand charge per kW and month."""
    off_peak: Row
    mid: Row
    peak: Row

    @property
    def energy_krw_per_kwh(self) -> npt.NDArray[np.float64]:
        """Energy price by season and band, shape (3, 3)."""
        return np.array([self.off_peak, self.mid, self.peak]).T


class PowerRange(BaseModel):
    """Contract power of a class, kW, both ends included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least_kw: float = Field(alias="least", gt=0)
    most_kw: float | None = Field(alias="most")
    """None without a limit."""

    def nearest_kw(self, power_kw: float) -> float:
        """Return the power inside the range that is nearest to ``power_kw``."""
        above = max(power_kw, self.least_kw)
        return above if self.most_kw is None else min(above, self.most_kw)

    def __contains__(self, power_kw: float) -> bool:
        return self.nearest_kw(power_kw) == power_kw

    def __str__(self) -> str:
        return (
            f"{self.least_kw:g} kW and more"
            if self.most_kw is None
            else (f"{self.least_kw:g} to {self.most_kw:g} kW")
        )


class RateVersion(Dated):
    """All prices of a class while a version is in force."""

    prices: Mapping[str, Price]
    """By ``voltage/option``."""


class HoursVersion(Dated):
    """Which table of hours a class follows."""

    table: str


class WeekendDiscount(Dated):
    """A share of the energy price off, on Saturdays, Sundays and holidays."""

    months: tuple[int, ...]
    hours: tuple[int, int]
    """Clock hours ``[from, to)``."""
    share: float = Field(gt=0, le=1)


class Addition(Dated):
    """What every kWh costs besides the energy price."""

    krw_per_kwh: float


class BilledDemandRule(Dated):
    """What the billed demand 요금적용전력 remembers and its least value."""

    ratchet_months: tuple[int, ...]
    window_months: int
    minimum_share: float


class ExcessStep(BaseModel):
    """What an excess up to a share of the contract power is charged at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    below_share: float | None
    """The excess is below this share of the contract power; None is the last step."""
    basic_multiple: float
    """Times the basic charge, for every kW of the excess."""


class ExcessRule(Dated):
    """What demand above the contract power costs."""

    ladder: tuple[ExcessStep, ...] = Field(min_length=1)
    unmetered_kwh_per_kw: float = Field(gt=0)
    """Use per contract kW and month above which a customer without a demand meter is charged."""

    @field_validator("ladder")
    @classmethod
    def _rising(cls, ladder: tuple[ExcessStep, ...]) -> tuple[ExcessStep, ...]:
        bounds = [step.below_share for step in ladder[:-1] if step.below_share is not None]
        if ladder[-1].below_share is not None or len(bounds) < len(ladder) - 1:
            raise ValueError("the last step, and it alone, has no bound; write below_share: null")
        if bounds != sorted(set(bounds)):
            raise ValueError("the steps rise; order them by below_share")
        return ladder

    @property
    def basic_multiple(self) -> float:
        """The lowest step."""
        return self.ladder[0].basic_multiple


class PowerFactorRule(Dated):
    """How the power factor moves the demand charge; percentages of the power factor."""

    lagging_hours: tuple[int, int]
    """Clock hours ``[from, to)`` in which lagging power is judged; leading in all others."""
    lagging_standard_percent: int
    lagging_floor_percent: int
    lagging_cap_percent: int
    leading_standard_percent: int
    basic_share_per_percent: float
    """Share of the demand charge for each percent off the standard."""
    low_voltage_from_kw: float
    """Contract power from which low-voltage customers are judged; high voltage always is."""


class Levy(Dated):
    """A share of the sum of all charges 전기요금계."""

    share: float = Field(ge=0, lt=1)


class ClassTable(BaseModel):
    """One tariff class through time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tariff_class: TariffClass
    contract_power_kw: PowerRange
    checked_until: date
    """Day of the newest table that was found: later bills rest on nothing newer having come."""
    demand_metered: bool
    """Whether the measured demand is billed; else the contract power is."""
    hours: tuple[HoursVersion, ...]
    deferrals: tuple[Dated, ...] = ()
    """Reforms that a customer could put off: meanwhile what held on the eve holds on."""
    weekend_discounts: tuple[WeekendDiscount, ...] = ()
    rates: tuple[RateVersion, ...]

    def rules_date(self, dates: LocalDates, *, deferred: bool) -> LocalDates:
        """Return the day whose rates and hours hold on each date for this customer."""
        rules = dates.copy()
        for deferral in self.deferrals if deferred else ():
            eve = deferral.from_day - timedelta(days=1)
            rules[deferral.covers(dates)] = np.datetime64(eve, "D")
        return rules


class _AdditionsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    climate: tuple[Addition, ...]
    fuel: tuple[Addition, ...]
    vat: tuple[Levy, ...]
    fund: tuple[Levy, ...]


class _PowerFactorFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    power_factor: tuple[PowerFactorRule, ...]


class _DemandFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    billed_demand: tuple[BilledDemandRule, ...]
    excess: tuple[ExcessRule, ...]


@dataclass(frozen=True, kw_only=True)
class KepcoTables:
    """Every table, versions by date without gap or overlap."""

    classes: Mapping[TariffClass, ClassTable]
    band_by_season_and_hour: Mapping[str, npt.NDArray[np.int8]]
    """Each table of hours, shape (3, 24)."""
    season_by_month: npt.NDArray[np.int8]
    """Index into ``hours.SEASONS`` of each month; index 0 is unused, shape (13,)."""
    climate: tuple[Addition, ...]
    fuel: tuple[Addition, ...]
    billed_demand: tuple[BilledDemandRule, ...]
    excess: tuple[ExcessRule, ...]
    power_factor: tuple[PowerFactorRule, ...]
    vat: tuple[Levy, ...]
    fund: tuple[Levy, ...]


@cache
def kepco_tables() -> KepcoTables:
    """Read and check the tables that the product ships."""
    hours = HoursFile.model_validate(_read("hours"))
    additions = _AdditionsFile.model_validate(_read("additions"))
    demand = _DemandFile.model_validate(_read("demand"))
    power_factor = _PowerFactorFile.model_validate(_read("power_factor")).power_factor
    return KepcoTables(
        classes={name: class_table(_read(name), hours) for name in get_args(TariffClass)},
        band_by_season_and_hour=hours.band_tables(),
        season_by_month=hours.season_by_month(),
        climate=in_order(additions.climate, "climate"),
        fuel=in_order(additions.fuel, "fuel"),
        billed_demand=in_order(demand.billed_demand, "billed_demand"),
        excess=in_order(demand.excess, "excess"),
        power_factor=in_order(power_factor, "power_factor"),
        vat=in_order(additions.vat, "vat"),
        fund=in_order(additions.fund, "fund"),
    )


def class_table(declared: object, hours: HoursFile) -> ClassTable:
    """Check one class as its file declares it, against the tables of hours it names."""
    table = ClassTable.model_validate(declared)

    def checked(versions: tuple[Version, ...], part: str, *, gaps: bool) -> tuple[Version, ...]:
        return in_order(versions, f"{table.tariff_class} {part}", gaps=gaps)

    for version in table.hours:
        if version.table not in hours.tables:
            raise TariffTableError(
                f"{table.tariff_class}: table of hours {version.table!r} does not exist; "
                f"write one of {', '.join(hours.tables)}"
            )
    return table.model_copy(
        update={
            "hours": checked(table.hours, "hours", gaps=False),
            "rates": checked(table.rates, "rates", gaps=False),
            "deferrals": checked(table.deferrals, "deferrals", gaps=True),
            "weekend_discounts": checked(table.weekend_discounts, "weekend discounts", gaps=True),
        }
    )


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Reads the tables ten times as fast where PyYAML was built with libyaml, as its wheels are."""


def _read(name: str) -> Any:  # noqa: ANN401 - what YAML holds is for pydantic to say
    text = FOLDER.joinpath(f"{name}.yaml").read_text("utf-8")
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are the safe one
