"""The words for what equipment does in a stretch of time."""

from __future__ import annotations

from typing import Literal

Action = Literal["run", "charge", "discharge", "reduce", "generate"]
