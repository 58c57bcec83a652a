"""All that a training run learnt of a complex, as it is kept, served and replaced together."""

from __future__ import annotations

from dataclasses import dataclass

from models.forecasting.mixture import Mixture
from models.forecasting.typical_firm import TypicalFirms


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """What forecasts firms that have readings, and what is known for those that have none."""

    forecaster: Mixture
    typical: TypicalFirms
