"""The server as a process: started, watched until it is ready, and ended cleanly."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import Any

from feature_store.errors import SandanError
from feature_store.settings import Settings

SERVICE = "serving.service:service"
"""What ``bentoml serve`` is asked to serve."""
LOG_FILE = "serve.log"
"""Where the server's words go below ``home`` when nobody asked to see them."""

READY_WITHIN_S = 180
"""Longest start: the libraries load in seconds, on a machine busy with training ten times that."""
STOPS_WITHIN_S = 20
"""Longest end: requests under way may finish first."""
_LOOK_AGAIN_S = 0.2
_ANSWER_WITHIN_S = 60
"""Longest wait for one probe: the first forecast loads what later ones find in memory."""
_LAST_LINES = 15


class ServerError(SandanError):
    """The server cannot be started, or ended before it was ready."""


@dataclass(frozen=True, kw_only=True)
class RunningServer:
    """A server that answers."""

    url: str
    process: subprocess.Popen[bytes]

    def lacking(self) -> str | None:
        """Ask it what it has yet to be given, and what to do; None if nothing."""
        return _why_no_forecast(self.url) or _no_reading(self.url)

    def wait(self) -> None:
        """Return when the server ends or somebody presses Ctrl-C."""
        try:
            self.process.wait()
        except KeyboardInterrupt:
            return


@contextmanager
def running_server(
    settings: Settings, *, forecast_required: bool = True, show_log: bool = False
) -> Iterator[RunningServer]:
    """Run the server in a process of its own and end it at the end of the block.

    Args:
        settings: Handed to the server through its environment.
        forecast_required: Whether a server out of which no forecast comes is ended, as when no
            firm is declared; else it serves, and says so when asked what is lacking.
        show_log: Whether its log goes to standard error instead of ``serve.log`` below home.

    Raises:
        ServerError: The address cannot be listened on, the server ended, or the forecast that is
            required does not come.
    """
    host = listening_host(settings.host)
    _refuse_taken_port(host, settings.port)
    log = settings.home / LOG_FILE
    settings.home.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as log_file, _ending_by_signal():
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and arguments)
            server_arguments(host, settings.port),
            env=os.environ | server_environment(settings),
            stdout=sys.stderr.fileno() if show_log else log_file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches us alone; we end the server in order
        )
        server = RunningServer(url=_url(host, settings.port), process=process)
        try:
            _wait_until_it_answers(server, log=None if show_log else log)
            if forecast_required and (missing := _why_no_forecast(server.url)):
                raise ServerError(missing)
            yield server
        finally:
            _stop(process)


def server_arguments(host: str, port: int) -> list[str]:
    """Return the command line that serves on an address."""
    # BentoML puts the working directory first on the import path: this package must win there.
    rooms = str(Path(__file__).resolve().parent.parent)
    address = ["--host", host, "--port", str(port)]
    return [sys.executable, "-m", "bentoml", "serve", SERVICE, *address, "--working-dir", rooms]


def server_environment(settings: Settings) -> dict[str, str]:
    """Return what the server's environment must say beside what it says already."""
    stated = settings.model_copy(update={"home": settings.home.resolve()}).model_dump(mode="json")
    ours = {f"SANDAN_{name.upper()}": str(value) for name, value in stated.items() if value}
    openmp = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}  # spins on shared cores
    return ours | openmp | settings.library_environment


def listening_host(host: str) -> str:
    """Return the IP address to listen on; BentoML takes no names."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        raise ServerError(
            f"{host!r} is no IP address to listen on; write 127.0.0.1, or 0.0.0.0 for every one"
        ) from None


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServerError(
                f"cannot listen on {host}:{port}: {error.strerror}; end what uses it or choose "
                "another with --port"
            ) from None


def _url(host: str, port: int) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (not bound here)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _wait_until_it_answers(server: RunningServer, *, log: Path | None) -> None:
    last_moment = time.monotonic() + READY_WITHIN_S
    while _status(f"{server.url}/livez") != HTTPStatus.OK:
        if server.process.poll() is not None:
            raise ServerError(f"the server ended before it was ready; {_last_words(log)}")
        if time.monotonic() > last_moment:
            raise ServerError(f"the server did not answer in time; {_last_words(log)}")
        time.sleep(_LOOK_AGAIN_S)


def _status(url: str) -> int | None:
    """HTTP status of an answer, None while nothing listens."""
    return _answer(url)[0]


def _answer(url: str, body: bytes | None = None) -> tuple[int | None, bytes]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 (our own http address)
    try:
        with urllib.request.urlopen(request, timeout=_ANSWER_WITHIN_S) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return None, b""


def _why_no_forecast(url: str) -> str | None:
    """What the server itself says is in the way of a forecast; None if one comes out of it."""
    ready = _status(f"{url}/readyz") == HTTPStatus.OK  # it tried a forecast of every firm
    firms = _firms(url)
    if not firms:
        return (
            "no firm is declared yet; run 'sandan firms declare FILE.yaml' (or 'sandan demo' for a "
            "sample), then readings can be sent and forecasts follow"
        )
    if ready:
        return None
    asked = (json.dumps({"firm_id": firm["firm_id"]}).encode() for firm in firms)
    problems = [json.loads(_answer(f"{url}/v1/forecast", body)[1]) for body in asked]
    reasons = dict.fromkeys(problem.get("detail", "unknown") for problem in problems)
    return "no forecast comes out: " + "\n".join(reasons)


def _no_reading(url: str) -> str | None:
    if any(firm["readings_end"] is not None for firm in _firms(url)):
        return None
    return (
        "no reading is known yet; import or send some, until then forecasts rest on the contract "
        "power alone"
    )


def _firms(url: str) -> list[dict[str, Any]]:
    status, answer = _answer(f"{url}/v1/firms")
    told: dict[str, Any] = json.loads(answer) if answer else {}
    if status != HTTPStatus.OK:
        raise ServerError(f"the firms cannot be listed; {told.get('detail', 'see the log')}")
    firms: list[dict[str, Any]] = told["firms"]
    return firms


def _last_words(log: Path | None) -> str:
    if log is None:
        return "see its log above"
    lines = log.read_text("utf-8", errors="replace").splitlines()[-_LAST_LINES:]
    return "its last words:\n" + "\n".join(lines)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the session we started it in
        process.wait()


@contextmanager
def _ending_by_signal() -> Iterator[None]:
    """Let SIGTERM and SIGINT unwind the stack, so that the server is ended with us.

    SIGINT too, because a shell starts its background jobs with it ignored.
    """

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, leave),
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
