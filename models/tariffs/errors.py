"""What can be wrong with a tariff table, or with what is asked of one."""

from __future__ import annotations

from feature_store.errors import SandanError


class TariffTableError(SandanError):
    """A tariff table contradicts itself: dates overlap or are missing, hours are not covered."""


class NoTariffError(SandanError):
    """No table answers: the date lies outside of all versions, or the option does not exist."""


class UnknownMonthError(SandanError):
    """A text that names no billing month."""


class UnknownSwitchError(SandanError):
    """A switch of uncertain rules that does not exist, or a value that it cannot have."""
