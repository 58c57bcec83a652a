"""What an explained forecast is, who can explain one, and the error of one that is not explained.

Apart from :mod:`models.forecasting.explanation`, which works one out and needs LightGBM for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray
from models.forecasting.forecaster import Forecaster
from models.forecasting.load_forecast import LoadForecast

Reason = Literal[
    "weekday_profile",
    "closure",
    "days_alike",
    "present_level",
    "same_time_earlier",
    "calendar",
    "weather",
    "past_errors",
]
"""What an operator is told: the usual day, that the firm is closed, past days that went like the
last hours, where the load stands now, the same time yesterday and last week, weekday and hour, the
weather off its usual, and what the forecasts of the last weeks taught."""
REASONS: tuple[Reason, ...] = get_args(Reason)


class NotExplainedError(SandanError):
    """The forecast was not made by a model that can say what it is made of."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A forecast with what its median is made of."""

    forecast: LoadForecast
    parts_kw: Mapping[Reason, KilowattArray]
    """Shape (grid.steps,) each; together they are the median."""

    def of_served(self, served: LoadForecast, *, off: npt.NDArray[np.bool_]) -> Explanation:
        """Return what ``served``, the last steps of the forecast as they were answered, is made of.

        What answering changed where the supply is ``off`` as planned, shape (served.grid.steps,),
        counts to the closure. What else it changed, such as that no firm without solar draws less
        than nothing, counts to the past errors: it mends the forecast as they do.
        """
        after = self.forecast.grid.steps - served.grid.steps
        mended_kw = served.median_kw - self.forecast.median_kw[after:]
        parts_kw = {reason: part_kw[after:] for reason, part_kw in self.parts_kw.items()}
        parts_kw["closure"] = parts_kw["closure"] + np.where(off, mended_kw, 0.0)
        parts_kw["past_errors"] = parts_kw["past_errors"] + np.where(off, 0.0, mended_kw)
        return replace(self, forecast=served, parts_kw=parts_kw)


@runtime_checkable
class Explainer(Protocol):
    """A forecaster that can also tell what the median of its forecast is made of."""

    def explain(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> Explanation:
        """Forecast as :meth:`models.forecasting.forecaster.Forecaster.predict`, with the parts.

        Raises:
            NotExplainedError: The forecast was made by what cannot tell.
        """
        ...


def explanation_of(
    forecaster: Forecaster, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
) -> Explanation:
    """Ask for an explanation; errors as of :meth:`Explainer.explain`."""
    if isinstance(forecaster, Explainer):
        return forecaster.explain(firm, history, issue_time, steps)
    raise NotExplainedError(
        f"{firm.firm_id}: this forecast was made without the model; {forecaster.version} does not "
        "tell what it is made of"
    )
