"""How long a complex may be worked on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self

from feature_store.errors import SandanError


class ComplexTimedOutError(SandanError):
    """The time limit ended before there was a joint plan."""


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """The end of a time limit."""

    at: float
    """By the clock of ``time.perf_counter``."""
    limit_s: float

    @classmethod
    def after(cls, limit_s: float) -> Self:
        """Return the end of a limit that begins now."""
        return cls(at=time.perf_counter() + limit_s, limit_s=limit_s)

    def left_s(self, *, most_s: float) -> float:
        """Return the seconds left, at most ``most_s``; none is a :class:`ComplexTimedOutError`."""
        left_s = self.at - time.perf_counter()
        if left_s <= 0:
            raise ComplexTimedOutError(
                f"no joint plan within {self.limit_s:g} s; allow more time, plan a shorter time or "
                "fewer firms"
            )
        return min(left_s, most_s)
