"""What an edition's ledger came to, kept when the ledger itself is dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("editions", sa.Column("ledger_dropped_at", sa.BigInteger(), nullable=True))
    op.add_column("editions", sa.Column("final_tally", sa.Text(), nullable=True))
