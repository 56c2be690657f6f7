"""What Alembic runs for each command: it works on the connection and inside the transaction that it is handed.

To add a migration: change schema.py, write versions/<next number>_<what>.py by hand from its neighbour, and set
schema.REVISION; tests/store/test_migrate.py compares the two.
"""

from alembic import context

from digest.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite rolls tables back like rows once the driver leaves transactions to us; Alembic assumes that it does not.
    transactional_ddl=True,
    # SQLite changes a column only by copying its table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
