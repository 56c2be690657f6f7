"""Which database an address names."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from digest.errors import StoreError
from digest.store.database import Database
from digest.store.sqlite import Sqlite

_FORMS = 'Use "sqlite:///path/to/digest.db" or "postgresql://user@host/database".'


def open_database(url: str, *, busy_timeout: timedelta) -> Database:
    """Open the database at `url`; raises StoreError where it cannot be used."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # the latter for a port that is no number; neither text is shown
        raise StoreError("not a database address", where="site.database", remedy=_FORMS) from error
    if "@" in (parsed.host or ""):  # the rest of a password: it must not be shown as the host's name
        raise StoreError("not a database address", where="site.database", remedy=f"{_FORMS} An @ in a password is %40.")
    match parsed.get_backend_name():
        case "sqlite":
            return Sqlite(parsed, busy_timeout=busy_timeout)
        case "postgresql" | "postgres":
            try:
                # Its driver is an extra that a site on SQLite does without.
                from digest.store.postgres import Postgres  # noqa: PLC0415
            except ImportError as error:
                raise StoreError(
                    f"PostgreSQL needs a driver that is not installed here ({error})",
                    where="site.database",
                    remedy='Install it: pip install "digest-mail[postgres]".',
                ) from error
            return Postgres(parsed, busy_timeout=busy_timeout)
        case other:
            raise StoreError(f"{other} databases are not supported", where="site.database", remedy=_FORMS)
