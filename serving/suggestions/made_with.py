"""What a plan was made with beside its forecast: what was told, and the plan to be kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from models.optimizer.problem_file.firm_now import NOTHING_TOLD, FirmNow


@dataclass(frozen=True, kw_only=True)
class MadeWith:
    """Two plans of one forecast are the same plan if these are the same."""

    told: FirmNow = NOTHING_TOLD
    previous_id: str | None = None
    """The accepted suggestion that was carried on, or was not because another saves enough."""

    @property
    def digest(self) -> str:
        """Eight letters that tell it from others; none where nothing was told."""
        if self == FORECAST_ALONE:
            return ""
        parts = [self.told.model_dump(mode="json"), self.previous_id]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]


FORECAST_ALONE = MadeWith()
"""Nothing was told."""
