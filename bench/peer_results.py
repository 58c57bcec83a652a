"""The page of the comparison: who was how good, on which firm, and at what cost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import RESULTS, machine
from bench.forecast_scores import FirmScores

TOPIC = "forecast_peers"
SHOWN = ("wql", "nmae", "mase", "pl90", "cov80", "wid80", "peak_error", "peak_hit")
BY_LEAD = ("wql_0_4h", "wql_4_12h", "wql_12_24h", "wql_0_48h")


@dataclass(frozen=True, kw_only=True)
class Result:
    """One contestant's figures."""

    name: str
    versions: Mapping[str, str]
    """Of Python and the packages that decide the forecasts; empty if it did not tell."""
    fit_seconds: float | None
    """CPU seconds a firm; None if it did not tell."""
    predict_ms: float | None
    """CPU milliseconds of one forecast of one firm; None if it did not tell."""
    firms: Mapping[str, FirmScores]

    @property
    def mean(self) -> dict[str, float]:
        """Plain mean of every figure over firms."""
        every = [one.figures for one in self.firms.values()]
        return {name: sum(one[name] for one in every) / len(every) for name in every[0]}


def mean_of(values: Iterable[float]) -> float | None:
    """The plain mean; None of nothing."""
    every = list(values)
    return sum(every) / len(every) if every else None


def write_results(
    about: str,
    results: Sequence[Result],
    left_out: Mapping[str, str],
    *,
    folder: Path = RESULTS,
) -> None:
    """Write the comparison as JSON and as a page.

    Args:
        about: What was asked: a line, and what else must be known to read the tables.
        results: Who was measured, on the same firms and issue times.
        left_out: Who was not, and why.
        folder: Where to.
    """
    document = {
        "topic": TOPIC,
        "question": about.splitlines()[0],
        "machine": machine(),
        "contestants": [
            {
                "name": one.name,
                "versions": dict(one.versions),
                "fit_cpu_seconds_a_firm": one.fit_seconds,
                "predict_cpu_ms_a_forecast": one.predict_ms,
                "mean": one.mean,
                "firms": {name: firm.figures for name, firm in one.firms.items()},
            }
            for one in results
        ],
        "left_out": dict(left_out),
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (folder / f"{TOPIC}.json").write_text(text + "\n", encoding="utf-8")
    page = "\n".join(_page(about, results, left_out))
    (folder / f"{TOPIC}.md").write_text(page, encoding="utf-8")


def _page(about: str, results: Sequence[Result], left_out: Mapping[str, str]) -> Iterator[str]:
    yield f"# {TOPIC}\n\n{about.strip()}\n"
    if results:
        yield from _tables(results)
    for name, reason in left_out.items():
        yield f"Not measured: {name}: {reason}.\n"
    for one in results:
        versions = ", ".join(f"{name} {version}" for name, version in one.versions.items())
        yield f"- {one.name}: {versions or 'versions not told'}"
    yield "\n" + ", ".join(f"{name} {value}" for name, value in machine().items()) + "\n"


def _tables(results: Sequence[Result]) -> Iterator[str]:
    firms = results[0].firms
    issue_times = sum(one.issue_times for one in firms.values())
    yield f"{len(firms)} firms, {issue_times} forecasts by each.\n"
    yield from _table(
        ("", *SHOWN), [(one.name, *(f"{one.mean[name]:.3f}" for name in SHOWN)) for one in results]
    )
    yield "## By lead time, and what it took\n"
    yield "CPU seconds and milliseconds on one thread.\n"
    yield from _table(
        ("", *BY_LEAD, "fit a firm, s", "a forecast, ms"),
        [
            (
                one.name,
                *(f"{one.mean[name]:.3f}" for name in BY_LEAD),
                "" if one.fit_seconds is None else f"{one.fit_seconds:.1f}",
                "" if one.predict_ms is None else f"{one.predict_ms:.0f}",
            )
            for one in results
        ],
    )
    yield "## Quantile loss by firm\n"
    yield from _table(
        ("", *(one.name for one in results)),
        [(firm, *(f"{one.firms[firm].scores.wql:.3f}" for one in results)) for firm in firms],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'--:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
