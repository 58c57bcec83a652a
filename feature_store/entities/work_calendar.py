"""Days on which a firm works otherwise than its weekdays say: closures, shifts, plans, outages."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

WorkPeriodKind = Literal["closure", "summer_shutdown", "shift", "production", "outage"]
PlannedOutput = Literal["stopped", "reduced", "usual", "extended"]
"""What a production plan says of a day: nothing made, less than usual, as usual, more."""
MOST_DAYS = 366
"""A longer period is no exception any more; it is mostly a mistyped year."""
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
"""Days outside are typing errors, too."""
_HOURS = re.compile(r"([01]\d|2[0-3]):(00|15|30|45)-([01]\d|2[0-3]|24):(00|15|30|45)")


class DoesNotFitError(ValueError):
    """A field of a period does not fit the others; a ``ValueError`` for pydantic to collect."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(reason)


class WorkPeriod(BaseModel):
    """Some days in a row, as the firm announced them."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: WorkPeriodKind
    """``closure`` 휴무 and ``summer_shutdown`` 하계휴가: the firm does not work. ``shift``
    교대근무: it works other hours than usual. ``production`` 생산계획: it makes less or more.
    ``outage`` 정전작업: its supply is off in some hours."""
    first_day: date = Field(ge=_EARLIEST, le=_LATEST)
    last_day: date = Field(ge=_EARLIEST, le=_LATEST)
    """The last day that belongs to it: one day has the same first and last."""
    hours: str | None = None
    """Of a shift: the clock hours worked, of an outage those without supply, of each day,
    ``HH:MM-HH:MM`` on quarter hours. An end before the start is on the next day; ``24:00`` is
    midnight."""
    output: PlannedOutput | None = None
    """Of a production plan: how much is to be made on each of its days. Where days overlap, the
    period that is declared later in the calendar holds."""
    note: str = Field(default="", max_length=200)
    """For the people who read it."""

    @field_validator("first_day", "last_day", mode="before")
    @classmethod
    def _a_calendar_day(cls, value: object) -> object:
        """Take a day or its ISO text alone: a bare number would be read as seconds since 1970."""
        if isinstance(value, datetime) or not isinstance(value, date | str):
            raise ValueError("is not a day; write it like 2026-08-03")  # noqa: TRY004  pydantic's
        try:
            return date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            raise ValueError(f"{value!r} is not a day; write it like 2026-08-03") from None

    @field_validator("hours")
    @classmethod
    def _clock_hours(cls, value: str | None) -> str | None:
        if value is None:
            return None
        start, _, end = value.partition("-")
        if not _HOURS.fullmatch(value) or start == end or (end > "24:00"):
            raise ValueError(f"{value!r} is no span of hours; write one such as 22:00-06:00")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = (self.last_day - self.first_day).days + 1
        if days < 1:
            reason = f"ends on {self.last_day}, before it starts; swap the two days"
            raise DoesNotFitError("last_day", reason)
        if days > MOST_DAYS:
            reason = f"lasts {days} days; {MOST_DAYS} are the most, mend the year"
            raise DoesNotFitError("last_day", reason)
        if (self.kind in {"shift", "outage"}) != (self.hours is not None):
            raise DoesNotFitError(
                "hours",
                "a shift needs hours such as 22:00-06:00, and so does an outage; other kinds have "
                "none",
            )
        if (self.kind == "production") != (self.output is not None):
            raise DoesNotFitError(
                "output",
                "a production plan needs an output: stopped, reduced, usual or extended; other "
                "kinds have none",
            )
        return self
