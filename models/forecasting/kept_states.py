"""What was learnt of firms, kept by what it follows from; losing it costs time alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

from models.forecasting.online_state import OnlineState

MOST_KEPT = 4096
"""One of each firm and day: a thousand firms fill it in four days."""


class KeptStates:
    """States by name, the newest ``MOST_KEPT`` of them. Threads may share it."""

    def __init__(self) -> None:
        self._states: OrderedDict[bytes, OnlineState] = OrderedDict()
        self._lock = Lock()

    def find(self, names: Iterable[bytes]) -> dict[bytes, OnlineState]:
        """Return those of the names that are kept."""
        with self._lock:
            return {name: self._states[name] for name in names if name in self._states}

    def keep(self, states: Mapping[bytes, OnlineState]) -> None:
        """Keep states; the oldest are dropped for them."""
        with self._lock:
            self._states.update(states)
            for name in states:
                self._states.move_to_end(name)
            while len(self._states) > MOST_KEPT:
                self._states.popitem(last=False)

    def __reduce__(self) -> tuple[type[KeptStates], tuple[()]]:
        """Travel to another process empty."""
        return (KeptStates, ())
