"""One meter's recent readings in memory, every version of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.storage.declarations import FOR_GOOD, Span
from feature_store.storage.meter_versions import MeterVersions


@dataclass(frozen=True, kw_only=True)
class MeterWindow:
    """Every version of one meter's energy from ``since`` on, whenever it is known."""

    since: int
    """First second of the first interval that is held, UTC epoch."""
    versions: MeterVersions
    """Of ``kwh``; none tells the same as the one before it."""
    corrected: bool
    """Whether some interval has several."""

    def known(self, *, moment: int, since: int) -> MeterVersions:
        """What was known at ``moment`` of the intervals from ``since`` on."""
        told = self.versions.within(Span(start=since, end=FOR_GOOD))
        known = told.known_at <= moment
        return told if known.all() else told.where(known)

    def with_news(self, news: Sequence[MeterVersions]) -> MeterWindow:
        """Add versions in any order, some of them perhaps held already."""
        recent = [one.within(Span(start=self.since, end=FOR_GOOD)) for one in news]
        parts = [self.versions, *(one for one in recent if len(one.start))]
        if len(parts) == 1:
            return self
        versions = MeterVersions(
            start=np.concatenate([one.start for one in parts]),
            known_at=np.concatenate([one.known_at for one in parts]),
            values={"kwh": np.concatenate([one.values["kwh"] for one in parts])},
        )
        news_at = max(len(self.versions.start), 1)  # what is held is in order
        follows = versions.start[news_at:] > versions.start[news_at - 1 : -1]
        if follows.all():  # as meters tell, one interval after another
            return MeterWindow(since=self.since, versions=versions, corrected=self.corrected)
        return window_of(versions, since=self.since)

    def from_second(self, since: int) -> MeterWindow:
        """The same window without the intervals before ``since``, in memory of its own."""
        kept = self.versions.within(Span(start=since, end=FOR_GOOD))
        return window_of(kept.where(np.ones(len(kept.start), dtype=np.bool_)), since=since)


def window_of(versions: MeterVersions, *, since: int) -> MeterWindow:
    """Hold versions, in any order; of two with one interval and moment the later one counts."""
    order = np.lexsort((versions.known_at, versions.start))
    told = versions.where(order)
    same_interval = told.start[1:] == told.start[:-1]
    doubled = same_interval & (told.known_at[1:] == told.known_at[:-1])
    if doubled.any():
        told = told.where(np.append(~doubled, np.True_))
        same_interval = told.start[1:] == told.start[:-1]
    kwh = told.values["kwh"]
    repeated = same_interval & (kwh[1:] == kwh[:-1])
    if repeated.any():
        told = told.where(np.concatenate([[True], ~repeated]))
        same_interval = told.start[1:] == told.start[:-1]
    return MeterWindow(since=since, versions=told, corrected=bool(same_interval.any()))
