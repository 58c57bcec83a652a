"""A firm: its meters, its supply contract, the days it is closed, the equipment it can move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import holidays
from pydantic import Field, field_validator, model_validator

from feature_store.entities.declared import Declared
from feature_store.entities.job_relation import JobRelation
from feature_store.entities.meter import Meter
from feature_store.entities.validity import moment_of_bound
from feature_store.entities.work_calendar import WorkPeriod

TariffClass = Literal["industrial_gab_1", "industrial_gab_2", "industrial_eul"]
Voltage = Literal["low", "high_a", "high_b", "high_c"]
Option = Literal["none", "I", "II", "III"]
PeakPricing = Literal["bill", "month_value"]
BatteryOperation = Literal["look_up", "plan"]
PlannedLoad = Literal["quantile", "scenarios"]


LARGEST_CONTRACT_KW = 1e7
"""Ten GW: no customer is near it, and no sum of won overflows."""


class Contract(Declared):
    """The supply contract with KEPCO (기본공급약관 제59, 67, 68조)."""

    tariff_class: TariffClass = "industrial_eul"
    """Class of industrial tariff: 산업용(갑)Ⅰ, 산업용(갑)Ⅱ or 산업용(을)."""
    voltage: Voltage = "high_a"
    """Supply voltage: 저압, 고압A, 고압B or 고압C."""
    option: Option = "II"
    """Rate option 선택요금: a higher one has a dearer demand charge and cheaper energy."""
    power_kw: float = Field(gt=0, le=LARGEST_CONTRACT_KW)
    """Contract power 계약전력, kW."""
    meter_reading_day: int = Field(default=1, ge=1, le=28)
    """Day of the month on which a billing month starts 검침일; 1 is the calendar month."""
    reform_deferred: bool = False
    """Whether the firm kept the hours and rates from before 2026-04-16 until 2026-09-30."""
    tariff_date: date | None = None
    """Bill every day by the tables in force on this one, e.g. to live an old year again as if
    today's tariff had held. Seasons, weekdays and holidays stay those of the day itself."""


class Equipment(Declared):
    """One thing that can be scheduled; ``models.assets`` gives each kind its parameters."""

    name: str = Field(min_length=1)
    """Name the operators know it by."""
    kind: str
    parameters: Mapping[str, bool | float | int | str | list[float] | list[int] | list[str]] = {}


class Firm(Declared):
    """Everything declared about a firm. Readings and forecasts are passed beside it."""

    firm_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    name_ko: str
    name_en: str
    timezone: str = "Asia/Seoul"
    latitude_deg: float = Field(default=35.23, ge=-90, le=90)
    """Default: the Cheomdan complex, Gwangju."""
    longitude_deg: float = Field(default=126.85, ge=-180, le=180)
    weather_place: str | None = Field(default=None, min_length=1)
    """Place whose weather is the firm's, as `sandan weather import` named it, e.g. `asos 156`;
    left out, no weather is known of it."""
    holiday_country: str | None = "KR"
    """Country whose public holidays the firm keeps, by its ISO 3166 code such as KR; null for none.
    Those that the `holidays` library lists are known."""
    closure_days: tuple[date, ...] = ()
    """Further days, announced beforehand, on which the firm does not work."""
    work_calendar: tuple[WorkPeriod, ...] = ()
    """Closures, shutdowns and shifts with their notes, as uploaded."""
    feeder: str | None = Field(default=None, min_length=1, max_length=120)
    """Feeder of the complex's grid that supplies the firm; left out, it counts for the complex
    alone."""
    contract: Contract
    peak_pricing: PeakPricing = "bill"
    """What plans are chosen by: what their peak is billed, or what it is expected to cost once the
    month is over. Declare `month_value` where months lived again show that it pays."""
    planned_load: PlannedLoad = "quantile"
    """What load plans are made for: the forecast's median with an upper quantile for the peak, or
    courses that it may take, of which the mean is paid."""
    battery_operation: BatteryOperation = "look_up"
    """What batteries do while a day is run: what price and value tell quarter hour by quarter hour,
    or the accepted plan, left only to hold its peak."""
    replayed_to: date | None = None
    """Day after the last month lived again by which `peak_pricing` and `battery_operation` were
    chosen; left out where nobody lived any again for them."""
    equipment: tuple[Equipment, ...] = ()
    job_relations: tuple[JobRelation, ...] = ()
    """Order, exclusion and crews between the jobs among the equipment."""
    meters: tuple[Meter, ...] = ()
    """Left out, the firm has one meter whose id is the firm's."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _known_zones():
            raise ValueError(f"{value!r} is no IANA time zone; write one such as Asia/Seoul")
        return value

    @field_validator("holiday_country")
    @classmethod
    def _known_country(cls, value: str | None) -> str | None:
        if value is not None and value not in _known_countries():
            raise ValueError(
                f"{value!r} is no country whose public holidays are known; write its ISO 3166 "
                "code such as KR, or null for a firm that keeps no public holiday"
            )
        return value

    @field_validator("meters")
    @classmethod
    def _different_meters(cls, meters: tuple[Meter, ...]) -> tuple[Meter, ...]:
        named = [meter.meter_id for meter in meters]
        if len(set(named)) < len(named):
            raise ValueError(f"a meter is listed twice in {', '.join(named)}; list each once")
        if meters and not any(meter.counted for meter in meters):
            raise ValueError("no meter is counted, so the firm has no load; count at least one")
        return meters

    @model_validator(mode="after")
    def _meters_serve(self) -> Self:
        for meter in self.meters:
            if meter.valid_from is None or meter.valid_to is None:
                continue
            begins, ends = (
                moment_of_bound(bound, self.zone) for bound in (meter.valid_from, meter.valid_to)
            )
            if ends <= begins:
                raise ValueError(
                    f"meter {meter.meter_id} is out of service ({meter.valid_to}) before it is in "
                    f"service ({meter.valid_from}); let it end later"
                )
        return self

    @property
    def read_meters(self) -> tuple[Meter, ...]:
        """The meters that the firm's readings come under: at least one."""
        return self.meters or (Meter(meter_id=self.firm_id),)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the firm's days begin and its bills are cut."""
        return ZoneInfo(self.timezone)


@cache
def _known_zones() -> frozenset[str]:
    """Names of all zones; looking them up walks the disk, and firms are read often."""
    return frozenset(available_timezones())


@cache
def _known_countries() -> frozenset[str]:
    """Codes, of two and three letters, of all countries whose public holidays are known."""
    return frozenset(holidays.list_supported_countries())
