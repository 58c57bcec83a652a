"""The registry as a file below home, looked for without the libraries that would make it."""

from __future__ import annotations

from feature_store.errors import NoModelError
from feature_store.settings import Settings

CHAMPION = "champion"
"""Alias of the version that serves."""
REGISTRY = "mlflow.db"
"""File of the registry below home, where no other is set."""


def refuse_if_never_made(settings: Settings) -> None:
    """Say that there is no model where the registry's own file was never made.

    To ask MLflow would make it, with all its tables: on a new home that is most of the start of
    the service, after the seconds that the library takes to import.

    Raises:
        NoModelError: Nobody has trained yet. A registry elsewhere has to be asked.
    """
    if not settings.mlflow_tracking_uri and not (settings.home / REGISTRY).exists():
        raise NoModelError(
            f"no model has the alias '{CHAMPION}': none was trained below "
            f"{settings.home.resolve()}; run 'sandan train'"
        )
