"""What the store relies on, asked of every reader of weather, on small files with their quirks."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from feature_store.entities.reading_batch import Refused
from feature_store.entities.weather_batch import VARIABLES, WEATHER_COLUMNS, WeatherBatch
from feature_store.ingestion.read_file import READERS
from feature_store.ingestion.read_weather_file import WEATHER_READERS, read_weather_file
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.weather_reader import WeatherRequest

NOW = datetime(2026, 4, 1, tzinfo=UTC)
REQUEST = WeatherRequest(now=NOW, place="gwangju")
AT = datetime(2026, 3, 2, 0, tzinfo=UTC)
"""09:00 in Korea, 2 March 2026: the first of two hours in each made file."""
ERA5_FILE = Path(__file__).parents[3] / "shared" / "data" / "weather_gwangju.parquet"


def envelope(items: list[dict]) -> str:
    header = {"resultCode": "00", "resultMsg": "NORMAL_SERVICE"}
    body = {"dataType": "JSON", "items": {"item": items}, "totalCount": len(items)}
    return json.dumps({"response": {"header": header, "body": body}}, ensure_ascii=False)


def forecast(path: Path, temperature: str, hour: str) -> None:
    told = {"TMP": temperature, "SKY": "3", "PTY": "0", "POP": "30", "PCP": "강수없음"}
    told |= {"REH": "55", "WSD": "2.1", "SNO": "적설없음", "TMX": "9.0"}
    place = {"baseDate": "20260302", "baseTime": "0500", "nx": 58, "ny": 74}
    items = [
        place | {"fcstDate": "20260302", "fcstTime": at, "category": name, "fcstValue": value}
        for at, values in ((hour, told), ("1000", told | {"TMP": "6", "REH": "-999"}))
        for name, value in values.items()
    ]
    path.write_text(envelope(items), encoding="utf-8")


def observed_json(path: Path, temperature: str, hour: str) -> None:
    item = {"stnId": "156", "stnNm": "광주", "rn": "", "ws": "2.1", "hm": "55", "icsr": "0.36"}
    items = [
        item | {"tm": f"2026-03-02 {hour[:2]}:{hour[2:]}", "ta": temperature, "hmQcflg": ""},
        item | {"tm": "2026-03-02 10:00", "ta": "6", "hmQcflg": "9"},
    ]
    path.write_text(envelope(items), encoding="utf-8")


def observed_csv(path: Path, temperature: str, hour: str) -> None:
    lines = (
        "지점,지점명,일시,기온(°C),강수량(mm),풍속(m/s),풍향(16방위),습도(%),일사(MJ/m2)",
        f"156,광주,2026-03-02 {hour[:2]}:{hour[2:]},{temperature},,2.1,270,55,0.36",
        "156,광주,2026-03-02 10:00,6,,2.1,270,,0.36",
    )
    path.write_text("\n".join(lines), encoding="cp949")


def reanalysis(path: Path, temperature: str, hour: str) -> None:
    pl.DataFrame(
        {
            "timestamp": [f"2026-03-02T{hour[:2]}:{hour[2:]}:00", "2026-03-02T10:00:00"],
            "temp_c": [temperature, "6"],
            "wind_ms": 2.1,
            "ghi": 100.0,
            "dni": 50.0,
            "dhi": 60.0,
        }
    ).write_parquet(path)


@dataclass(frozen=True)
class MadeWeather:
    """A form of weather file and what its first row says."""

    reader: str
    file_name: str
    write: Callable[[Path, str, str], None]
    """Path, temperature and hour (hhmm in Korea) of the first row."""
    kind: str
    place: str
    known_at: datetime
    column: str

    def made(self, folder: Path, *, temperature: str = "5.5", hour: str = "0900") -> Path:
        """Write two hours, of which the first has this temperature and hour."""
        path = folder / self.file_name
        self.write(path, temperature, hour)
        return path


MADE = (
    MadeWeather(
        "kma-forecast",
        "forecast.json",
        forecast,
        "forecast",
        "kma-grid 58,74",
        datetime(2026, 3, 1, 20, 10, tzinfo=UTC),  # issue of 05:00 in Korea, out ten minutes later
        "TMP",
    ),
    MadeWeather(
        "asos",
        "asos.json",
        observed_json,
        "observation",
        "asos 156",
        datetime(2026, 3, 3, 2, tzinfo=UTC),  # the next day, 11:00 in Korea
        "ta",
    ),
    MadeWeather(
        "asos",
        "asos.csv",
        observed_csv,
        "observation",
        "asos 156",
        datetime(2026, 3, 3, 2, tzinfo=UTC),
        "기온(°C)",
    ),
    MadeWeather(
        "era5",
        "era5.parquet",
        reanalysis,
        "reanalysis",
        "gwangju",
        AT + timedelta(days=5),
        "temp_c",
    ),
)
every_form = pytest.mark.parametrize("made", MADE, ids=lambda made: made.file_name)


def only_fault(path, request=REQUEST):
    outcome = read_weather_file(path, request)
    assert isinstance(outcome, Refused), outcome
    assert outcome.bad_rows[0].fix
    return outcome.bad_rows[0]


def test_every_reader_has_made_files_here():
    assert {made.reader for made in MADE} == {reader.name for reader in WEATHER_READERS}


@every_form
def test_a_file_becomes_weather_with_place_valid_time_and_when_it_was_known(made, tmp_path):
    batch = read_weather_file(made.made(tmp_path), REQUEST)
    assert isinstance(batch, WeatherBatch), batch
    assert dict(batch.rows.schema) == WEATHER_COLUMNS
    assert (batch.kind, batch.source_format) == (made.kind, made.reader)
    first = batch.rows.row(0, named=True)
    assert (first["place"], first["valid_time"], first["known_at"]) == (
        made.place,
        AT,
        made.known_at,
    )
    assert batch.rows["temperature_celsius"].to_list() == [5.5, 6.0]
    assert batch.rows["wind_speed_m_per_s"].to_list() == [2.1, 2.1]


@every_form
def test_shares_and_irradiance_are_in_our_units_and_none_is_null(made, tmp_path):
    rows = read_weather_file(made.made(tmp_path), REQUEST).rows
    if made.kind != "reanalysis":
        assert rows["relative_humidity_share"].to_list() == pytest.approx([0.55, None])
    if made.kind != "forecast":
        assert rows["ghi_w_per_m2"].to_list() == pytest.approx([100.0, 100.0])
    if made.kind == "forecast":
        assert rows["precipitation_probability_share"].to_list() == pytest.approx([0.3, 0.3])
        assert rows["kma_sky_code"].to_list() == [3, 3]


@every_form
def test_exactly_one_reader_says_that_the_file_is_its_own_and_none_of_readings(made, tmp_path):
    file = SourceFile(made.made(tmp_path))
    assert [r.name for r in WEATHER_READERS if r.recognises(file)] == [made.reader]
    assert [reader.name for reader in READERS if reader.recognises(file)] == []


@every_form
@pytest.mark.parametrize(("value", "reason"), [("mild", "is not a number"), ("75", "is no temp")])
def test_a_bad_value_is_named(made, tmp_path, value, reason):
    fault = only_fault(made.made(tmp_path, temperature=value))
    assert (fault.column, fault.value) == (made.column, value)
    assert fault.fault.startswith(reason)


@every_form
def test_a_time_that_is_none_is_named(made, tmp_path):
    assert only_fault(made.made(tmp_path, hour="9x00")).fault.startswith("is not a time")


@every_form
def test_the_same_hour_twice_is_named(made, tmp_path):
    assert only_fault(made.made(tmp_path, hour="1000")).fault.startswith("is the same time")


@every_form
def test_a_time_between_two_hours_is_named(made, tmp_path):
    assert only_fault(made.made(tmp_path, hour="0930")).fault == "is not on the full hour"


@every_form
def test_what_is_in_hand_is_known_now_and_what_lies_ahead_is_refused(made, tmp_path):
    path = made.made(tmp_path)
    early = WeatherRequest(now=AT + timedelta(hours=1), place="gwangju")
    batch = read_weather_file(path, early)
    assert batch.rows["known_at"].max() <= early.now
    before = WeatherRequest(now=AT - timedelta(days=1), place="gwangju")
    assert "later than now" in only_fault(path, before).fault


def test_an_error_of_the_service_is_told_in_its_words(tmp_path):
    path = tmp_path / "answer.json"
    header = {"resultCode": "22", "resultMsg": "LIMITED_NUMBER_OF_SERVICE_REQUESTS"}
    path.write_text(json.dumps({"response": {"header": header}}))
    outcome = WEATHER_READERS[0].read(SourceFile(path), REQUEST)
    assert "LIMITED_NUMBER_OF_SERVICE_REQUESTS" in outcome.bad_rows[0].fault


def test_a_place_must_be_named_where_the_file_has_none(tmp_path):
    path = tmp_path / "era5.parquet"
    reanalysis(path, "5.5", "0900")
    assert only_fault(path, WeatherRequest(now=NOW)).column == "place"


def test_every_variable_tells_its_unit_and_bounds():
    assert all(variable.least < variable.most for variable in VARIABLES)


@pytest.mark.skipif(not ERA5_FILE.is_file(), reason="the ERA5 table is not beside this checkout")
def test_the_table_of_gwangju_is_read_whole():
    batch = read_weather_file(ERA5_FILE, REQUEST)
    assert isinstance(batch, WeatherBatch), batch
    assert batch.rows.height == 26_304
    assert batch.rows["valid_time"][0] == datetime(2022, 12, 31, 15, tzinfo=UTC)
