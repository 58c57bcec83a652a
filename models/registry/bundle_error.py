"""Why a trained model cannot be served."""

from __future__ import annotations

from feature_store.errors import SandanError


class BundleError(SandanError):
    """The files of a model are damaged or gone."""


class OtherModelError(BundleError):
    """The files are as they were written, for features or a model that this code does not have."""
