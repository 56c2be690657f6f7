"""Alembic's scripts: env.py, and one file a change of the tables in versions/.  They ship with the package."""
