"""15-minute downloads of KEPCO's customer site 한전ON (online.kepco.co.kr)."""

from __future__ import annotations

from dataclasses import dataclass

from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.checked_file import CheckedFile
from feature_store.ingestion.export_file import has_form, read_export
from feature_store.ingestion.export_form import ExportForm
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.source_file import SourceFile

_FORM = ExportForm(
    day=frozenset({"검침일", "검침일시", "검침일자"}),
    clock=frozenset({"검침시간", "검침시각"}),
    energy=frozenset({"순방향유효전력량", "순방향유효전력", "유효전력량"}),
    lagging=frozenset({"순방향지상무효전력량", "지상무효전력량"}),
    leading=frozenset({"순방향진상무효전력량", "진상무효전력량"}),
    parts=True,
)
"""고객번호, 계기번호, 검침일, 순방향 유효전력량(KWH); labels like 2026-03-02 00:15, the last of a
day 24:00. A power cut leaves rows off the grid, e.g. at 19:29: parts of an interval."""


@dataclass(frozen=True)
class KepcoOnReader:
    """Reads the downloads as CSV, as ``.xls`` that is HTML, and as a workbook."""

    name: str = "kepco-on"
    describes: str = "한전ON download, 15 minutes: 검침일, 순방향 유효전력량(KWH)"

    def recognises(self, file: SourceFile) -> bool:
        """Whether there is a table with a date of reading and forward active energy."""
        return has_form(file, _FORM)

    def read(self, file: SourceFile, request: ReadRequest) -> CheckedFile | Refused:
        """Read the whole file, see :class:`feature_store.ingestion.reader.Reader`."""
        return read_export(file, _FORM, request, source_format=self.name)
