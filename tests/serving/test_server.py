"""The server starts only where it can serve, says why it cannot, and leaves nothing running."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

import serving.server
from cli.main import app as sandan
from cli.serve import serve
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from serving.server import (
    ServerError,
    listening_host,
    running_server,
    server_arguments,
    server_environment,
)
from tests.builders import a_firm
from tests.serving.conftest import NOW

NOW_LESS_A_DAY = (NOW - timedelta(days=1)).isoformat()


def asked(url: str, body: object) -> dict[str, Any]:
    """What is answered to a JSON body."""
    return httpx.post(url, json=body, timeout=60).json()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_taken_port_is_named_before_anything_is_started(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings(home=tmp_path / "state", port=port)
        with (
            pytest.raises(ServerError, match=f"127.0.0.1:{port}.*--port"),
            running_server(settings),
        ):
            pytest.fail("it started")
    assert not (tmp_path / "state").exists()


def test_a_host_that_is_no_address_is_refused_with_what_to_write():
    assert listening_host("localhost") == "127.0.0.1"
    assert listening_host("::1") == "::1"
    with pytest.raises(ServerError, match=r"127\.0\.0\.1"):
        listening_host("complex.example")


def test_the_server_is_told_the_settings_with_its_home_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = Settings(home=Path("state"), replay_time=NOW, port=4321, solver_time_limit_s=2.5)
    environment = server_environment(given)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    assert Settings() == given.model_copy(update={"home": tmp_path / "state"})


def test_the_server_reports_to_nobody_and_writes_only_below_home(tmp_path):
    environment = server_environment(Settings(home=tmp_path))
    assert environment["BENTOML_DO_NOT_TRACK"] == "True"
    assert Path(environment["BENTOML_HOME"]).parent == tmp_path


def test_served_by_bentoml_alone_the_libraries_stay_below_home_and_report_to_nobody(tmp_path):
    ours = {"BENTOML_HOME", "BENTOML_DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY"}
    plain = {name: value for name, value in os.environ.items() if name not in ours}
    environment = plain | {"SANDAN_HOME": str(tmp_path / "state"), "HOME": str(tmp_path / "user")}
    script = (
        "import os, json, serving.service\n"
        "from bentoml._internal.configuration.containers import BentoMLContainer\n"
        "names = ('BENTOML_DO_NOT_TRACK', 'MLFLOW_DISABLE_TELEMETRY')\n"
        "print(json.dumps([BentoMLContainer.bentoml_home.get(), *map(os.environ.get, names)]))"
    )
    done = subprocess.run(  # noqa: S603 (our own interpreter and script)
        [sys.executable, "-c", script],
        env=environment,
        cwd=Path(serving.server.__file__).parent.parent,
        capture_output=True,
        check=True,
    )
    home, *untracked = json.loads(done.stdout)
    assert Path(home) == tmp_path / "state" / "bentoml"
    assert untracked == ["True", "true"]
    assert not (tmp_path / "user").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDAN_PORT", "99999"),
        ("SANDAN_PORT", "0"),
        ("SANDAN_SOLVER_TIME_LIMIT_S", "0"),
        ("SANDAN_SOLVER_TIME_LIMIT_S", "inf"),
    ],
)
def test_a_setting_out_of_range_is_named_without_a_traceback(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    result = CliRunner().invoke(sandan, ["serve"])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert name in result.stderr


def test_the_served_package_is_the_one_that_starts_it():
    arguments = server_arguments("127.0.0.1", 3000)
    folder = Path(arguments[arguments.index("--working-dir") + 1])
    assert (folder / "serving" / "service.py").is_file()


def test_the_command_refuses_a_bad_address_without_a_traceback():
    app = typer.Typer()
    app.command()(serve)
    result = CliRunner().invoke(app, ["--host", "complex.example"])
    assert isinstance(result.exception, ServerError)  # the main command prints it as a sentence


@pytest.mark.journey
def test_without_firms_the_server_says_so_and_is_gone_again_where_a_forecast_is_required(tmp_path):
    settings = Settings(home=tmp_path, port=free_port())
    with pytest.raises(ServerError, match="no firm is declared"), running_server(settings):
        pytest.fail("it claims to be ready")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", settings.port)) != 0
    assert "Service sandan initialized" in (tmp_path / "serve.log").read_text("utf-8")


@pytest.mark.journey
def test_without_model_firm_or_reading_the_server_serves_and_forecasts_follow(tmp_path):
    """What is declared and sent while it runs is forecast, without a restart."""
    settings = Settings(home=tmp_path, port=free_port(), replay_time=NOW)
    with running_server(settings, forecast_required=False) as server:
        assert "no firm is declared" in (server.lacking() or "")
        ledger = open_store(settings)
        ledger.declare(a_firm(), known_at=NOW)
        ledger.close()
        first = asked(f"{server.url}/v1/forecast", {"firm_id": "kiln_works"})
        kw = [{"firm_id": "kiln_works", "period_start": NOW_LESS_A_DAY, "kw": 80.0}]
        sent = asked(f"{server.url}/v1/readings", kw)
        second = asked(f"{server.url}/v1/forecast", {"firm_id": "kiln_works"})
        assert server.lacking() is None
    assert (first["quality"], first["reasons"]) == ("cold_start", ["no_model", "no_history"])
    assert sent["rows_added"] == 1
    assert second["reasons"] == ["no_model", "short_history"]
    assert "run 'sandan train'" in (tmp_path / "serve.log").read_text("utf-8")


@pytest.mark.journey
def test_a_server_whose_firms_have_no_reading_says_so_and_meets_the_demand_for_a_forecast(tmp_path):
    settings = Settings(home=tmp_path, port=free_port(), replay_time=NOW)
    ledger = open_store(settings)
    ledger.declare(a_firm(), known_at=NOW)
    ledger.close()
    with running_server(settings) as server:
        assert "no reading is known yet" in (server.lacking() or "")
