"""Values that were computed, kept by what they depend on: a firm's month is valued once a day."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")
KEPT = 256
"""Values kept unless told otherwise: of a complex, of today and of yesterday."""


@dataclass(kw_only=True)
class KeptValues(Generic[Value]):
    """The latest values by a digest of their inputs; threads may share them."""

    most: int = KEPT
    kept: OrderedDict[str, Value] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, digest: str, make: Callable[[], Value]) -> Value:
        """Return what is kept, or make and keep it; the one asked for least lately goes first.

        Two threads that ask for the same at once both make it: nobody waits for another.
        """
        with self.lock:
            if digest in self.kept:
                self.kept.move_to_end(digest)
                return self.kept[digest]
        made = make()
        with self.lock:
            self.kept[digest] = made
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)
        return made
