"""One day of readings, written in every form that a firm may have it in.

A form writes the same :class:`MadeRow` values in its own quirks: encodings, titles, headers in two
lines, thousands commas, 24:00, a day a row. Tests change a row and ask what became of it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from feature_store.ingestion.read_request import ReadRequest
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL, STEPS_PER_DAY
from tests.made_workbooks import xls, xlsx

SEOUL = ZoneInfo("Asia/Seoul")
DAY = datetime(2026, 3, 2)  # noqa: DTZ001  a Monday by the clock in Seoul, as exports write it
NOW = datetime(2026, 4, 1, tzinfo=UTC)
CUSTOMER, METER = "0612345678", "25202027064"


@dataclass(frozen=True)
class MadeRow:
    """A reading as somebody's export tells it."""

    end: datetime
    """By the clock in Seoul."""
    kwh: str
    lagging: str
    leading: str
    label: str | None = None
    """What to write instead of the end, in the words of the form."""

    @property
    def start(self) -> datetime:
        """Start of the interval in UTC."""
        return self.end.replace(tzinfo=SEOUL).astimezone(UTC) - INTERVAL


def _row(step: int) -> MadeRow:
    """Values that differ from interval to interval, some above a thousand."""
    kwh = (8 * step + 1) * 1.25 + (1000 if step % 7 == 0 else 0)
    return MadeRow(
        end=DAY + (step + 1) * INTERVAL,
        kwh=f"{kwh:.2f}",
        lagging=f"{step % 5 + 0.25:.2f}",
        leading=f"{step % 3:.1f}",
    )


ROWS = tuple(_row(step) for step in range(STEPS_PER_DAY))
"""2026-03-02 in Seoul, 00:15 to 24:00."""

Writer = Callable[[Path, Sequence[MadeRow]], None]


@dataclass(frozen=True)
class Made:
    """A form of file and where in it things stand."""

    name: str
    reader: str
    file_name: str
    write: Writer
    label_column: str
    value_column: str
    """Empty: a column a quarter hour."""
    nonsense: str
    """A label that is no instant in this form."""
    future: str
    """The label of an interval in May 2026."""
    off_grid: str
    """A label two minutes off the grid of the same day."""
    first_row: int = 2
    """File row of the first reading."""
    encoding: str = "utf-8"
    reactive: bool = False
    lagging_column: str = ""
    wide: bool = False
    power: bool = False
    """Whether the values are written as mean kW."""
    labels_open: bool = False
    """Whether no label is written as 24:00, so that the caller may say what they are."""
    parts: bool = False
    """Whether a label inside an interval is a part of it."""
    asks: Mapping[str, str] = field(default_factory=dict)
    """What the caller has to say about it."""

    def __str__(self) -> str:
        """What pytest calls it."""
        return self.name

    def made(self, folder: Path, rows: Sequence[MadeRow] = ROWS) -> Path:
        """Write rows to a file of this form."""
        path = folder / self.file_name
        self.write(path, rows)
        return path

    def request(self, firm_id: str = "kiln_works", now: datetime = NOW) -> ReadRequest:
        """What a caller says who knows the firm."""
        return ReadRequest(firm_id=firm_id, now=now, unit=self.asks.get("unit"))  # type: ignore[arg-type]

    def place(self, at: int) -> tuple[int, str]:
        """File row and column of the value of a reading."""
        if not self.wide:
            return self.first_row + at, self.value_column
        hhmm = clock(ROWS[at].end)
        return (
            self.first_row,
            f"pwr_qty{hhmm.replace(':', '')}" if self.reader == "eds-json" else hhmm,
        )


def changed(
    at: int, *, kwh: str | None = None, lagging: str | None = None, label: str | None = None
) -> tuple[MadeRow, ...]:
    """The day with other cells in one of its rows."""
    old = ROWS[at]
    new = replace(
        old,
        kwh=old.kwh if kwh is None else kwh,
        lagging=old.lagging if lagging is None else lagging,
        label=label,
    )
    return (*ROWS[:at], new, *ROWS[at + 1 :])


def clock(end: datetime) -> str:
    """``00:15`` to ``24:00``."""
    return "24:00" if end.time() == DAY.time() else f"{end:%H:%M}"


def day(end: datetime) -> str:
    """The day that an interval belongs to."""
    return f"{end - INTERVAL:%Y-%m-%d}"


def ended(row: MadeRow) -> str:
    """``2026-03-02 24:00``."""
    return row.label if row.label is not None else f"{day(row.end)} {clock(row.end)}"


def comma(number: str) -> str:
    """With thousands commas, if it is a number that has some."""
    try:
        return f"{float(number):,.2f}" if abs(float(number)) >= 1000 else number
    except ValueError:
        return number


def times_four(number: str) -> str:
    """An energy as the mean power of its interval."""
    try:
        return f"{float(number) / HOURS_PER_STEP:g}" if float(number) >= 0 else number
    except ValueError:
        return number


def as_csv(lines: Sequence[Sequence[str | None]], *, delimiter: str = ",") -> str:
    """Cells as a text file, quoted where they hold a comma."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([cell or "" for cell in row] for row in lines)
    return text.getvalue()


def as_html(lines: Sequence[Sequence[str | None]]) -> str:
    """Cells as the page that a browser saves under the name of a workbook."""
    body = "".join(
        "<tr>" + "".join(f"<td class=num>&nbsp;{cell or ''}</td>" for cell in row) + "</tr>\n"
        for row in lines
    )
    return (
        "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><head><style>td{color:#000}"
        f"</style></head><body><p>제목</p><table border=1>{body}</table></body></html>"
    )


# ------------------------------------------------------------------ KEPCO Power Planner

_GROUPED = (
    ["시간", "사용량(kWh)", "최대수요(kW)", "무효전력(kVarh)", "", "CO2(tCO2)", "역률(%)", ""],
    ["", "", "", "지상", "진상", "", "지상", "진상"],
)


def _planner_row(row: MadeRow, label: str) -> list[str]:
    power = times_four(row.kwh)
    numbers = [comma(row.kwh), comma(power), row.lagging, row.leading]
    return [label, *numbers, "0.01", "98.5", "100"]


def planner_titled(rows: Sequence[MadeRow]) -> list[list[str]]:
    """Titles, one of which names the day; a header in two lines; totals below."""
    titles = [
        ["시간대별 사용량"],
        [],
        ["고객번호", CUSTOMER],
        ["조회기간 : 2026-03-02 ~ 2026-03-02"],
    ]
    below = [_planner_row(row, clock(row.end) if row.label is None else row.label) for row in rows]
    totals = [["합계", "9,999", "", "", "", "", "", ""], ["※ 계량 값은 변경될 수 있습니다."]]
    return [*titles, *_GROUPED, *below, *totals]


def planner_dated(rows: Sequence[MadeRow]) -> list[list[str]]:
    """A column for the day, one for the time."""
    lines = []
    for row in rows:
        date, _, time = ended(row).partition(" ")
        lines.append([date, *_planner_row(row, time)])
    names = ["일자", "시간", "사용량(kWh)", "최대수요(kW)", "지상무효전력(kVarh)"]
    return [[*names, "진상무효전력(kVarh)", "CO2(tCO2)", "지상역률(%)", "진상역률(%)"], *lines]


def planner_power(rows: Sequence[MadeRow]) -> list[list[str]]:
    """Nothing but a time and the mean power."""
    return [["일시", "최대수요 (㎾)"], *([ended(row), comma(times_four(row.kwh))] for row in rows)]


def a_day_a_row(rows: Sequence[MadeRow]) -> list[list[str]]:
    """A column a quarter hour, the unit in a title."""
    days = list(dict.fromkeys(day(row.end) for row in rows))
    clocks = [clock(row.end) for row in ROWS]
    told = {(day(row.end), clock(row.end)): row.kwh for row in rows}
    lines = [[each, *(comma(told.get((each, at), "")) for at in clocks), "9,999"] for each in days]
    return [["15분 사용량", "", "", "(단위 : kWh)"], ["일자", *clocks, "합계"], *lines]


# ------------------------------------------------------------------ 한전ON and AMI


def kepco_on(rows: Sequence[MadeRow]) -> list[list[str]]:
    """Numbers of customer and meter in columns."""
    lines = [[CUSTOMER, METER, ended(row), comma(row.kwh)] for row in rows]
    return [["고객번호", "계기번호", "검침일", "순방향 유효전력량(KWH)"], *lines]


def load_profile(rows: Sequence[MadeRow]) -> list[list[str]]:
    """As handed out for research: no units."""
    names = ["대체고객번호", "LP 수신일자", "순방향 유효전력", "지상무효", "진상무효", "피상전력"]
    lines = [["A0001", ended(row), row.kwh, row.lagging, row.leading, "1"] for row in rows]
    return [names, *lines]


# ------------------------------------------------------------------ EDS, steel, our own form


def eds_answer(rows: Sequence[MadeRow]) -> dict[str, object]:
    """An answer of getDayLpData."""
    days = dict.fromkeys(day(row.end).replace("-", "") for row in rows)
    records = []
    for each in days:
        quantities = {
            f"pwr_qty{clock(row.end).replace(':', '')}": row.kwh
            for row in rows
            if day(row.end).replace("-", "") == each
        }
        told = {"custNo": CUSTOMER, "meterNo": METER, "mr_ymd": each, "multi_meter_yn": "N"}
        records.append(told | quantities)
    return {"dayLpDataInfoList": records}


def steel(rows: Sequence[MadeRow]) -> list[list[str]]:
    """Midnight carries the date of the day that it ends."""
    names = [
        "date",
        "Usage_kWh",
        "Lagging_Current_Reactive.Power_kVarh",
        "Leading_Current_Reactive_Power_kVarh",
        "Load_Type",
    ]
    lines = []
    for row in rows:
        shown = f"{row.end - INTERVAL:%d/%m/%Y} {row.end:%H:%M}"
        lines.append([row.label or shown, row.kwh, row.lagging, row.leading, "Light_Load"])
    return [names, *lines]


def rfc3339(row: MadeRow) -> str:
    """Start of the interval with its offset."""
    return row.label if row.label is not None else row.start.astimezone(SEOUL).isoformat()


def canonical(rows: Sequence[MadeRow]) -> list[list[str]]:
    """Our own form."""
    lines = [[rfc3339(row), row.kwh, row.lagging, row.leading] for row in rows]
    return [["period_start", "kwh", "lagging_kvarh", "leading_kvarh"], *lines]


def canonical_frame(rows: Sequence[MadeRow]) -> pl.DataFrame:
    """Our own form as columns; numbers and times by their types where all of them are such."""
    table = pl.DataFrame(canonical(rows)[1:], schema=canonical(())[0], orient="row")
    for name in table.columns[1:]:
        numbers = table[name].cast(pl.Float64, strict=False)
        if not numbers.null_count():
            table = table.with_columns(numbers)
    if all(row.label is None for row in rows):
        starts = pl.Series("period_start", [row.start for row in rows], pl.Datetime("us", "UTC"))
        table = table.with_columns(starts.dt.convert_time_zone("Asia/Seoul"))
    return table


def canonical_records(rows: Sequence[MadeRow]) -> list[dict[str, str | float]]:
    """Our own form as objects, every other number as text."""
    names, *lines = canonical(rows)
    return [dict(zip(names, line, strict=True)) for line in lines]


# ------------------------------------------------------------------ containers


Cells = Callable[[Sequence[MadeRow]], list[list[str]]]


def _bytes(content: Callable[[Sequence[MadeRow]], bytes]) -> Writer:
    def write(path: Path, rows: Sequence[MadeRow]) -> None:
        path.write_bytes(content(rows))

    return write


def _text(cells: Cells, encoding: str) -> Writer:
    delimiter = "\t" if encoding == "utf-16" else ","
    return _bytes(lambda rows: as_csv(cells(rows), delimiter=delimiter).encode(encoding))


def _html(cells: Cells, encoding: str) -> Writer:
    return _bytes(lambda rows: as_html(cells(rows)).encode(encoding))


def _xlsx(cells: Cells) -> Writer:
    return _bytes(lambda rows: xlsx(cells(rows)))


def _xls(cells: Cells) -> Writer:
    return _bytes(lambda rows: xls(cells(rows)))


def _xlsx_of_numbers(path: Path, rows: Sequence[MadeRow]) -> None:
    """A workbook that somebody has worked with: times and numbers by their types."""

    def typed(cell: str) -> str | float | datetime:
        number = cell.replace(",", "")
        return float(number) if number.replace(".", "", 1).isdecimal() and cell != "1,5" else cell

    names, *lines = kepco_on(rows)
    made = []
    for row, (_, _, label, value) in zip(rows, lines, strict=True):
        end = row.end if row.label is None else label
        made.append([float(CUSTOMER), float(METER), end, typed(value)])
    path.write_bytes(xlsx([names, *made]))


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def _lines(path: Path, values: Sequence[object]) -> None:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")


_CLOCKED = Made(
    name="",
    reader="power-planner",
    file_name="사용량.csv",
    write=_text(planner_dated, "utf-8-sig"),
    label_column="시간",
    value_column="사용량(kWh)",
    nonsense="2026-03-02 25:00",
    future="2026-05-01 00:15",
    off_grid="2026-03-02 00:17",
    encoding="utf-8-sig",
    reactive=True,
    lagging_column="지상무효전력(kVarh)",
)
_WIDE = replace(
    _CLOCKED,
    write=_text(a_day_a_row, "utf-8"),
    value_column="",
    label_column="일자",
    first_row=3,
    encoding="utf-8",
    reactive=False,
    wide=True,
)
_ON = replace(
    _CLOCKED,
    reader="kepco-on",
    label_column="검침일",
    value_column="순방향 유효전력량(KWH)",
    write=_text(kepco_on, "utf-8-sig"),
    reactive=False,
    parts=True,
)
_OURS = Made(
    name="",
    reader="canonical",
    file_name="readings.csv",
    write=_text(canonical, "utf-8"),
    label_column="period_start",
    value_column="kwh",
    nonsense="2026-03-02T23:30:00",
    future="2026-05-01T00:00:00+09:00",
    off_grid="2026-03-02T00:02:00+09:00",
    reactive=True,
    lagging_column="lagging_kvarh",
)
_EDS = replace(
    _WIDE,
    reader="eds-json",
    file_name="answer.json",
    write=lambda path, rows: _json(path, eds_answer(rows)),
    label_column="mr_ymd",
    first_row=1,
    encoding="json, utf-8",
)

MADE = (
    replace(_CLOCKED, name="planner, day and time in columns, CSV utf-8-sig"),
    replace(
        _CLOCKED,
        name="planner, day in a title, header in two lines, CSV CP949",
        write=_text(planner_titled, "cp949"),
        encoding="euc-kr",
        first_row=7,
        nonsense="25:00",
        future="",
        off_grid="00:17",
        lagging_column="무효전력(kVarh) 지상",
    ),
    replace(
        _CLOCKED,
        name="planner, day and time in columns, tabs, UTF-16",
        write=_text(planner_dated, "utf-16"),
        encoding="utf-16",
    ),
    replace(
        _CLOCKED,
        name="planner, day and time in columns, .xls that is HTML",
        file_name="사용량.xls",
        write=_html(planner_dated, "utf-8"),
        encoding="html, utf-8",
    ),
    replace(
        _CLOCKED,
        name="planner, day and time in columns, .xls that is HTML, EUC-KR",
        file_name="사용량.xls",
        write=_html(planner_dated, "euc-kr"),
        encoding="html, euc-kr",
    ),
    replace(
        _CLOCKED,
        name="planner, day in a title, header in two lines, .xlsx",
        file_name="사용량.xlsx",
        write=_xlsx(planner_titled),
        encoding="xlsx",
        first_row=7,
        nonsense="25:00",
        future="",
        off_grid="00:17",
        lagging_column="무효전력(kVarh) 지상",
    ),
    replace(
        _CLOCKED,
        name="planner, day and time in columns, real .xls",
        file_name="사용량.xls",
        write=_xls(planner_dated),
        encoding="xls",
    ),
    replace(
        _CLOCKED,
        name="planner, mean power only, CSV EUC-KR",
        write=_text(planner_power, "cp949"),
        label_column="일시",
        value_column="최대수요 (㎾)",
        encoding="euc-kr",
        reactive=False,
        power=True,
    ),
    replace(_WIDE, name="planner, a day a row, CSV"),
    replace(
        _WIDE,
        name="planner, a day a row, .xlsx",
        file_name="사용량.xlsx",
        write=_xlsx(a_day_a_row),
        encoding="xlsx",
    ),
    replace(_ON, name="한전ON, CSV utf-8-sig"),
    replace(_ON, name="한전ON, CSV CP949", write=_text(kepco_on, "cp949"), encoding="euc-kr"),
    replace(
        _ON,
        name="한전ON, .xlsx of times and numbers",
        file_name="검침.xlsx",
        write=_xlsx_of_numbers,
        labels_open=True,
        encoding="xlsx",
    ),
    replace(
        _ON,
        name="AMI load profile, CSV",
        reader="ami-load-profile",
        file_name="lp.csv",
        write=_text(load_profile, "utf-8-sig"),
        label_column="LP 수신일자",
        value_column="순방향 유효전력",
        reactive=True,
        lagging_column="지상무효",
        asks={"unit": "kWh"},
    ),
    replace(_EDS, name="EDS, one answer"),
    replace(
        _EDS,
        name="EDS, answers one a line",
        file_name="answers.ndjson",
        write=lambda path, rows: _lines(path, [eds_answer(rows), {"dayLpDataInfoList": []}]),
        encoding="ndjson, utf-8",
    ),
    Made(
        name="UCI steel, CSV",
        reader="uci-steel",
        file_name="Steel_industry_data.csv",
        write=_text(steel, "utf-8-sig"),
        label_column="date",
        value_column="Usage_kWh",
        nonsense="2026-03-02 23:45",
        future="01-05-2026 00:15",
        off_grid="02/03/2026 00:17",
        encoding="utf-8-sig",
        reactive=True,
        lagging_column="Lagging_Current_Reactive.Power_kVarh",
    ),
    replace(_OURS, name="canonical, CSV"),
    replace(
        _OURS,
        name="canonical, Parquet",
        file_name="readings.parquet",
        write=lambda path, rows: canonical_frame(rows).write_parquet(path),
        first_row=1,
        encoding="parquet",
    ),
    replace(
        _OURS,
        name="canonical, Arrow file",
        file_name="readings.arrow",
        write=lambda path, rows: canonical_frame(rows).write_ipc(path),
        first_row=1,
        encoding="arrow",
    ),
    replace(
        _OURS,
        name="canonical, Arrow stream",
        file_name="readings.arrows",
        write=lambda path, rows: canonical_frame(rows).write_ipc_stream(path),
        first_row=1,
        encoding="arrow-stream",
    ),
    replace(
        _OURS,
        name="canonical, NDJSON",
        file_name="readings.ndjson",
        write=lambda path, rows: _lines(path, canonical_records(rows)),
        first_row=1,
        encoding="ndjson",
    ),
    replace(
        _OURS,
        name="canonical, JSON",
        file_name="readings.json",
        write=lambda path, rows: _json(path, canonical_records(rows)),
        first_row=1,
        encoding="json",
    ),
)
