"""What keeps a bill from being made. Nothing is billed when one of these is raised."""

from __future__ import annotations

from feature_store.errors import SandanError


class NegativeReadingError(SandanError):
    """A meter reading below zero, or none that a number can express."""


class ReadingsOutsideMonthError(SandanError):
    """Readings that are not of the billing month, or no whole billing month among them."""


class ImpossiblePeakError(SandanError):
    """A peak of a past month that no meter can have shown."""


class TooManyMissingReadingsError(SandanError):
    """More readings of a month are missing than may be filled."""


class UnknownChangeError(SandanError):
    """A what-if names a class, option or figure that no contract can have."""


class BillCasesError(SandanError):
    """A file of worked bills does not follow its schema."""
