"""The typical firms learnt from the ledger itself, where no trained model brings them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.point_in_time import Knowledge, Store
from models.forecasting.typical_firm import MOST_FIRMS, SHAPE_DAYS, TypicalFirms, fit

MOST_FIRMS_READ = 2 * MOST_FIRMS
"""Firms whose readings are looked at, of a large complex an even choice: some have too few."""
MOST_DAYS_HELD = 8
"""Days kept: forecasts are asked for of today, and of a few past days that are looked at again.
One takes 25 kB a firm."""


@dataclass(frozen=True, kw_only=True)
class _Learnt:
    """What was learnt for a day, and the state of the store that it was learnt from."""

    state: Hashable
    firms: TypicalFirms


@dataclass(frozen=True, kw_only=True)
class TypicalOfStore:
    """A :class:`models.forecasting.typical_firm.TypicalFirmsSource` on what firms have told.

    It learns once for each day that is asked about, from what was known when that day began, and
    again while examples are few and more readings have come. Threads may share it.
    """

    store: Store
    state: Callable[[], Hashable]
    """Changes when readings come into the store, such as the number of its last import."""
    _held: dict[datetime, _Learnt] = field(default_factory=dict, repr=False)
    _learning: Lock = field(default_factory=Lock, repr=False)

    def as_of(self, moment: datetime) -> TypicalFirms:
        """Return the shapes known when the UTC day of ``moment`` began."""
        day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        state = self.state()
        with self._learning:  # several who ask at once need it learnt once
            held = self._held.get(day)
            if held is None or (held.state != state and len(held.firms.shapes) < MOST_FIRMS):
                held = _Learnt(state=state, firms=_learn(self.store.as_of(day)))
                self._held.pop(day, None)
                while len(self._held) >= MOST_DAYS_HELD:
                    self._held.pop(next(iter(self._held)))
                self._held[day] = held
        return held.firms


def _learn(known: Knowledge) -> TypicalFirms:
    declared = known.firms()
    chosen = np.unique(np.linspace(0, len(declared) - 1, MOST_FIRMS_READ).round().astype(int))
    firms = [declared[place] for place in chosen] if declared else []
    histories = {
        firm.firm_id: history for firm in firms if (history := _recent(known, firm)) is not None
    }
    return fit(firms, histories)


def _recent(known: Knowledge, firm: Firm) -> LoadHistory | None:
    try:
        return known.history(firm.firm_id, days=SHAPE_DAYS)
    except NotEnoughReadingsError:
        return None
