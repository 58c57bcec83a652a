"""Why the worst cells of the capture bench failed, and whether the best were told what came.

A capture above .95 is either a month that was easy or a policy that was told what came. So the
readings and the forecasts after the middle of such a month are made others, the month is lived
again, and nothing before that may move by a bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.figures import RESULTS
from training.replay.figures import Cell, cells
from training.replay.kept_parts import KeptParts
from training.replay.lived_site import SiteTask, live_site
from training.replay.months import Calendar
from training.replay.plan import NOTHING
from training.replay.report.peak_event import peak_event
from training.replay.report.texts import texts_in
from training.replay.report.why import why_of
from training.replay.run import Replay, ReplayedSite
from training.replay.site import ReplaySite

PAGE = RESULTS / "capture_worst.md"
WORST = 10
SUSPICIOUS = 0.95
CHANGED_BY = 3.0
"""What later loads and forecasts are multiplied by."""


def write_worst(replays: Sequence[Replay], policy: str) -> None:
    """Write why the worst cells of a policy failed."""
    every = sorted(_every(replays), key=lambda found: found.cell.capture[policy])
    lines = [
        "# Why the worst cells failed",
        "",
        f"The {WORST} cells of [capture](capture.md) with the least capture of `{policy}`, and",
        "what the page of `sandan replay` tells of the interval that set the month's peak.",
        "",
        "| cell | month | capture | why |",
        "|---|---|--:|---|",
    ]
    texts = texts_in("en")
    for found in every[:WORST]:
        cell, plan = found.cell, found.replay.plan
        event = peak_event(found.one, policy, found.number, plan)
        lines.append(
            f"| {cell.site} | {cell.month} | {cell.capture[policy]:.3f} "
            f"| {event.at:%a %d}: {why_of(texts, event)} |"
        )
    PAGE.write_text("\n".join([*lines, ""]), encoding="utf-8")


def moved_kw(replays: Sequence[Replay], policy: str, folder: Path) -> list[float]:
    """Live each suspicious cell again with another second half.

    Args:
        replays: Months alone.
        policy: Whose cells.
        folder: Where the forecasts they were lived with are kept.

    Returns:
        Of each, the largest change of a power of the first half.
    """
    return [
        _moved_kw(found, policy, folder)
        for found in _every(replays)
        if found.cell.capture[policy] > SUSPICIOUS
    ]


@dataclass(frozen=True, kw_only=True)
class _Found:
    replay: Replay
    one: ReplayedSite
    number: int
    """Of the month."""
    cell: Cell


def _every(replays: Sequence[Replay]) -> list[_Found]:
    found = []
    for replay in replays:
        by_name = {one.site.name: one for one in replay.sites}
        for cell in cells(replay):
            one = by_name[cell.site]
            months = [month.month for month in one.lived[NOTHING].months]
            number = months.index(cell.month)
            found.append(_Found(replay=replay, one=one, number=number, cell=cell))
    return found


def _moved_kw(found: _Found, policy: str, folder: Path) -> float:
    site, plan = found.one.site, found.replay.plan
    sites = tuple(one.site for one in found.replay.sites)
    forecasts = KeptParts(folder=folder, plan=plan, sites=sites).forecasts(site)
    if forecasts is None:
        raise FileNotFoundError(f"{folder}: keeps no forecasts of {site.firm.firm_id}")
    months = Calendar.of(site, plan.first, plan.end).months
    billed = months[found.number]
    before = sum(len(month.steps) for month in months[: found.number])
    half = len(billed.steps) // 2
    cut = int(billed.steps[half])
    day = site.firm.contract.meter_reading_day
    task = SiteTask(
        site=_with_another_end(site, cut),
        plan=replace(
            plan, first=billed.month.first_day(day), end=billed.month.earlier(-1).first_day(day)
        ),
        policy=policy,
        forecasts=replace(
            forecasts,
            quantiles_kw=np.where(
                (forecasts.issue > cut)[:, None, None],
                CHANGED_BY * forecasts.quantiles_kw,
                forecasts.quantiles_kw,
            ),
        ),
    )
    change_kw = np.abs(
        live_site(task).power_kw - found.one.lived[policy].power_kw[before:][: len(billed.steps)]
    )
    if not change_kw[half:].any():
        raise RuntimeError(f"{site.name} {found.cell.month}: another second half changed nothing")
    return float(change_kw[:half].max())


def _with_another_end(site: ReplaySite, cut: int) -> ReplaySite:
    history = site.history
    later = np.arange(history.grid.steps) >= cut
    demand_kw = np.where(later, CHANGED_BY * history.demand_kw, history.demand_kw)
    return replace(site, history=replace(history, demand_kw=demand_kw))
