"""What a preview looks up of the firms in the ledger; it stores nothing there."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # polars and the database library take a second to import
    from feature_store.entities.told_meters import CameBefore
    from feature_store.ingestion.preview import Preview
    from feature_store.ingestion.read_request import ReadRequest
    from feature_store.settings import Settings


def firm_to_suggest(settings: Settings, seen: Preview) -> str | None:
    """Return the declared firm that a refused file's meters are of, if they are of one."""
    from feature_store.ingestion.preview import firm_to_name
    from feature_store.storage.ledger_store import open_store

    if not seen.lists_meters:
        return None
    with closing(open_store(settings)) as store:
        return firm_to_name(seen, store.as_of(settings.now()).firms())


def with_what_is_known(
    settings: Settings, request: ReadRequest
) -> tuple[ReadRequest, dict[str, CameBefore]]:
    """Return a request with the meters of the firms that it names, and what came of these.

    To look at a file its firm need not be declared; then any number is its own.
    """
    from dataclasses import replace

    from feature_store.errors import UnknownFirmError
    from feature_store.ingestion.intake import declared_meters
    from feature_store.storage.ledger_store import open_store

    if not request.firms_named:
        return request, {}
    with closing(open_store(settings)) as store:
        try:
            declared = declared_meters(store.as_of(request.now), request)
        except UnknownFirmError:
            return request, {}
        before = store.came_before(request.firms_named)
    return replace(request, declared_meters=declared), before
