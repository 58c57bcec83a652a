"""What Alembic runs to apply revisions to the connection that it is handed."""

from __future__ import annotations

from alembic import context


def run_migrations() -> None:
    """Apply revisions inside the transaction that the connection already has."""
    context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name that Alembic loads this file under; others only look at it
    run_migrations()
