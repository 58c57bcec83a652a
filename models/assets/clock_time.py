"""Clock times in declarations: quarter hours since local midnight."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

from feature_store.time_grid import INTERVAL, STEPS_PER_DAY, STEPS_PER_HOUR

_MINUTES_PER_STEP = int(INTERVAL.total_seconds()) // 60
_CLOCK = re.compile(r"(\d{2}):(\d{2})")


def step_of_day(text: object) -> int:
    """Return ``HH:MM`` as quarter hours since midnight; ``24:00`` is the day's end.

    Example:
        >>> step_of_day("09:30"), step_of_day("24:00")
        (38, 96)
    """
    if isinstance(text, int) and 0 <= text <= STEPS_PER_DAY:
        return text
    found = _CLOCK.fullmatch(str(text))
    if found:
        hour, minute = int(found[1]), int(found[2])
        step, off_grid = divmod(minute, _MINUTES_PER_STEP)
        total = hour * STEPS_PER_HOUR + step
        if not off_grid and step < STEPS_PER_HOUR and total <= STEPS_PER_DAY:
            return total
    raise ValueError(f"{text!r} is no quarter hour of a day; write one from 00:00 to 24:00")


def clock_text(step: int) -> str:
    """Return quarter hours since midnight as ``HH:MM``."""
    hour, quarter = divmod(step, STEPS_PER_HOUR)
    return f"{hour:02}:{quarter * _MINUTES_PER_STEP:02}"


ClockStep = Annotated[int, BeforeValidator(step_of_day)]
"""A clock time as quarter hours since midnight, declared as ``HH:MM``."""
