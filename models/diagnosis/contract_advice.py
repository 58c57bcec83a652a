"""The contract that would have been cheapest for a firm's last year, and what each change saves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from feature_store.entities.firm import Contract, TariffClass
from models.diagnosis.billed_year import (
    BilledYear,
    billed_year,
    largest_demand_kw,
    last_year_of,
    least_power_kw,
)
from models.diagnosis.contract_choices import (
    ClosedClass,
    classes_at,
    options_of,
    powers_kw,
    with_class,
)
from models.diagnosis.option_change import OptionRule
from models.diagnosis.power_factor_advice import PowerFactorAdvice, power_factor_advice
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.billing_month import BillingMonth

Change = Literal["class", "option", "power"]


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """The year under one contract."""

    contract: Contract
    year_krw: int
    """Sum of the bills of ``Advice.months``, with VAT and fund."""
    saved_krw: int
    """Against today's contract; negative if it would have cost more."""
    changes: tuple[Change, ...]
    """In what it differs from today's contract."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What a year of readings says about the contract.

    Every alternative is billed on the same readings, by the same code and the same tables: those
    in force on ``day``. What a change costs besides (works, contributions) is not known.
    """

    day: date
    months: tuple[BillingMonth, ...]
    """The months billed, the last whole ones: twelve, or eleven where no more are known."""
    current: Alternative
    options: tuple[Alternative, ...]
    """Today's class and contract power with each option, the cheapest first."""
    classes: tuple[Alternative, ...]
    """Every other class that is open, with its cheapest option and the contract power nearest to
    today's, the cheapest first."""
    closed: tuple[ClosedClass, ...]
    powers: tuple[Alternative, ...]
    """Today's class and option with each contract power worth asking about, the cheapest first."""
    best: Alternative
    """The cheapest of all classes, options and contract powers; today's if none is cheaper."""
    option_rule: OptionRule
    largest_kw: int
    """Largest demand of the year in any hour: a contract power below it is charged for excess."""
    unknown_peaks: tuple[BillingMonth, ...]
    """Months that the ratchet looks at and of which nothing is known: real bills may be higher."""
    filled_readings: int
    """Missing readings that the bills took a typical value for."""
    power_factor: PowerFactorAdvice | None
    """None where the meter tells no reactive energy."""

    @property
    def best_from(self) -> date:
        """The first day on which ``best`` may be applied for."""
        return self.option_rule.free_from if "option" in self.best.changes else self.day


def advise(
    contract: Contract, readings: MeteredEnergy, *, day: date, last_change: date | None = None
) -> Advice:
    """Bill the last year's whole months under every contract that the firm could have.

    Args:
        contract: Today's.
        readings: A year and, for what the first months remember, the eleven months before it.
        day: Of the advice: its tables price all, and its date decides what may be changed.
        last_change: When the option was last changed; None if never, or not known.

    Raises:
        NotEnoughReadingsError: Less than eleven whole billing months are known.
        TooManyMissingReadingsError: A month has more gaps than a bill may fill.
    """
    months = last_year_of(contract, readings)
    year = _Year(
        contract=contract,
        readings=readings,
        day=day,
        months=months,
        largest_kw=largest_demand_kw(contract, readings, months),
    )
    return year.advice(last_change)


@dataclass(frozen=True, kw_only=True)
class _Year:
    """The year of one firm, which bills each contract once."""

    contract: Contract
    readings: MeteredEnergy
    day: date
    months: tuple[BillingMonth, ...]
    largest_kw: int
    billed: dict[str, BilledYear] = field(default_factory=dict)
    """By the contract as JSON."""

    def advice(self, last_change: date | None) -> Advice:
        current = self._year(self.contract)
        moved = [
            with_class(self.contract, tariff_class, self.largest_kw)
            for tariff_class in self._other_classes()
        ]
        open_classes = [found for found in moved if isinstance(found, Contract)]
        everything = [
            chosen
            for base in (self.contract, *open_classes)
            for powered in self._with_powers(base)
            for chosen in _with_options(powered)
        ]
        return Advice(
            day=self.day,
            months=self.months,
            current=self._alternative(self.contract),
            options=self._ranked(list(_with_options(self.contract))),
            classes=self._ranked(
                [self._ranked(list(_with_options(found)))[0].contract for found in open_classes]
            ),
            closed=tuple(found for found in moved if isinstance(found, ClosedClass)),
            powers=self._ranked(list(self._with_powers(self.contract))),
            best=self._ranked([self.contract, *everything])[0],
            option_rule=OptionRule(day=self.day, last_change=last_change),
            largest_kw=self.largest_kw,
            unknown_peaks=tuple(
                sorted({month for bill in current.bills for month in bill.demand.unknown})
            ),
            filled_readings=sum(bill.missing.count for bill in current.bills),
            power_factor=power_factor_advice(self.contract, self.readings, current, self.day),
        )

    def _other_classes(self) -> Iterator[TariffClass]:
        for tariff_class in classes_at(self.contract.voltage):
            if tariff_class != self.contract.tariff_class:
                yield tariff_class

    def _with_powers(self, contract: Contract) -> Iterator[Contract]:
        least_kw = least_power_kw(contract, self._year(contract), self.largest_kw)
        for power_kw in powers_kw(contract, least_kw):
            yield contract.model_copy(update={"power_kw": power_kw})

    def _ranked(self, contracts: list[Contract]) -> tuple[Alternative, ...]:
        """Alternatives by cost; of equally cheap ones that which changes least comes first."""
        found = [self._alternative(contract) for contract in contracts]
        return tuple(sorted(found, key=lambda one: (one.year_krw, len(one.changes))))

    def _alternative(self, contract: Contract) -> Alternative:
        year_krw = self._year(contract).total_krw
        return Alternative(
            contract=contract,
            year_krw=year_krw,
            saved_krw=self._year(self.contract).total_krw - year_krw,
            changes=tuple(_changes(self.contract, contract)),
        )

    def _year(self, contract: Contract) -> BilledYear:
        key = contract.model_dump_json()
        if key not in self.billed:
            self.billed[key] = billed_year(contract, self.readings, self.months, self.day)
        return self.billed[key]


def _with_options(contract: Contract) -> Iterator[Contract]:
    for option in options_of(contract):
        yield contract.model_copy(update={"option": option})


def _changes(today: Contract, other: Contract) -> Iterator[Change]:
    if other.tariff_class != today.tariff_class:
        yield "class"
    if other.option != today.option:
        yield "option"
    if other.power_kw != today.power_kw:
        yield "power"
