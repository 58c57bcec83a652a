"""What is done of a replay, kept part by part, so that a run that was stopped goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.dispatch.known_load import Forecasts
from training.replay.lived_site import LivedSite, MonthFigures
from training.replay.plan import POLICIES, ReplayPlan
from training.replay.site import ReplaySite

DIGEST_LENGTH = 16
_ROOT = Path(__file__).parents[2]
_DECIDING = ("feature_store", "models", "training")
"""Rooms whose code decides what becomes of a month."""


@dataclass(frozen=True, kw_only=True)
class KeptParts:
    """A folder of parts. A part of other readings, another plan or other code is made anew.

    So is a part that rests on forecasts, where the firms that one model is fitted on are others.
    """

    folder: Path
    plan: ReplayPlan
    sites: tuple[ReplaySite, ...]
    """All that are lived."""

    def forecasts(self, site: ReplaySite) -> Forecasts | None:
        """Return a firm's forecasts, if they are kept."""
        path = self._path("forecasts", site.firm.firm_id, self._digest(site))
        if not path.exists():
            return None
        with np.load(path) as kept:
            return Forecasts(
                issue=kept["issue"], quantiles_kw=kept["quantiles_kw"].astype(np.float64)
            )

    def keep_forecasts(self, site: ReplaySite, forecasts: Forecasts) -> None:
        """Keep a firm's forecasts."""
        path = self._path("forecasts", site.firm.firm_id, self._digest(site))
        arrays = {"issue": forecasts.issue, "quantiles_kw": forecasts.quantiles_kw}
        _put(path, lambda to: _save(to, arrays))

    def lived(self, site: ReplaySite, policy: str) -> LivedSite | None:
        """Return a site lived with a policy, if it is kept."""
        path = self._path("lived", f"{site.name}--{policy}", self._digest(site, policy))
        if not path.exists():
            return None
        with np.load(path) as kept:
            months = json.loads(str(kept["months"]))
            return LivedSite(
                site=site.name,
                policy=policy,
                months=tuple(MonthFigures(**month) for month in months),
                power_kw=kept["power_kw"],
                beside_kw=kept.get("beside_kw"),
                batteries_kw=kept.get("batteries_kw"),
            )

    def keep_lived(self, site: ReplaySite, lived: LivedSite) -> None:
        """Keep a site lived with a policy."""
        path = self._path("lived", f"{site.name}--{lived.policy}", self._digest(site, lived.policy))
        months = np.array(json.dumps([asdict(month) for month in lived.months]))
        arrays = {"months": months, "power_kw": lived.power_kw}
        if lived.beside_kw is not None:
            arrays["beside_kw"] = lived.beside_kw
        if lived.batteries_kw is not None:
            arrays["batteries_kw"] = lived.batteries_kw
        _put(path, lambda to: _save(to, arrays))

    def _path(self, kind: str, name: str, digest: str) -> Path:
        plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
        return self.folder / kind / f"{plain}.{digest}.npz"

    def _digest(self, site: ReplaySite, policy: str | None = None) -> str:
        """What decides a part: code, plan, declaration, readings, and its policy if any."""
        plan = asdict(self.plan)
        del plan["jobs"], plan["policies"]
        told = [
            _code(),
            json.dumps(plan, default=str, sort_keys=True),
            site.firm.model_dump_json(exclude={"equipment"} if policy is None else None),
            ""
            if policy is None
            else f"{asdict(site.store)} {site.batteries} {_settings_of(policy)}",
            site.history.grid.start.isoformat(),
        ]
        digest = hashlib.sha256("\n".join(told).encode())
        digest.update(site.history.demand_kw.tobytes())
        if _rests_on_forecasts(policy):
            firms = {other.firm.firm_id: other.history.demand_kw for other in self.sites}
            for firm_id in sorted(firms):
                digest.update(firm_id.encode() + firms[firm_id].tobytes())
        return digest.hexdigest()[:DIGEST_LENGTH]


@cache
def _code() -> str:
    """A digest of the code that decides: versions change more rarely than it does."""
    digest = hashlib.sha256()
    for room in _DECIDING:
        for file in sorted((_ROOT / room).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _settings_of(policy: str) -> str:
    """A policy with its parameters; foresight has none."""
    return next((repr(one) for one in POLICIES if one.name == policy), policy)


def _rests_on_forecasts(policy: str | None) -> bool:
    """Whether a part does: of no policy, it is forecasts."""
    return policy is None or any(one.reads_forecasts for one in POLICIES if one.name == policy)


def _save(path: Path, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _put(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside the place and move it there: a kill leaves no torn part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    write(unfinished)
    unfinished.replace(path)
