"""Days of the year on which many firms of a country work half without a public holiday."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from feature_store.calendar.public_holidays import LocalDates


class HalfDays(BaseModel):
    """A country's half days and where they are stated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[str, ...]
    """Month and day, such as ``12-24``."""
    source: str


@cache
def half_days_of_countries() -> dict[str, HalfDays]:
    """Read the half days of every country that has some."""
    text = resources.files("feature_store.calendar").joinpath("half_days.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, HalfDays]).validate_python(yaml.safe_load(text))


def half_days(country: str | None, dates: LocalDates) -> npt.NDArray[np.bool_]:
    """Say for each local date whether it is one of the country's half days, of any weekday.

    Example:
        >>> half_days("DE", np.array(["2026-12-24", "2026-12-25"], dtype="datetime64[D]")).tolist()
        [True, False]
    """
    known = half_days_of_countries().get(country or "")
    if known is None:
        return np.zeros(dates.shape, dtype=np.bool_)
    first_of_month = dates.astype("datetime64[M]")
    months = first_of_month.astype(np.int64) % 12 + 1
    days = (dates - first_of_month.astype("datetime64[D]")).astype(np.int64) + 1
    listed = [tuple(map(int, day.split("-"))) for day in known.days]
    return np.isin(months * 100 + days, [month * 100 + day for month, day in listed])
