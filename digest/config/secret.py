"""Secrets: read from the files named for them, made where one is our own, and kept out of digest.toml."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from digest.errors import ConfigError, SettingProblem


def secrets_in(content: Mapping[str, Any]) -> list[SettingProblem]:
    """Find secrets that were written into digest.toml."""
    found = []
    if "root" in content:  # a field of ours, not of the file
        found.append(SettingProblem(key="root", value=repr(content["root"]), expected="there is no such setting"))
    for table, key in (("smtp", "password"), ("site", "secret"), ("keypoints", "api_key")):
        if isinstance(content.get(table), dict) and key in content[table]:
            found.append(
                SettingProblem(
                    key=f"{table}.{key}",
                    value="(hidden)",
                    expected=f"a secret is not written here; use {table}.{key}_file or the environment variable "
                    f"DIGEST_{table.upper()}__{key.upper()}",
                )
            )
    site = content.get("site")
    database = site.get("database") if isinstance(site, dict) else None
    if isinstance(database, str) and _has_password(database):
        found.append(
            SettingProblem(
                key="site.database",
                value="(hidden)",
                expected="a password is not written here; put the whole address into the environment variable "
                "DIGEST_SITE__DATABASE, or the password into PGPASSWORD or ~/.pgpass",
            )
        )
    smtp = content.get("smtp")
    relays = smtp.get("relays") if isinstance(smtp, dict) else None
    for number, relay in enumerate(relays if isinstance(relays, list) else ()):
        if isinstance(relay, dict) and "password" in relay:
            found.append(
                SettingProblem(
                    key=f"smtp.relays.{number}.password",
                    value="(hidden)",
                    expected="a secret is not written here; use password_file, or password_env to name an environment "
                    "variable",
                )
            )
    return found


def _has_password(address: str) -> bool:
    try:
        return bool(urlsplit(address).password) or "password=" in address
    except ValueError:  # no address at all, which is told elsewhere
        return False


def read_secret(path: Path, *, key: str) -> bytes:
    """Read the secret that the setting `key` names a file for; raises ConfigError where there is none."""
    try:
        value = path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", where=key, remedy="Name a file that holds the secret."
        ) from error
    if not value:
        raise ConfigError(f"{path} is empty", where=key, remedy="Write the secret into it.")
    return value


def own_secret(path: Path) -> bytes:
    """Read the key, or make it: whole or not at all, whoever else starts at the same moment."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")  # a thread's own: two may make one at once
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):  # another process was first: its key counts
                os.link(draft, path)
            draft.unlink()
        return path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(
            f"the signing key cannot be kept: {error.strerror}",
            where=str(path),
            remedy="Make the folder writable, or set site.secret_file.",
        ) from error
