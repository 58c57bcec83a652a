"""The figures of a replay: what every policy cost, saved and captured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.replay.plan import NOTHING
from training.replay.run import Replay, ReplayedSite

WORST_SHARE = 0.1
"""The worst tenth of cells is told beside the mean: a mean hides the months that went wrong."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One month of one site, or all its months where they remember each other."""

    site: str
    month: str
    capture: dict[str, float]
    """By policy; NaN where there was nothing to save."""
    peak_kw: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class PolicyFigures:
    """What a policy came to over all cells."""

    policy: str
    bill_krw: float
    saved_krw: float
    """Against doing nothing."""
    regret_krw: float
    """Against perfect foresight."""
    cycles: float
    """Mean of the sites, over all months."""
    mean: float
    median: float
    worst_tenth: float
    worst: float


@dataclass(frozen=True, kw_only=True)
class BesideFigures:
    """What a policy did beside the batteries, over all sites and months."""

    policy: str
    moved_kwh: float
    """Of runs of jobs, drawn at other times than usual."""
    given_up_kwh: float
    given_up_krw: float
    """What that cost the firms in work or comfort."""


def cells(replay: Replay) -> tuple[Cell, ...]:
    """Return what captures are told of: months, or sites where months remember each other."""
    if not replay.plan.months_alone:
        return tuple(_cell(replay, one, None) for one in replay.sites)
    return tuple(
        _cell(replay, one, number)
        for one in replay.sites
        for number in range(len(one.lived[NOTHING].months))
    )


def policy_figures(replay: Replay) -> tuple[PolicyFigures, ...]:
    """Return the figures of every policy, in the order of the report."""
    every = cells(replay)
    best = replay.policies[-1]
    return tuple(
        PolicyFigures(
            policy=policy,
            bill_krw=(bill := _bill_krw(replay, policy)),
            saved_krw=_bill_krw(replay, NOTHING) - bill,
            regret_krw=bill - _bill_krw(replay, best),
            cycles=_cycles(replay, policy),
            **_spread(np.array([cell.capture[policy] for cell in every])),
        )
        for policy in replay.policies
    )


def beside_figures(replay: Replay) -> tuple[BesideFigures, ...]:
    """Return what every policy did with jobs and reducible loads; nothing without any."""
    if all(one.site.beside is None for one in replay.sites):
        return ()
    figures = []
    for policy in replay.policies:
        months = [month for one in replay.sites for month in one.lived[policy].months]
        figures.append(
            BesideFigures(
                policy=policy,
                moved_kwh=sum(month.moved_kwh for month in months),
                given_up_kwh=sum(month.given_up_kwh for month in months),
                given_up_krw=sum(month.given_up_krw for month in months),
            )
        )
    return tuple(figures)


def runs_lived(replay: Replay) -> int:
    """Return how many runs of jobs each policy lived: all that are declared."""
    return sum(month.runs for one in replay.sites for month in one.lived[NOTHING].months)


def _spread(capture: np.ndarray) -> dict[str, float]:
    known = capture[np.isfinite(capture)]
    if not known.size:
        return dict.fromkeys(("mean", "median", "worst_tenth", "worst"), float("nan"))
    return {
        "mean": float(known.mean()),
        "median": float(np.median(known)),
        "worst_tenth": float(np.quantile(known, WORST_SHARE)),
        "worst": float(known.min()),
    }


def _cell(replay: Replay, one: ReplayedSite, number: int | None) -> Cell:
    months = one.lived[NOTHING].months
    name = months[number].month if number is not None else f"{months[0].month}..{months[-1].month}"
    chosen = slice(None) if number is None else slice(number, number + 1)
    return Cell(
        site=one.site.name,
        month=name,
        capture={policy: one.capture(policy, number) for policy in replay.policies},
        peak_kw={
            policy: max(month.peak_kw for month in one.lived[policy].months[chosen])
            for policy in replay.policies
        },
    )


def _bill_krw(replay: Replay, policy: str) -> float:
    return sum(one.lived[policy].bill_krw for one in replay.sites)


def _cycles(replay: Replay, policy: str) -> float:
    return float(
        np.mean([sum(month.cycles for month in one.lived[policy].months) for one in replay.sites])
    )
