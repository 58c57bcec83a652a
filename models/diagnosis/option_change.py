"""When an option may be changed: not before a year has passed since the last choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class OptionRule:
    """What the rule says on a day."""

    day: date
    last_change: date | None
    """When the option was last chosen anew; None if it never was, or is not known."""

    @property
    def free_from(self) -> date:
        """The first day on which the option may be changed.

        The first choice is free, and so is a change a year after the last one; the change applies
        from the day of application. Exceptions of KEPCO's detailed regulations are not known.

        Source: KEPCO terms of supply, 기본공급약관 제67조⑦.

        Example:
            >>> rule = OptionRule(day=date(2026, 11, 22), last_change=date(2026, 1, 15))
            >>> rule.free_from.isoformat(), rule.free
            ('2027-01-15', False)
        """
        if self.last_change is None:
            return self.day
        return max(self.day, _a_year_after(self.last_change))

    @property
    def free(self) -> bool:
        """Whether the option may be changed on the day itself."""
        return self.free_from == self.day


def _a_year_after(day: date) -> date:
    """The same date a year on; a year after 29 February has passed on 1 March."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 3, 1)
    return day.replace(year=day.year + 1)
