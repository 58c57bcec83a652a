"""The product's own model, fitted once on many firms, each known up to a moment of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from models.forecasting.lightgbm_quantiles import BoosterParameters, fit
from models.forecasting.mixture import Mixture
from training.training_rows import Sampling, training_rows

MODEL = "mixture"
"""Name of the model under test in the figures."""
BOOSTERS = "lightgbm"
"""Name of its boosters alone."""


def fit_pooled(
    firms: Sequence[Firm],
    histories: Mapping[str, LoadHistory],
    *,
    sampling: Sampling | None = None,
    parameters: BoosterParameters | None = None,
    on_booster: Callable[[], None] = lambda: None,
) -> Mixture:
    """Fit one model on all of ``histories``: nothing that they do not hold reaches it.

    Args:
        firms: Whose calendars apply.
        histories: By firm, each as known where its own test begins.
        sampling: How rows are drawn.
        parameters: Of the boosters.
        on_booster: Called as boosters are done.
    """
    known = [histories[firm.firm_id] for firm in firms]
    rows = training_rows(firms, known, sampling or Sampling())
    parameters = parameters or BoosterParameters()
    boosters = fit(rows, parameters, version=BOOSTERS, on_booster=on_booster)
    return Mixture(boosters=boosters, version=MODEL)
