"""Under which numbers the readings of a firm came that does not tell its meters apart.

Of a firm with one meter every reading is that meter's. If a file then names another number, its
readings would pass as corrections of those that are stored: the numbers are remembered, so that a
second meter is not taken for the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from feature_store.entities.meter_numbers import MeterNumbers

_SHOWN = 4
"""Meters of a sum that are named; who sums more knows them from a list of their own."""


@dataclass(frozen=True, kw_only=True)
class ToldMeters:
    """The meters of a file that are one meter to us: one of them, or several that are summed."""

    numbers: tuple[MeterNumbers, ...]
    """Each tells at least one number."""
    source_name: str
    """The file."""

    @property
    def told(self) -> str:
        """The numbers, for people."""
        shown = ", ".join(each.told for each in islice(self.numbers, _SHOWN))
        return f"{shown}, …" if len(self.numbers) > _SHOWN else shown

    def tells_all_of(self, other: ToldMeters) -> bool:
        """Whether the other tells no meter, and no number of one, that is not told here too."""
        return self._each_has_one(other, lambda ours, theirs: ours.tells_all_of(theirs))

    def may_be(self, other: ToldMeters) -> bool:
        """Whether no number says that these are other meters."""
        return self._each_has_one(other, lambda ours, theirs: not ours.contradicts(theirs))

    def _each_has_one(
        self, other: ToldMeters, alike: Callable[[MeterNumbers, MeterNumbers], bool]
    ) -> bool:
        return len(self.numbers) == len(other.numbers) and all(
            any(alike(ours, theirs) for ours in self.numbers) for theirs in other.numbers
        )


@dataclass(frozen=True, kw_only=True)
class CameBefore:
    """What a firm's readings came under so far."""

    meter_id: str
    """The firm's only meter."""
    told: tuple[ToldMeters, ...]
    """In the order in which they came, at least one; each of them is that meter."""

    def knows(self, now: ToldMeters) -> bool:
        """Whether all that a file tells of a meter is known of this one."""
        return any(before.tells_all_of(now) for before in self.told)

    def may_be(self, now: ToldMeters) -> bool:
        """Whether the meters of a file may be this one.

        They are if they are known, or if one has its id on its face; else nothing that came before
        may contradict it.
        """
        return (
            self.knows(now)
            or [each.is_known_by(self.meter_id) for each in now.numbers] == [True]
            or all(before.may_be(now) for before in self.told)
        )


def numbered(numbers: Sequence[MeterNumbers], source_name: str) -> ToldMeters | None:
    """Return what a file tells of meters that are one to us; None if it names one by no number."""
    if not numbers or not all(each.told for each in numbers):
        return None
    in_order = sorted(numbers, key=lambda each: (each.customer or "", each.meter or ""))
    return ToldMeters(numbers=tuple(in_order), source_name=source_name)
