"""How routes and pages get at what the application was wired with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from feature_store.storage.ledger_store import LedgerStore
from feature_store.storage.meter_watch import MeterWatch
from serving.planner import Planner
from serving.set_points import SetPoints


def _planner(request: Request) -> Planner:
    planner: Planner = request.app.state.planner
    return planner


def _set_points(request: Request) -> SetPoints:
    set_points: SetPoints = request.app.state.set_points
    return set_points


def _ledger(request: Request) -> LedgerStore:
    ledger: LedgerStore = request.app.state.ledger
    return ledger


def _watch(request: Request) -> MeterWatch:
    watch: MeterWatch = request.app.state.watch
    return watch


PlannerInUse = Annotated[Planner, Depends(_planner)]
SetPointsInUse = Annotated[SetPoints, Depends(_set_points)]
LedgerInUse = Annotated[LedgerStore, Depends(_ledger)]
WatchInUse = Annotated[MeterWatch, Depends(_watch)]
