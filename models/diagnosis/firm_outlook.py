"""A firm with what was known of it at an issue time and what is to be expected of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import KilowattArray
from models.forecasting.outlook import Outlook
from models.forecasting.outlook_paths import outlook_paths_kw
from models.forecasting.past_days import PastDays, past_days


@dataclass(frozen=True, kw_only=True)
class FirmOutlook:
    """What every question about a firm's load to come is answered from."""

    firm: Firm
    history: LoadHistory
    """What was measured, as it is known. What is expected rests on what was known of it at the
    issue time alone."""
    outlook: Outlook

    @property
    def issue_time(self) -> datetime:
        """When the forecast was made, in the firm's zone."""
        return self.outlook.forecast.issue_time.astimezone(self.firm.zone)

    @cached_property
    def paths_kw(self) -> KilowattArray:
        """Paths that the load may take, shape (paths, steps)."""
        return outlook_paths_kw(self.firm, self.history, self.outlook)

    @cached_property
    def past(self) -> PastDays:
        """The firm's days before that of the issue time."""
        return past_days(self.firm, self.history, self.issue_time)
