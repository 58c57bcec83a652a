"""Readings sent over HTTP in any form are stored once or refused row by row, never half."""

import csv
import inspect
import io
import json
import threading
from contextlib import closing
from datetime import timedelta

import anyio
import polars as pl
import pytest

from feature_store.entities.meter import Meter
from feature_store.ingestion.limits import MOST_TEXT_BYTES
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import INTERVAL, utc_instant
from serving.api.reading_routes import EXAMPLE, take_readings
from tests.builders import MONDAY, a_firm
from tests.fakes.scheduler import OneJobScheduler
from tests.made_exports import CUSTOMER, MADE
from tests.made_ledgers import lay_ledger
from tests.serving.conftest import NOW, serve
from tests.serving.sent_readings import (
    FIRM,
    FORMS,
    JSON,
    LAST,
    OTHER,
    a_row,
    rows_in,
    send,
    stored_kwh,
)

SEVERAL = "press_shop"
"""A firm with two meters."""
CSV = next(form for form in FORMS if form.name == "csv")
LINES = next(form for form in FORMS if form.name == "ndjson")
STREAM = next(form for form in FORMS if form.name == "arrow-stream")
PARQUET = next(form for form in FORMS if form.name == "parquet")
ARROW_FILE = next(form for form in FORMS if form.name == "arrow-file")

every_form = pytest.mark.parametrize("form", FORMS, ids=str)


def open_complex(url, tmp_path, now=NOW):
    settings = Settings(home=tmp_path, database_url=url, replay_time=now)
    if url:
        with closing(open_store(settings)) as ledger:
            declare_firms(ledger)
    else:
        lay_ledger(tmp_path, declare_firms)
    return serve(settings, OneJobScheduler())


def declare_firms(ledger):
    for firm in (
        a_firm(FIRM),
        a_firm(OTHER),
        a_firm(SEVERAL, meters=(Meter(meter_id="north"), Meter(meter_id="south"))),
    ):
        ledger.declare(firm, known_at=MONDAY)


@pytest.fixture
def served(tmp_path):
    one = open_complex("", tmp_path)
    yield one
    one.application.close()


@pytest.fixture
def stored(database_url, tmp_path):
    """The same on each kind of database."""
    one = open_complex(database_url, tmp_path)
    yield one
    one.application.close()


def refused_fault(served, rows, form=JSON, **options):
    """The one fault of a delivery of which nothing was stored."""
    answer = send(served.client, rows, form, **options)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"] == "/problems/readings-refused"
    assert len(problem["faults"]) == 1, problem["faults"]
    assert rows_in(served.application.ledger, "readings") == 0
    assert all(problem["faults"][0][part] for part in ("reason", "fix"))
    return problem["faults"][0]


@every_form
def test_readings_of_many_firms_are_stored_and_counted(served, form):
    rows = [a_row(firm_id=FIRM, kwh="10"), a_row(kwh="11.5")]
    answer = send(served.client, rows, form)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "status": "stored",
        "import_id": 1,
        "rows_added": 2,
        "rows_already_known": 0,
        "corrections": 0,
        "rows_refused": 0,
        "faults": [],
        "faults_url": None,
        "notices": [],
    }
    known = served.application.ledger.as_of(NOW)
    assert [known.history(firm_id).demand_kw[-1] for firm_id in (FIRM, OTHER)] == [40.0, 46.0]


@every_form
def test_one_row_is_a_batch_too(served, form):
    assert send(served.client, [a_row()], form).json()["rows_added"] == 1


@every_form
@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"period_start": (NOW + INTERVAL).isoformat()}, "period_start", "ends later than now"),
        ({"period_start": "2026-03-02T09:00:00"}, "period_start", "has no offset from UTC"),
        ({"period_start": "2026-03-02T09:02:00+09:00"}, "period_start", "is off the quarter-hour"),
        ({"period_start": "2 March"}, "period_start", "is not a time"),
        ({"kw": "41.25"}, "kw", "is not four times the kwh beside it"),
        ({"unit": "kW"}, "unit", "is not the unit of the column"),
        ({"unit": "MWh"}, "unit", "is neither kWh nor kW"),
        ({"kwh": "-1"}, "kwh", "is negative"),
        ({"firm_id": "bakery"}, "firm_id", "no firm 'bakery' is declared"),
        ({"firm_id": "Kiln Works"}, "firm_id", "is no firm id"),
        ({"meter_id": "north"}, "meter_id", "is a meter of press_shop, not of dye_works"),
        ({"meter_id": "attic"}, "meter_id", "is no meter that is declared: dye_works has"),
        ({"firm_id": SEVERAL}, "meter_id", "is missing, and press_shop has north, south"),
    ],
    ids=lambda told: str(next(iter(told.values())))[:20] if isinstance(told, dict) else "",
)
def test_a_row_that_is_no_reading_is_named_with_its_reason(served, form, changes, column, reason):
    rows = [a_row(period_start=(LAST - INTERVAL).isoformat()), a_row(**changes)]
    rows[0] |= {name: None for name in rows[1] if name not in rows[0]}
    fault = refused_fault(served, rows, form)
    assert (fault["row"], fault["column"]) == (form.first_row + 1, column)
    assert fault["reason"].startswith(reason)


@every_form
def test_a_clock_that_runs_two_minutes_ahead_is_forgiven_and_no_more(form, tmp_path):
    for late, status in ((timedelta(), 200), (timedelta(seconds=1), 422)):
        now = NOW - timedelta(minutes=2) - late
        served = open_complex("", tmp_path / str(status), now=now)
        assert send(served.client, [a_row()], form).status_code == status
        served.application.close()


def test_power_may_stand_beside_the_energy_that_it_is(served):
    rows = [
        a_row(kw="165", unit="kWh"),
        a_row(firm_id=FIRM, kwh=None, kw=100.0, unit="kW"),
    ]
    assert send(served.client, rows).json()["rows_added"] == 2
    assert stored_kwh(served.application.ledger) == [41.25]
    assert stored_kwh(served.application.ledger, FIRM) == [25.0]


def test_times_of_a_column_without_a_zone_are_refused_and_with_one_are_taken(served):
    frame = pl.DataFrame({"firm_id": [OTHER], "period_start": [LAST], "kwh": [1.5]})
    for zone, status in ((None, 422), ("Asia/Seoul", 200)):
        content = io.BytesIO()
        typed = pl.col("period_start").dt.convert_time_zone("Asia/Seoul").dt.replace_time_zone(zone)
        frame.with_columns(typed).write_ipc_stream(content, compression="zstd")
        answer = send(served.client, content.getvalue(), STREAM)
        assert answer.status_code == status, answer.text
    assert stored_kwh(served.application.ledger) == [1.5]


def test_the_same_delivery_again_adds_nothing_with_a_key_or_without(stored):
    rows = [a_row(), a_row(firm_id=FIRM)]
    first = send(stored.client, rows, key="k1").json()
    assert (first["status"], first["rows_added"]) == ("stored", 2)
    for key in ("k1", None, "k2"):
        again = send(stored.client, rows, key=key)
        assert again.status_code == 200, again.text
        told = again.json()
        assert told == first | {
            "status": "already_received",
            "rows_added": 0,
            "rows_already_known": 2,
        }
    assert rows_in(stored.application.ledger, "readings") == 2


def test_a_repeated_key_gets_its_answer_even_when_values_were_corrected_since(stored):
    send(stored.client, [a_row()], key="k1")
    corrected = send(stored.client, [a_row(kwh="50")], key="k2").json()
    assert (corrected["status"], corrected["corrections"]) == ("stored", 1)
    assert send(stored.client, [a_row()], key="k1").json()["status"] == "already_received"
    assert stored_kwh(stored.application.ledger) == [41.25, 50.0]


def test_a_key_with_other_content_is_refused(stored):
    send(stored.client, [a_row()], key="k1")
    for other in ({"rows": [a_row(kwh="9")]}, {"rows": [a_row()], "query": "?keep=good"}):
        answer = send(stored.client, **other, key="k1")
        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/idempotency-key-reused"
    assert stored_kwh(stored.application.ledger) == [41.25]


def test_a_key_that_was_refused_is_free_for_the_mended_delivery(stored):
    assert send(stored.client, [a_row(kwh="x")], key="k1").status_code == 422
    assert send(stored.client, [a_row()], key="k1").json()["status"] == "stored"


@pytest.mark.parametrize("key", [" ", "k" * 256])
def test_a_key_that_is_none_is_refused(served, key):
    answer = send(served.client, [a_row()], key=key)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key")


def test_one_delivery_sent_by_many_at_once_is_stored_once(stored):
    rows = [a_row(period_start=(LAST - step * INTERVAL).isoformat()) for step in range(200)]
    together, answers = threading.Barrier(4), []

    def run():
        together.wait()
        answers.append(send(stored.client, rows, key="one").json())

    senders = [threading.Thread(target=run) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(answer["status"] for answer in answers) == ["already_received"] * 3 + ["stored"]
    assert sum(answer["rows_added"] for answer in answers) == 200
    assert {answer["import_id"] for answer in answers} == {1}
    assert rows_in(stored.application.ledger, "readings") == 200


def test_the_good_rows_are_kept_if_that_is_asked_for(stored):
    rows = [a_row(), a_row(firm_id="bakery"), a_row(firm_id=FIRM, kwh="much")]
    answer = send(stored.client, rows, key="k1", query="?keep=good").json()
    assert (answer["status"], answer["rows_added"], answer["rows_refused"]) == ("stored", 1, 2)
    assert [fault["row"] for fault in answer["faults"]] == [2, 3]
    stored.application.ledger.declare(a_firm("bakery"), known_at=MONDAY)
    again = send(stored.client, rows, key="k1", query="?keep=good").json()
    assert (again["status"], again["rows_added"]) == ("already_received", 0)
    assert (again["faults"], again["faults_url"]) == (answer["faults"], answer["faults_url"])
    new = send(stored.client, rows, key="k2", query="?keep=good").json()
    assert (new["rows_added"], new["rows_refused"]) == (1, 1)
    assert stored_kwh(stored.application.ledger, "bakery") == [41.25]
    still = send(stored.client, rows, key="k1", query="?keep=good").json()
    assert (still["rows_refused"], still["faults"]) == (2, answer["faults"])


def test_a_repeated_key_is_not_told_an_older_refusal_of_the_same_content(stored):
    rows = [a_row(), a_row(firm_id="bakery")]
    refused = send(stored.client, rows, query="?keep=good").json()
    assert refused["rows_refused"] == 1
    stored.application.ledger.declare(a_firm("bakery"), known_at=MONDAY)
    first = send(stored.client, rows, key="k1", query="?keep=good").json()
    again = send(stored.client, rows, key="k1", query="?keep=good").json()
    assert (first["rows_refused"], first["faults_url"]) == (0, None)
    assert (again["rows_refused"], again["faults"], again["faults_url"]) == (0, [], None)


def test_nothing_good_is_nothing_to_keep(served):
    assert send(served.client, [a_row(kwh="x")], query="?keep=good").status_code == 422


def test_each_meter_of_a_firm_is_stored_as_its_own(stored):
    stored.application.ledger.declare(
        a_firm("mill", meters=(Meter(meter_id="0123"),)), known_at=MONDAY
    )
    rows = [
        a_row(firm_id=SEVERAL, meter_id="north", kwh="1"),
        a_row(firm_id=SEVERAL, meter_id="south", kwh="2"),
        a_row(firm_id="mill", kwh="3"),
    ]
    assert send(stored.client, rows).json()["rows_added"] == 3
    known = stored.application.ledger.as_of(NOW)
    told = {one.meter.meter_id: one.kwh[0] for one in known.meter_readings(SEVERAL)}
    assert told == {"north": 1.0, "south": 2.0}
    assert known.history(SEVERAL).demand_kw.tolist() == [12.0]
    assert known.history("mill").demand_kw.tolist() == [12.0]


def test_an_export_of_a_firm_with_several_meters_says_what_it_lacks(served):
    made = next(made for made in MADE if made.reader == "uci-steel")
    fault = refused_fault(served, exported(made), FORMS[-1], query=f"?firm={SEVERAL}")
    assert "press_shop has north, south" in fault["reason"]
    assert "canonical form" in fault["fix"]


def exported(made):
    """The bytes of a made file."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return made.made(Path(folder)).read_bytes()


@pytest.mark.parametrize("made", MADE, ids=str)
def test_every_export_that_a_command_takes_is_taken_with_the_same_words(served, made):
    unit = f"&unit={made.asks['unit']}" if "unit" in made.asks else ""
    query = f"?firm={FIRM}&name={made.file_name}&format={made.reader}{unit}"
    answer = send(served.client, exported(made), FORMS[-1], query=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows_added"] == 96


def test_an_export_of_another_customer_is_refused_by_its_number(served):
    made = MADE[1]  # a title of it tells the number
    meters = {
        number: (Meter(meter_id=OTHER, customer_number=number),) for number in (CUSTOMER, "0699")
    }
    ledger = served.application.ledger
    ledger.declare(a_firm(OTHER, meters=meters["0699"]), known_at=MONDAY)
    fault = refused_fault(served, exported(made), FORMS[-1], query=f"?firm={OTHER}")
    assert (fault["column"], fault["value"]) == ("고객번호", CUSTOMER)
    assert fault["reason"].startswith("is not a customer number of dye_works (0699)")
    ledger.declare(a_firm(OTHER, meters=meters[CUSTOMER]), known_at=MONDAY + timedelta(days=1))
    answer = send(served.client, exported(made), FORMS[-1], query=f"?firm={OTHER}")
    assert answer.json()["rows_added"] == 96


def test_a_second_meters_export_is_refused_until_it_is_said_to_be_the_same_one(served):
    made = MADE[1]  # a title of it tells the number
    send(served.client, exported(made), FORMS[-1], query=f"?firm={FIRM}&name=march.xls")
    other = exported(made).replace(CUSTOMER.encode(), b"0698765432")
    assert CUSTOMER.encode() in exported(made)
    answer = send(served.client, other, FORMS[-1], query=f"?firm={FIRM}")
    (fault,) = answer.json()["faults"]
    assert (answer.status_code, fault["value"]) == (422, "0698765432")
    assert f"({CUSTOMER} in march.xls)" in fault["reason"]
    assert fault["fix"].endswith("or add same_meter=true if it is the same one under a new number")
    assert rows_in(served.application.ledger, "readings") == 96
    taken = send(served.client, other, FORMS[-1], query=f"?firm={FIRM}&same_meter=true")
    assert taken.json()["rows_already_known"] == 96


def as_meters_write(*rows):
    return "\n".join(["검침일,순방향 유효전력량(KWH)", *rows]).encode()


def test_what_was_taken_otherwise_than_it_stands_is_told(served):
    body = as_meters_write("2026-03-02 00:15,1", "2026-03-02 00:30,2", "2026-03-02 00:30,2")
    headers = {"Content-Type": "text/csv"}
    answer = served.client.post(f"/v1/readings?firm={FIRM}", content=body, headers=headers).json()
    assert answer["rows_added"] == 2
    assert answer["notices"] == [
        "rows that repeat another cell by cell, taken once: 1, the first in row 4"
    ]


def test_the_query_says_what_labels_are_and_since_when_rows_are_known(served):
    body = as_meters_write("2026-03-02 00:00,1", "2026-03-02 00:15,2")
    headers = {"Content-Type": "text/csv"}

    def post(query):
        return served.client.post(f"/v1/readings?firm={FIRM}{query}", content=body, headers=headers)

    fault = post("").json()["faults"][0]
    assert fault["fix"].endswith("labels=start or labels=end")
    assert post("&labels=middle").json()["detail"].startswith("labels=middle: is neither")
    assert post("&known=soon").json()["detail"].startswith("known=soon: is neither")
    taken = post("&labels=start&known=import")
    assert taken.json()["rows_added"] == 2, taken.text
    history = served.application.ledger.as_of(NOW).history(FIRM)
    assert history.grid.start.isoformat().startswith("2026-03-02T00:00:00+09:00")
    assert set(history.known_at) == {utc_instant(NOW)}


def test_faults_name_the_parameters_of_the_query(served):
    fault = refused_fault(served, [a_row(firm_id=None)])
    assert (fault["column"], fault["fix"]) == ("firm_id", "add it or name the firm with firm=")
    answer = send(served.client, [a_row()], query="?unit=MWh")
    assert answer.json()["detail"] == "unit=MWh: is neither kWh nor kW; write one of the two"
    for query, status in (("?firm=bakery", 404), ("?frim=bakery", 422), ("?keep=some", 422)):
        assert send(served.client, [a_row()], query=query).status_code == status


def test_one_broken_line_is_one_row_at_fault(served):
    for first in (0, 1, 2):
        lines = [json.dumps(a_row()), json.dumps(a_row(firm_id=FIRM))]
        lines.insert(first, '{"firm_id": "kiln_works", "kwh": ')
        fault = refused_fault(served, "\n".join(lines).encode(), LINES)
        assert (fault["row"], fault["reason"].split(" (")[0]) == (first + 1, "is not JSON")
    kept = send(served.client, "\n".join(lines).encode(), LINES, query="?keep=good").json()
    assert (kept["rows_added"], kept["rows_refused"]) == (2, 1)


@pytest.mark.parametrize("form", [STREAM, ARROW_FILE], ids=str)
def test_arrow_that_is_cut_off_anywhere_is_refused(served, form):
    rows = [a_row(period_start=(LAST - step * INTERVAL).isoformat()) for step in range(50)]
    whole = form.write(rows)
    for cut in (1, 4, 8, 9, len(whole) // 2, len(whole) - 8):
        answer = send(served.client, whole[:-cut], form)
        assert answer.status_code == 422, (cut, answer.text)
    assert rows_in(served.application.ledger, "readings") == 0


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_an_empty_body_is_refused(served, form):
    assert refused_fault(served, b"", form)["reason"] == "is empty"


@pytest.mark.parametrize(
    ("body", "form", "kind"),
    [
        (b'[{"firm_id": "dye_works"', JSON, "readings-refused"),
        (b"[1, 2]", JSON, "unknown-format"),
        (b"{}", JSON, "unknown-format"),
        (b'{"readings": 5}', JSON, "unknown-format"),
        (b'{"readings": [], "more": []}', JSON, "unknown-format"),
        (b"[" * 100_000, JSON, "readings-refused"),
        (
            b'[{"firm_id": "\\ud800", "period_start": "\\u0000", "kwh": 1}]',
            JSON,
            "readings-refused",
        ),
        (b'[{"\\ud800": "a", "kwh": 1}]', JSON, "readings-refused"),
        (CSV.write([a_row()]), JSON, "body-of-another-type"),
        (JSON.write([a_row()]), STREAM, "body-of-another-type"),
        (b"PAR1" + bytes(20), FORMS[-1], "readings-refused"),
        (b"no Parquet", PARQUET, "readings-refused"),
        (PARQUET.write([a_row()] * 50)[:-40], PARQUET, "readings-refused"),
        (PARQUET.write([a_row()]), STREAM, "body-of-another-type"),
        (b"\xff\xff\xff\xff" + b"\x7f" * 200, STREAM, "readings-refused"),
        (b"a,b\n1,2\n", CSV, "unknown-format"),
        (b"period_start,kwh\n" + b"\x00\x01\n" * 5, CSV, "readings-refused"),
    ],
    ids=lambda told: told if isinstance(told, str) else "",
)
def test_a_body_that_is_no_readings_is_a_problem_and_no_failure(stored, body, form, kind):
    answer = send(stored.client, body, form)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == f"/problems/{kind}"
    assert rows_in(stored.application.ledger, "readings") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
    ids=str,
)
def test_a_form_that_is_not_taken_is_told_with_those_that_are(served, headers):
    answer = served.client.post("/v1/readings", content=b"[]", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")


def test_the_sender_names_the_file_and_nothing_else(served):
    for name in ("../../etc/passwd", "C:\\x\\3월.csv", "", "..", "가" * 300, "a\x00b", "x.parquet"):
        params = {"name": name}
        headers = {"content-type": "application/json"}
        body = JSON.write([a_row(kwh="x")])
        answer = served.client.post("/v1/readings", content=body, headers=headers, params=params)
        assert answer.status_code == 422
    (refusal,) = served.client.get("/v1/refusals").json()["refusals"]
    assert refusal["source_name"] == "passwd.json"


def test_a_big_batch_is_stored_in_one_call(stored):
    firms = [f"firm-{number}" for number in range(300)]
    for firm_id in firms:
        stored.application.ledger.declare(a_firm(firm_id), known_at=MONDAY)
    rows = [
        a_row(firm_id=firm_id, period_start=(LAST - step * INTERVAL).isoformat())
        for firm_id in firms
        for step in range(40)
    ]
    for form in (STREAM, LINES):
        answer = send(stored.client, rows, form).json()
        assert answer["rows_added"] + answer["rows_already_known"] == 12_000
    assert rows_in(stored.application.ledger, "readings") == 12_000


def test_a_body_larger_than_any_file_is_refused_before_it_is_read(served):
    headers = {"content-type": "text/csv", "content-length": str(MOST_TEXT_BYTES + 1)}
    answer = served.client.post("/v1/readings", content=b"", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
    longer_than_usual = b"period_start,kwh\n" + b"\n" * 100_000
    assert send(served.client, longer_than_usual, CSV).status_code == 422


def test_a_sender_that_goes_away_leaves_nothing_behind(served):
    whole = CSV.write([a_row(), a_row(firm_id=FIRM)])
    messages = [
        {"type": "http.request", "body": whole[: len(whole) // 2], "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered = []

    async def receive():
        return messages.pop(0)

    async def answer(message):
        answered.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/readings",
        "query_string": b"",
        "headers": [(b"content-type", b"text/csv")],
    }
    anyio.run(served.client.app, scope, receive, answer)
    assert answered == []
    assert rows_in(served.application.ledger, "readings") == 0


def test_the_event_loop_is_not_kept_by_the_work():
    assert not inspect.iscoroutinefunction(take_readings)


def test_what_was_refused_is_kept_once_and_listed_newest_first(stored):
    for rows in ([a_row(kwh="x")], [a_row(kwh="y"), a_row(firm_id=FIRM)], [a_row(kwh="x")]):
        send(stored.client, rows, key=None, query="?name=a.json")
    send(stored.client, [a_row(kwh="x"), a_row(firm_id=FIRM)], key="k3", query="?keep=good")
    listed = stored.client.get("/v1/refusals").json()
    assert [one["refusal_id"] for one in listed["refusals"]] == [3, 2, 1]
    assert [one["rest_stored"] for one in listed["refusals"]] == [True, False, False]
    assert [one["idempotency_key"] for one in listed["refusals"]] == ["k3", None, None]
    assert listed["next_before"] is None
    page = stored.client.get("/v1/refusals?limit=2").json()
    assert page["next_before"] == 2
    rest = stored.client.get("/v1/refusals?limit=2&before=2").json()
    assert [one["refusal_id"] for one in rest["refusals"]] == [1]
    assert rows_in(stored.application.ledger, "refused_rows") == 3


def test_all_faults_are_a_file_that_excel_opens_as_text(stored):
    values = ["=1+1", "+x", "-1", "@x", "\t=1", "한전", 'a"b,c', "x\n=2", "\ufeff=1", *["x"] * 200]
    rows = [
        a_row(period_start=(LAST - step * INTERVAL).isoformat(), kwh=value)
        for step, value in enumerate(values)
    ]
    problem = send(stored.client, rows).json()
    assert len(problem["faults"]) == 100
    assert problem["rows_refused"] == len(values)
    file = stored.client.get(problem["faults_url"])
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"] == 'attachment; filename="faults-1.csv"'
    assert file.content.startswith(b"\xef\xbb\xbfrow,column,value,reason,fix\r\n")
    lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))[1:]
    assert [line[0] for line in lines] == [str(row) for row in range(1, len(values) + 1)]
    told = [line[2] for line in lines]
    assert told[:7] == ["'=1+1", "'+x", "'-1", "'@x", "'=1", "한전", 'a"b,c']
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("refusal_id", ["0", "2", "x", "-1", "9" * 30, "1" * 5_000, "٣"])
def test_a_refusal_that_is_not_there_is_told(stored, refusal_id):
    answer = stored.client.get(f"/v1/refusals/{refusal_id}/faults.csv")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-refusal")


def test_the_example_of_the_document_is_taken(served):
    for row in EXAMPLE:
        served.application.ledger.declare(a_firm(row["firm_id"]), known_at=MONDAY)
    answer = send(served.client, [row | {"period_start": LAST.isoformat()} for row in EXAMPLE])
    assert answer.json()["rows_added"] == len(EXAMPLE)
