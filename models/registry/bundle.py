"""A model as plain files: LightGBM text models; the ridge, typical firms and a manifest as JSON.

Nothing is unpickled, and no firm is named.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import lightgbm as lgb
from pydantic import BaseModel, ConfigDict, ValidationError

from feature_store.features.catalogue import catalogue_hash
from models.forecasting import typical_firm_document
from models.forecasting.lightgbm_quantiles import FITTED_LEVELS, INPUTS, LightGBMQuantiles
from models.forecasting.load_forecast import QUANTILES, quantile_key
from models.forecasting.mixture import Mixture
from models.forecasting.trained_model import TrainedModel
from models.forecasting.typical_firm_document import TypicalFirmsError
from models.registry import ridge_document
from models.registry.bundle_error import BundleError, OtherModelError
from models.registry.ridge_document import RidgeDocumentError

MANIFEST = "manifest.json"
RIDGE = "ridge.json"
TYPICAL_FIRMS = "typical_firms.json"
_RETRAIN = "train again with 'sandan train'"


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


def write_bundle(folder: Path, model: TrainedModel, made: Manifest) -> None:
    """Write a model into ``folder``, which is made, and ``made`` with the digests of its files."""
    folder.mkdir(parents=True, exist_ok=True)
    fitted = model.forecaster.boosters
    texts = {
        RIDGE: ridge_document.to_json(fitted.ridge),
        TYPICAL_FIRMS: typical_firm_document.to_json(model.typical),
    }
    for level, booster in zip(FITTED_LEVELS, fitted.boosters, strict=True):
        texts[_booster_file(level)] = booster.model_to_string()
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    digests = {name: _digest(text.encode()) for name, text in texts.items()}
    manifest = made.model_copy(update={"sha256_of_file": digests})
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


def read_bundle(folder: Path, *, version: str) -> TrainedModel:
    """Read a bundle back, checking every digest and that this code computes what it was made for.

    Raises:
        BundleError: A file is gone or damaged.
        OtherModelError: It was made for other features, quantiles, regressors or typical firms.
    """
    manifest = _manifest(folder, version)
    try:
        ridge = ridge_document.from_json(_checked(folder / RIDGE, manifest, version))
        typical = typical_firm_document.from_json(
            _checked(folder / TYPICAL_FIRMS, manifest, version)
        )
    except (RidgeDocumentError, TypicalFirmsError) as error:
        raise OtherModelError(f"{version}: {error}") from error
    boosters = tuple(
        _booster(folder / _booster_file(level), manifest, version) for level in FITTED_LEVELS
    )
    quantiles = LightGBMQuantiles(boosters=boosters, ridge=ridge, version=version)
    return TrainedModel(forecaster=Mixture(boosters=quantiles, version=version), typical=typical)


def _manifest(folder: Path, version: str) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(_content(folder / MANIFEST, version))
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise BundleError(
                f"{version}: {MANIFEST} is no JSON; restore it or {_RETRAIN}"
            ) from error
        raise OtherModelError(
            f"{version}: its manifest is of another kind of model; {_RETRAIN}"
        ) from error
    if manifest.features_hash != catalogue_hash():
        raise OtherModelError(
            f"{version}: made for features {manifest.features_hash}, this code computes "
            f"{catalogue_hash()}; {_RETRAIN}"
        )
    if (manifest.quantiles, manifest.fitted_levels) != (QUANTILES, FITTED_LEVELS):
        raise OtherModelError(
            f"{version}: made for quantiles {manifest.quantiles}, fitted at "
            f"{manifest.fitted_levels}, this code has {QUANTILES} and {FITTED_LEVELS}; {_RETRAIN}"
        )
    return manifest


def _booster(file: Path, manifest: Manifest, version: str) -> lgb.Booster:
    booster = lgb.Booster(model_str=_checked(file, manifest, version))
    if tuple(booster.feature_name()) != INPUTS:
        raise OtherModelError(
            f"{version}: {file.name} was fitted on other columns than this code computes; "
            f"{_RETRAIN}"
        )
    return booster


def _booster_file(level: float) -> str:
    return f"{quantile_key(level)}.txt"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _checked(file: Path, manifest: Manifest, version: str) -> str:
    """The text of a file that is as it was trained."""
    content = _content(file, version)
    if _digest(content) != manifest.sha256_of_file.get(file.name):
        raise BundleError(
            f"{version}: {file.name} is not the file that was trained; restore it or {_RETRAIN}"
        )
    return content.decode()


def _content(file: Path, version: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BundleError(
            f"{version}: {file.name} cannot be read from {file.parent} ({error.strerror}); "
            f"restore it or {_RETRAIN}"
        ) from error
