"""Which state of its list file each newsletter's subscriptions follow, so that an unchanged file is not read again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "followed_lists",
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("newsletter", name=op.f("pk_followed_lists")),
    )
