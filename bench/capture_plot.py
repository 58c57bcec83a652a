"""Draw every cell of the capture bench: ``python -m bench.capture_plot``, after it has run.

One point a cell, a plant a panel, policies from the weakest to the one that knows the load; the bar
is the mean.
"""

from __future__ import annotations

import json

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from bench.figures import RESULTS

CELLS, PICTURE = RESULTS / "capture_cells.json", RESULTS / "capture_cells.svg"
PLANTS = {
    "steel": "steel",
    "metal_1": "metal 1",
    "metal_2": "metal 2",
    "commerce_g0": "commerce",
    "continuous_g3": "continuous",
    "workday_g1": "workdays",
}
WITH_JOBS = "with jobs"
KNOWN_ENDS = ("nothing", "perfect-foresight")
"""0 and 100 % by definition."""
OWN = "stochastic"
OWN_COLOUR, OTHER_COLOUR = "#0072b2", "#8a939c"
LEFT, RIGHT = -0.1, 1.02
"""What lies left of it is drawn at its edge."""


def main() -> None:
    """Write the picture."""
    cells = json.loads(CELLS.read_text("utf-8"))
    panels = {
        title: [cell for cell in cells if _is_of(cell, plant)] for plant, title in PLANTS.items()
    } | {"with jobs and reducible load": [cell for cell in cells if WITH_JOBS in cell["site"]]}
    figure = Figure(figsize=(10, 7), layout="constrained")
    axes = figure.subplots(2, 4, sharex=True, sharey=True).ravel()
    for panel, (title, of_panel) in zip(axes, panels.items(), strict=False):
        _draw(panel, f"{title}, {len(of_panel)} cells", of_panel)
    for unused in axes[len(panels) :]:
        unused.set_axis_off()
    figure.supxlabel("capture: share of the saving of perfect foresight", fontsize=10)
    figure.savefig(PICTURE, metadata={"Date": None})


def _is_of(cell: dict[str, object], plant: str) -> bool:
    site = str(cell["site"])
    return site.startswith(f"{plant} ") and WITH_JOBS not in site


def _draw(axes: Axes, title: str, cells: list[dict[str, dict[str, float]]]) -> None:
    policies = [name for name in cells[0]["capture"] if name not in KNOWN_ENDS]
    for row, policy in enumerate(policies):
        capture = np.array([cell["capture"][policy] for cell in cells])
        colour = OWN_COLOUR if policy == OWN else OTHER_COLOUR
        spread = np.linspace(-0.25, 0.25, len(capture))
        axes.plot(
            np.clip(capture, LEFT, RIGHT), row + spread, ".", color=colour, markersize=4, alpha=0.7
        )
        axes.plot([capture.mean()] * 2, [row - 0.38, row + 0.38], color=colour, linewidth=2.5)
    axes.set_yticks(range(len(policies)), policies)
    axes.set_xlim(LEFT, RIGHT)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_title(title, fontsize=10, loc="left")
    axes.grid(axis="x", color="#e3e7ea")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
