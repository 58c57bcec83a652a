"""A firm's site as the optimiser sees it: a contract and the equipment behind one meter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from feature_store.entities.firm import Contract, Equipment, Firm
from feature_store.entities.job_relation import JobRelation
from feature_store.errors import SandanError
from models.assets.asset import Asset, Parameters
from models.assets.battery import BatteryParameters
from models.assets.charger import ChargerParameters
from models.assets.curtailable_load import CurtailableLoadParameters
from models.assets.generator import GeneratorParameters
from models.assets.interruptible_job import InterruptibleJobParameters
from models.assets.job_limit import check_relations
from models.assets.shiftable_job import ShiftableJobParameters
from models.assets.solar import SolarParameters
from models.assets.thermal_store import ThermalStoreParameters

KINDS: Mapping[str, type[Parameters]] = MappingProxyType(
    {
        "battery": BatteryParameters,
        "shiftable_job": ShiftableJobParameters,
        "interruptible_job": InterruptibleJobParameters,
        "curtailable_load": CurtailableLoadParameters,
        "thermal_store": ThermalStoreParameters,
        "charger": ChargerParameters,
        "generator": GeneratorParameters,
        "solar": SolarParameters,
    }
)
"""Every kind of equipment that a firm can declare."""


class EquipmentError(SandanError):
    """A firm declares equipment that cannot be scheduled as it is written."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Everything fixed about a site; forecasts and readings are passed beside it."""

    firm_id: str
    zone: ZoneInfo
    contract: Contract
    assets: tuple[Asset, ...]
    job_relations: tuple[JobRelation, ...] = ()


def site_of(firm: Firm) -> Site:
    """Return the site that ``firm`` declares.

    An unknown kind, a wrong, missing or unknown parameter and a name used twice are an
    :class:`EquipmentError` that names the firm, the equipment and the parameter; a
    relation between jobs that cannot hold is a :class:`models.assets.job_limit.JobRelationError`.
    """
    names = Counter(equipment.name for equipment in firm.equipment)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise EquipmentError(
            f"{firm.firm_id}: two pieces of equipment are called {twice[0]!r}; "
            "give each a name of its own"
        )
    assets = tuple(_asset(firm, equipment) for equipment in firm.equipment)
    check_relations(firm.firm_id, firm.job_relations, assets)
    return Site(
        firm_id=firm.firm_id,
        zone=firm.zone,
        contract=firm.contract,
        assets=assets,
        job_relations=firm.job_relations,
    )


def _asset(firm: Firm, equipment: Equipment) -> Asset:
    where = f"{firm.firm_id}, {equipment.name}"
    if equipment.kind not in KINDS:
        raise EquipmentError(
            f"{where}: kind {equipment.kind!r} is not known; write one of {', '.join(KINDS)}"
        )
    kind = KINDS[equipment.kind]
    try:
        parameters = kind.model_validate(dict(equipment.parameters))
    except ValidationError as invalid:
        first = invalid.errors()[0]
        parameter = ".".join(map(str, first["loc"])) or "parameters"
        problem = first["msg"].removeprefix("Value error, ")
        raise EquipmentError(
            f"{where}: {parameter}: {problem}; a {equipment.kind} declares "
            f"{', '.join(kind.model_fields)}"
        ) from invalid
    return parameters.asset(equipment.name, firm)
