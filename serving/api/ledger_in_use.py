"""How a route gets at the ledger that the application was wired with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from feature_store.storage.ledger_store import LedgerStore


def _ledger(request: Request) -> LedgerStore:
    ledger: LedgerStore = request.app.state.ledger
    return ledger


LedgerInUse = Annotated[LedgerStore, Depends(_ledger)]
