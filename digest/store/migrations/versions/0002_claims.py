"""Ranges of keys that a sender has taken: in their place, rows of the ledger that were claimed and never tried go."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claims",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_claims_edition_id")),
        sa.PrimaryKeyConstraint("edition_id", "first_id", name=op.f("pk_claims")),
        sqlite_with_rowid=False,
    )
