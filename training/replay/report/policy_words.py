"""Policies as the page speaks of them: what each does, its colour, and which know the future."""

from __future__ import annotations

from collections.abc import Sequence

from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from training.evaluation.report.picture import COLOURS, RIGHT
from training.replay.plan import BY_VALUE, NOTHING, STOCHASTIC
from training.replay.report.texts import marked

KNOWING = frozenset({"perfect-forecast", PERFECT_FORESIGHT})
"""Policies that look at loads before they come: bounds to compare with, nothing that can be run."""

MEANINGS: dict[str, str] = {
    NOTHING: marked("the battery rests"),
    "threshold": marked("discharges above a threshold that was best on past days"),
    "day-ahead": marked("follows one plan a day, made on the forecast"),
    "rolling": marked("plans anew every hour on the forecast and holds the planned peak"),
    "rolling-target": marked("the same, from a peak that past days could not have avoided"),
    BY_VALUE: marked("plans as well by what charge and peak are worth after the plan"),
    "rolling-value": marked("the same, and weighs at every interval how much of it to do"),
    STOCHASTIC: marked("weighs at every interval what charge and peak are expected to be worth"),
    "perfect-forecast": marked("plans anew every hour, and knows the day ahead"),
    PERFECT_FORESIGHT: marked("the lowest bill for one who knew every load"),
}

_MORE = ("#882255", "#999933")
"""Wine and olive, which the colour-blind tell from the others too (Tol's muted scheme)."""
_OWN, *_OTHERS = (*COLOURS, *_MORE)
_BOUND = "#222222"


def colours_of(policies: Sequence[str]) -> dict[str, str]:
    """Give each policy its colour on the whole page, the same whichever others were lived."""
    fixed = {NOTHING: RIGHT, STOCHASTIC: _OWN, PERFECT_FORESIGHT: _BOUND}
    others = [name for name in MEANINGS if name not in fixed]
    every = fixed | {name: _OTHERS[number % len(_OTHERS)] for number, name in enumerate(others)}
    return {name: every[name] for name in policies}
