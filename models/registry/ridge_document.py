"""The ridge of a model as JSON: its coefficients, and the regressors that they were fitted for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import NoReturn

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from feature_store.errors import SandanError
from feature_store.features.catalogue import NAMES
from models.forecasting.ridge_anchor import LEAD_EDGES, REGRESSORS, RidgeAnchor, regressors
from models.forecasting.scaled_rows import ScaledRows

FloatArray = npt.NDArray[np.float64]

_PROBE_LEADS = (0, 1, 3, 9, 40, 200)
"""Lead times of the made rows, in steps: what fades, over hours or over days, shows how fast."""
_PROBE_SHARES = np.array([0.1, 0.7, 4.0, np.nan])
"""Loads of the made rows over their level: small, large, beyond any clip, and not known."""
_PROBE_LEVEL_KW = 50.0
_LAST_DIGITS = 1e-6
"""By which two processors may differ on the made rows; no meaning does."""


class RidgeDocumentError(SandanError):
    """A text is not what :func:`to_json` writes, or is about other regressors."""


class RidgeDocument(BaseModel):
    """A :class:`models.forecasting.ridge_anchor.RidgeAnchor` and what its coefficients hang on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regressors: tuple[str, ...]
    """The feature that each regressor is made of."""
    first_lead_steps: tuple[int, ...]
    """First lead of each range."""
    of_made_rows: list[list[float]]
    """What each regressor makes of made rows, shape (rows, regressors): it tells two of the same
    feature apart, and changes with a fading time, a clip or a constant."""
    pool: list[list[float]]
    """Coefficients by range of lead time and regressor."""
    of_firm: dict[str, list[list[float]]]
    """The same by the digest of a firm's id."""


class CoefficientsByDigest(Mapping[str, FloatArray]):
    """What was learnt of firms, found by a firm's id; whose it is cannot be listed.

    A model travels, and who is in a complex is for the complex to tell.
    """

    def __init__(self, of_digest: Mapping[str, FloatArray]) -> None:
        self._of_digest = of_digest

    def __getitem__(self, firm_id: str) -> FloatArray:
        """Coefficients of a firm, shape (ranges, regressors)."""
        return self._of_digest[_digest(firm_id)]

    def __iter__(self) -> Iterator[str]:
        """Refuse."""
        self._refuse()

    def __len__(self) -> int:
        """Of how many firms."""
        return len(self._of_digest)

    def _refuse(self) -> NoReturn:
        raise TypeError("a model that was read knows its firms by digest alone; ask for one by id")


def to_json(ridge: RidgeAnchor) -> str:
    """Write a fitted ridge as the text that :func:`from_json` reads."""
    return RidgeDocument(
        regressors=REGRESSORS,
        first_lead_steps=tuple(LEAD_EDGES.tolist()),
        of_made_rows=_of_made_rows().tolist(),
        pool=ridge.pool.tolist(),
        of_firm={_digest(name): own.tolist() for name, own in ridge.of_firm.items()},
    ).model_dump_json()


def from_json(text: str) -> RidgeAnchor:
    """Read a ridge again.

    Raises:
        RidgeDocumentError: The text is another document, or its coefficients were fitted for other
            regressors or ranges of lead time than this code has.
    """
    try:
        document = RidgeDocument.model_validate_json(text)
    except ValidationError as error:
        raise RidgeDocumentError(
            f"the ridge is not as this version writes it ({error.error_count()} faults); "
            "train again with 'sandan train'"
        ) from error
    _refuse_others(document)
    return RidgeAnchor(
        pool=_coefficients(document.pool),
        of_firm=CoefficientsByDigest(
            {digest: _coefficients(own) for digest, own in document.of_firm.items()}
        ),
    )


def _refuse_others(document: RidgeDocument) -> None:
    others = sorted(set(document.regressors) ^ set(REGRESSORS))
    if not others and document.regressors != REGRESSORS:
        others = ["in another order or number"]
    if not others:
        others = _told_differently(document.of_made_rows)
    if others:
        raise RidgeDocumentError(
            f"the ridge was made for other regressors ({', '.join(others)}) than this code "
            "computes; train again with 'sandan train'"
        )
    if document.first_lead_steps != tuple(LEAD_EDGES.tolist()):
        raise RidgeDocumentError(
            f"the ridge was made for lead times from {document.first_lead_steps} steps on, this "
            f"code has {tuple(LEAD_EDGES.tolist())}; train again with 'sandan train'"
        )


def _told_differently(of_made_rows: list[list[float]]) -> list[str]:
    """Names of the regressors that make something else of the made rows than they did."""
    ours = _of_made_rows()
    if {len(row) for row in of_made_rows} != {ours.shape[1]} or len(of_made_rows) != len(ours):
        return ["of other made rows"]
    same = np.isclose(np.array(of_made_rows), ours, rtol=0, atol=_LAST_DIGITS).all(axis=0)
    return sorted({name for name, kept in zip(REGRESSORS, same, strict=True) if not kept})


def _coefficients(rows: list[list[float]]) -> FloatArray:
    expected = (len(LEAD_EDGES), len(REGRESSORS))
    sizes = {(len(rows), len(row)) for row in rows}
    if sizes != {expected}:
        raise RidgeDocumentError(
            f"the ridge has coefficients in sizes {sorted(sizes)}, this code has {expected}; "
            "train again with 'sandan train'"
        )
    return np.array(rows, dtype=np.float64)


def _of_made_rows() -> FloatArray:
    """What the regressors make of rows in which every feature has a value of its own."""
    values = np.array(
        [
            _PROBE_LEVEL_KW * share * (1 + np.arange(len(NAMES)) / len(NAMES))
            for share in _PROBE_SHARES
            for _ in _PROBE_LEADS
        ],
        dtype=np.float32,
    )
    values[:, NAMES.index("level_kw")] = _PROBE_LEVEL_KW
    values[:, NAMES.index("lead_steps")] = np.tile(_PROBE_LEADS, len(_PROBE_SHARES))
    return regressors(ScaledRows(values=values))


def _digest(firm_id: str) -> str:
    return hashlib.sha256(firm_id.encode()).hexdigest()
