"""``sandan weather``: take weather files in and show what was known of a place's weather."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import INFO, RESULT
from cli.moments import moment_of
from cli.readings import SHOWN_BAD_ROWS, SHOWN_LETTERS, counted, print_outcome

if TYPE_CHECKING:  # polars and the database library take a second to import
    from feature_store.entities.known_weather import KnownWeather
    from feature_store.entities.reading_batch import Refused
    from feature_store.entities.weather_batch import WeatherBatch

KOREA = ZoneInfo("Asia/Seoul")
"""Places have no zone of their own, and their sources tell Korean time."""

app = typer.Typer(no_args_is_help=True, help="Take weather files in and show what was known.")


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(help="KMA forecast, ASOS or ERA5 file.", metavar="FILE")],
    place: Annotated[
        str | None,
        typer.Option(
            help="Keep it as weather of this place. Needed if the file does not say where.",
            metavar="NAME",
        ),
    ] = None,
) -> None:
    """Take FILE whole, or, if any row is no weather, not at all; then every such row is named."""
    from feature_store.entities.reading_batch import Refused
    from feature_store.ingestion.read_weather_file import read_weather_file
    from feature_store.ingestion.weather_place import kept_under
    from feature_store.ingestion.weather_reader import WeatherRequest
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    settings = Settings()
    now = settings.now()
    read = read_weather_file(file, WeatherRequest(now=now, place=place))
    if isinstance(read, Refused):
        print_refused(read)
        raise typer.Exit(code=1)
    batch = kept_under(read, place)
    with closing(open_store(settings)) as store:
        print_outcome(store.append_weather(batch, recorded_at=now))
    print_coverage(batch)


@app.command()
def show(
    place: Annotated[
        str, typer.Argument(help="Place as it was imported, e.g. 'asos 156'.", metavar="PLACE")
    ],
    at: Annotated[
        str | None,
        typer.Option(help="As known at this RFC 3339 time. Default: now.", metavar="TIME"),
    ] = None,
    days: Annotated[int, typer.Option(help="Days before it to show.", min=0, max=366)] = 1,
    ahead: Annotated[int, typer.Option(help="Days after it to show.", min=1, max=31)] = 3,
    plot: Annotated[
        Path | None, typer.Option(help="Draw it into this PNG file instead.", metavar="FILE")
    ] = None,
) -> None:
    """Show the weather of PLACE hour by hour as it was known at a moment, and how it was known."""
    from feature_store.errors import SandanError
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    settings = Settings()
    moment = settings.now() if at is None else moment_of(at)
    start, end = moment - timedelta(days=days), moment + timedelta(days=ahead)
    with closing(open_store(settings)) as store:
        known = store.as_of(moment).weather(place, start, end)
    if not (known.kind != "").any():
        raise SandanError(
            f"{place}: no weather from {start.isoformat(timespec='minutes')} to "
            f"{end.isoformat(timespec='minutes')} is known as of "
            f"{moment.isoformat(timespec='minutes')}; import some with 'sandan weather import', "
            "or look further back with --days"
        )
    if plot is None:
        print_known(known)
        return
    from cli.weather_plot import write_plot

    write_plot(known, moment.astimezone(KOREA), plot)
    RESULT.print(f"{plot}: {counted(len(known.kind), 'hour')} of {place}", markup=False)


def print_refused(refused: Refused) -> None:
    """List the rows at fault, the first of them if there are many."""
    from feature_store.ingestion.visible_text import visible

    def cell(text: str) -> str:
        return escape(visible(text, most=SHOWN_LETTERS))

    table = Table("row", "column", "value", "reason", title=cell(refused.source_name))
    for bad in refused.bad_rows[:SHOWN_BAD_ROWS]:
        table.add_row(str(bad.row), cell(bad.column), cell(bad.value), cell(bad.reason))
    RESULT.print(table)
    INFO.print(
        f"[bold red]error:[/bold red] {counted(len(refused.bad_rows), 'fault')}; nothing was "
        "stored, mend the file and import it again"
    )


def print_coverage(batch: WeatherBatch) -> None:
    """Say of each place which time a file covers, in how many issues, and what is missing."""
    for rows in batch.rows.partition_by("place", maintain_order=True):
        valid = rows["valid_time"].unique().sort()
        first, last = (moment.astimezone(KOREA) for moment in (valid[0], valid[-1]))
        missing = (last - first) // timedelta(hours=1) + 1 - len(valid)
        gaps = f"{counted(missing, 'hour')} missing" if missing else "no gaps"
        issues = counted(rows["known_at"].n_unique(), "issue")
        form = f"forecast of {issues}" if batch.kind == "forecast" else batch.kind
        RESULT.print(
            f"{rows['place'][0]}: {form}, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} "
            f"(Asia/Seoul), {gaps}",
            markup=False,
        )


def print_known(known: KnownWeather) -> None:
    """Print the hours that are known, with the variables that any of them tells."""
    import numpy as np

    from feature_store.entities.weather_batch import VARIABLES
    from feature_store.time_grid import to_datetime

    told = [one for one in VARIABLES if np.isfinite(known.values[one.name]).any()]
    table = Table(title=f"{escape(known.place)} (Asia/Seoul)")
    for name in ("hour", "kind", "ahead"):
        table.add_column(name, no_wrap=True)
    for variable in told:
        table.add_column(f"{variable.title} {variable.unit}", justify="right")
    ahead_h = known.lead_time / np.timedelta64(1, "h")
    for position in np.flatnonzero(known.kind != ""):
        values = (known.values[variable.name][position] for variable in told)
        table.add_row(
            f"{to_datetime(known.valid_times[position], KOREA):%Y-%m-%d %H:%M}",
            str(known.kind[position]),
            f"{ahead_h[position]:.1f} h" if ahead_h[position] else "",
            *("" if np.isnan(value) else f"{value:,.6g}" for value in values),
        )
    RESULT.print(table)
    unknown = int((known.kind == "").sum())
    if unknown:
        RESULT.print(f"{counted(unknown, 'hour')} of this time not known")
