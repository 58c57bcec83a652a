"""Settings of the whole product, read from the environment (prefix ``SANDAN_``) at start-up."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where state lives and what the service is told from outside.

    Everything that is written lies below ``home``, so two copies with different homes never meet.
    """

    model_config = SettingsConfigDict(env_prefix="SANDAN_", extra="ignore", frozen=True)

    home: Path = Path("var")
    """Folder of all state."""
    database_url: str = ""
    """SQLAlchemy URL of the ledger; empty means SQLite below ``home``."""
    mlflow_tracking_uri: str = ""
    """MLflow tracking and registry; empty means SQLite below ``home``."""
    replay_time: AwareDatetime | None = None
    """The moment taken as now, to live a past day again; unset means the wall clock."""
    host: str = "127.0.0.1"
    """Address the service listens on. Loopback by default: there is no sign-in yet."""
    port: int = Field(default=3000, ge=1, le=65535)
    """The port it listens on."""
    solver_time_limit_s: float = Field(default=10.0, gt=0, allow_inf_nan=False)
    """Longest time the solver may take for one firm's schedule."""

    @property
    def database(self) -> str:
        """The ledger's URL, defaults resolved."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'sandan.db'}"

    @property
    def tracking_uri(self) -> str:
        """MLflow's URL, defaults resolved."""
        return self.mlflow_tracking_uri or f"sqlite:///{self.home.resolve() / 'mlflow.db'}"

    @property
    def artifacts(self) -> Path:
        """Folder of MLflow's artefacts."""
        return self.home.resolve() / "mlartifacts"

    @property
    def library_environment(self) -> dict[str, str]:
        """Environment that keeps the libraries' files below ``home`` and their reports unsent."""
        return {
            "BENTOML_HOME": str(self.home.resolve() / "bentoml"),
            "BENTOML_DO_NOT_TRACK": "True",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }

    def now(self) -> datetime:
        """The moment the product takes as now, timezone-aware."""
        return self.replay_time or datetime.now().astimezone()
