"""``sandan readings``: take meter files in and write readings out."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import INFO, RESULT
from cli.moments import moment_of
from cli.preview_knows import firm_to_suggest, with_what_is_known
from cli.refused import refused

if TYPE_CHECKING:  # polars and the database library take a second to import
    from feature_store.entities.firm import Firm
    from feature_store.entities.reading_batch import BadRow, ReadingBatch
    from feature_store.ingestion.preview import Preview
    from feature_store.storage.append_outcome import DeliveryOutcome
    from feature_store.storage.refusals import Refusal

SHOWN_BAD_ROWS = 20
"""A screenful; a file with a systematic fault has it in every row."""

SHOWN_LETTERS = 200
"""A cell of a file that is no table may have no end."""

SHOWN_REASON = 500
"""Letters of a reason: more than any has."""

SHOWN_METERS = 8
"""Numbers listed in a preview; a file of research data holds thousands."""

KNOWN = {
    "measured": "known: since the end of each interval (--known-at import: since the import)",
    "import": "known: since the import (--known-at measured: since the end of each interval)",
    "file": "known: since when the file says",
}
"""Since when the rows of a preview would be."""

KOREA = ZoneInfo("Asia/Seoul")

app = typer.Typer(no_args_is_help=True, help="Take meter files in and write readings out.")


_File = Annotated[
    Path, typer.Argument(help="File of readings, in any known format.", metavar="FILE")
]
_Firm = Annotated[
    str | None,
    typer.Option(help="Whose readings they are. Needed if the file does not say.", metavar="ID"),
]
_Meters = Annotated[
    list[str] | None,
    typer.Option(
        "--meter",
        help="Customer or meter number to take, NUMBER (for --firm) or NUMBER=FIRM; again for each "
        "further one. Several of a firm are summed. Needed if the file holds more than one.",
        metavar="NUMBER",
    ),
]
_Unit = Annotated[
    str | None,
    typer.Option(help="kWh or kW, if no header or title of the file tells.", metavar="UNIT"),
]
_Labels = Annotated[
    str | None,
    typer.Option(
        help="start or end of the interval, if the labels of the file may be either.",
        metavar="SIDE",
    ),
]
_KnownAt = Annotated[
    str,
    typer.Option(
        help="Since when rows are known of which the file does not say it. measured: since the end "
        "of the interval, as if the meter had told at once; right for a history. import: since "
        "now; right for files that come regularly, whose lateness forecasts must live with.",
        metavar="WHEN",
    ),
]
_SameMeter = Annotated[
    bool,
    typer.Option(
        "--same-meter",
        help="It is the meter that the firm has readings of, though the file names another number, "
        "as after an exchange.",
    ),
]
_Format = Annotated[
    str | None,
    typer.Option("--format", help="Name of the format. Default: recognised.", metavar="NAME"),
]
_Faults = Annotated[
    Path | None,
    typer.Option(help="CSV file to write every fault to, if there are any.", metavar="FILE"),
]


@app.command(name="import")
def import_file(  # noqa: PLR0913  a command has as many options as it has
    file: _File,
    *,
    firm: _Firm = None,
    meter: _Meters = None,
    unit: _Unit = None,
    labels: _Labels = None,
    known_at: _KnownAt = "measured",
    same_meter: _SameMeter = False,
    format_name: _Format = None,
    faults: _Faults = None,
    keep_good: Annotated[
        bool, typer.Option("--keep-good", help="Take the good rows and leave the others out.")
    ] = False,
) -> None:
    """Take FILE whole, or, if any row is no reading, not at all; then every such row is named.

    The first faults are shown; --faults writes all of them.
    """
    from feature_store.errors import SandanError
    from feature_store.ingestion.faults_file import write_faults
    from feature_store.ingestion.intake import Delivery, NotTaken, take_in
    from feature_store.ingestion.read_request import read_request
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    if faults is not None and faults.resolve() == file.resolve():
        raise SandanError(f"{faults}: is the file to import; name another one for its faults")
    settings = Settings()
    now = settings.now()
    with closing(open_store(settings)) as store:
        request = read_request(
            now=now,
            firm_id=firm,
            meters=meter or [],
            unit=unit,
            labels=labels,
            known_at=known_at,
            same_meter=same_meter,
        )
        taken = take_in(
            store,
            Delivery(
                path=file,
                request=request,
                clock=settings.now,
                format_name=format_name,
                keep_good=keep_good,
            ),
        )
        bad_rows = taken.bad_rows if isinstance(taken, NotTaken) else taken.batch.left_out
        if faults is not None and bad_rows:
            write_faults(bad_rows, faults)
        if isinstance(taken, NotTaken):
            print_faults(taken.source_name, bad_rows, faults, stored=False)
            print_refusal(taken.refusal)
            raise typer.Exit(code=1)
        known, batch = store.as_of(now), taken.batch
        firms = [known.firm(firm_id) for firm_id in batch.rows["firm_id"].unique().sort()]
    print_outcome(taken.outcome)
    print_notices(batch.notices)
    print_coverage(batch, firms)
    if bad_rows:
        print_faults(batch.source_name, bad_rows, faults, stored=True)
        print_refusal(taken.refusal)


app.command(name="refused")(refused)


@app.command()
def preview(  # noqa: PLR0913  a command has as many options as it has
    file: _File,
    *,
    firm: _Firm = None,
    meter: _Meters = None,
    unit: _Unit = None,
    labels: _Labels = None,
    known_at: _KnownAt = "measured",
    same_meter: _SameMeter = False,
    format_name: _Format = None,
) -> None:
    """Show how FILE would be understood, and what would be refused. Nothing is stored."""
    from feature_store.ingestion.preview import preview_file
    from feature_store.ingestion.read_request import read_request
    from feature_store.settings import Settings

    settings = Settings()
    request = read_request(
        now=settings.now(),
        firm_id=firm,
        meters=meter or [],
        unit=unit,
        labels=labels,
        known_at=known_at,
        same_meter=same_meter,
    )
    asked, before = with_what_is_known(settings, request)
    seen = preview_file(file, asked, format_name=format_name, before=before)
    print_preview(seen)
    if seen.bad_rows:
        print_faults(seen.source_name, seen.bad_rows, None, stored=None)
        if not request.firms_named and (named := firm_to_suggest(settings, seen)):
            INFO.print(
                f"all of them are meters of {named}; take each as its own with --firm {named}",
                markup=False,
            )
        raise typer.Exit(code=1)


@app.command()
def export(
    firm: Annotated[str, typer.Option(help="Whose readings.", metavar="ID")],
    out: Annotated[Path, typer.Option(help="File to write: .csv or .parquet.", metavar="FILE")],
    as_of: Annotated[
        str | None,
        typer.Option(help="As known at this RFC 3339 time. Default: now.", metavar="TIME"),
    ] = None,
) -> None:
    """Write a firm's readings in the canonical form, which imports again unchanged."""
    from feature_store.ingestion.canonical_export import write_canonical
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    settings = Settings()
    moment = settings.now() if as_of is None else moment_of(as_of)
    with closing(open_store(settings)) as store:
        known = store.as_of(moment)
        known.firm(firm)
        rows = write_canonical(known.history(firm), out, reactive=known.reactive_energy(firm))
    RESULT.print(
        f"{out}: {rows:,} readings of {firm}, as known at {moment.isoformat()}", markup=False
    )


def print_outcome(told: DeliveryOutcome) -> None:
    """Say what became of a file that was good."""
    from feature_store.storage.append_outcome import Appended, Repeated

    outcome = told.first if isinstance(told, Repeated) else told
    if isinstance(outcome, Appended):
        RESULT.print(
            f"import {outcome.import_id}: {counted(outcome.rows_added, 'row')} added, of which "
            f"{counted(outcome.corrections, 'correction')}; "
            f"{outcome.rows_already_known:,} already known"
        )
    elif outcome.import_id is None:
        RESULT.print(f"nothing new: all {outcome.rows_already_known:,} rows are already known")
    else:
        RESULT.print(f"nothing new: this file was received before, as import {outcome.import_id}")


def print_coverage(batch: ReadingBatch, firms: list[Firm]) -> None:
    """Say which period a file covers and what is missing inside it, firm by firm."""
    from feature_store.time_grid import INTERVAL

    for firm in firms:
        of_firm = batch.rows.filter(firm_id=firm.firm_id)["period_start"]
        starts = of_firm.unique().sort().to_list()  # of several meters
        first, end = starts[0].astimezone(firm.zone), (starts[-1] + INTERVAL).astimezone(firm.zone)
        missing = (end - first) // INTERVAL - len(starts)
        text = f"{firm.firm_id}: {first:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} ({firm.timezone})"
        if not missing:
            RESULT.print(f"{text}, no gaps")
            continue
        gap = next(
            before + INTERVAL for before, after in pairwise(starts) if after - before != INTERVAL
        ).astimezone(firm.zone)
        RESULT.print(
            f"{text}, {counted(missing, 'interval')} missing, the first at {gap:%Y-%m-%d %H:%M}"
        )


def print_preview(seen: Preview) -> None:
    """Say what a file is and show its first rows as they were understood."""
    from feature_store.ingestion.visible_text import visible

    form = f"{seen.source_format}{f' ({seen.encoding})' if seen.encoding else ''}"
    RESULT.print(f"{visible(seen.source_name)}: {form}", markup=False)
    if seen.meters:
        shown = ", ".join(visible(each, most=SHOWN_LETTERS) for each in seen.meters[:SHOWN_METERS])
        more = f" and {len(seen.meters) - SHOWN_METERS:,} more"
        RESULT.print(
            f"meters: {shown}{more if len(seen.meters) > SHOWN_METERS else ''}", markup=False
        )
    for firm in seen.firms:
        first, end = (moment.astimezone(KOREA) for moment in (firm.first, firm.end))
        gaps = f"{counted(firm.missing, 'interval')} missing" if firm.missing else "no gaps"
        RESULT.print(
            f"{firm.firm_id}: {counted(firm.rows, 'row')}, {first:%Y-%m-%d %H:%M} to "
            f"{end:%Y-%m-%d %H:%M} (Asia/Seoul), {gaps}",
            markup=False,
        )
    print_notices(seen.notices)
    if seen.first_rows.height:
        RESULT.print(KNOWN[seen.known_at], markup=False)
        table = Table("firm", "start (Asia/Seoul)", "kWh", "kvarh lagging", "kvarh leading")
        for row in seen.first_rows.iter_rows(named=True):
            numbers = (row["kwh"], row["lagging_kvarh"], row["leading_kvarh"])
            table.add_row(
                escape(row["firm_id"]),
                f"{row['period_start'].astimezone(KOREA):%Y-%m-%d %H:%M}",
                *("" if number is None else f"{number:,.2f}" for number in numbers),
            )
        RESULT.print(table)


def print_notices(notices: tuple[str, ...]) -> None:
    """Say what was taken otherwise than it stands in the file."""
    for notice in notices:
        INFO.print(f"note: {notice}", markup=False, soft_wrap=True)


def print_faults(
    name: str, bad_rows: tuple[BadRow, ...], faults: Path | None, *, stored: bool | None
) -> None:
    """List the rows at fault, the first of them if there are many; ``faults`` holds them all.

    ``stored`` is whether the other rows were; None: nothing was to be.
    """
    from feature_store.entities.reading_batch import faults_in, rows_in
    from feature_store.ingestion.visible_text import visible

    def cell(text: str, most: int = SHOWN_LETTERS) -> str:
        return escape(visible(text, most=most))

    table = Table("row", "column", "value", "reason", title=cell(name))
    for bad in bad_rows[:SHOWN_BAD_ROWS]:
        table.add_row(
            str(bad.row), cell(bad.column), cell(bad.value), cell(bad.reason, SHOWN_REASON)
        )
    RESULT.print(table)
    total, rows = faults_in(bad_rows), rows_in(bad_rows)
    shown = f" (the first {SHOWN_BAD_ROWS} above)" if total > SHOWN_BAD_ROWS else ""
    told = f"{counted(total, 'fault')} in {counted(rows, 'row')}{shown}; "
    match stored:
        case True:
            INFO.print(f"{told}these rows were left out, mend them and import the file again")
        case False:
            INFO.print(
                f"[bold red]error:[/bold red] {told}nothing was stored, mend the file and import "
                "it again, or take the good rows with --keep-good"
            )
        case None:
            INFO.print(f"{told}an import would be refused")
    if faults is not None:
        INFO.print(f"every fault is in {faults}", markup=False, soft_wrap=True)
    elif shown and stored is not None:
        INFO.print("add --faults FILE.csv to have every fault written to that file", markup=False)


def print_refusal(refusal: Refusal | None) -> None:
    """Say where the faults can be seen again."""
    if refusal is not None:
        INFO.print(
            f"kept as refusal {refusal.refusal_id}: sandan readings refused {refusal.refusal_id}",
            markup=False,
        )


def counted(number: int, noun: str) -> str:
    """Return ``1 row`` or ``2 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
