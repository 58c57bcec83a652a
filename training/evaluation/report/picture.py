"""A picture that stands in a page itself: how it looks, and its address."""

from __future__ import annotations

import base64
import io

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
"""Of what is compared, in its order; told apart by the colour-blind too (Okabe and Ito 2008)."""
GRID = "#dddddd"
RIGHT = "#888888"
"""Of the line on which what is right would lie."""
WIDTH_INCHES = 4.6
"""A phone's width at the size that the letters are drawn for; wider pages put several in a row."""


def blank(height_inches: float) -> tuple[Figure, Axes]:
    """Return a picture to draw on."""
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
    axes = figure.subplots()
    plain(axes)
    return figure, axes


def plain(axes: Axes) -> None:
    """Leave a light grid and two sides."""
    axes.grid(visible=True, color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def legend(axes: Axes) -> None:
    """Name the lines, without a frame."""
    axes.legend(fontsize="small", frameon=False)


def as_address(figure: Figure) -> str:
    """Return the picture as the address of an image; letters stay letters, in the reader's fonts.

    A fixed salt: the same figures draw the same file.
    """
    content = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sandan"}):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(content.getvalue()).decode("ascii")
