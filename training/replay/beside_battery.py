"""What a replay runs beside a firm's battery: its jobs and a load that may be reduced."""

from __future__ import annotations

from dataclasses import replace

from feature_store.entities.job_relation import related_jobs
from models.assets.asset import Asset
from models.assets.curtailable_load import CurtailableLoad
from models.assets.shiftable_job import ShiftableJob
from models.site import Site
from training.replay.not_replayable import NotReplayableError


def beside_battery(site: Site) -> Site | None:
    """Return a site with what is run beside its battery alone; None where there is nothing.

    Other equipment stays as it was when the readings were made.

    Raises:
        NotReplayableError: It cannot be lived as it is declared.
    """
    jobs = [asset for asset in site.assets if isinstance(asset, ShiftableJob)]
    loads = [asset for asset in site.assets if isinstance(asset, CurtailableLoad)]
    if len(loads) > 1:
        raise NotReplayableError(
            f"{site.firm_id}: declares {len(loads)} curtailable loads; declare one, with the power "
            "and the energy of all"
        )
    for job in jobs:
        if job.parameters.worth_krw is not None:
            raise NotReplayableError(
                f"{site.firm_id}, {job.name}: worth_krw lets runs be left out, but the readings "
                "hold them all; leave worth_krw out to have every run done"
            )
    for load in loads:
        _check_load(site, load)
    _check_relations(site, {job.name for job in jobs})
    assets: tuple[Asset, ...] = (
        *(_without_today(job) for job in jobs),
        *(_without_what_was_given_up(load) for load in loads),
    )
    return replace(site, assets=assets) if assets else None


def _check_load(site: Site, load: CurtailableLoad) -> None:
    """A reduction is decided in the interval in which it happens, by power and energy alone."""
    limits = load.parameters
    declared = {
        "min_reduction_kw": limits.min_reduction_kw,
        "notice": limits.notice,
        "recovery_share": limits.recovery_share,
    }
    for parameter, value in declared.items():
        if value:
            raise NotReplayableError(
                f"{site.firm_id}, {load.name}: {parameter} is not lived in a replay; declare a "
                f"load without {parameter}, e.g. with less power, that keeps it anyway"
            )


def _check_relations(site: Site, jobs: set[str]) -> None:
    for relation in site.job_relations:
        others = [name for name in related_jobs(relation) if name not in jobs]
        if others:
            raise NotReplayableError(
                f"{site.firm_id}: a {relation.kind} names {others[0]}, which a replay does not "
                "move; leave the relation out, or declare it as a shiftable_job"
            )


def _without_today(job: ShiftableJob) -> ShiftableJob:
    """A job of any day: what is done of the running one is of no past day."""
    anew = {"runs_done": None, "steps_done": 0}
    return replace(job, parameters=job.parameters.model_copy(update=anew))


def _without_what_was_given_up(load: CurtailableLoad) -> CurtailableLoad:
    anew = {"given_up_today_kwh": 0.0, "reduced_before_kw": (), "announced_kw": ()}
    return replace(load, parameters=load.parameters.model_copy(update=anew))
