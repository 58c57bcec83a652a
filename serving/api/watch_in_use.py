"""How a route gets at what is watched about meters."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from feature_store.storage.meter_watch import MeterWatch


def _watch(request: Request) -> MeterWatch:
    watch: MeterWatch = request.app.state.watch
    return watch


WatchInUse = Annotated[MeterWatch, Depends(_watch)]
