"""The time-of-use bands 경·중간·최대부하."""

from __future__ import annotations

from enum import IntEnum


class Band(IntEnum):
    """Price band of an interval; the numbers are those in band arrays, dtype int8."""

    OFF_PEAK = 0
    MID = 1
    PEAK = 2
