"""Past days alike drawn by weight, target day after target day, each kept on where it serves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.forecasting.analogue_loads import AnalogueLoads

DrawnColumns = npt.NDArray[np.int64]
"""Columns of the members drawn, shape (parts, draws); ``NO_COLUMN`` in a part without members."""
NO_COLUMN = -1


def drawn_columns(
    analogues: AnalogueLoads, draws: int, random: np.random.Generator
) -> DrawnColumns:
    """Draw a past day for each draw and part.

    In every part each member is drawn as often as its weight says. Two days that follow one
    another in a draw are the same past day as often as both weights allow: a member that goes on
    is kept with the probability (weight then / weight now), at most 1, and whoever is not kept is
    drawn from what the weights then exceed those now by (a maximal coupling, see Thorisson,
    Coupling, Stationarity, and Regeneration, 2000, section 1.4).
    """
    drawn = np.full((len(analogues.parts), draws), NO_COLUMN)
    before = None
    for part, share in enumerate(analogues.shares):
        if not share.any():
            before = None
            continue
        if before is None:
            drawn[part] = _evenly(share, draws, random)
        else:
            same = _columns_of(analogues.part_days(part), analogues.part_days(before))
            drawn[part] = _kept_or_new(drawn[before], same, analogues.shares[before], share, random)
        before = part
    return drawn


def _evenly(
    share: npt.NDArray[np.float64], draws: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Columns in order, each as often as its share says, to one draw (systematic resampling)."""
    reached = np.cumsum(share)
    at = (np.arange(draws) + random.random()) / draws * reached[-1]
    return np.minimum(np.searchsorted(reached, at, side="right"), len(share) - 1)


def _columns_of(
    days: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Column in ``days`` of each wanted day, ``NO_COLUMN`` where it is not there."""
    found = wanted[:, None] == days
    return np.where(found.any(axis=1), found.argmax(axis=1), NO_COLUMN)


def _kept_or_new(
    columns: npt.NDArray[np.int64],
    same: npt.NDArray[np.int64],
    share_now: npt.NDArray[np.float64],
    share_then: npt.NDArray[np.float64],
    random: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Columns then of draws that have ``columns`` now; ``same`` leads from now to then."""
    goes_on = np.where(same >= 0, share_then[same], 0.0)  # weight then of each column of now
    keep = np.where(
        share_now > 0, np.minimum(goes_on / np.where(share_now > 0, share_now, 1), 1), 0
    )
    kept = random.random(len(columns)) < keep[columns]
    excess = share_then.copy()
    held = same >= 0
    excess[same[held]] = np.maximum(share_then[same[held]] - share_now[held], 0.0)
    result = same[columns]
    missing = int((~kept).sum())
    if missing:
        source = excess if excess.sum() > 0 else share_then
        result[~kept] = random.permutation(_evenly(source, missing, random))
    return result
