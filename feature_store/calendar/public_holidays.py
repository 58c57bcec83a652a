"""The public holidays of a country, with their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import holidays
import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError

LocalDates = npt.NDArray[np.datetime64]
"""Calendar dates on a firm's wall, dtype ``datetime64[D]``."""

_LANGUAGE_BY_COUNTRY = {"KR": "ko"}
"""Countries whose holiday names are shown in their own language; others use the library's."""


class UnknownCountryError(SandanError):
    """A firm names a country whose holidays are not known."""


@lru_cache(maxsize=64)  # a year's holidays of one country take tens of milliseconds to compute
def public_holidays(country: str, first_year: int, last_year: int) -> Mapping[date, str]:
    """Return the holidays from ``first_year`` to ``last_year``, both included, by date.

    Sundays are not in it. Source: the `holidays` library, category "public".

    Example:
        >>> public_holidays("KR", 2026, 2026)[date(2026, 10, 9)]
        '한글날'
    """
    try:
        found = holidays.country_holidays(
            country,
            years=range(first_year, last_year + 1),
            language=_LANGUAGE_BY_COUNTRY.get(country),
        )
    except NotImplementedError as unknown:
        raise UnknownCountryError(
            f"holiday_country {country!r} is not known; write a two-letter code such as KR, "
            "or null for a firm that keeps no public holiday"
        ) from unknown
    return MappingProxyType({day: found[day] for day in sorted(found)})


def holiday_dates(country: str, dates: LocalDates) -> LocalDates:
    """Return the holidays of the years that ``dates`` lie in, sorted; empty for no dates."""
    if not dates.size:
        return as_local_dates(())
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970  # numpy counts from 1970
    return as_local_dates(public_holidays(country, int(years.min()), int(years.max())))


def as_local_dates(days: Iterable[date]) -> LocalDates:
    """Return days as a ``datetime64[D]`` array, also when there are none."""
    return np.array(list(days), dtype="datetime64[D]")
