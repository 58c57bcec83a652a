"""Versions of a figure, each in force from one day until another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from feature_store.entities.firm import Contract
from models.tariffs.errors import NoTariffError, TariffTableError

Confidence = Literal["two_or_more", "one_source", "derived", "assumed"]
"""How well a figure is known: independent sources, one, counted from increments, or assumed."""

LocalDates = npt.NDArray[np.datetime64]
"""Dates on the customer's wall, dtype ``datetime64[D]``."""


class Dated(BaseModel):
    """One version as its file declares it; both days are included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_day: date = Field(alias="from")
    until: date | None
    """Last day; None while the version is in force."""
    confidence: Confidence
    source: str = Field(min_length=1)

    def covers(self, dates: LocalDates) -> npt.NDArray[np.bool_]:
        """Say for each date whether the version is in force."""
        begun = dates >= np.datetime64(self.from_day, "D")
        return begun if self.until is None else begun & (dates <= np.datetime64(self.until, "D"))


Version = TypeVar("Version", bound=Dated)


def in_order(versions: Sequence[Version], what: str, *, gaps: bool = False) -> tuple[Version, ...]:
    """Return versions by date; overlapping ones are a :class:`TariffTableError`.

    Unless ``gaps`` are allowed, so is a day between two versions that neither covers.
    """
    ordered = tuple(sorted(versions, key=lambda version: version.from_day))
    for version in ordered:
        if version.until is not None and version.until < version.from_day:
            raise TariffTableError(
                f"{what}: a version runs from {version.from_day} until {version.until}; "
                "write the later day second"
            )
    for earlier, later in pairwise(ordered):
        if earlier.until is None or earlier.until >= later.from_day:
            raise TariffTableError(
                f"{what}: the versions from {earlier.from_day} and from {later.from_day} overlap; "
                f"end the first on {later.from_day - timedelta(days=1)}"
            )
        if not gaps and earlier.until + timedelta(days=1) < later.from_day:
            raise TariffTableError(
                f"{what}: no version covers {earlier.until + timedelta(days=1)} to "
                f"{later.from_day - timedelta(days=1)}; add one or extend a neighbour"
            )
    return ordered


def dates_in_force(contract: Contract, dates: LocalDates) -> LocalDates:
    """Return the days whose tables bill ``dates``: themselves, unless the contract names one."""
    if contract.tariff_date is None:
        return dates
    return np.full_like(dates, np.datetime64(contract.tariff_date, "D"))


def version_of(dates: LocalDates, versions: Sequence[Dated], what: str) -> npt.NDArray[np.intp]:
    """Return the index of the version in force on each date, the same shape as ``dates``.

    A date that no version covers is a :class:`NoTariffError`.
    """
    first_days = np.array([version.from_day for version in versions], dtype="datetime64[D]")
    last = versions[-1].until
    if dates.size:
        edges = np.array([dates.min(), dates.max()])
        earliest, latest = np.searchsorted(first_days, edges, side="right") - 1
        if earliest == latest >= 0 and last is None:  # one version for all, as nearly always
            return np.full(dates.shape, earliest)
    index = np.searchsorted(first_days, dates, side="right") - 1
    outside = index < 0
    if last is not None:
        outside |= dates > np.datetime64(last, "D")
    if outside.any():
        raise NoTariffError(
            f"{what}: no version covers {dates[outside].min()}; the table runs from "
            f"{versions[0].from_day} until {last or 'further notice'}, so ask for a day in it, "
            "add a version with its source, or declare the contract's tariff_date"
        )
    return index
