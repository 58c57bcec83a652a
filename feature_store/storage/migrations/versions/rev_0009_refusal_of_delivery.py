"""Which refusal was answered to an idempotency key, so that a repetition is told the same one."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; a refusal that was recorded under a delivery's own key is known to be its.

    The same content may have several refusals from here on: what a key was answered stays, though
    another delivery of it is answered otherwise.
    """
    op.execute("ALTER TABLE deliveries ADD COLUMN refusal_id INTEGER REFERENCES refusals (id)")
    op.execute(
        "UPDATE deliveries SET refusal_id = (SELECT refusals.id FROM refusals WHERE "
        "refusals.identity_sha256 = deliveries.identity_sha256 "
        "AND refusals.idempotency_key = deliveries.idempotency_key)"
    )
    op.create_index("deliveries_by_refusal", "deliveries", ["refusal_id"])
    op.drop_index("refusals_by_identity", "refusals")
    op.create_index("refusals_by_identity", "refusals", ["identity_sha256"])


def downgrade() -> None:
    """Forget it; of a content's refusals the newest stays."""
    op.drop_index("deliveries_by_refusal", "deliveries")
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.drop_column("refusal_id")
    op.execute(
        "DELETE FROM refused_rows WHERE refusal_id NOT IN "
        "(SELECT max(id) FROM refusals GROUP BY identity_sha256)"
    )
    op.execute(
        "DELETE FROM refusals WHERE id NOT IN "
        "(SELECT max(id) FROM refusals GROUP BY identity_sha256)"
    )
    op.drop_index("refusals_by_identity", "refusals")
    op.create_index("refusals_by_identity", "refusals", ["identity_sha256"], unique=True)
