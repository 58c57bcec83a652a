"""``sandan quality``: which readings cannot be believed, what to do, and whether meters report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import INFO, RESULT
from cli.moments import moment_of
from cli.progress import stages
from feature_store.errors import SandanError

if TYPE_CHECKING:  # polars and the database library take a second to import
    from feature_store.quality.finding import Finding
    from feature_store.quality.freshness import Freshness
    from feature_store.storage.findings import RecordOutcome
    from feature_store.storage.ledger_store import LedgerStore
    from feature_store.storage.meter_checks import FirmCheck
    from feature_store.storage.meter_freshness import FirmFreshness

    OnProgress = Callable[[str, int, int], None]

DEFAULT_DAYS = 400
"""As ``feature_store.storage.meter_checks.TOLD_DAYS``, which takes a second to import."""


@dataclass(frozen=True, kw_only=True)
class MeterState:
    """What can be said about one meter at a moment."""

    firm_id: str
    meter_id: str
    findings: tuple[Finding, ...]
    freshness: Freshness | None
    """None of a meter that is not in service then."""


def quality(  # noqa: PLR0913  one parameter an option
    *,
    firm: Annotated[str | None, typer.Option(help="Whose readings.", metavar="ID")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those of every firm.")] = False,
    days: Annotated[
        int, typer.Option(help="Tell what begins in the last so many days.", min=1, max=3660)
    ] = DEFAULT_DAYS,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="As known at this RFC 3339 time, recording nothing. Default: now.", metavar="TIME"
        ),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record/--no-record", help="Keep what is found for pages and the API.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Tell gaps, stuck meters, spikes and other faults, with advice, and how fresh readings are.

    Every meter is checked on its own. What is found is recorded, and what was recorded and no
    longer holds is told as gone; checking again without news records nothing.
    """
    from feature_store.settings import Settings
    from feature_store.storage.findings import FindingStore
    from feature_store.storage.ledger_store import open_store

    if (firm is None) == (not every):
        raise SandanError("name one firm or all of them; write --firm ID or --all")
    settings = Settings()
    moment = settings.now() if as_of is None else moment_of(as_of)
    wanted = None if firm is None else (firm,)
    bar = nullcontext(_say_nothing) if as_json or wanted else stages()
    with closing(open_store(settings)) as store, bar as on_progress:
        keep = FindingStore(engine=store.engine) if record and as_of is None else None
        states, outcomes = [], []
        for check, fresh in _checks(store, moment, wanted, days=days, on_progress=on_progress):
            states += _states(check, fresh)
            outcomes += [] if keep is None else [keep.record(check)]
    if keep is not None:
        _print_recorded(outcomes)
    if as_json:
        typer.echo(json.dumps([document_of(one) for one in states], ensure_ascii=False, indent=2))
        return
    for one in states:
        print_state(one, moment)


def document_of(state: MeterState) -> dict[str, object]:
    """Return what is known of a meter as it is written in JSON."""
    from feature_store.quality.document import FindingDocument, FreshnessDocument

    fresh = None if state.freshness is None else FreshnessDocument.of(state.freshness)
    return {
        "firm_id": state.firm_id,
        "meter_id": state.meter_id,
        "freshness": fresh and fresh.model_dump(mode="json"),
        "findings": [FindingDocument.of(one).model_dump(mode="json") for one in state.findings],
    }


def print_state(state: MeterState, moment: datetime) -> None:
    """Print one meter's findings as a table, the advice on each kind once below it."""
    name = state.firm_id
    if state.meter_id != state.firm_id:
        name += f", {state.meter_id}"
    RESULT.print(f"[bold]{escape(name)}[/bold] {_told(state.freshness)}")
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
    for kind, advice in {one.name: one.advice for one in state.findings}.items():
        RESULT.print(f"{kind.ko} {kind.en}: {advice.ko} {advice.en}", markup=False)
    RESULT.print()


def _told(fresh: Freshness | None) -> str:
    if fresh is None:
        return "사용하지 않는 계량기입니다. The meter is not in service."
    colour = {"green": "green", "amber": "yellow", "red": "red"}[fresh.state]
    reason = f"{escape(fresh.reason.ko)} {escape(fresh.reason.en)}"
    return f"[{colour}]{fresh.state}[/{colour}] {reason}"


def _checks(
    store: LedgerStore,
    moment: datetime,
    firm_ids: Sequence[str] | None,
    *,
    days: int,
    on_progress: OnProgress,
) -> Iterator[tuple[FirmCheck, FirmFreshness]]:
    """Check one firm after the other; all of them if none is named."""
    from feature_store.storage.meter_checks import check_firm
    from feature_store.storage.meter_freshness import MeterFreshness

    known = store.as_of(moment)
    firms = known.firms() if firm_ids is None else [known.firm(one) for one in firm_ids]
    fresh = MeterFreshness(engine=store.engine).of_firms(firms, moment=moment)
    for number, firm in enumerate(firms, start=1):
        yield check_firm(known, firm, days=days), fresh[firm.firm_id]
        on_progress("checks", number, len(firms))


def _say_nothing(stage: str, done: int, total: int) -> None:
    """Take progress where no bar is wanted."""
    del stage, done, total


def _states(check: FirmCheck, fresh: FirmFreshness) -> list[MeterState]:
    return [
        MeterState(
            firm_id=check.firm.firm_id,
            meter_id=meter_id,
            findings=check.by_meter.get(meter_id, ()),
            freshness=fresh.by_meter.get(meter_id),
        )
        for meter_id in sorted({*check.by_meter, *fresh.by_meter})
    ]


def _print_recorded(outcomes: list[RecordOutcome]) -> None:
    from feature_store.storage.findings import OutOfDate, Recorded

    found = sum(one.found for one in outcomes if isinstance(one, Recorded))
    gone = sum(one.gone for one in outcomes if isinstance(one, Recorded))
    INFO.print(f"recorded: {found} findings new or changed, {gone} gone")
    late = [one for one in outcomes if isinstance(one, OutOfDate)]
    if late:
        newest = max(one.checked_at for one in late)
        INFO.print(
            f"{len(late)} firms were checked as of a later moment before ({newest.isoformat()}), "
            "so nothing was recorded of them"
        )
