"""A model as plain files: LightGBM text models and a JSON manifest. Nothing is unpickled."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import lightgbm as lgb
from pydantic import BaseModel, ConfigDict

from feature_store.errors import SandanError
from feature_store.features.catalogue import catalogue_hash
from models.forecasting.lightgbm_quantiles import LightGBMQuantiles
from models.forecasting.load_forecast import QUANTILES, quantile_key

MANIFEST = "manifest.json"


class BundleError(SandanError):
    """The files of a model are damaged, or made for other features than this code computes."""


class Manifest(BaseModel):
    """What a bundle holds, what made it, and the digest of each of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quantiles: tuple[float, ...]
    features: tuple[str, ...]
    features_hash: str
    as_of: datetime
    """Nothing known later was used in training."""
    snapshot_sha256: str
    """Content hash of the training data."""
    parameters: dict[str, float]
    code_version: str
    sha256_of_file: dict[str, str] = {}


def write_bundle(folder: Path, forecaster: LightGBMQuantiles, made: Manifest) -> None:
    """Write the boosters into ``folder``, which is made, and ``made`` with their digests."""
    folder.mkdir(parents=True, exist_ok=True)
    digests = {}
    for level, booster in zip(QUANTILES, forecaster.boosters, strict=True):
        text = booster.model_to_string()
        name = f"{quantile_key(level)}.txt"
        (folder / name).write_text(text, encoding="utf-8")
        digests[name] = hashlib.sha256(text.encode()).hexdigest()
    manifest = made.model_copy(update={"sha256_of_file": digests})
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


def read_bundle(folder: Path, *, version: str) -> LightGBMQuantiles:
    """Read a bundle back, checking every digest and that its features are this code's."""
    manifest = Manifest.model_validate_json((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest.features_hash != catalogue_hash() or manifest.quantiles != QUANTILES:
        raise BundleError(
            f"{version}: made for features {manifest.features_hash}, this code computes "
            f"{catalogue_hash()}; train again with 'sandan train'"
        )
    boosters = tuple(
        _booster(folder / f"{quantile_key(level)}.txt", manifest, version) for level in QUANTILES
    )
    return LightGBMQuantiles(boosters=boosters, version=version)


def _booster(file: Path, manifest: Manifest, version: str) -> lgb.Booster:
    text = file.read_text(encoding="utf-8")
    if hashlib.sha256(text.encode()).hexdigest() != manifest.sha256_of_file.get(file.name):
        raise BundleError(
            f"{version}: {file.name} is not the file that was trained; "
            "restore it or train again with 'sandan train'"
        )
    return lgb.Booster(model_str=text)
