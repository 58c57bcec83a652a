"""What sets the peak of a suggested plan: its hour, and what draws then."""

from __future__ import annotations

import numpy as np

from feature_store.entities.firm import Firm
from models.optimizer.base_load import base_load
from models.optimizer.grid_terms import GridTerms
from models.optimizer.planned_peak import PlannedPeak, planned_peak
from models.optimizer.pricing import Pricing
from models.optimizer.problem_file.stated import running_of
from models.site import EquipmentError, site_of
from models.tariffs.errors import NoTariffError
from models.tariffs.grid_prices import grid_prices
from serving.suggestions.suggestion import Suggestion


def peak_of_plan(firm: Firm, suggestion: Suggestion) -> PlannedPeak | None:
    """Return what sets the plan's peak, at once: nothing is solved and no reading is looked at.

    None where no hour counts, or where the firm declares other equipment than the plan is of.
    """
    forecast, planned_kw = suggestion.forecast, suggestion.schedule.equipment_kw
    try:
        site = site_of(firm)
        prices = grid_prices(site.contract, forecast.grid, site.zone)
    except (EquipmentError, NoTariffError):
        return None
    if {asset.name for asset in site.assets} != set(planned_kw):
        return None
    told = suggestion.made_with.told
    pricing = Pricing(
        site=site,
        prices=prices,
        base=base_load(site, forecast),
        demand_floor_kw=np.zeros(len(prices.months)),
        terms=GridTerms(running=running_of(told.running, may_feed_back=False)),
    )
    return planned_peak(pricing, planned_kw)
