"""Advice on the contract and the value of a kW, in the form that programs read."""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from feature_store.entities.firm import Option, TariffClass, Voltage
from models.diagnosis.contract_advice import Advice, Alternative, Change
from models.diagnosis.known_firm import KnownFirm
from models.diagnosis.power_factor_advice import PowerFactorAdvice, Reactive
from models.tariffs.expected_peaks import ExpectedPeak, Ground
from models.tariffs.value_of_kw import ChargedMonth, ValueOfKw

KVAR_DECIMALS = 1
"""Capacitors come in steps of kvar; a finer figure would only look exact."""
KW_DECIMALS = 3
"""To the watt, finer than any meter reads."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class AlternativeDocument(_Told):
    """The year under one contract."""

    tariff_class: TariffClass
    """Class of industrial tariff."""
    voltage: Voltage
    """Supply voltage."""
    option: Option
    """Rate option 선택요금."""
    power_kw: float
    """Contract power 계약전력, kW."""
    year_krw: int
    """Sum of the bills of `months`, won with VAT and fund."""
    saved_krw: int
    """Against today's contract, won with VAT and fund; negative if it would have cost more."""
    changes: list[Change]
    """In what it differs from today's contract; empty for today's."""


class BestDocument(AlternativeDocument):
    """The cheapest contract of all."""

    from_day: date = Field(
        serialization_alias="from", description="First day on which it may be applied for."
    )


class ClosedClassDocument(_Told):
    """A class that the firm cannot be in."""

    tariff_class: TariffClass
    """Which class."""
    reason: str
    """Why not."""


class PowerFactorTargetDocument(_Told):
    """What compensation up to a power factor would save."""

    kind: Reactive
    """Which reactive power is compensated."""
    percent: int
    """Up to which power factor, percent."""
    saved_krw: int
    """In the months billed, won with VAT and fund; the price of compensation is not known."""
    compensation_kvar: float
    """Largest 15-minute mean of the power to be compensated, kvar."""


class PowerFactorDocument(_Told):
    """The power factor charges of the months billed."""

    charged_krw: int
    """Surcharges less bonuses, won before VAT and fund; negative is a bonus."""
    targets: list[PowerFactorTargetDocument]
    """Lagging by rising power factor, then leading."""


class AdviceDocument(_Told):
    """A firm's last year billed under every contract that it could have."""

    firm_id: str
    """Id of the firm."""
    day: date
    """Day of the advice; its tables price every alternative."""
    months: list[str]
    """The billing months that are billed, `YYYY-MM`: twelve, or eleven where no more are known."""
    current: AlternativeDocument
    """Today's contract."""
    best: BestDocument
    """The cheapest of all classes, options and contract powers; today's if none is cheaper."""
    options: list[AlternativeDocument]
    """Today's class and contract power with each option, the cheapest first."""
    classes: list[AlternativeDocument]
    """Every other class that is open, with its cheapest option, the cheapest first."""
    closed_classes: list[ClosedClassDocument]
    """Classes of the voltage that the firm cannot be in."""
    powers: list[AlternativeDocument]
    """Today's class and option with each contract power worth asking about, the cheapest first."""
    option_may_change_from: date
    """First day on which the option may be changed: a year after `last_change`."""
    largest_kw: int
    """Largest demand of the months in any hour, kW; a contract power below it costs an excess."""
    unknown_peaks: list[str]
    """Months `YYYY-MM` that the ratchet looks at and of which no peak is known: real bills may be
    higher."""
    filled_readings: int
    """Missing readings that the bills took a typical value for."""
    power_factor: PowerFactorDocument | None
    """Null where no reactive energy is metered."""


class ExpectedPeakDocument(_Told):
    """The counted peak that a coming month is expected to have."""

    peak_kw: float
    """The peak, kW."""
    ground: Ground
    """What the expectation rests on, the best first."""
    seen_in: str
    """Billing month `YYYY-MM` whose measured peak it is."""


class ChargedMonthDocument(_Told):
    """A billing month whose demand charge the peak raises above what is billed anyway."""

    month: str
    """Billing month, `YYYY-MM`."""
    basic_krw_per_kw: float
    """Demand charge, won per kW, before VAT and fund."""
    anyway_kw: float
    """Billed in it whatever the peak is, kW."""
    expected: ExpectedPeakDocument | None
    """The peak of its own that it is expected to have; null for the month under way."""


class ValueOfKwDocument(_Told):
    """What the counted peak of the month under way costs, convex and piecewise linear."""

    firm_id: str
    """Id of the firm."""
    as_of: AwareDatetime
    """The moment: nothing known later is used."""
    month: str
    """Billing month under way then, `YYYY-MM`."""
    breakpoints_kw: list[float]
    """Peaks from which on one month more pays for each kW, in kW, rising. Below the first a kW
    costs nothing; empty without a demand meter."""
    slopes_krw_per_kw: list[float]
    """What one more kW costs above each breakpoint, won per kW before VAT and fund, all months
    together."""
    months: list[ChargedMonthDocument]
    """The month under way and those that will remember its peak, in order."""


def advice_document(firm_id: str, advice: Advice) -> AdviceDocument:
    """Return the advice as a document."""
    return AdviceDocument(
        firm_id=firm_id,
        day=advice.day,
        months=[str(month) for month in advice.months],
        current=_alternative(advice.current),
        best=BestDocument(**dict(_alternative(advice.best)), from_day=advice.best_from),
        options=[_alternative(one) for one in advice.options],
        classes=[_alternative(one) for one in advice.classes],
        closed_classes=[
            ClosedClassDocument(tariff_class=closed.tariff_class, reason=closed.reason)
            for closed in advice.closed
        ],
        powers=[_alternative(one) for one in advice.powers],
        option_may_change_from=advice.option_rule.free_from,
        largest_kw=advice.largest_kw,
        unknown_peaks=[str(month) for month in advice.unknown_peaks],
        filled_readings=advice.filled_readings,
        power_factor=None if advice.power_factor is None else _factor(advice.power_factor),
    )


def value_of_kw_document(asked: KnownFirm, value: ValueOfKw) -> ValueOfKwDocument:
    """Return the value of a kW as a document."""
    return ValueOfKwDocument(
        firm_id=asked.firm.firm_id,
        as_of=asked.local_moment,
        month=str(value.month),
        breakpoints_kw=[round(kw, KW_DECIMALS) for kw in value.breakpoints_kw.tolist()],
        slopes_krw_per_kw=value.slopes_krw_per_kw.tolist(),
        months=[_charged_month(charge) for charge in value.charges],
    )


def _alternative(one: Alternative) -> AlternativeDocument:
    return AlternativeDocument(
        tariff_class=one.contract.tariff_class,
        voltage=one.contract.voltage,
        option=one.contract.option,
        power_kw=one.contract.power_kw,
        year_krw=one.year_krw,
        saved_krw=one.saved_krw,
        changes=list(one.changes),
    )


def _factor(advice: PowerFactorAdvice) -> PowerFactorDocument:
    return PowerFactorDocument(
        charged_krw=advice.charged_krw,
        targets=[
            PowerFactorTargetDocument(
                kind=target.kind,
                percent=target.percent,
                saved_krw=target.saved_krw,
                compensation_kvar=round(target.compensation_kvar, KVAR_DECIMALS),
            )
            for target in advice.targets
        ],
    )


def _charged_month(charge: ChargedMonth) -> ChargedMonthDocument:
    return ChargedMonthDocument(
        month=str(charge.month),
        basic_krw_per_kw=charge.basic_krw_per_kw,
        anyway_kw=round(charge.anyway_kw, KW_DECIMALS),
        expected=None if charge.expected is None else _expected(charge.expected),
    )


def _expected(expected: ExpectedPeak) -> ExpectedPeakDocument:
    return ExpectedPeakDocument(
        peak_kw=round(expected.peak_kw, KW_DECIMALS),
        ground=expected.ground,
        seen_in=str(expected.seen_in),
    )
