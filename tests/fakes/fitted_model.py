"""A mixture whose boosters have ten trees, fitted on made load: the real thing, small."""

from __future__ import annotations

from functools import cache

import numpy as np

from feature_store.time_grid import STEPS_PER_DAY
from feature_store.views import feature_frame
from models.forecasting.lightgbm_quantiles import BoosterParameters, fit
from models.forecasting.mixture import Mixture
from tests.builders import a_firm
from tests.fakes.made_load import a_made_load

VERSION = "load-forecaster/1"


@cache
def a_fitted_model() -> Mixture:
    """Fit it once for all tests."""
    history = a_made_load(90)
    issues = history.grid.starts[40 * STEPS_PER_DAY : 85 * STEPS_PER_DAY : 31]
    firm = a_firm("example", holiday_country=None)
    frame = feature_frame(firm, history, issues, np.arange(0, 2 * STEPS_PER_DAY, 7))
    boosters = fit(frame, BoosterParameters(trees=10), version=VERSION)
    return Mixture(boosters=boosters, version=VERSION)
