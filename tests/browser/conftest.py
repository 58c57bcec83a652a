"""Chromium of the machine, and the pages of one firm served on a port of this process."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from serving.bootstrap import GUARDS, Application, connect, create_app
from serving.health import Readiness
from serving.planner import Planner
from serving.suggestions.suggestion_store import SuggestionStore
from tests.fakes.forecaster import LastWeekForecaster
from tests.fakes.scheduler import OneJobScheduler
from tests.made_ledgers import lay_ledger
from tests.serving.conftest import NOW, fill

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MUST_RUN = "SANDAN_REQUIRE_BROWSER"
"""Set where nothing may be skipped, as in CI."""


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Where the pages are, and the use cases behind them."""

    url: str
    planner: Planner


@pytest.fixture(scope="module")  # no longer: it keeps an event loop running, which others refuse
def chromium() -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        missing = "no Chromium on this machine; get it with 'apt-get install chromium'"
        if os.environ.get(MUST_RUN):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    """Serve one firm of three weeks; nothing is proposed yet."""
    settings = Settings(home=tmp_path, replay_time=NOW)
    lay_ledger(settings.home, fill)
    ledger = open_store(settings)
    planner = Planner(
        store=ledger,
        forecaster=LastWeekForecaster(),
        scheduler=OneJobScheduler(),
        suggestions=SuggestionStore(engine=ledger.engine),
        settings=settings,
    )
    app = create_app()
    connect(app, Application(planner=planner, readiness=Readiness(planner=planner), ledger=ledger))
    guarded = app
    for guard in GUARDS:
        guarded = guard(guarded)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # connections wait in the queue until the server takes them
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(guarded, log_level="warning", lifespan="off"))
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        yield Pages(url=f"http://127.0.0.1:{port}", planner=planner)
        server.should_exit = True
        thread.join()
    ledger.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages that must not make the browser complain."""
    complaints: list[str] = []
    contexts = []

    def open_one(*, script: bool = True, width: int = 1366) -> Page:
        context = chromium.new_context(
            java_script_enabled=script, viewport={"width": width, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if "violates" in said.text else None,
        )
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []
