"""Reading an export of KEPCO's: a table under titles, an interval a row or a day a row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.checked_file import CheckedFile, Origin, header_row, refused
from feature_store.ingestion.export_form import ExportForm
from feature_store.ingestion.korean_clock import MINUTES_PER_DAY, MINUTES_PER_HOUR, days_in
from feature_store.ingestion.labelled_rows import LabelledRow, Layout, labelled_file
from feature_store.ingestion.read_request import Labels, ReadRequest, Unit
from feature_store.ingestion.sheet import SheetRow, UnreadableSheetError
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.text_table import misfit
from feature_store.ingestion.title_unit import units_of_values
from feature_store.ingestion.titled_table import TitledTable, titled_table
from feature_store.time_grid import INTERVAL

_STEP_MINUTES = INTERVAL.seconds // 60
_NUMBER_IN_A_TITLE = r"\s*[:：]?\s*([\d*-]{6,})"
_UNITS: dict[str, Unit] = {"kwh": "kWh", "kw": "kW"}


class _RefusedError(Exception):
    """The export as a whole cannot be taken."""

    def __init__(self, reason: str, *, column: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column


def has_form(file: SourceFile, form: ExportForm) -> bool:
    """Whether the file has a table with the columns of a form."""
    try:
        return titled_table(file.sheet, form) is not None
    except UnreadableSheetError:
        return False


def read_export(
    file: SourceFile, form: ExportForm, request: ReadRequest, *, source_format: str
) -> CheckedFile | Refused:
    """Return the readings of an export, or why it holds none."""
    try:
        table = titled_table(file.sheet, form)
    except UnreadableSheetError as error:
        return refused(file, str(error), row=header_row(file))
    if table is None:
        names = ", ".join(sorted(form.values | form.day | form.clock))
        reason = f"no row has the columns of this format (known: {names}); export it again"
        return refused(file, reason, row=header_row(file))
    if table.next_header_row is not None:
        reason = (
            f"stands again in row {table.next_header_row} under other titles, so the file holds "
            "several tables; export each meter by itself"
        )
        return refused(file, reason, row=table.header_row)
    try:
        wide = not table.places(form.values) and bool(table.clocks)
        layout = _layout(table, form, request, wide=wide)
        rows = [*(_day_rows if wide else _interval_rows)(table, form)]
    except _RefusedError as error:
        return refused(file, error.reason, row=table.header_row, column=error.column)
    origin = Origin(
        file=file, request=request, source_format=source_format, encoding=file.sheet.encoding
    )
    return labelled_file(origin, rows, layout)


def _layout(table: TitledTable, form: ExportForm, request: ReadRequest, *, wide: bool) -> Layout:
    unit = _unit_of_titles(table, form, request) if wide else _unit_of_column(table, form, request)
    lagging, leading, power = (
        _one(table, words) for words in (form.lagging, form.leading, form.power)
    )
    for at in (lagging, leading):
        if at is not None and table.names[at].unit not in {"", "kvarh"}:
            reason = (
                "names reactive energy, which is kVarh, but tells another unit; export it again"
            )
            raise _RefusedError(reason, column=table.written[at])
    return Layout(
        unit=unit,
        labels=_side_of_columns(table, request) if wide else None,
        parts=form.parts,
        power_column="" if power is None or wide else table.written[power],
        lagging_column="" if lagging is None or wide else table.written[lagging],
        leading_column="" if leading is None or wide else table.written[leading],
        header_row=table.header_row,
    )


def _unit_of_column(table: TitledTable, form: ExportForm, request: ReadRequest) -> Unit:
    """The unit in a column's name, which must be the one that its words mean."""
    found: list[Unit] = []
    for words, meant, other in (
        (form.energy, "kwh", "an energy, which is kWh"),
        (form.power, "kw", "a power, which is kW"),
    ):
        at = _one(table, words)
        if at is None:
            continue
        told, column = table.names[at].unit, table.written[at]
        if told and told != meant:
            raise _RefusedError(
                f"names {other}, but tells another unit; export it again, or rename the column "
                "to what its values are: 사용량(kWh) or 최대수요(kW)",
                column=column,
            )
        if told:
            found.append(_UNITS[told])
        elif request.unit is None:
            raise _RefusedError(
                "tells no unit; say which it is with --unit kWh (energy of 15 minutes) or "
                "--unit kW (mean power)",
                column=column,
            )
        elif _UNITS[meant] != request.unit:
            raise _RefusedError(f"names {other}; leave --unit {request.unit} out", column=column)
        else:
            found.append(request.unit)
    if request.unit is not None and request.unit != found[0]:
        raise _RefusedError(f"tells {found[0]}, not {request.unit}; leave --unit out")
    return found[0]


def _unit_of_titles(table: TitledTable, form: ExportForm, request: ReadRequest) -> Unit:
    """The unit of a table with a day a row: no column is named by it, so a title must tell it."""
    day = [table.written[at] for at in table.places(form.day)]
    told = units_of_values([row.cells for row in table.titles], form) | units_of_values([day], form)
    if len(told) > 1:
        raise _RefusedError(
            "titles tell both kWh and kW; export one of the two, or delete the title that is not "
            "about the values"
        )
    if told and request.unit is not None and _UNITS[min(told)] != request.unit:
        raise _RefusedError(f"titles tell {_UNITS[min(told)]}; leave --unit {request.unit} out")
    unit = _UNITS[min(told)] if told else request.unit
    if unit is None:
        raise _RefusedError(
            "no title tells the unit of the values; say which it is with --unit kWh (energy of "
            "15 minutes) or --unit kW (mean power)"
        )
    return unit


def _side_of_columns(table: TitledTable, request: ReadRequest) -> Labels:
    """What the columns of a table with a day a row are: they run to 24:00, or from 00:00."""
    minutes, asked = list(table.clocks.values()), request.labels
    if MINUTES_PER_DAY in minutes and (0 in minutes or asked == "start"):
        raise _RefusedError(
            "columns have 24:00, which is an end; leave --labels start out, and 00:00 too"
        )
    if 0 in minutes and (asked == "end" or minutes[0] != 0):
        raise _RefusedError(
            "columns have 00:00, which ends the day before; name the one that ends the day 24:00"
        )
    if asked is None and 0 in minutes:
        raise _RefusedError(
            "columns begin at 00:00, as if they were the starts of intervals; look up whether they "
            "are, and say it with --labels start"
        )
    return asked or "end"


def _interval_rows(table: TitledTable, form: ExportForm) -> Iterator[LabelledRow]:
    """A row an interval."""
    energy, power = _one(table, form.energy), _one(table, form.power)
    value = energy if energy is not None else power
    day, clock = _one(table, form.day), _one(table, form.clock)
    lagging, leading = _one(table, form.lagging), _one(table, form.leading)
    numbers, days = _Numbers(table, form), _FilledDown(day)
    only_day = _day_of_titles(table) if day is None else ""
    label_at = clock if clock is not None else day
    if value is None or label_at is None:
        raise _RefusedError("has no label or no value; export it again")  # pragma: no cover
    width = len(table.written)
    for row in table.rows:
        if any(row.cells[width:]):
            yield _ragged(row, width)
            continue
        cells = row.cells[:width] + ("",) * (width - len(row.cells))
        label = cells[label_at]
        if clock is not None and label:
            label = f"{only_day or _day(days.of(cells))} {label}"
        yield LabelledRow(
            row=row.number,
            label=label or None,
            label_column=table.written[label_at],
            value=cells[value] or None,
            value_column=table.written[value],
            power=cells[power] or None if power is not None and value != power else None,
            lagging=cells[lagging] or None if lagging is not None else None,
            leading=cells[leading] or None if leading is not None else None,
            customer=numbers.customer(cells),
            meter=numbers.meter(cells),
        )


def _day_rows(table: TitledTable, form: ExportForm) -> Iterator[LabelledRow]:
    """A day a row, a column a quarter hour; an empty cell is a gap, having no row to leave out."""
    clocks, day = table.clocks, _one(table, form.day)
    minutes = list(clocks.values())
    if day is None:
        raise _RefusedError("has no column for the day; export it again")  # pragma: no cover
    if len(set(minutes)) < len(minutes):
        twice = next(each for each in minutes if minutes.count(each) > 1)
        raise _RefusedError(f"has the time of {twice} minutes past midnight twice; keep one")
    if not any(each % MINUTES_PER_HOUR for each in minutes):
        raise _RefusedError("columns are full hours; export 15-minute data")
    odd = [table.written[at] for at, each in clocks.items() if each % _STEP_MINUTES]
    if odd:
        raise _RefusedError("is off the quarter-hour grid; export 15-minute data", column=odd[0])
    numbers, days, width = _Numbers(table, form), _FilledDown(day), len(table.written)
    for row in table.rows:
        if any(row.cells[width:]):
            yield _ragged(row, width)
            continue
        cells = row.cells[:width] + ("",) * (width - len(row.cells))
        own_day = _day(days.of(cells))
        for at, minute in clocks.items():
            if cells[at]:
                hour, past = divmod(minute, MINUTES_PER_HOUR)
                yield LabelledRow(
                    row=row.number,
                    label=f"{own_day} {hour:02}:{past:02}",
                    label_column=table.written[day],
                    value=cells[at],
                    value_column=table.written[at],
                    customer=numbers.customer(cells),
                    meter=numbers.meter(cells),
                )


class _FilledDown:
    """A column in which a cell is merged over the rows that it is true of."""

    def __init__(self, at: int | None) -> None:
        self._at = at
        self._last = ""

    def of(self, cells: tuple[str, ...]) -> str:
        """The cell of a row, or of the next row above that has one."""
        if self._at is not None:
            self._last = cells[self._at] or self._last
        return self._last


class _Numbers:
    """The customer and the meter of each row: of its columns, else of the titles."""

    def __init__(self, table: TitledTable, form: ExportForm) -> None:
        customer, meter = _one(table, form.customer), _one(table, form.meter)
        self._customers, self._meters = _FilledDown(customer), _FilledDown(meter)
        self._customer = None if customer is not None else _number_of_titles(table, form.customer)
        self._meter = None if meter is not None else _number_of_titles(table, form.meter)

    def customer(self, cells: tuple[str, ...]) -> str | None:
        """The customer number."""
        return self._customers.of(cells) or self._customer

    def meter(self, cells: tuple[str, ...]) -> str | None:
        """The meter number."""
        return self._meters.of(cells) or self._meter


def _number_of_titles(table: TitledTable, words: frozenset[str]) -> str | None:
    """The number that stands in a title behind one of these words, or in the cell beside it."""
    found = set()
    for row in table.titles:
        line = " ".join(cell for cell in row.cells if cell)
        for word in words:
            spaced = r"\s*".join(word)
            found.update(
                re.findall(spaced + _NUMBER_IN_A_TITLE, unicodedata.normalize("NFKC", line))
            )
    if len(found) > 1:
        raise _RefusedError(
            f"titles tell several numbers ({', '.join(sorted(found))}); export each by itself"
        )
    return next(iter(found), None)


def _day_of_titles(table: TitledTable) -> str:
    days = set().union(*(days_in(cell) for row in table.titles for cell in row.cells))
    if len(days) != 1:
        told = "no title names a day" if not days else f"titles name {len(days)} days"
        raise _RefusedError(
            f"rows have a time of day only, and {told}; add a column 일자 with the day of each row"
        )
    return days.pop().isoformat()


def _day(cell: str) -> str:
    """A day as a workbook may give it, with the midnight that it begins at."""
    return cell.removesuffix(" 00:00")


def _one(table: TitledTable, words: frozenset[str]) -> int | None:
    places = table.places(words)
    if len(places) > 1:
        raise _RefusedError(
            f"stands {len(places)} times; keep one of them", column=table.written[places[0]]
        )
    return places[0] if places else None


def _ragged(row: SheetRow, width: int) -> LabelledRow:
    return LabelledRow(
        row=row.number,
        label=None,
        label_column="",
        value=",".join(row.cells),
        value_column="",
        misfit=misfit(list(row.cells), width),
    )
