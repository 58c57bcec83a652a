"""The numbers that a utility's file knows a meter by."""

from __future__ import annotations

from dataclasses import dataclass

_HIDDEN = "*"
"""What an export shows in place of a digit that it hides."""


@dataclass(frozen=True, kw_only=True)
class MeterNumbers:
    """A meter as a file names it."""

    customer: str | None
    """Customer number 고객번호."""
    meter: str | None
    """Meter number 계기번호."""

    @property
    def told(self) -> str:
        """The numbers, for people; empty if the file tells none."""
        return " / ".join(number for number in (self.customer, self.meter) if number)

    def is_known_by(self, number: str) -> bool:
        """Whether this is the number on its face."""
        return self.meter is not None and plain_number(number) == plain_number(self.meter)

    def has(self, number: str) -> bool:
        """Whether it is known by this number."""
        own = {plain_number(each) for each in (self.customer, self.meter) if each}
        return plain_number(number) in own

    def contradicts(self, other: MeterNumbers) -> bool:
        """Whether both tell a customer or a meter number, and not the same one."""
        pairs = ((self.customer, other.customer), (self.meter, other.meter))
        return any(ours and theirs and not _may_be(ours, theirs) for ours, theirs in pairs)

    def tells_all_of(self, other: MeterNumbers) -> bool:
        """Whether every number that the other tells is told here too."""
        pairs = ((self.customer, other.customer), (self.meter, other.meter))
        return all(not theirs or (ours and _may_be(ours, theirs)) for ours, theirs in pairs)


def plain_number(written: str) -> str:
    """Return a customer or meter number as it is compared.

    Hyphens and blanks are typography, and a workbook that keeps it as a number has lost its
    leading zeros.

    Example:
        >>> plain_number("06-1234-5678") == plain_number("612345678")
        True
    """
    kept = "".join(letter for letter in written if letter.isalnum() or letter == _HIDDEN)
    return kept.lstrip("0") or kept[:1]


def _may_be(written: str, other: str) -> bool:
    """Whether two numbers are the same in every digit that neither hides."""
    one, two = plain_number(written), plain_number(other)
    width = max(len(one), len(two))
    pairs = zip(one.zfill(width), two.zfill(width), strict=True)
    return all(a == b or _HIDDEN in {a, b} for a, b in pairs)
