"""A day of load profile as KEPCO's energy data service EDS (Open P-Meter) answers it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.checked_file import CheckedFile, Origin, refused
from feature_store.ingestion.json_document import Json, written
from feature_store.ingestion.korean_clock import MINUTES_PER_HOUR
from feature_store.ingestion.labelled_rows import LabelledRow, Layout, labelled_file
from feature_store.ingestion.limits import MOST_EXPORT_VALUES
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.sheet import UnreadableSheetError
from feature_store.ingestion.source_file import SourceFile
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY

ANSWER_LIST = "dayLpDataInfoList"
_QUANTITY = re.compile(r"pwr_qty\d{4}")
_STEP_MINUTES = INTERVAL.seconds // 60
FIELDS = tuple(
    "pwr_qty{:02}{:02}".format(*divmod(step * _STEP_MINUTES, MINUTES_PER_HOUR))
    for step in range(1, STEPS_PER_DAY + 1)
)
"""``pwr_qty0015`` to ``pwr_qty2400``: the ends of the day's intervals."""


@dataclass(frozen=True)
class EdsJsonReader:
    """Reads answers of ``getDayLpData``: one, a list of them, or one a line.

    Each holds records with custNo, meterNo, mr_ymd and 96 quantities in kWh, already multiplied
    by the meter's factor, as numbers or texts. A quantity that is empty or left out is a gap. An
    answer that is an error is refused in its own words.

    Source: the OpenAPI of opm.kepco.co.kr, as public client libraries take it.
    """

    name: str = "eds-json"
    describes: str = f"KEPCO EDS/OPM answer of getDayLpData: {ANSWER_LIST} with pwr_qty0015 to 2400"

    def recognises(self, file: SourceFile) -> bool:
        """Whether any object in the file is a record of such an answer."""
        if file.container not in {"json", "ndjson"}:
            return False
        try:
            document = file.document
            return _is_answer(document) or any(map(_is_ours, _records(document)))
        except UnreadableSheetError:
            return False

    def read(self, file: SourceFile, request: ReadRequest) -> CheckedFile | Refused:
        """Read the whole file, see :class:`feature_store.ingestion.reader.Reader`."""
        try:
            records = list(_records(file.document))
        except UnreadableSheetError as error:
            return refused(file, str(error))
        for number, record in enumerate(records, start=1):
            wrong = _wrong(record)
            if wrong is not None:
                column, value, reason = wrong
                return refused(file, reason, row=number, column=column, value=value)
        not_taken = _not_taken(records, request)
        if not_taken is not None:
            return refused(file, not_taken)
        rows = [row for number, record in enumerate(records, 1) for row in _rows(record, number)]
        origin = Origin(
            file=file,
            request=request,
            source_format=self.name,
            encoding=f"{file.container}, {file.text.encoding}",
        )
        return labelled_file(origin, rows, Layout(unit="kWh", labels="end", header_row=0))


def _not_taken(records: Sequence[dict[str, Json]], request: ReadRequest) -> str | None:
    """Why the answer as a whole is not taken; None if it is."""
    if not records:
        return f"holds no data: its {ANSWER_LIST} is empty; ask for a day with readings"
    if request.unit == "kW":
        return "holds kWh; leave --unit kW out"
    if request.labels == "start":
        return "labels the ends of intervals; leave --labels start out"
    values = sum(map(_values, records))
    if values > MOST_EXPORT_VALUES:
        return f"holds {values:,} values, more than {MOST_EXPORT_VALUES:,}; ask for less"
    return None


def _records(document: Json) -> Iterator[dict[str, Json]]:
    """Every record, in the order of the file; anything that is none counts as an empty one."""
    match document:
        case {"dayLpDataInfoList": list(records)}:
            yield from (record if isinstance(record, dict) else {} for record in records)
        case list():
            for answer in document:
                yield from _records(answer)
        case dict():
            yield document
        case _:
            yield {}


def _is_answer(document: Json) -> bool:
    """Whether it is an answer, even one without a record, or holds one."""
    if isinstance(document, list):
        return any(isinstance(each, dict) and ANSWER_LIST in each for each in document)
    return isinstance(document, dict) and ANSWER_LIST in document


def _is_ours(record: dict[str, Json]) -> bool:
    named = (key for key in record if key.startswith("pwr_qty"))  # most keys of a batch are not
    return "errMsg" in record or any(map(_QUANTITY.fullmatch, named))


def _wrong(record: dict[str, Json]) -> tuple[str, str, str] | None:
    """Column, value and reason of what makes a record unreadable."""
    said = written(record.get("errMsg")) or ""
    if said and not any(_QUANTITY.fullmatch(key) for key in record):
        return "errMsg", said, "is the answer to a failed request; ask the service again"
    for key, value in record.items():
        if _QUANTITY.fullmatch(key) and key not in FIELDS:
            return key, written(value) or "", "is no quarter hour; save the answer as it came"
    missing = next((key for key in ("custNo", "mr_ymd") if not written(record.get(key))), None)
    if missing:
        return missing, "", "is missing; save the answer of getDayLpData as it came"
    return None


def _values(record: dict[str, Json]) -> int:
    return sum(field in record for field in FIELDS)


def _rows(record: dict[str, Json], number: int) -> Iterator[LabelledRow]:
    day = (written(record["mr_ymd"]) or "").replace("-", "")
    for field in FIELDS:
        value = written(record.get(field))
        if value is not None:
            yield LabelledRow(
                row=number,
                label=f"{day} {field.removeprefix('pwr_qty')}",
                label_column="mr_ymd",
                value=value,
                value_column=field,
                customer=written(record.get("custNo")),
                meter=written(record.get("meterNo")),
            )
