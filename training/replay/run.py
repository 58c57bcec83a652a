"""A whole replay: forecasts first, then every site with every policy, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from models.dispatch.known_load import Forecasts
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from training.evaluation.side_by_side import side_by_side
from training.replay.forecasts import ForecastTask, fit_days, fitted_before, forecasts_of
from training.replay.kept_parts import KeptParts
from training.replay.lived_site import LivedSite, SiteTask, live_site
from training.replay.months import Calendar
from training.replay.plan import NOTHING, ReplayPlan, policies_named
from training.replay.site import ReplaySite

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done and how much there is."""


@dataclass(frozen=True, kw_only=True)
class ReplayedSite:
    """A site with every policy."""

    site: ReplaySite
    lived: dict[str, LivedSite]
    """By policy, doing nothing first, perfect foresight last."""

    def capture(self, policy: str, month: int | None = None) -> float:
        """Return the share of the foresight's saving that a policy got.

        Of one month, counted from 0, or of all together. NaN where there was nothing to save.
        """
        nothing, own, best = (
            _bill_krw(self.lived[name], month) for name in (NOTHING, policy, PERFECT_FORESIGHT)
        )
        return (nothing - own) / (nothing - best) if nothing > best else float("nan")


@dataclass(frozen=True, kw_only=True)
class Replay:
    """All sites."""

    plan: ReplayPlan
    sites: tuple[ReplayedSite, ...]

    @property
    def policies(self) -> tuple[str, ...]:
        """In the order of the report."""
        return tuple(self.sites[0].lived)


def replay(
    sites: Sequence[ReplaySite],
    plan: ReplayPlan,
    folder: Path,
    *,
    on_progress: Progress = lambda _stage, _done, _total: None,
) -> Replay:
    """Live every site's months with every policy; parts that are kept in ``folder`` are not redone.

    A model is fitted, and forecasts are made, where one of the policies reads them.

    Raises:
        NotReplayableError: A site has no whole month between the dates.
    """
    for site in sites:
        Calendar.of(site, plan.first, plan.end)
    kept = KeptParts(folder=folder, plan=plan, sites=tuple(sites))
    policies = policies_named(plan.policies)
    reads_forecasts = any(policy.reads_forecasts for policy in policies)
    forecasts = _forecasts(sites, plan, kept, on_progress) if reads_forecasts else {}
    names = (*(policy.name for policy in policies), PERFECT_FORESIGHT)
    lived = {(site.name, name): kept.lived(site, name) for site in sites for name in names}
    by_name = {site.name: site for site in sites}
    tasks = [
        SiteTask(
            site=by_name[site],
            plan=plan,
            policy=name,
            forecasts=forecasts.get(by_name[site].firm.firm_id),
        )
        for (site, name), done in lived.items()
        if done is None
    ]
    already = len(lived) - len(tasks)
    on_progress("live", already, len(lived))
    with closing(side_by_side(live_site, tasks, jobs=plan.jobs)) as outcomes:
        for number, done in enumerate(outcomes, start=already + 1):
            kept.keep_lived(by_name[done.site], done)
            lived[done.site, done.policy] = done
            on_progress("live", number, len(lived))
    return Replay(
        plan=plan,
        sites=tuple(
            ReplayedSite(site=site, lived={name: _done(lived[site.name, name]) for name in names})
            for site in sites
        ),
    )


def _forecasts(
    sites: Sequence[ReplaySite], plan: ReplayPlan, kept: KeptParts, on_progress: Progress
) -> dict[str, Forecasts]:
    firms = {site.firm.firm_id: site for site in sites}
    found = {
        firm_id: done
        for firm_id, site in firms.items()
        if (done := kept.forecasts(site)) is not None
    }
    missing = [site for firm_id, site in firms.items() if firm_id not in found]
    on_progress("forecast", len(found), len(firms))
    if not missing:
        return found
    fits = len(fit_days(plan))
    number = count(1)
    fitted = fitted_before(
        list(firms.values()), plan, on_fit=lambda: on_progress("fit", next(number), fits)
    )
    tasks = [ForecastTask(site=site, fitted=fitted, plan=plan) for site in missing]
    with closing(side_by_side(forecasts_of, tasks, jobs=plan.jobs)) as outcomes:
        for firm_id, made in outcomes:
            kept.keep_forecasts(firms[firm_id], made)
            found[firm_id] = made
            on_progress("forecast", len(found), len(firms))
    return found


def _bill_krw(lived: LivedSite, month: int | None) -> float:
    return lived.bill_krw if month is None else lived.months[month].bill_krw


def _done(lived: LivedSite | None) -> LivedSite:
    if lived is None:
        raise RuntimeError("a site was not lived")
    return lived
