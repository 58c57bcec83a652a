"""What of a firm's declaration its own months, lived again, have chosen."""

from __future__ import annotations

from typing import Literal

from feature_store.entities.firm import Firm

Choice = Literal["peak_pricing", "battery_operation"]
_CHOSEN = ("peak_pricing", "battery_operation", "replayed_to")


def keeping_choices(firm: Firm, before: Firm | None) -> Firm:
    """Return the firm with what was chosen for it, as far as its declaration says nothing of it.

    A file that changes a closure must not drop it; with other equipment or another contract the
    months that chose are no longer the firm's, and what they chose is dropped.
    """
    if before is None or before.replayed_to is None or not runs_alike(firm, before):
        return firm
    kept = {name: getattr(before, name) for name in _CHOSEN if name not in firm.model_fields_set}
    return firm.model_copy(update=kept)


def runs_alike(firm: Firm, other: Firm) -> bool:
    """Whether both have the same equipment, relations and contract, by whichever date's tables."""
    return _run_by(firm) == _run_by(other)


def _run_by(firm: Firm) -> tuple[object, ...]:
    contract = firm.contract.model_copy(update={"tariff_date": None})
    return contract, firm.equipment, firm.job_relations, firm.timezone
