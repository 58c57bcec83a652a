"""Who is compared: forecasting libraries that run here, and folders of forecasts made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "bench" / "peers"
WORK = ROOT / ".peers"
"""Environments, input and forecasts; all of it can be made again."""


@dataclass(frozen=True, kw_only=True)
class Library:
    """A library of others: ``bench/peers/SCRIPT.py`` in an environment of its own."""

    name: str
    environment: str
    """Folder below ``.peers`` and name of the lock in ``bench/peers/requirements``."""
    script: str
    least_python: tuple[int, int] = (3, 11)

    @property
    def lock(self) -> Path:
        """What its environment holds."""
        return PEERS / "requirements" / f"{self.environment}.txt"

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return WORK / self.environment / "bin" / "python"

    @property
    def out(self) -> Path:
        """Where its forecasts are."""
        return WORK / "forecasts" / self.script

    @property
    def sources(self) -> tuple[Path, ...]:
        """What decides its forecasts, beside the input."""
        scripts = sorted(PEERS.glob(f"{self.environment}_*.py"))
        return (PEERS / "task.py", *scripts, self.lock)


@dataclass(frozen=True, kw_only=True)
class Folder:
    """Forecasts that another command has written to the same form."""

    name: str
    out: Path
    command: str
    """What writes them from ``.peers/input``."""


Contestant = Library | Folder

CONTESTANTS: tuple[Contestant, ...] = (
    Folder(name="sandan", out=WORK / "forecasts" / "sandan", command="sandan backtest"),
    Library(
        name="skforecast, one model a firm",
        environment="skforecast",
        script="skforecast_recursive",
    ),
    Library(
        name="skforecast, one model of all firms",
        environment="skforecast",
        script="skforecast_multiseries",
    ),
    Library(name="Darts", environment="darts", script="darts_lightgbm"),
    Library(
        name="OpenSTEF 4",
        environment="openstef",
        script="openstef_lightgbm",
        least_python=(3, 12),  # OpenSTEF 4 declares it
    ),
)
