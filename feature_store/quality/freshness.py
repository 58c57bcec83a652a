"""How old a meter's newest reading is, measured by how it usually arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from feature_store.quality.finding import Words
from feature_store.time_grid import INTERVAL, Instants, utc_instant

FreshnessState = Literal["green", "amber", "red"]

LEARNING_PERIOD = timedelta(days=28)
"""Four weeks hold every weekday and a holiday or two, and forget a gateway that was replaced."""
LEAST_ARRIVALS = 8
"""Arrivals below which nothing is learnt: a week of daily files, and one."""
USUAL_QUANTILE = 0.95
"""Of the ages reached before the next arrival: the rest is late, and may be."""
RED_FACTOR = 2.0
"""Times the usual age: one whole arrival was left out."""
UNLEARNT_USUAL = timedelta(hours=2)
"""Taken for a meter without a past: a 15-minute meter that is read at all is newer."""


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """How old a meter's newest reading gets before the next ones arrive."""

    usual: timedelta
    """What it usually reaches."""
    longest: timedelta
    """What it reached in the last four weeks."""
    learnt: bool
    """Whether they come from this meter's own past."""


UNLEARNT = Cadence(usual=UNLEARNT_USUAL, longest=UNLEARNT_USUAL, learnt=False)
"""Of a meter without a past."""


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """Whether a meter still reports, at one moment."""

    state: FreshnessState
    newest_end: datetime | None
    """End of the newest interval known; None without readings."""
    age: timedelta | None
    """From there to the moment."""
    usual_age: timedelta
    """Age that the newest reading usually reaches before the next ones arrive."""
    learnt: bool
    """Whether ``usual_age`` comes from this meter's own past."""
    reason: Words

    @property
    def age_in_words(self) -> Words | None:
        """The age as people say it; None without readings."""
        return None if self.age is None else Words(ko=_ko(self.age), en=_en(self.age))


def learnt_cadence(ends: Instants, known_at: Instants, *, moment: datetime) -> Cadence:
    """Learn from readings how they arrive; what was not known at ``moment`` is passed over.

    Args:
        ends: End of each reading's interval, shape (n,); versions of one reading may be among them.
        known_at: When each could first be read, shape (n,); NaT where it never could.
        moment: The last four weeks before it are learnt from.
    """
    ages_s = _ages_reached_s(ends, known_at, moment)
    if len(ages_s) < LEAST_ARRIVALS:
        return UNLEARNT
    return Cadence(
        usual=timedelta(seconds=float(np.quantile(ages_s, USUAL_QUANTILE))),
        longest=timedelta(seconds=int(ages_s.max())),
        learnt=True,
    )


def freshness(newest_end: datetime | None, cadence: Cadence, *, moment: datetime) -> Freshness:
    """Say how fresh a meter is whose newest reading known at ``moment`` ends at ``newest_end``.

    Green up to the usual age (and the moment or two that a reading needs), red beyond twice the
    usual and beyond the longest of the last four weeks, amber between them. A meter that never
    reported is red.
    """
    if newest_end is None:
        return Freshness(
            state="red",
            newest_end=None,
            age=None,
            usual_age=cadence.usual,
            learnt=False,
            reason=Words(ko="받은 검침값이 없습니다.", en="No reading was ever received."),
        )
    age = moment - newest_end
    red_from = max(RED_FACTOR * cadence.usual, cadence.longest) + INTERVAL
    state: FreshnessState = (
        "green" if age <= cadence.usual + INTERVAL else "amber" if age <= red_from else "red"
    )
    return Freshness(
        state=state,
        newest_end=newest_end,
        age=age,
        usual_age=cadence.usual,
        learnt=cadence.learnt,
        reason=_reason(age, cadence.usual, learnt=cadence.learnt),
    )


def _ages_reached_s(ends: Instants, known_at: Instants, moment: datetime) -> npt.NDArray[np.int64]:
    """Age of the newest reading just before each arrival that brought a newer one, seconds."""
    known = known_at <= utc_instant(moment)  # NaT compares False
    arrived = known_at[known].astype("datetime64[s]")
    order = np.argsort(arrived, kind="stable")
    arrived, ends = arrived[order], ends[known][order]
    if not ends.size:
        return np.empty(0, dtype=np.int64)
    last_of_each = np.append(arrived[1:] > arrived[:-1], np.True_)
    newest, moments = np.maximum.accumulate(ends)[last_of_each], arrived[last_of_each]
    news = np.concatenate(([True], newest[1:] > newest[:-1]))
    newest, moments = newest[news], moments[news]
    recent = moments[1:] > utc_instant(moment - LEARNING_PERIOD)
    return (moments[1:] - newest[:-1])[recent].astype(np.int64)


def _reason(age: timedelta, usual: timedelta, *, learnt: bool) -> Words:
    if not learnt:
        return Words(
            ko=f"마지막 검침 후 {_ko(age)}. 평소 주기를 알 만큼 받은 적이 없습니다.",
            en=f"The newest reading is {_en(age)} old; too few arrived yet to know what is usual.",
        )
    return Words(
        ko=f"마지막 검침 후 {_ko(age)}. 평소에는 {_ko(usual)} 안에 다음 값이 옵니다.",
        en=f"The newest reading is {_en(age)} old; usually the next comes within {_en(usual)}.",
    )


def _parts(span: timedelta) -> tuple[int, int, int]:
    minutes = round(span / timedelta(minutes=1))
    return minutes // 1440, minutes // 60 % 24, minutes % 60


def _en(span: timedelta) -> str:
    days, hours, minutes = _parts(span)
    return (
        f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"
    )


def _ko(span: timedelta) -> str:
    days, hours, minutes = _parts(span)
    return (
        f"{days}일 {hours}시간" if days else f"{hours}시간 {minutes}분" if hours else f"{minutes}분"
    )
