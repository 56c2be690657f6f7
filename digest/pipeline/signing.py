"""DKIM keys as files: read for a newsletter that is about to go out, and made once for a domain."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import ValidationError

from digest.config import DkimKeySettings, Settings
from digest.delivery.dkim import Signer, aligned
from digest.delivery.dkim_keys import Algorithm, SigningKey, make_key, read_key
from digest.delivery.headers import mailbox
from digest.errors import ConfigError, UsageError
from digest.model import Newsletter

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKeyFile:
    """A key, where it lies, how digest.toml names it, and whether it was made just now."""

    key: SigningKey
    path: Path
    setting: DkimKeySettings
    created: bool


def signer_of(settings: Settings, newsletter: Newsletter) -> Signer | None:
    """Give what signs a newsletter's mail, its keys read at this moment; None where no key is configured.

    Keys of domains that its sender does not belong to are left aside, as DMARC would not count them.
    Raises ConfigError for a key that cannot be read or used, and where keys are configured but none is the sender's.
    A key file that everyone on the machine can read is reported in the log.
    """
    sender_domain = _sender_domain(newsletter)
    keys = []
    for position, setting in enumerate(settings.dkim.keys):
        domain = setting.domain or settings.dkim.domain or sender_domain
        if aligned(domain, sender_domain):
            where = f"dkim.keys.{position}.file"
            keys.append(_read(settings.path(setting.file), selector=setting.selector, domain=domain, where=where))
    if keys:
        return Signer(keys)
    if settings.dkim.keys:
        raise ConfigError(
            f"no DKIM key is for {sender_domain}, the domain of its sender",
            where=newsletter.id,
            remedy=f"Make one and add what it prints: digest dkim --domain {sender_domain}",
        )
    return None


def dkim_domain(settings: Settings, newsletter: Newsletter) -> str:
    """Give the domain that signs for a newsletter: dkim.domain where that is its sender's, else the sender's own."""
    sender_domain = _sender_domain(newsletter)
    chosen = settings.dkim.domain
    return chosen if chosen and aligned(chosen, sender_domain) else sender_domain


def make_dkim_key(settings: Settings, *, domain: str, selector: str, algorithm: Algorithm) -> DkimKeyFile:
    """Make a key file in the site's data folder, readable by its owner alone, or read the one that is there.

    A file is never overwritten: asked again, the same key is given.  Raises UsageError for a selector or domain that
    is none, and where the file of that name holds another kind of key; ConfigError where it cannot be kept.
    """
    try:
        named = DkimKeySettings(selector=selector, domain=domain, file=Path())
    except ValidationError as error:
        wrong = "; ".join(f"{found['input']!r} is no {found['loc'][0]}" for found in error.errors())
        raise UsageError(
            wrong,
            remedy="A selector has letters, digits and hyphens, such as rsa202611; a domain is such as example.org.",
        ) from error
    file = settings.site.data / "dkim" / f"{named.selector}.{named.domain}.pem"
    setting = named.model_copy(update={"file": file})
    path = settings.path(file)
    created = _write_new(path, make_key(algorithm)) if not path.exists() else False
    key = _read(path, selector=named.selector, domain=named.domain or domain, where="digest dkim")
    if key.algorithm != algorithm:
        raise UsageError(
            f"it holds a key already, and that is {key.algorithm}",
            where=str(path),
            remedy="Name another --selector; no key is overwritten.",
        )
    return DkimKeyFile(key=key, path=path, setting=setting, created=created)


def _sender_domain(newsletter: Newsletter) -> str:
    """The domain of the From address, in ASCII."""
    return mailbox(f"x@{newsletter.sender.address.rpartition('@')[2]}").address.rpartition("@")[2].lower()


def _read(path: Path, *, selector: str, domain: str, where: str) -> SigningKey:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read()
    except OSError as error:
        raise ConfigError(
            f"the DKIM key {path} cannot be read: {error.strerror}",
            where=where,
            remedy="Name a key file that this user may read; digest dkim NEWSLETTER makes one.",
        ) from error
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        _log.warning("everyone on this machine can read a DKIM key", key=where, remedy=f"chmod 600 {path}")
    return read_key(pem, selector=selector, domain=domain, where=f"{where} ({path})")


def _write_new(path: Path, pem: bytes) -> bool:
    """Write a key whole or not at all; False where another process was first, whose key then counts."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise ConfigError(
            f"the DKIM key cannot be kept: {error.strerror}",
            where=str(path),
            remedy="Free some space there." if full else "Make the folder writable.",
        ) from error
    return True
