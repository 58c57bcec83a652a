"""The page itself: what it says is put together here, how it looks stands in the templates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from training.evaluation.firm_figures import FirmFigures
from training.evaluation.overall_figures import OverallFigures
from training.evaluation.report import drawings
from training.evaluation.report.figure_names import FIGURES, ShownFigure
from training.evaluation.run import Evaluation
from training.evaluation.shown_days import ShownDay
from training.scores.bootstrap import Interval, interval

WORST_DAYS = 5
MOST_SHOWN_FIRMS = 40
"""Firms with pictures of their own: more make a page of tens of megabytes that nobody reads. The
table and ``metrics.json`` have all."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A figure as it is shown."""

    text: str
    ends: str = ""
    """Its 95 % interval, where it has one."""
    best: bool = False


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One forecaster's loss on one firm."""

    forecaster: str
    colour: str
    text: str
    ends: str
    percent: float
    """Length, of the longest on the page."""


@dataclass(frozen=True, kw_only=True)
class FirmRow:
    """One firm in the table of firms."""

    firm_id: str
    period: str
    issue_times: str
    mean_kw: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Fan:
    """A day's picture with its words."""

    firm_id: str
    title: str
    loss: str
    picture: str


def report_page(evaluation: Evaluation, overall: Mapping[str, OverallFigures]) -> str:
    """Return the whole page as HTML, pictures and style in it."""
    firms, names = evaluation.firms, list(overall)
    shown = shown_firms(firms)
    figures = [one for one in FIGURES if any(one.field in of.mean for of in overall.values())]
    worst = sorted(
        (day for firm in firms for day in firm.shown.worst), key=lambda day: day.loss, reverse=True
    )
    return _template().render(
        plan=evaluation.plan,
        number=f"{len(firms)} firm{'s' if len(firms) > 1 else ''}",
        under_test=names[0],
        colours=drawings.colours_of(names),
        figures=figures,
        rows={name: list(_cells(overall, name, figures)) for name in names},
        ratios=[_ratio(other, one) for other, one in overall[names[0]].loss_ratio_to.items()],
        firms=list(_firm_rows(firms)),
        calibration=drawings.calibration(overall),
        reliability=drawings.reliability(overall),
        loss_by_lead=drawings.by_lead(overall, "wql", "quantile loss (WQL)"),
        coverage_by_lead=drawings.by_lead(overall, "cov80", "coverage (cov80)"),
        coverage_by_firm=drawings.by_firm(shown, "cov80", right=0.8),
        churn_by_firm=drawings.by_firm(shown, "churn"),
        peaks_by_firm=drawings.by_firm(shown, "peak_crps"),
        worst=[_fan(day) for day in worst[:WORST_DAYS]],
        typical=[_fan(day) for firm in shown for day in firm.shown.typical],
        shown=len(shown),
        left_out=evaluation.left_out,
    )


def shown_firms(firms: Sequence[FirmFigures]) -> list[FirmFigures]:
    """Return the firms that get pictures: all, or some from the best to the worst, as they came."""
    if len(firms) <= MOST_SHOWN_FIRMS:
        return list(firms)
    first, *_ = firms[0].of
    order = sorted(range(len(firms)), key=lambda at: firms[at].of[first].scores.wql)
    ranks = np.linspace(0, len(firms) - 1, MOST_SHOWN_FIRMS).astype(int)
    return [firms[at] for at in sorted(order[rank] for rank in ranks)]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,  # a name that the template mistypes is an error, not a gap
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _cells(
    overall: Mapping[str, OverallFigures], name: str, figures: Sequence[ShownFigure]
) -> Iterator[Cell]:
    for figure in figures:
        value = overall[name].mean.get(figure.field, math.nan)
        every = [one.mean.get(figure.field, math.nan) for one in overall.values()]
        found = overall[name].intervals.get(figure.field)
        yield Cell(
            text=_number(value, figure),
            ends="" if found is None else _ends(found),
            best=len(every) > 1 and figure.is_best(value, every),
        )


def _number(value: float, figure: ShownFigure) -> str:
    return f"{value:.{figure.digits}f}" if math.isfinite(value) else "–"


def _ends(found: Interval) -> str:
    return f"{found.low:.3f}–{found.high:.3f}" if math.isfinite(found.low) else ""


def _ratio(other: str, found: Interval) -> dict[str, str]:
    percent = 100 * (found.value - 1)
    return {
        "other": other,
        "ratio": f"{found.value:.3f}",
        "ends": _ends(found),
        "percent": f"{abs(percent):.1f} % {'higher' if percent > 0 else 'lower'}",
        "sure": "better" if found.high < 1 else "worse" if found.low > 1 else "not told apart",
    }


def _firm_rows(firms: Sequence[FirmFigures]) -> Iterator[FirmRow]:
    names = list(firms[0].of)
    colours = drawings.colours_of(names)
    longest = max(firm.of[name].scores.wql for firm in firms for name in names)
    for firm in firms:
        start, end = firm.held_back.start, firm.held_back.end
        bars = []
        for name in names:
            loss = interval([firm.of[name].weekly["wql"]])
            bars.append(
                Bar(
                    forecaster=name,
                    colour=colours[name],
                    text=f"{loss.value:.3f}",
                    ends=_ends(loss),
                    percent=100 * loss.value / longest if longest else 0.0,
                )
            )
        whole = f"{firm.issue_times}"
        yield FirmRow(
            firm_id=firm.firm_id,
            period=f"{start:%Y-%m-%d} to {end:%Y-%m-%d}",
            issue_times=whole if firm.issue_times == firm.asked else f"{whole} of {firm.asked}",
            mean_kw=f"{firm.mean_kw:,.0f}" if math.isfinite(firm.mean_kw) else "–",
            bars=tuple(bars),
        )


def _fan(day: ShownDay) -> Fan:
    return Fan(
        firm_id=day.firm_id,
        title=day.title,
        loss=f"{day.loss:.3f}",
        picture=drawings.fan(day),
    )
