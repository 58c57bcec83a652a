"""``sandan quality``: which readings cannot be believed, what to do, and whether meters report."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import RESULT
from cli.moments import moment_of
from feature_store.errors import NotEnoughReadingsError, SandanError

if TYPE_CHECKING:  # polars and the database library take a second to import
    from feature_store.entities.firm import Firm
    from feature_store.point_in_time import Knowledge
    from feature_store.quality.finding import Finding, Quantity
    from feature_store.quality.freshness import Freshness

HISTORY_DAYS = 400
"""A year to learn from and the month in which last year's faults are still being mended."""


@dataclass(frozen=True, kw_only=True)
class MeterState:
    """What can be said about one firm's meter at a moment."""

    firm: Firm
    findings: tuple[Finding, ...]
    freshness: Freshness


def quality(
    firm: Annotated[str | None, typer.Option(help="Whose readings.", metavar="ID")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those of every firm.")] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="As known at this RFC 3339 time. Default: now.", metavar="TIME"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Tell gaps, stuck meters, spikes and other faults, with advice, and how fresh readings are."""
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    if (firm is None) == (not every):
        raise SandanError("name one firm or all of them; write --firm ID or --all")
    settings = Settings()
    moment = settings.now() if as_of is None else moment_of(as_of)
    with closing(open_store(settings)) as store:
        known = store.as_of(moment)
        firms = known.firms() if firm is None else (known.firm(firm),)
        states = [_state(known, one) for one in firms]
    if as_json:
        typer.echo(json.dumps([document_of(one) for one in states], ensure_ascii=False, indent=2))
        return
    for one in states:
        print_state(one, moment)


def document_of(state: MeterState) -> dict[str, object]:
    """Return what is known of a meter as it is written in JSON."""
    fresh = state.freshness
    return {
        "firm_id": state.firm.firm_id,
        "freshness": {
            "state": fresh.state,
            "newest_end": None if fresh.newest_end is None else fresh.newest_end.isoformat(),
            "age_s": None if fresh.age is None else fresh.age.total_seconds(),
            "usual_age_s": fresh.usual_age.total_seconds(),
            "learnt": fresh.learnt,
            "reason": {"ko": fresh.reason.ko, "en": fresh.reason.en},
        },
        "findings": [
            {
                "kind": one.kind,
                "name": {"ko": one.name.ko, "en": one.name.en},
                "start": one.start.isoformat(),
                "end": one.end.isoformat(),
                "severity": one.severity,
                "seen": [_quantity(seen) for seen in one.seen],
                "rule": one.rule,
                "learnt": None if one.learnt is None else _quantity(one.learnt),
                "advice": {"ko": one.advice.ko, "en": one.advice.en},
            }
            for one in state.findings
        ],
    }


def print_state(state: MeterState, moment: datetime) -> None:
    """Print one firm's findings as a table, the advice on each kind once below it."""
    fresh, firm_id = state.freshness, state.firm.firm_id
    colour = {"green": "green", "amber": "yellow", "red": "red"}[fresh.state]
    RESULT.print(
        f"[bold]{escape(firm_id)}[/bold] [{colour}]{fresh.state}[/{colour}] "
        f"{escape(fresh.reason.ko)} {escape(fresh.reason.en)}"
    )
    if not state.findings:
        RESULT.print(f"  이상 없음. Nothing was found, as known at {moment.isoformat()}.\n")
        return
    table = Table("from", "to", "finding", "severity", "seen", "learnt")
    for one in state.findings:
        table.add_row(
            f"{one.start:%Y-%m-%d %H:%M}",
            f"{one.end:%Y-%m-%d %H:%M}",
            f"{one.name.ko} {one.name.en}",
            one.severity,
            escape("; ".join(map(str, one.seen))),
            "" if one.learnt is None else escape(str(one.learnt)),
        )
    RESULT.print(table)
    for name, advice in {one.name: one.advice for one in state.findings}.items():
        RESULT.print(f"{name.ko} {name.en}: {advice.ko} {advice.en}", markup=False)
    RESULT.print()


def _state(known: Knowledge, firm: Firm) -> MeterState:
    from feature_store.quality.catalogue import findings
    from feature_store.quality.freshness import freshness

    try:
        history = known.history(firm.firm_id, days=HISTORY_DAYS)
    except NotEnoughReadingsError:
        history = None
    return MeterState(
        firm=firm,
        findings=() if history is None else findings(history, firm),
        freshness=freshness(history, moment=known.moment),
    )


def _quantity(quantity: Quantity) -> dict[str, object]:
    return {"name": quantity.name, "value": round(quantity.value, 3), "unit": quantity.unit}
