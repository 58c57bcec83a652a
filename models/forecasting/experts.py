"""The experts that the mixture listens to: boosters, days alike, days of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.features.analogues import analogue_sample
from feature_store.features.catalogue import NAMES, fill_features
from feature_store.features.sight import PROFILE_WEIGHTS, Asked, sight
from feature_store.time_grid import KilowattArray
from feature_store.views import sights
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.analogue_loads import AnalogueLoads
from models.forecasting.lightgbm_quantiles import LightGBMQuantiles
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.scaled_rows import LEAST_LEVEL_KW

EXPERTS = ("boosters", "days alike", "days of the kind")
PRIOR = np.array([0.66, 0.31, 0.03])
"""Weight of each before anything was learnt of a firm; chosen by nested backtests."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What the experts say at many issue times."""

    demand_kw: KilowattArray
    """Shape (issues, leads, experts, quantiles); NaN where no reading of four weeks is known."""
    level_kw: KilowattArray
    """Size of the firm, never zero, shape (issues,); NaN likewise."""
    feeds_in: KilowattArray
    """1 where a load below zero was seen in the last four weeks, else 0, shape (issues,)."""
    measured_kw: KilowattArray
    """What came of it, whenever known, shape (issues, leads)."""


def hear(boosters: LightGBMQuantiles, asked: Sequence[Asked]) -> Heard:
    """Ask every expert about issue times of many firms, as many leads each."""
    firm_id = np.concatenate([[one.firm.firm_id] * len(one.issue_times) for one in asked])
    leads = asked[0].leads.shape[-1]
    demand_kw = np.empty((len(firm_id), leads, len(EXPERTS), len(QUANTILES)))
    values = np.empty((len(firm_id), leads, len(NAMES)), dtype=np.float32)
    measured_kw = np.empty((len(firm_id), leads))
    level_kw, feeds_in = np.empty((2, len(firm_id)))
    for rows, seen in sights(asked):
        fill_features(seen, values[rows])
        of_rows = np.repeat(firm_id[rows], leads).tolist()
        flat = values[rows].reshape(-1, len(NAMES))
        boosted = boosters.predict_values(flat, of_rows).reshape(-1, leads, len(QUANTILES))
        sample = seen.once(analogue_sample)
        of_kind = weighted_quantiles(seen.of_kind_kw, PROFILE_WEIGHTS, QUANTILES)
        alike = weighted_quantiles(sample.demand_kw, sample.weight, QUANTILES)
        of_kind = np.where(np.isnan(of_kind), boosted, of_kind)
        alike = np.where(np.isnan(alike), of_kind, alike)
        demand_kw[rows] = np.stack([boosted, alike, of_kind], axis=2)
        level_kw[rows] = np.maximum(values[rows, 0, NAMES.index("level_kw")], LEAST_LEVEL_KW)
        feeds_in[rows] = (seen.recent_kw < 0).any(axis=1)
        measured_kw[rows] = seen.readings.measured(seen.issue[:, None] + seen.lead)
    return Heard(
        demand_kw=demand_kw,
        level_kw=level_kw,
        feeds_in=feeds_in,
        measured_kw=measured_kw,
    )


def analogue_loads(asked: Asked) -> AnalogueLoads:
    """What the days alike did, of a single issue time."""
    sample = sight([asked]).once(analogue_sample)
    return AnalogueLoads(demand_kw=sample.demand_kw[0], weight=sample.weight[0], day=sample.day[0])
