"""A meter of a firm: what it measures, and whether its readings are part of the firm's load."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from feature_store.entities.declared import Declared
from feature_store.entities.validity import Bound

MeterRole = Literal["import", "export", "sub"]


class Meter(Declared):
    """One meter. Its id is one of a kind in the whole ledger, not only within the firm."""

    meter_id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")
    """Id that its readings come under, e.g. the number on its face 계기번호."""
    customer_number: str | None = None
    """The customer number 고객번호 that the utility bills it under."""
    role: MeterRole = "import"
    """``import`` measures what is drawn from the grid, ``export`` what is fed back, ``sub`` a part
    of what another meter of the firm measures already."""
    counted: bool = Field(default_factory=lambda told: told.get("role") == "import")
    """Whether the firm's load is the sum over this meter among others. By default an ``import``
    meter is and no other, as a part would be counted twice."""
    valid_from: Bound | None = None
    """Since when it is in service; left out, ever since."""
    valid_to: Bound | None = None
    """The first moment at which it is in service no longer; left out, for good."""

    @model_validator(mode="after")
    def _only_load_is_counted(self) -> Self:
        if self.role == "export" and self.counted:
            raise ValueError(
                f"meter {self.meter_id} measures what is fed back, which is no load; "
                "leave 'counted' out or set it to false"
            )
        return self
