"""From the text of a complex to the firms and terms that are planned."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract, Equipment, Firm
from feature_store.errors import SandanError
from feature_store.time_grid import TimeGrid
from models.assets.battery import Battery
from models.optimizer.complex.terms import ComplexTermsError, Member, SharedTerms, shared_grid
from models.optimizer.problem_file.complex_document import ComplexDocument, SharedTermsPart
from models.optimizer.problem_file.document import ProblemDocument, ScenarioLoad
from models.optimizer.problem_file.errors import ProblemError
from models.optimizer.problem_file.limits import MOST_COMPLEX_BYTES
from models.optimizer.problem_file.reading import parsed, problem_of_document
from models.optimizer.problem_file.states import equipment_now
from models.optimizer.schedule_site import pricing_of
from models.site import EquipmentError, site_of

COMPLEX_FORMAT = "sandan-complex/"
"""How the format of every version begins."""


@dataclass(frozen=True, kw_only=True)
class ToldComplex:
    """A complex that was read, and how long it may be worked on."""

    members: tuple[Member, ...]
    terms: SharedTerms
    split: bool
    gap_share: float
    time_limit_s: float


def tells_a_complex(text: bytes) -> bool:
    """Whether ``text`` is JSON that says it is of this form, in whatever version."""
    try:
        told = json.loads(text)
    except ValueError:
        return False
    return isinstance(told, dict) and str(told.get("format")).startswith(COMPLEX_FORMAT)


def read_complex(text: bytes) -> ToldComplex:
    """Read a complex as JSON.

    Whatever is wrong with it is told before anything is solved, with the firm where it is one's: a
    :class:`ProblemError`, an error of the equipment or the tariff, or a
    :class:`ComplexTermsError`.
    """
    told = parsed(text, ComplexDocument, most_bytes=MOST_COMPLEX_BYTES)
    members = tuple(_member(number, one) for number, one in enumerate(told.members))
    grid = shared_grid(members)
    terms = _terms(told.shared, grid, members[0])
    terms.checked(grid)
    return ToldComplex(
        members=members,
        terms=terms,
        split=told.split,
        gap_share=told.gap_share,
        time_limit_s=told.time_limit_s,
    )


def _member(number: int, told: ProblemDocument) -> Member:
    where = f"members.{number}, {told.site.id}"
    alone = {
        "site.export": told.site.export is not None,
        "running": told.running is not None,
        "previous": told.previous is not None,
        "scenarios": isinstance(told.base_load, ScenarioLoad),
    }
    found = [name for name, is_told in alone.items() if is_told]
    if found:
        raise ProblemError(
            f"{where}: {', '.join(found)} cannot be planned together with other firms; leave it "
            "out, or plan the firm alone"
        )
    try:
        return Member(pricing=pricing_of(problem_of_document(told)))
    except SandanError as wrong:
        wrong.args = (f"{where}: {wrong}",)
        raise


def _terms(told: SharedTermsPart, grid: TimeGrid, first: Member) -> SharedTerms:
    limit, price = told.feeder_limit_kw, told.battery_krw_per_kwh
    return SharedTerms(
        feeder_limit_kw=None if limit is None else _each_step(limit, grid),
        peak_krw_per_kw=told.peak_krw_per_kw,
        counted=None if told.peak_steps is None else _counted(told.peak_steps, grid),
        batteries=_batteries(told, grid, first),
        battery_krw_per_kwh=None if price is None else _each_step(price, grid),
    )


def _each_step(told: float | list[float], grid: TimeGrid) -> npt.NDArray[np.float64]:
    """Return what is told; lists of a wrong length are refused with the other terms."""
    if isinstance(told, list):
        return np.array(told, dtype=float)
    return np.full(grid.steps, float(told))


def _counted(told: list[int], grid: TimeGrid) -> npt.NDArray[np.bool_]:
    steps = np.unique(told).astype(np.intp)
    if steps.size and not 0 <= steps[0] <= steps[-1] < grid.steps:
        raise ComplexTermsError(
            f"shared.peak_steps counts intervals {steps[0]} to {steps[-1]}, and the grid has 0 to "
            f"{grid.steps - 1}; number them from the grid's start"
        )
    counted = np.zeros(grid.steps, dtype=np.bool_)
    counted[steps] = True
    return counted


def _batteries(told: SharedTermsPart, grid: TimeGrid, first: Member) -> tuple[Battery, ...]:
    """Return the community's batteries as measured, by the clock of the first firm."""
    zone = first.pricing.site.zone
    try:
        equipment = equipment_now(
            [Equipment(**one.model_dump()) for one in told.batteries],
            told.states,
            now=grid.start,
            max_age_minutes=told.max_state_age_minutes,
        )
    except SandanError as wrong:
        wrong.args = (f"shared, {wrong}",)
        raise
    community = Firm(
        firm_id="shared",
        name_ko="공동 설비",
        name_en="shared equipment",
        timezone=zone.key,
        contract=Contract(power_kw=first.pricing.site.contract.power_kw),
        equipment=equipment,
    )
    batteries = []
    for asset in site_of(community).assets:
        if not isinstance(asset, Battery):
            raise EquipmentError(
                f"shared, {asset.name}: only batteries are shared; declare it with the firm whose "
                "it is"
            )
        batteries.append(asset)
    return tuple(batteries)
