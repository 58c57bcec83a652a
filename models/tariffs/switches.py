"""The readings of KEPCO's rules that no source at hand settles, each behind a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from models.tariffs.errors import UnknownSwitchError


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One switch as a bill prints it."""

    name: str
    value: str
    usual: bool
    """Whether it stands as it does by default."""
    why: str
    """Why it is a switch, and why the default is the default."""


@dataclass(frozen=True, kw_only=True)
class Switches:
    """How uncertain rules are read. Every bill says which of these it used.

    Example:
        >>> [choice.name for choice in Switches(split="by_days").choices() if not choice.usual]
        ['split']
    """

    assumed_fuel_krw_per_kwh: Annotated[float, Field(ge=-1000, le=1000)] | None = None
    """Replaces the fuel adjustment wherever the table only assumes it; None takes the table."""
    weekend_discount: Literal["rate_cut", "exact_half"] = "rate_cut"
    """Whether half the rate is cut to 0.1 won before it is multiplied, or taken exactly."""
    unconfirmed_holidays: Literal["ordinary", "off_peak"] = "ordinary"
    """What a designated holiday is that no bill has shown to be excluded: 2025-06-03."""
    split: Literal["by_interval", "by_days"] = "by_interval"
    """How energy falls to the parts of a month in which the tariff or the season changes. What is
    discounted, and energy at another climate charge or fuel adjustment, is told by interval."""
    excess_hours: Literal["all", "counted"] = "all"
    """Which hours' demand is held against the contract power."""
    power_factor_notice: Literal["given", "first_month"] = "given"
    """Whether a surcharge was announced in an earlier month; the first month is a notice only."""
    excess_notice: Literal["looked_up", "given"] = "looked_up"
    """Whether an earlier month above the contract power is looked for, or taken to have been."""
    most_missing_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Largest share of a month's readings that may be filled; a month with more is not billed."""

    def choices(self) -> tuple[Choice, ...]:
        """Return every switch with its value and reason, in the order of the fields."""
        usual = Switches()
        return tuple(
            Choice(
                name=field.name,
                value="table" if (value := getattr(self, field.name)) is None else str(value),
                usual=value == getattr(usual, field.name),
                why=_WHY[field.name],
            )
            for field in fields(self)
        )


USUAL = Switches()
"""Every switch at its default."""


def switched(settings: Iterable[str]) -> Switches:
    """Return the switches with some set, each written as ``name=value``.

    A name or value that does not exist is an :class:`UnknownSwitchError`.

    Example:
        >>> switched(["split=by_days", "most_missing_share=0.2"]).most_missing_share
        0.2
    """
    wanted = dict(setting.partition("=")[::2] for setting in settings)
    names = [field.name for field in fields(Switches)]
    for name in wanted:
        if name not in names:
            raise UnknownSwitchError(f"no switch {name!r}; there are {', '.join(names)}")
    try:
        return TypeAdapter(Switches).validate_python(wanted)
    except ValidationError as wrong:
        fault = wrong.errors()[0]
        raise UnknownSwitchError(
            f"switch {fault['loc'][0]} cannot be {fault['input']!r}; {fault['msg']}"
        ) from wrong


_WHY = {
    "assumed_fuel_krw_per_kwh": (
        "no notice was found for the second and fourth quarter of 2026; "
        "the table assumes that the cap of 5.0 goes on"
    ),
    "weekend_discount": "seen on one bill only: half of 121.5 was printed as 60.7",
    "unconfirmed_holidays": (
        "the election of 2025-06-03 was designated, so the terms exclude it by their wording; "
        "no bill has shown it"
    ),
    "split": (
        "the rule is in KEPCO's detailed regulations, which are not public; "
        "an interval's own date is what a 15-minute meter can bill"
    ),
    "excess_hours": "article 67-3 says maximum demand and names no band, so nights count",
    "power_factor_notice": "a first month with a surcharge is a notice; earlier ones are not known",
    "excess_notice": (
        "the first month above the contract power is a notice; it is looked for in the eleven "
        "months before, as far as they are known"
    ),
    "most_missing_share": "a filled reading is an estimate: a tenth is three days of a month",
}
