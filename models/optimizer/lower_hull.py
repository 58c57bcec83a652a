"""Which points of a function lie on its lower convex hull."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def lower_hull(x: Numbers, y: Numbers) -> npt.NDArray[np.int64]:
    """Return the places of the points on the lower convex hull, the ends among them.

    Args:
        x: Rising, shape (points,).
        y: At each, likewise.
    """
    hull: list[int] = []
    for point in range(len(x)):
        while len(hull) > 1 and _is_above(x, y, hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return np.array(hull)


def _is_above(x: Numbers, y: Numbers, first: int, middle: int, last: int) -> bool:
    """Whether the middle point lies on or above the line through the others."""
    along = (y[middle] - y[first]) * (x[last] - x[first])
    return bool(along >= (y[last] - y[first]) * (x[middle] - x[first]))
