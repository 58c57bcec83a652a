"""The two sizes that a figure is drawn in; the style sheet shows the one that fits the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class FigureSize:
    """A drawing area in the figure's own units, one unit being about a pixel on its screen."""

    name: Literal["wide", "narrow"]
    width: int
    height: int
    left: int
    """Margin for labels."""
    right: int = 12
    top: int = 14
    bottom: int = 40
    hours_per_tick: int = 24
    """Distance of the time labels, where the figure shows hours."""

    @property
    def plot_width(self) -> int:
        """Width between the margins."""
        return self.width - self.left - self.right

    @property
    def plot_height(self) -> int:
        """Height between the margins."""
        return self.height - self.top - self.bottom

    @property
    def plot_right(self) -> int:
        """Right edge of the drawing."""
        return self.width - self.right

    @property
    def plot_bottom(self) -> int:
        """Lower edge of the drawing."""
        return self.height - self.bottom


CHART_SIZES = (
    FigureSize(name="wide", width=1080, height=360, left=52, hours_per_tick=6),
    FigureSize(name="narrow", width=350, height=280, left=40, hours_per_tick=24),
)

PEAKS_SIZES = (
    FigureSize(name="wide", width=1080, height=260, left=52, bottom=26),
    FigureSize(name="narrow", width=350, height=230, left=40, bottom=26),
)
