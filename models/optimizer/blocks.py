"""Merge the steps of a power into the stretches that an operator reads."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import Asset
from models.optimizer.schedule import Block

LEAST_KW = 0.05
"""Mean powers below this are not told: they would read 0.0 kW."""


def blocks_of(
    asset: Asset, power_kw: KilowattArray, grid: TimeGrid, zone: ZoneInfo
) -> tuple[Block, ...]:
    """Return the stretches in which ``asset`` keeps drawing, or keeps feeding, in order."""
    sign = np.sign(np.where(np.abs(power_kw) < LEAST_KW, 0.0, power_kw))
    edges = np.flatnonzero(np.diff(sign, prepend=0.0, append=0.0))
    blocks = []
    for first, end in pairwise(edges):
        if sign[first] == 0:
            continue
        blocks.append(
            Block(
                action=asset.drawing if sign[first] > 0 else asset.feeding,
                start=grid.at(int(first)).astimezone(zone),
                end=grid.at(int(end)).astimezone(zone),
                power_kw=float(power_kw[first:end].mean()),
            )
        )
    return tuple(blocks)
