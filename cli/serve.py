"""``sandan serve``: forecasts, schedules and the operators' pages over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import INFO
from feature_store.settings import Settings


def serve(
    host: Annotated[
        str | None, typer.Option(help="IP address to listen on. Default: SANDAN_HOST.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port. Default: SANDAN_PORT.")
    ] = None,
) -> None:
    """Serve the pages and the REST interface until Ctrl-C.

    The champion that 'sandan train' made answers; a later one is taken at the next start. Without
    one, without a firm or without readings it serves too: what is sent is taken, forecasts are
    made of what is known.
    """
    from serving.server import running_server

    asked = {"host": host, "port": port}
    settings = Settings().model_copy(update={k: v for k, v in asked.items() if v is not None})
    INFO.print("Starting …")
    with running_server(settings, forecast_required=False, show_log=True) as server:
        lacking = (
            server.lacking()
        )  # tries a forecast of every firm, which makes the next ones quick
        INFO.print(f"Ready: {server.url} (Ctrl-C ends it)")
        if lacking:
            INFO.print(f"note: {lacking}", markup=False, soft_wrap=True)
        server.wait()
