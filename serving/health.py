"""Whether the service can do its work: take readings in, and forecast whoever is declared."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from threading import Lock

from feature_store.errors import SandanError
from serving.planner import Planner

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Readiness:
    """Asks the ledger for the firms, tries a forecast of each until one succeeds, and remembers it.

    A forecast without a model counts: that it is one is told with it. While no firm is declared
    there is nothing to forecast, and a ledger that answers is all that is needed.
    """

    planner: Planner
    _proved: bool = False
    _trying: Lock = field(default_factory=Lock, repr=False)

    def is_ready(self) -> bool:
        """Return whether what is sent can be taken and a forecast succeeds, if any can be asked."""
        with self._trying:  # several probes at once need one try between them
            if self._proved:
                return True
            firms = self.planner.firms()
            self._proved = any(self._succeeds(firm.firm_id) for firm in firms)
            return self._proved or not firms

    def _succeeds(self, firm_id: str) -> bool:
        try:
            self.planner.forecast(firm_id)
        except SandanError as error:
            logger.info("not ready: %s", error)
            return False
        return True
