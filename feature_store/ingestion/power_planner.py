"""15-minute tables of KEPCO's Power Planner 파워플래너 (pp.kepco.co.kr, once iSmart)."""

from __future__ import annotations

from dataclasses import dataclass

from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.checked_file import CheckedFile
from feature_store.ingestion.export_file import has_form, read_export
from feature_store.ingestion.export_form import ExportForm
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.source_file import SourceFile

_FORM = ExportForm(
    day=frozenset({"일자", "날짜", "일시", "년월일", "사용일", "사용일자"}),
    clock=frozenset({"시간", "시각", "시간대"}),
    energy=frozenset({"사용량", "전력사용량", "사용전력량", "전력량"}),
    power=frozenset({"최대수요", "최대수요전력", "최대전력", "평균전력"}),
    lagging=frozenset({"무효전력지상", "무효전력량지상", "지상무효전력", "지상무효전력량"}),
    leading=frozenset({"무효전력진상", "무효전력량진상", "진상무효전력", "진상무효전력량"}),
)
"""시간, 사용량(kWh), 최대수요(kW), 무효전력(kVarh) 지상 and 진상, then CO2 and power factor, which
are not taken. Labels are the ends of intervals, 00:15 to 24:00."""


@dataclass(frozen=True)
class PowerPlannerReader:
    """Reads the tables as CSV, as ``.xls`` that is HTML, and as a workbook.

    Energy is taken where it stands, mean power otherwise. The names of the columns are those of
    the site's own tables; how its files lay titles out is not published, so whatever is told by
    neither a column nor one clear title is asked for rather than assumed.
    """

    name: str = "power-planner"
    describes: str = "KEPCO Power Planner 파워플래너, 15 minutes: 시간, 사용량(kWh), 최대수요(kW)"

    def recognises(self, file: SourceFile) -> bool:
        """Whether there is a table with a time and an amount used, or a day a row."""
        return has_form(file, _FORM)

    def read(self, file: SourceFile, request: ReadRequest) -> CheckedFile | Refused:
        """Read the whole file, see :class:`feature_store.ingestion.reader.Reader`."""
        return read_export(file, _FORM, request, source_format=self.name)
