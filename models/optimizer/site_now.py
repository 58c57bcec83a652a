"""What is known of a declared site now, beside its readings and its forecast."""

from __future__ import annotations

from dataclasses import dataclass

from feature_store.entities.firm import Equipment
from models.optimizer.grid_terms import USUAL_TERMS, GridTerms
from models.optimizer.site_problem import PreviousPlan


@dataclass(frozen=True, kw_only=True)
class SiteNow:
    """State, terms and plan that hold when a declared site is planned."""

    equipment: tuple[Equipment, ...] | None = None
    """All of it in the state that was measured; None: as declared."""
    terms: GridTerms = USUAL_TERMS
    previous: PreviousPlan | None = None
    """The plan to be carried on unless another saves enough."""


AS_DECLARED = SiteNow()
"""Nothing was measured or agreed, and no plan is to be kept."""
