"""A CSV or YAML file of the days on which firms work otherwise than usual."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from feature_store.entities.reading_batch import BadRow, Refused
from feature_store.entities.work_calendar import DoesNotFitError, WorkPeriod
from feature_store.errors import SandanError

FIELD_OF_COLUMN = {
    "kind": "kind",
    "from": "first_day",
    "to": "last_day",
    "hours": "hours",
    "output": "output",
    "note": "note",
}
"""Columns of the file, and the field of a :class:`WorkPeriod` that each fills."""
FIRM_COLUMN = "firm_id"
NEEDED_COLUMNS = ("kind", "from", "to")
ENCODINGS = ("utf-8-sig", "cp949")
"""What Korean spreadsheets save CSV in."""
MOST_BYTES = 2**20
"""A mebibyte holds some twenty thousand periods; more is another kind of file."""

_COLUMN_OF_FIELD = {name: column for column, name in FIELD_OF_COLUMN.items()}


@dataclass(frozen=True, kw_only=True)
class DeclaredPeriods:
    """A good file: the periods of each firm, in the file's order."""

    by_firm: Mapping[str, tuple[WorkPeriod, ...]]


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One row of the file, not checked yet."""

    row: int
    values: Mapping[str, object]


class CalendarFileError(SandanError):
    """A file cannot be read as a calendar at all."""


def read_calendar(
    path: Path, *, known_firms: Collection[str], firm_id: str | None = None
) -> DeclaredPeriods | Refused:
    """Read the periods in ``path``; if any entry is at fault, every one at fault is told instead.

    A CSV file's header is row 1; the entries of a YAML list count from 1. ``firm_id`` says whose
    periods they are where the file does not.
    """
    entries = _entries(path)
    by_firm: dict[str, tuple[WorkPeriod, ...]] = {}
    bad: list[BadRow] = []
    for entry in entries:
        read = _period(entry, known_firms, firm_id)
        if isinstance(read, tuple):
            whose, period = read
            if period in by_firm.get(whose, ()):
                bad.append(_bad(entry, "kind", "is the same period as a row before; leave it out"))
            by_firm[whose] = (*by_firm.get(whose, ()), period)
        else:
            bad += read
    if bad:
        return Refused(source_name=path.name, bad_rows=tuple(bad))
    if not by_firm:
        raise CalendarFileError(f"{path}: holds no period; write one a row")
    return DeclaredPeriods(by_firm=by_firm)


def _entries(path: Path) -> list[_Entry]:
    text = _text(path)
    if path.suffix.lower() in {".yaml", ".yml"}:
        return list(_yaml_entries(path, text))
    return list(_csv_entries(path, text))


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CalendarFileError(
            f"{path}: cannot be read ({error.strerror}); check the path"
        ) from None
    if len(data) > MOST_BYTES:
        raise CalendarFileError(
            f"{path}: has {len(data):,} bytes, {MOST_BYTES:,} are the most; split the file"
        )
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CalendarFileError(f"{path}: is neither UTF-8 nor CP949 text; save it as CSV UTF-8")


def _csv_entries(path: Path, text: str) -> Iterator[_Entry]:
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        names = [name.strip() for name in next(lines, [])]
        _check_columns(path, names)
        for row, cells in enumerate(lines, start=2):
            told = [cell.strip() for cell in cells]
            if any(told):
                extra = {f"cell {len(names) + 1}": told[len(names)]} if told[len(names) :] else {}
                values = dict(zip(names, told, strict=False)) | extra
                yield _Entry(row=row, values={name: cell for name, cell in values.items() if cell})
    except csv.Error as error:
        raise CalendarFileError(f"{path}: is not CSV ({error}); save it as CSV") from None


def _check_columns(path: Path, names: list[str]) -> None:
    missing = [name for name in NEEDED_COLUMNS if name not in names]
    unknown = [name for name in names if name not in {FIRM_COLUMN, *FIELD_OF_COLUMN}]
    if missing or unknown or len(set(names)) < len(names):
        raise CalendarFileError(
            f"{path}: the columns are {', '.join(names)[:200] or 'missing'}; write "
            f"{FIRM_COLUMN},{','.join(FIELD_OF_COLUMN)} "
            "(firm_id, hours, output and note may be left out)"
        )


def _yaml_entries(path: Path, text: str) -> Iterator[_Entry]:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise CalendarFileError(f"{path}: is not YAML; {error}") from None
    if not isinstance(content, dict) or list(content) != ["calendar"]:
        raise CalendarFileError(f"{path}: has no list 'calendar' alone; write 'calendar:' above it")
    entries = content["calendar"]
    if not isinstance(entries, list):
        raise CalendarFileError(f"{path}: 'calendar' is no list; begin each period with a dash")
    for row, values in enumerate(entries, start=1):
        told = values if isinstance(values, dict) else {"entry": values}
        yield _Entry(row=row, values={str(name): value for name, value in told.items()})


def _period(
    entry: _Entry, known_firms: Collection[str], firm_id: str | None
) -> tuple[str, WorkPeriod] | list[BadRow]:
    values = dict(entry.values)
    whose = values.pop(FIRM_COLUMN, firm_id)
    bad = list(_firm_faults(entry, whose, known_firms, firm_id))
    unknown = [name for name in values if name not in FIELD_OF_COLUMN]
    bad += [_bad(entry, name, "is no column of a calendar; leave it out") for name in unknown]
    fields = {FIELD_OF_COLUMN[name]: value for name, value in values.items() if name not in unknown}
    try:
        period = WorkPeriod.model_validate(fields)
    except ValidationError as error:
        return bad + [
            _bad(entry, _column_of(fault), fault["msg"].removeprefix("Value error, "))
            for fault in error.errors()
        ]
    return bad or (str(whose), period)


def _column_of(fault: ErrorDetails) -> str:
    if fault["loc"]:
        return _COLUMN_OF_FIELD[str(fault["loc"][0])]
    told = fault.get("ctx", {}).get("error")
    return _COLUMN_OF_FIELD[told.field] if isinstance(told, DoesNotFitError) else "row"


def _firm_faults(
    entry: _Entry, whose: object, known_firms: Collection[str], firm_id: str | None
) -> Iterator[BadRow]:
    if whose is None:
        yield _bad(entry, FIRM_COLUMN, "is missing; name the firm here or with --firm")
    elif firm_id is not None and whose != firm_id:
        yield _bad(entry, FIRM_COLUMN, f"is not {firm_id}, which --firm names; leave one out")
    elif whose not in known_firms:
        yield _bad(
            entry, FIRM_COLUMN, "is not declared; declare it with 'sandan firms declare FILE.yaml'"
        )


def _bad(entry: _Entry, column: str, reason: str) -> BadRow:
    value = entry.values.get(column, "")
    return BadRow(row=entry.row, column=column, value=str(value), reason=reason)
