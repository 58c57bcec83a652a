"""What every page must say about where its figures come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from feature_store.ingestion.firms_file import read_firms_file
from feature_store.sample.complex import FIRMS_FILE
from serving.planner import Planner
from serving.web.texts import marked
from serving.web.words import MODEL_NOTICES

SAMPLE = marked(
    "Sample data: measured load shapes of German firms, billed as if they were KEPCO customers. "
    "Equipment and contracts are assumptions."
)


@dataclass(frozen=True, kw_only=True)
class Notices:
    """What a page says at its top."""

    sample: str | None
    replay_time: datetime | None
    """The past moment that is taken as now, if one is."""
    without_model: str | None
    """Why forecasts are made without a model, if they are."""


def notices_for(planner: Planner, firm_ids: tuple[str, ...]) -> Notices:
    """Return the notices of a page about some firms."""
    return Notices(
        sample=SAMPLE if _sample() & set(firm_ids) else None,
        replay_time=planner.settings.replay_time,
        without_model=planner.without_model and MODEL_NOTICES[planner.without_model],
    )


@cache
def _sample() -> frozenset[str]:
    return frozenset(firm.firm_id for firm in read_firms_file(FIRMS_FILE).firms)
