"""Load-profile 부하프로파일 (LP) tables of smart meters, as KEPCO hands them out for research."""

from __future__ import annotations

from dataclasses import dataclass

from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.checked_file import CheckedFile
from feature_store.ingestion.export_file import has_form, read_export
from feature_store.ingestion.export_form import ExportForm
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.source_file import SourceFile

_FORM = ExportForm(
    day=frozenset({"lp수신일자", "lp수신일시"}),
    energy=frozenset({"순방향유효전력", "순방향유효전력량"}),
    lagging=frozenset({"지상무효", "지상무효전력", "지상무효전력량"}),
    leading=frozenset({"진상무효", "진상무효전력", "진상무효전력량"}),
    customer=frozenset({"대체고객번호", "고객번호"}),
    meter=frozenset({"계기번호", "계기id"}),
    day_a_row=False,
    parts=True,
)
"""대체고객번호, LP 수신일자, 순방향 유효전력, 지상무효, 진상무효, 피상전력; the last is not taken.
Labels are ends, with 24:00."""


@dataclass(frozen=True)
class AmiLoadProfileReader:
    """Reads one CSV of load profiles; it usually holds many customers, so ``--meter`` chooses.

    The header tells no unit, and no source settles whether the values are energy already
    multiplied by the meter's factor: the caller says the unit with ``--unit``.
    """

    name: str = "ami-load-profile"
    describes: str = "AMI load profile: 대체고객번호, LP 수신일자, 순방향 유효전력"

    def recognises(self, file: SourceFile) -> bool:
        """Whether there is a table with a date of LP reception and forward active power."""
        return has_form(file, _FORM)

    def read(self, file: SourceFile, request: ReadRequest) -> CheckedFile | Refused:
        """Read the whole file, see :class:`feature_store.ingestion.reader.Reader`."""
        return read_export(file, _FORM, request, source_format=self.name)
