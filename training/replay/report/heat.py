"""The colour of a capture in the table of all of them."""

from __future__ import annotations

import math

_STOPS = (
    (0.3, (240, 160, 120)),  # what a policy that knows nothing of peaks gets
    (0.65, (250, 245, 235)),  # between a tuned rule and a plan on a forecast
    (1.0, (110, 175, 220)),
)
"""Orange to blue over white: told apart by the colour-blind, dark letters readable on all."""
UNKNOWN = "#ffffff"


def colour_of(capture: float) -> str:
    """Return a background as CSS writes it; beyond the ends of the scale that of the end."""
    if not math.isfinite(capture):
        return UNKNOWN
    (low, low_rgb), (middle, middle_rgb), (high, high_rgb) = _STOPS
    held = min(max(capture, low), high)
    if held <= middle:
        share, start, end = (held - low) / (middle - low), low_rgb, middle_rgb
    else:
        share, start, end = (held - middle) / (high - middle), middle_rgb, high_rgb
    mixed = (round(one + share * (other - one)) for one, other in zip(start, end, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
