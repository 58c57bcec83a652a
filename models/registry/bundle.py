"""A model as plain files: LightGBM text models, the ridge and a manifest as JSON.

Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import lightgbm as lgb
import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from feature_store.errors import SandanError
from feature_store.features.catalogue import catalogue_hash
from models.forecasting.lightgbm_quantiles import FITTED_LEVELS, LightGBMQuantiles
from models.forecasting.load_forecast import QUANTILES, quantile_key
from models.forecasting.mixture import Mixture
from models.forecasting.ridge_anchor import RidgeAnchor

MANIFEST = "manifest.json"
RIDGE = "ridge.json"


class BundleError(SandanError):
    """The files of a model are damaged, or made for other features than this code computes."""


class Manifest(BaseModel):
    """What a bundle holds, what made it, and the digest of each of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quantiles: tuple[float, ...]
    fitted_levels: tuple[float, ...]
    """Quantiles that have a booster."""
    features: tuple[str, ...]
    features_hash: str
    as_of: datetime
    """Nothing known later was used in training."""
    snapshot_sha256: str
    """Content hash of the training data."""
    parameters: dict[str, float]
    code_version: str
    sha256_of_file: dict[str, str] = {}


class _RidgeDocument(BaseModel):
    """Coefficients by range of lead time and regressor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pool: list[list[float]]
    of_firm: dict[str, list[list[float]]]


def write_bundle(folder: Path, forecaster: Mixture, made: Manifest) -> None:
    """Write a model into ``folder``, which is made, and ``made`` with the digests of its files."""
    folder.mkdir(parents=True, exist_ok=True)
    ridge = forecaster.boosters.ridge
    document = _RidgeDocument(
        pool=ridge.pool.tolist(),
        of_firm={name: own.tolist() for name, own in ridge.of_firm.items()},
    )
    texts = {RIDGE: document.model_dump_json()}
    for level, booster in zip(FITTED_LEVELS, forecaster.boosters.boosters, strict=True):
        texts[_booster_file(level)] = booster.model_to_string()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    digests = {name: _digest(text) for name, text in texts.items()}
    manifest = made.model_copy(update={"sha256_of_file": digests})
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


def read_bundle(folder: Path, *, version: str) -> Mixture:
    """Read a bundle back, checking every digest and that its features are this code's."""
    manifest = _manifest(folder, version)
    ridge = _RidgeDocument.model_validate_json(_checked(folder / RIDGE, manifest, version))
    boosters = tuple(
        lgb.Booster(model_str=_checked(folder / _booster_file(level), manifest, version))
        for level in FITTED_LEVELS
    )
    anchor = RidgeAnchor(
        pool=np.array(ridge.pool),
        of_firm={name: np.array(own) for name, own in ridge.of_firm.items()},
    )
    quantiles = LightGBMQuantiles(boosters=boosters, ridge=anchor, version=version)
    return Mixture(boosters=quantiles, version=version)


def _manifest(folder: Path, version: str) -> Manifest:
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValidationError as error:
        raise BundleError(
            f"{version}: its manifest is of another kind of model; train again with 'sandan train'"
        ) from error
    made_for = (manifest.features_hash, manifest.quantiles, manifest.fitted_levels)
    if made_for != (catalogue_hash(), QUANTILES, FITTED_LEVELS):
        raise BundleError(
            f"{version}: made for features {manifest.features_hash}, this code computes "
            f"{catalogue_hash()}; train again with 'sandan train'"
        )
    return manifest


def _booster_file(level: float) -> str:
    return f"{quantile_key(level)}.txt"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _checked(file: Path, manifest: Manifest, version: str) -> str:
    text = file.read_text(encoding="utf-8")
    if _digest(text) != manifest.sha256_of_file.get(file.name):
        raise BundleError(
            f"{version}: {file.name} is not the file that was trained; "
            "restore it or train again with 'sandan train'"
        )
    return text
