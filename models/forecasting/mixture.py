"""The forecaster that serves: experts mixed by their past losses on the firm, widths learnt.

What is learnt of a firm is worked out anew from what was known at the midnight before an issue
time, by reliving the forecasts of four weeks. So a forecast depends on the model, the declared firm
and what was known at its issue time, and on nothing else; what was worked out once is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.features.sight import Asked
from feature_store.time_grid import (
    STEP,
    STEPS_PER_DAY,
    Instants,
    KilowattArray,
    to_datetime,
    utc_instant,
)
from models.forecasting.experts import PRIOR, Heard, analogue_loads, hear
from models.forecasting.forecaster import predict_one
from models.forecasting.kept_states import KeptStates
from models.forecasting.lightgbm_quantiles import LightGBMQuantiles
from models.forecasting.load_forecast import LoadForecast
from models.forecasting.next_day_maximum import NextDayPeaks, next_day_peaks
from models.forecasting.online_state import (
    ISSUES_APART_STEPS,
    LOOKBACK_OF_MIXTURE,
    RELIVED_DAYS,
    OnlineState,
    learnt,
    mixed,
    together,
    untaught,
)
from models.forecasting.outlook import Outlook

_ISSUES = RELIVED_DAYS * STEPS_PER_DAY // ISSUES_APART_STEPS


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Boosters, days alike and days of the kind, mixed."""

    boosters: LightGBMQuantiles
    version: str
    _kept: KeptStates = field(default_factory=KeptStates, repr=False)

    def predict_many(
        self, firm: Firm, history: LoadHistory, issue_times: Instants, steps: int
    ) -> KilowattArray:
        """See :class:`models.forecasting.forecaster.ManyForecaster`."""
        heard = hear(self.boosters, [_asked(firm, history, issue_times, steps)])
        if np.isnan(heard.level_kw).any():
            raise NotEnoughReadingsError(
                f"{firm.firm_id}: no reading in the four weeks before the issue time; "
                "import newer readings or ask for an earlier issue time"
            )
        return self._mixed(heard, self._states(firm, history, issue_times))

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """See :class:`models.forecasting.forecaster.Forecaster`."""
        return predict_one(self, firm, history, issue_time, steps)

    def predict_firms(
        self, known: Sequence[tuple[Firm, LoadHistory]], issue_time: datetime, steps: int
    ) -> KilowattArray:
        """Forecast many firms of one zone from one issue time, at a fraction of the time of each.

        Returns:
            Demand, shape (firms, steps, len(QUANTILES)); NaN for a firm of which no reading of the
            last four weeks is known.
        """
        instants = np.array([utc_instant(issue_time)])
        heard = hear(
            self.boosters, [_asked(firm, history, instants, steps) for firm, history in known]
        )
        states = [self._states(firm, history, instants) for firm, history in known]
        return self._mixed(heard, together(states))

    def outlook(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> Outlook:
        """See :class:`models.forecasting.outlook.OutlookForecaster`."""
        forecast = self.predict(firm, history, issue_time, steps)
        instants = np.array([utc_instant(issue_time)])
        return Outlook(
            forecast=forecast,
            analogues=analogue_loads(_asked(firm, history, instants, steps)),
        )

    def next_day_peaks(
        self, firm: Firm, history: LoadHistory, issue_times: Instants
    ) -> NextDayPeaks:
        """Forecast the largest load of the 24 hours after each issue time, and when it comes."""
        return next_day_peaks(self, firm, history, issue_times)

    def _mixed(self, heard: Heard, state: OnlineState) -> KilowattArray:
        demand_kw = mixed(heard.demand_kw, PRIOR, state)
        feeds_in = heard.feeds_in[:, None, None] > 0
        return np.where(feeds_in, demand_kw, np.maximum(demand_kw, 0.0))

    def _states(self, firm: Firm, history: LoadHistory, issue_times: Instants) -> OnlineState:
        """What was learnt by the midnight before each issue time."""
        midnights = _midnights(firm, issue_times)
        distinct, of_issue = np.unique(midnights, return_inverse=True)
        names = [_name(firm, history, midnight) for midnight in distinct]
        found = self._kept.find(names)
        wanted = np.array([name not in found for name in names])
        if wanted.any():
            fresh = self._relived(firm, history, distinct[wanted])
            for number, place in enumerate(np.flatnonzero(wanted)):
                found[names[place]] = fresh.of(np.array([number]))
            self._kept.keep(found)
        states = [found[name] for name in names]
        return together(states).of(of_issue)

    def _relived(self, firm: Firm, history: LoadHistory, midnights: Instants) -> OnlineState:
        """Learn from the forecasts of four weeks before each midnight.

        Every forecast is heard once, for what it rests on was known when it was issued. What came
        of it, each midnight knows as it was told by then.
        """
        wanted = midnights[:, None] + np.arange(-_ISSUES, 0) * ISSUES_APART_STEPS * STEP
        relived = np.unique(wanted)
        relived = relived[relived > utc_instant(history.grid.start)]
        if not len(relived):
            return untaught(len(midnights), len(PRIOR))
        heard = hear(self.boosters, [_asked(firm, history, relived, STEPS_PER_DAY)])
        place = np.minimum(np.searchsorted(relived, wanted), len(relived) - 1)
        window = np.where(relived[place] == wanted, place, -1)
        if history.punctual:  # what came lies before the midnight, and was known at once
            return learnt(heard.demand_kw, heard.measured_kw, heard.level_kw, PRIOR, window)
        return together(
            [
                learnt(
                    heard.demand_kw,
                    _came_of(relived, history.as_of(to_datetime(midnight))),
                    heard.level_kw,
                    PRIOR,
                    own[None],
                )
                for midnight, own in zip(midnights, window, strict=True)
            ]
        )


def _asked(firm: Firm, history: LoadHistory, issue_times: Instants, steps: int) -> Asked:
    return Asked(firm=firm, history=history, issue_times=issue_times, leads=np.arange(steps))


def _came_of(issue_times: Instants, known: LoadHistory) -> KilowattArray:
    """Load of the day after each issue time, shape (issue times, STEPS_PER_DAY)."""
    first = ((issue_times - known.grid.starts[0]) // STEP).astype(np.int64)
    place = first[:, None] + np.arange(STEPS_PER_DAY)
    inside = (place >= 0) & (place < known.grid.steps)
    return np.where(inside, known.demand_kw.take(place, mode="clip"), np.nan)


def _midnights(firm: Firm, issue_times: Instants) -> Instants:
    """The local midnight at or before each issue time, as UTC instants."""
    local = [to_datetime(instant, firm.zone) for instant in issue_times]
    starts = [moment.replace(hour=0, minute=0, second=0, fold=0) for moment in local]
    return np.array([utc_instant(moment) for moment in starts])


def _name(firm: Firm, history: LoadHistory, midnight: np.datetime64) -> bytes:
    """What a state follows from: the firm and what was known of it at midnight."""
    known = history.as_of(to_datetime(midnight))
    first = midnight - np.timedelta64(LOOKBACK_OF_MIXTURE)
    kept = (known.grid.starts >= first) & (known.grid.starts < midnight)
    told = hashlib.blake2b(firm.model_dump_json().encode(), digest_size=16)
    told.update(str(midnight).encode())
    for column in (known.grid.starts, known.demand_kw, known.known_at):
        told.update(column[kept].tobytes())
    before = known.superseded
    for column in (before.start, before.known_from, before.known_until, before.demand_kw):
        told.update(column.tobytes())
    if known.weather is not None:
        told.update(known.weather.digest(first))
    return told.digest()
