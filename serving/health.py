"""Whether the service can do its work: ready means that a real forecast has come out of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from threading import Lock

from feature_store.errors import SandanError
from serving.planner import Planner

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Readiness:
    """Tries a forecast of each firm until one succeeds, and remembers that it did."""

    planner: Planner
    _proved: bool = False
    _trying: Lock = field(default_factory=Lock, repr=False)

    def is_ready(self) -> bool:
        """Return whether a real forecast has succeeded, trying one if none has yet."""
        with self._trying:  # several probes at once need one try between them
            if not self._proved:
                self._proved = self._some_forecast_succeeds()
            return self._proved

    def _some_forecast_succeeds(self) -> bool:
        for firm in self.planner.firms():
            try:
                self.planner.forecast(firm.firm_id)
            except SandanError as error:
                logger.info("not ready: %s", error)
            else:
                return True
        return False
