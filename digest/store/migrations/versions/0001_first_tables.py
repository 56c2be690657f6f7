"""The first tables: articles, editions, subscriptions with their consent record, and the delivery ledger.

A migration is history: it spells its tables out and never imports schema.py, which goes on changing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("collected", sa.BigInteger(), nullable=False),
        sa.Column("superseded", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
    )
    op.create_index(op.f("ix_articles_collected"), "articles", ["collected"], unique=False)
    # On PostgreSQL by hash: an address may be longer than an entry of a tree may be.
    op.create_index(op.f("ix_articles_origin"), "articles", ["origin"], unique=False, postgresql_using="hash")
    op.create_index(op.f("ix_articles_published_id"), "articles", ["published", "id"], unique=False)
    op.create_index(op.f("ix_articles_url"), "articles", ["url"], unique=False, postgresql_using="hash")
    op.create_table(
        "editions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("slot_local", sa.String(length=32), nullable=False),
        sa.Column("slot_fold", sa.SmallInteger(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.Column("built_at", sa.BigInteger(), nullable=True),
        sa.Column("mail_date", sa.BigInteger(), nullable=True),
        sa.Column("audience_through", sa.BigInteger(), nullable=True),
        sa.Column("claimed_through", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint(
            "newsletter", "slot_local", "slot_fold", name=op.f("uq_editions_newsletter_slot_local_slot_fold")
        ),
    )
    op.create_index(op.f("ix_editions_newsletter_slot"), "editions", ["newsletter", "slot"], unique=False)
    op.create_index(op.f("ix_editions_slot"), "editions", ["slot"], unique=False)
    op.create_table(
        "senders",
        sa.Column("id", KEY, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_senders")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("newsletter", "address_key", name=op.f("uq_subscriptions_newsletter_address_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_subscriptions_address_key"), "subscriptions", ["address_key"], unique=False)
    op.create_index(op.f("ix_subscriptions_newsletter_id"), "subscriptions", ["newsletter", "id"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "consent_events",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_consent_events_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_events")),
    )
    op.create_index(op.f("ix_consent_events_subscription_id"), "consent_events", ["subscription_id"], unique=False)
    # On PostgreSQL each delivery would write into the rows that it refers to, and the table is parted by edition.
    references = (
        [
            sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_deliveries_edition_id")),
            sa.ForeignKeyConstraint(
                ["subscription_id"], ["subscriptions.id"], name=op.f("fk_deliveries_subscription_id")
            ),
        ]
        if op.get_bind().dialect.name == "sqlite"
        else []
    )
    op.create_table(
        "deliveries",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempted_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        *references,
        sa.PrimaryKeyConstraint("edition_id", "subscription_id", name=op.f("pk_deliveries")),
        sqlite_with_rowid=False,
        postgresql_partition_by="LIST (edition_id)",
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["edition_id", "next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        "ix_deliveries_held",
        "deliveries",
        ["edition_id", "holder"],
        unique=False,
        sqlite_where=sa.text("holder IS NOT NULL"),
        postgresql_where=sa.text("holder IS NOT NULL"),
    )
    op.create_table(
        "edition_contents",
        sa.Column("edition_id", KEY, autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("rendered", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_edition_contents_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_edition_contents")),
    )
