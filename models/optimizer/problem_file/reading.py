"""From the text of a problem to the value that is scheduled; everything wrong is told here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar, get_args

from pydantic import ValidationError

from feature_store.entities.firm import LARGEST_CONTRACT_KW, Contract, Equipment, Firm
from feature_store.time_grid import TimeGrid, floor_to_step
from models.optimizer.base_load import BaseLoad
from models.optimizer.grid_terms import GridTerms
from models.optimizer.plan import tariff_problem
from models.optimizer.problem_file.document import (
    KepcoTariff,
    Part,
    ProblemDocument,
    ScenarioLoad,
    StatedTariff,
)
from models.optimizer.problem_file.errors import (
    OffGridError,
    ProblemError,
    ProblemTooLargeError,
    UnreadableProblemError,
)
from models.optimizer.problem_file.limits import (
    FIRST_YEAR,
    LAST_YEAR,
    MOST_BYTES,
    MOST_EQUIPMENT,
    MOST_PATHS,
    MOST_PEAKS,
    MOST_STEPS,
)
from models.optimizer.problem_file.load import LoadReader
from models.optimizer.problem_file.past_peaks import history_of_peaks
from models.optimizer.problem_file.previous import previous_plan
from models.optimizer.problem_file.stated import (
    events_of,
    export_of,
    running_of,
    stated_floors_kw,
    stated_prices,
)
from models.optimizer.problem_file.states import equipment_now
from models.optimizer.site_problem import SiteProblem
from models.site import Site, site_of
from models.tariffs.grid_prices import grid_prices
from models.tariffs.priced_grid import PricedGrid

Document = TypeVar("Document", bound=Part)

SHOWN_FAULTS = 5
"""A sentence of more is not read."""


@dataclass(frozen=True, kw_only=True)
class ToldProblem:
    """A problem that was read, and how long it may be worked on."""

    problem: SiteProblem
    time_limit_s: float


def read_problem(text: bytes) -> ToldProblem:
    """Read a problem as JSON.

    Whatever is wrong with it is a :class:`ProblemError`, or an error of the equipment or of the
    tariff, raised before anything is solved.
    """
    told = parsed(text, ProblemDocument, most_bytes=MOST_BYTES)
    return ToldProblem(problem=problem_of_document(told), time_limit_s=told.time_limit_s)


def problem_of_document(told: ProblemDocument) -> SiteProblem:
    """Return the value that a problem describes."""
    _refuse_too_large(told)
    grid = TimeGrid(_start(told.grid.start), steps=told.grid.steps)
    equipment = equipment_now(
        [Equipment(**one.model_dump()) for one in told.equipment],
        told.states,
        now=grid.start,
        max_age_minutes=told.max_state_age_minutes,
    )
    site = site_of(_firm(told, equipment))
    grid = TimeGrid(grid.start.astimezone(site.zone), steps=grid.steps)
    previous = None if told.previous is None else previous_plan(told.previous, site, grid)
    match told.tariff:
        case KepcoTariff():
            listed = grid_prices(site.contract, grid, site.zone)
            base = _base(told, site, listed)
            known = history_of_peaks(site, listed, told.past_peaks_kw)
            problem = tariff_problem(site, listed, base, known, issue_time=grid.start)
            return replace(problem, terms=_terms(told, listed), previous=previous)
        case StatedTariff() as tariff:
            stated = stated_prices(tariff, grid)
            return SiteProblem(
                site=site,
                issue_time=grid.start,
                prices=stated,
                base=_base(told, site, stated),
                demand_floor_kw=stated_floors_kw(tariff, stated),
                terms=_terms(told, stated),
                previous=previous,
            )


def parsed(text: bytes, form: type[Document], *, most_bytes: int) -> Document:
    """Return what ``text`` says, if it follows ``form``."""
    if len(text) > most_bytes:
        raise ProblemTooLargeError(
            f"the problem has {len(text):,} bytes and up to {most_bytes:,} are taken; shorten its "
            "grid, or leave out paths or the previous plan"
        )
    try:
        return form.model_validate_json(text)
    except ValidationError as invalid:
        faults = invalid.errors(include_url=False)
        told = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the problem'}: {fault['msg']}"
            for fault in faults[:SHOWN_FAULTS]
        )
        more = f" and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
        raise UnreadableProblemError(
            f"{told}{more}; write a {_format(form)} as docs/schedules.md says, or see "
            "'sandan schedule --schema'"
        ) from invalid


def _format(form: type[Part]) -> str:
    (name,) = get_args(form.model_fields["format"].annotation)
    return str(name)


def _refuse_too_large(told: ProblemDocument) -> None:
    paths = len(told.base_load.paths) if isinstance(told.base_load, ScenarioLoad) else 1
    peaks = len(told.tariff.peaks) if isinstance(told.tariff, StatedTariff) else 0
    sizes = {
        "grid.steps": (told.grid.steps, MOST_STEPS, "plan a shorter time"),
        "equipment": (len(told.equipment), MOST_EQUIPMENT, "plan parts of the site"),
        "base_load.paths": (paths, MOST_PATHS, "join alike paths"),
        "tariff.peaks": (peaks, MOST_PEAKS, "leave out peaks that cost nothing"),
    }
    for where, (size, most, step) in sizes.items():
        if size > most:
            raise ProblemTooLargeError(f"{where}: {size:,}, and up to {most:,} are taken; {step}")


def _start(text: str) -> datetime:
    example = "2026-07-15T00:00:00+09:00"
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise OffGridError(f"grid.start: {text!r} is no time; write it like {example}") from None
    if start.tzinfo is None:
        raise OffGridError(
            f"grid.start: {text!r} has no offset from UTC; write it like {text}+09:00"
        )
    if not FIRST_YEAR < start.year < LAST_YEAR:
        raise OffGridError(
            f"grid.start: {text} lies outside of the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}; "
            "mend it"
        )
    if floor_to_step(start) != start:
        raise OffGridError(
            f"grid.start: {text} is not on a quarter hour; write "
            f"{floor_to_step(start).isoformat()}, and tell what has been drawn since in running"
        )
    return start


def _firm(told: ProblemDocument, equipment: tuple[Equipment, ...]) -> Firm:
    """Return the site as a firm with one contract: equipment keeps a firm's clock and calendar."""
    site = told.site
    try:
        return Firm(
            firm_id=site.id,
            name_ko=site.id,
            name_en=site.id,
            timezone=site.timezone,
            latitude_deg=site.latitude_deg,
            longitude_deg=site.longitude_deg,
            holiday_country=site.holiday_country,
            closure_days=tuple(site.closure_days),
            contract=_contract(told),
            equipment=equipment,
            job_relations=tuple(told.job_relations),
        )
    except ValidationError as invalid:
        fault = invalid.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise UnreadableProblemError(
            f"site.{where}: {fault['msg'].removeprefix('Value error, ')}; mend it"
        ) from invalid


def _contract(told: ProblemDocument) -> Contract:
    power_kw = told.site.contract_power_kw
    if power_kw is None and isinstance(told.tariff, KepcoTariff):
        raise ProblemError(
            "site.contract_power_kw: a tariff of KEPCO's needs the contract power; write it in kW"
        )
    if power_kw is None and told.site.contract_limit == "hard":
        raise ProblemError(
            "site.contract_power_kw: there is none to be kept; write it in kW, or leave out "
            "contract_limit"
        )
    if not isinstance(told.tariff, KepcoTariff):
        return Contract(power_kw=LARGEST_CONTRACT_KW if power_kw is None else power_kw)
    terms = told.tariff.model_dump(exclude={"kind"})
    return Contract(power_kw=power_kw, **terms)


def _base(told: ProblemDocument, site: Site, prices: PricedGrid) -> BaseLoad:
    may_feed_back = told.site.export is not None
    return LoadReader(site=site, prices=prices, may_feed_back=may_feed_back).base(told.base_load)


def _terms(told: ProblemDocument, prices: PricedGrid) -> GridTerms:
    with_scenarios = isinstance(told.base_load, ScenarioLoad)
    export = told.site.export
    return GridTerms(
        export=None if export is None else export_of(export, prices, with_scenarios=with_scenarios),
        contract_is_hard=told.site.contract_limit == "hard",
        running=running_of(told.running, may_feed_back=export is not None),
        events=events_of(told.events, prices.grid),
    )
