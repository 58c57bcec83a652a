"""A firm's site as the optimiser sees it: a contract and the equipment behind one meter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from feature_store.entities.firm import Contract, Equipment, Firm
from feature_store.errors import SandanError
from models.assets.asset import Asset, Parameters
from models.assets.battery import BatteryParameters
from models.assets.curtailable_load import CurtailableLoadParameters
from models.assets.shiftable_job import ShiftableJobParameters
from models.assets.solar import SolarParameters

KINDS: Mapping[str, type[Parameters]] = MappingProxyType(
    {
        "battery": BatteryParameters,
        "shiftable_job": ShiftableJobParameters,
        "curtailable_load": CurtailableLoadParameters,
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


def site_of(firm: Firm) -> Site:
    """Return the site that ``firm`` declares.

    An unknown kind, a wrong, missing or unknown parameter and a name used twice are an
    :class:`EquipmentError` that names the firm, the equipment and the parameter.
    """
    names = Counter(equipment.name for equipment in firm.equipment)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise EquipmentError(
            f"{firm.firm_id}: two pieces of equipment are called {twice[0]!r}; "
            "give each a name of its own"
        )
    return Site(
        firm_id=firm.firm_id,
        zone=firm.zone,
        contract=firm.contract,
        assets=tuple(_asset(firm, equipment) for equipment in firm.equipment),
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
