"""The shapes of a complex's firms as JSON, for the bundle of a model; no firm is named."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from feature_store.entities.firm import TariffClass
from feature_store.errors import SandanError
from feature_store.features.load_table import DAY_KINDS
from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.typical_firm import FirmShape, TypicalFirms


class TypicalFirmsError(SandanError):
    """A text is not what :func:`to_json` writes."""


class ShapeDocument(BaseModel):
    """A :class:`models.forecasting.typical_firm.FirmShape`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    tariff_class: TariffClass
    contract_share: float = Field(gt=0)
    quantiles: list[list[list[float] | None]]
    """By kind of day and clock step; null where nothing was known of it."""


class TypicalFirmsDocument(BaseModel):
    """A :class:`models.forecasting.typical_firm.TypicalFirms`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    levels: tuple[float, ...]
    """Probability levels of the quantiles."""
    shapes: list[ShapeDocument]


def to_json(typical: TypicalFirms) -> str:
    """Write shapes as the text that :func:`from_json` reads."""
    shapes = [
        ShapeDocument(
            tariff_class=shape.tariff_class,
            contract_share=shape.contract_share,
            quantiles=[
                [None if np.isnan(row).any() else row.tolist() for row in of_kind]
                for of_kind in shape.quantiles
            ],
        )
        for shape in typical.shapes
    ]
    return TypicalFirmsDocument(levels=QUANTILES, shapes=shapes).model_dump_json()


def from_json(text: str) -> TypicalFirms:
    """Read shapes again.

    Raises:
        TypicalFirmsError: The text is another document, or of other kinds, steps or quantiles.
    """
    try:
        document = TypicalFirmsDocument.model_validate_json(text)
    except ValidationError as error:
        raise TypicalFirmsError(
            f"the typical firms are not as written ({error.error_count()} faults); "
            "train again with 'sandan train'"
        ) from error
    return TypicalFirms(shapes=tuple(_shape(one, document.levels) for one in document.shapes))


def _shape(document: ShapeDocument, levels: tuple[float, ...]) -> FirmShape:
    unknown = [float("nan")] * len(QUANTILES)
    rows = [[row or unknown for row in of_kind] for of_kind in document.quantiles]
    expected = (len(DAY_KINDS), STEPS_PER_DAY, len(QUANTILES))
    sizes = {(len(rows), len(of_kind), len(row)) for of_kind in rows for row in of_kind}
    if levels != QUANTILES or sizes != {expected}:
        raise TypicalFirmsError(
            f"the typical firms have quantiles {levels} in sizes {sorted(sizes)}, this code has "
            f"{QUANTILES} in {expected}; train again with 'sandan train'"
        )
    return FirmShape(
        tariff_class=document.tariff_class,
        contract_share=document.contract_share,
        quantiles=np.array(rows, dtype=np.float64),
    )
