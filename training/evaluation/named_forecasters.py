"""The forecasters that can be backtested, by the names that a user writes."""

from __future__ import annotations

from collections.abc import Sequence

from feature_store.errors import SandanError
from models.forecasting.forecaster import ManyForecaster
from models.forecasting.same_day_type_mean import SameDayTypeMean
from models.forecasting.seasonal_naive import SeasonalNaive
from models.forecasting.similar_day import SimilarDay

MODEL = "model"
"""The product's own, which has to be fitted; the others are rules."""
RULES: dict[str, ManyForecaster] = {
    rule.version: rule for rule in (SimilarDay(), SeasonalNaive(), SameDayTypeMean())
}
NAMES = (MODEL, *RULES)


class UnknownForecasterError(SandanError):
    """No forecaster has that name."""


def known_names(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the names wanted, each once and in their order; all where none is."""
    for name in wanted:
        if name not in NAMES:
            raise UnknownForecasterError(
                f"there is no forecaster {name!r}; choose among {', '.join(NAMES)}"
            )
    return tuple(dict.fromkeys(wanted)) or NAMES
