"""What days of the target's kind have looked like at its clock step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.load_table import DAY_KINDS, LoadTable, Profile, Rows
from feature_store.time_grid import KilowattArray


@dataclass(frozen=True)
class DayProfile:
    """Mean, lower and upper reach and the newest of the last days of the target's kind."""

    names: tuple[str, ...] = ("profile_kw", "profile_low_kw", "profile_high_kw", "profile_last_kw")
    lookback: timedelta = timedelta(weeks=12)
    """Eight Saturdays, and four more for those that fall on closure days."""

    def values(self, table: LoadTable, rows: Rows) -> tuple[KilowattArray, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        columns = np.full((len(self.names), len(rows.lead)), np.nan)
        kind_of_row = table.kind_of_day[table.day[rows.target]]
        newest = table.newest_day_knowing(rows)
        step = table.step_of_day[rows.target]
        for kind in DAY_KINDS:
            at = np.flatnonzero(kind_of_row == kind)
            profile: Profile = table.profiles[kind]
            before = profile.before(newest[at])
            for column, stored_kw in enumerate(
                (profile.mean_kw, profile.low_kw, profile.high_kw, profile.last_kw)
            ):
                columns[column, at] = stored_kw[before, step[at]]
        return tuple(columns)
