"""What cannot be lived again."""

from __future__ import annotations

from feature_store.errors import SandanError


class NotReplayableError(SandanError):
    """A site or a stretch of time cannot be lived again."""
