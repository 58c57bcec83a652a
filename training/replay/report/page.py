"""The page of a replay: what it says is put together here, how it looks stands in the templates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from feature_store.time_grid import HOURS_PER_STEP
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from training.replay.adopt import Adopted
from training.replay.figures import (
    Cell,
    PolicyFigures,
    beside_figures,
    cells,
    policy_figures,
    runs_lived,
)
from training.replay.plan import NOTHING, STOCHASTIC
from training.replay.report import drawings
from training.replay.report.heat import colour_of
from training.replay.report.ingredient_words import ingredient_rows
from training.replay.report.peak_event import PeakEvent, peak_event
from training.replay.report.policy_words import KNOWING, MEANINGS, colours_of
from training.replay.report.texts import LANGUAGES, Language, Texts, texts_in
from training.replay.report.why import why_of
from training.replay.run import Replay, ReplayedSite

WORST_CELLS = 3
MOST_SHOWN_SITES = 24
"""Sites with a picture of their peaks: more are a page that nobody reads to its end. The table and
``replay.json`` have all."""


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What the page says first."""

    policy: str
    figures: PolicyFigures
    saved_share: float
    """Of the bill of doing nothing."""
    next_best: PolicyFigures | None
    """The best other policy that does not know the future."""
    worst: Cell | None
    bound: PolicyFigures


@dataclass(frozen=True, kw_only=True)
class Heat:
    """A share in the table of captures, and how it is coloured."""

    text: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """A policy in the table of policies."""

    figures: PolicyFigures
    meaning: str
    knowing: bool
    peak_kw: float
    """Mean over all cells."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture with what stands above and below it."""

    title: str
    text: str
    address: str


def report_page(
    replay: Replay,
    language: Language = "en",
    adopted: Mapping[str, Adopted] = MappingProxyType({}),
) -> str:
    """Return the whole page as HTML, pictures and style in it.

    Args:
        replay: What was lived.
        language: Of its words.
        adopted: By site, where the verdicts were written into declarations.
    """
    texts, every = texts_in(language), cells(replay)
    headline = _headline(replay, every)
    colours = colours_of(replay.policies)
    alone, compared = replay.plan.months_alone, _compared(replay)
    columns = list(dict.fromkeys(cell.month for cell in every)) if alone else compared
    shown = shown_sites(replay, headline.policy)
    return _template().render(
        _=texts.gettext,
        t=texts,
        languages=[(other, texts_in(other).name) for other in LANGUAGES],
        plan=replay.plan,
        issue_hours=f"{replay.plan.issue_every_steps * HOURS_PER_STEP:g}",
        sites=len(replay.sites),
        cells=len(every),
        head=headline,
        rows=list(_rows(replay, every)),
        colours=colours,
        ingredients=ingredient_rows(texts, replay, adopted),
        beside=beside_figures(replay),
        runs=runs_lived(replay),
        runs_not_found={
            one.site.name: kwh for one in replay.sites if (kwh := one.site.runs_not_found_kwh) > 0
        },
        captures=drawings.captures(every, compared, colours) if compared else "",
        columns=columns,
        heat=_heat(texts, replay, every, headline.policy, columns),
        peaks=[_peaks(texts, replay, one, headline.policy, colours) for one in shown],
        worst=[_worst(texts, event, cell) for event, cell in _events(replay, every, headline)],
        key=drawings,
        filled={one.site.name: one.site.filled for one in replay.sites if one.site.filled},
    )


def shown_sites(replay: Replay, policy: str) -> list[ReplayedSite]:
    """Return the sites that get a picture: all, or some from the best to the worst capture."""
    sites = list(replay.sites)
    if len(sites) <= MOST_SHOWN_SITES:
        return sites
    capture = np.nan_to_num([one.capture(policy) for one in sites], nan=-np.inf)
    order = np.argsort(-capture, kind="stable")
    ranks = np.linspace(0, len(sites) - 1, MOST_SHOWN_SITES).astype(int)
    return [sites[at] for at in sorted(order[ranks])]


def _compared(replay: Replay) -> list[str]:
    """Every policy but the two that captures are measured between."""
    return [name for name in replay.policies if name not in {NOTHING, PERFECT_FORESIGHT}]


def _headline(replay: Replay, every: Sequence[Cell]) -> Headline:
    figures = {one.policy: one for one in policy_figures(replay)}
    candidates = [figures[name] for name in _compared(replay) if name not in KNOWING]
    candidates.sort(key=lambda one: -math.inf if math.isnan(one.mean) else one.mean, reverse=True)
    bound = figures[PERFECT_FORESIGHT]
    own = figures.get(STOCHASTIC) or (candidates[0] if candidates else bound)
    others = [one for one in candidates if one is not own]
    known = [cell for cell in every if math.isfinite(cell.capture[own.policy])]
    bill_krw = figures[NOTHING].bill_krw
    return Headline(
        policy=own.policy,
        figures=own,
        saved_share=own.saved_krw / bill_krw if bill_krw > 0 else math.nan,
        next_best=others[0] if others else None,
        worst=min(known, key=lambda cell: cell.capture[own.policy], default=None),
        bound=bound,
    )


def _rows(replay: Replay, every: Sequence[Cell]) -> Iterator[Row]:
    for one in policy_figures(replay):
        yield Row(
            figures=one,
            meaning=MEANINGS[one.policy],
            knowing=one.policy in KNOWING,
            peak_kw=float(np.mean([cell.peak_kw[one.policy] for cell in every])),
        )


def _heat(
    texts: Texts, replay: Replay, every: Sequence[Cell], policy: str, columns: Sequence[str]
) -> dict[str, list[Heat]]:
    """Captures of the policy by month; or, where months are billed together, of all policies."""
    if replay.plan.months_alone:
        share = {(cell.site, cell.month): cell.capture[policy] for cell in every}
    else:
        share = {(cell.site, name): cell.capture[name] for cell in every for name in columns}
    return {
        one.site.name: [
            Heat(
                text=texts.share(value := share.get((one.site.name, column), math.nan), 0),
                colour=colour_of(value),
            )
            for column in columns
        ]
        for one in replay.sites
    }


def _peaks(
    texts: Texts, replay: Replay, one: ReplayedSite, policy: str, colours: dict[str, str]
) -> Picture:
    peaks_kw = {
        name: [month.peak_kw for month in one.lived[name].months] for name in replay.policies
    }
    months = [month.month for month in one.lived[NOTHING].months]
    return Picture(
        title=one.site.name,
        text=texts.gettext("{share} captured", share=texts.share(one.capture(policy))),
        address=drawings.monthly_peaks(peaks_kw, months, colours),
    )


def _events(
    replay: Replay, every: Sequence[Cell], headline: Headline
) -> Iterator[tuple[PeakEvent, Cell]]:
    """The cells with the least capture, each around the interval that set its peak."""
    policy = headline.policy
    if policy == PERFECT_FORESIGHT:
        return
    by_name = {one.site.name: one for one in replay.sites}
    known = [cell for cell in every if math.isfinite(cell.capture[policy])]
    for cell in sorted(known, key=lambda cell: cell.capture[policy])[:WORST_CELLS]:
        one = by_name[cell.site]
        months = [month.month for month in one.lived[policy].months]
        number = months.index(cell.month) if replay.plan.months_alone else None
        yield peak_event(one, policy, number, replay.plan), cell


def _worst(texts: Texts, event: PeakEvent, cell: Cell) -> Picture:
    months = [event.month] if cell.month == event.month else [cell.month, event.month]
    return Picture(
        title=f"{event.site}, {', '.join(months)}",
        text=why_of(texts, event),
        address=drawings.around_peak(event),
    )


@cache
def _template() -> Template:
    shared = files("training.evaluation.report") / "templates"
    environment = Environment(
        loader=FileSystemLoader([Path(__file__).parent / "templates", Path(str(shared))]),
        autoescape=True,
        undefined=StrictUndefined,  # a name that the template mistypes is an error, not a gap
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("replay.html")
