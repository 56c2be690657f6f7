"""`digest.toml` and the environment, read once into frozen settings; the only reader of either.

Relative paths count from the folder of digest.toml.  Secrets (passwords, keys) come
from the environment or from a file that a `*_file` key names, never from digest.toml itself.
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import date, time
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from digest import model
from digest.config.delivery import ANY_DOMAIN, DeliverySettings, Rate
from digest.config.kinds import NewsletterId
from digest.config.secret import own_secret, read_secret, secrets_in
from digest.config.smtp import SmtpSettings, WeightedRelaySettings
from digest.config.tables import (
    DkimKeySettings,
    DkimSettings,
    ImagesSettings,
    KeypointsSettings,
    NewsletterSettings,
    SectionSettings,
    SiteSettings,
    SourceSettings,
    WebSettings,
)
from digest.config.wording import expected, nearest
from digest.errors import ConfigError, SettingProblem, UsageError

__all__ = [
    "ANY_DOMAIN",
    "FILE_NAME",
    "DkimKeySettings",
    "DkimSettings",
    "ImagesSettings",
    "Rate",
    "Settings",
    "SiteSettings",
    "SmtpSettings",
    "SourceSettings",
    "WeightedRelaySettings",
    "read_settings",
    "shipped_site",
]

FILE_NAME = "digest.toml"
_PACKAGE = Path(__file__).parent.parent
_LONGEST_BOUNCES = 24  # RFC 5321 4.5.3.1.1 allows 64 in all, and the token of a return path has at most 39


class Settings(BaseSettings):
    """The whole configuration, checked; see README, "Settings", for each key."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="DIGEST_",
        env_nested_delimiter="__",
    )

    site: SiteSettings = SiteSettings()
    smtp: SmtpSettings = SmtpSettings()
    dkim: DkimSettings = DkimSettings()
    delivery: DeliverySettings = DeliverySettings()
    images: ImagesSettings = ImagesSettings()
    web: WebSettings = WebSettings()
    keypoints: KeypointsSettings = KeypointsSettings()
    sources: tuple[SourceSettings, ...] = ()
    newsletters: dict[NewsletterId, NewsletterSettings] = {}
    root: Path  # the folder of digest.toml; set by read_settings

    @model_validator(mode="after")
    def _pairs_are_newsletters(self) -> Self:
        for name, newsletter in self.newsletters.items():
            if newsletter.pair is not None and (newsletter.pair == name or newsletter.pair not in self.newsletters):
                raise ValueError(f"newsletters.{name}.pair must name another newsletter, not {newsletter.pair!r}")
        for name in self.newsletters:
            chain = [name]
            while (following := self.newsletters[chain[-1]].pair) is not None:
                if following in chain:
                    circle = " -> ".join([*chain[chain.index(following) :], following])
                    raise ValueError(f"newsletters follow each other in a circle ({circle}): one of them must not")
                chain.append(following)
        return self

    @model_validator(mode="after")
    def _return_paths_fit(self) -> Self:
        for name, newsletter in self.newsletters.items():
            bounces = newsletter.bounces or self.delivery.bounces
            if not (self.delivery.verp if newsletter.verp is None else newsletter.verp):
                continue
            if bounces is None:
                raise ValueError(f"newsletters.{name}: verp needs an address for bounces, such as bounces@example.org")
            if len(bounces.partition("@")[0]) > _LONGEST_BOUNCES:
                raise ValueError(f"{bounces}: with verp at most {_LONGEST_BOUNCES} letters may stand before the @")
        return self

    def path(self, relative: Path) -> Path:
        """Where a path of digest.toml lies."""
        return self.root / relative

    @property
    def database_url(self) -> str:
        """The store's URL; a relative sqlite path is taken from the root."""
        named = self.site.database
        url = named.get_secret_value() if named is not None else f"sqlite:///{self.site.data / 'digest.db'}"
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith("sqlite:////"):
            return prefix + str(self.root / url.removeprefix(prefix))
        return url

    @property
    def template_paths(self) -> tuple[Path, ...]:
        """The site's own templates first, then those that ship with digest."""
        return (self.path(self.site.templates), shipped_site() / "templates")

    def newsletter(self, newsletter_id: str) -> model.Newsletter:
        """Give one newsletter's definition; UsageError, naming those that exist, where there is none."""
        found = self.newsletters.get(newsletter_id)
        if found is None:
            known = ", ".join(sorted(self.newsletters)) or "none"
            raise UsageError(
                f"no newsletter is called {newsletter_id!r}",
                where=str(self.root / FILE_NAME),
                remedy=f"Its newsletters: {known}.",
            )
        return _newsletter(self, newsletter_id, found)

    def relay_password(self, relay: WeightedRelaySettings) -> str | None:
        """Read a relay's password from the environment or the file named for it."""
        if relay.password is not None:
            return relay.password.get_secret_value()
        if relay.password_file is not None:
            key = "smtp.relays.password_file" if self.smtp.relays else "smtp.password_file"
            secret = read_secret(self.path(relay.password_file), key=key)
            try:
                return secret.decode()
            except UnicodeDecodeError as error:
                raise ConfigError("the password is not UTF-8", where=key) from error
        return None

    def rewriter_key(self) -> str | None:
        """Read the key of the rewriter's endpoint from the environment or the file named for it."""
        if self.keypoints.api_key is not None:
            where, key = "DIGEST_KEYPOINTS__API_KEY", self.keypoints.api_key.get_secret_value().strip()
        elif self.keypoints.api_key_file is not None:
            where = "keypoints.api_key_file"
            key = read_secret(self.path(self.keypoints.api_key_file), key=where).decode("utf-8", "replace")
        else:
            return None
        if not key.isascii() or not key.isprintable() or " " in key:  # it would not pass as an HTTP header
            raise ConfigError("the key has characters that no key has", where=where, remedy="Put the key alone there.")
        return key or None

    def signing_key(self) -> bytes:
        """Give the key that signs the links in mails; made on first use, readable by its owner alone."""
        if self.site.secret is not None:
            return self.site.secret.get_secret_value().encode()
        if self.site.secret_file is not None:
            return read_secret(self.path(self.site.secret_file), key="site.secret_file")
        return own_secret(self.path(self.site.data) / "secret")


def read_settings(path: Path | None = None) -> Settings:
    """Read and check digest.toml (`path`, else $DIGEST_CONFIG, else ./digest.toml) and the environment.

    Raises ConfigError with every mistake in it.
    """
    file = path or Path(os.environ.get("DIGEST_CONFIG", FILE_NAME))
    if not file.is_file():
        raise ConfigError(
            "there is no such file",
            where=str(file),
            remedy="Make a site with: digest init DIR (or name a file: --config).",
        )
    content = _read_toml(file)
    problems = secrets_in(content)

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del dotenv_settings, file_secret_settings
            return init_settings, env_settings, InitSettingsSource(settings_cls, content)

    try:
        settings = FromFile(root=file.absolute().parent)
    except ValidationError as error:
        found = [_problem(one) for one in error.errors(include_url=False, include_context=False)]
        problems += list({(one.key, one.value, one.expected): one for one in found}.values())
    except SettingsError as error:  # a whole table given as one variable that is no JSON: DIGEST_SMTP=x
        table = str(error).partition('"')[2].partition('"')[0]
        raise ConfigError(
            "a whole table in one variable cannot be read",
            where=f"DIGEST_{table.upper()}",
            remedy="Unset it, and set single keys such as DIGEST_SMTP__HOST.",
        ) from error
    if problems:
        raise ConfigError(
            f"{len(problems)} setting{'s are' if len(problems) > 1 else ' is'} wrong",
            where=str(file),
            remedy="What was found, and what is expected there:",
            problems=tuple(problems),
        )
    # Of the class that has a name: a process of our own is handed its settings pickled.
    return Settings.model_construct(settings.model_fields_set, **dict(settings))


def _read_toml(file: Path) -> dict[str, Any]:
    """Read digest.toml, which editors on Windows begin with a byte order mark; ConfigError where it is no TOML."""
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"line {line} is not UTF-8", where=str(file), remedy="Save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"not TOML: {error}", where=str(file), remedy="Mend that line; see toml.io for the syntax."
        ) from error
    except OSError as error:
        raise ConfigError(f"it cannot be read: {error.strerror}", where=str(file)) from error


def shipped_site() -> Path:
    """The site that ships with digest: in the wheel beside this file, in a checkout the repository's root."""
    packaged = _PACKAGE / "_site"
    return packaged if packaged.is_dir() else _PACKAGE.parent


def _problem(found: Any) -> SettingProblem:
    key, allowed = expected(Settings, found["loc"])
    secret = any(word in key for word in ("password", "secret", "api_key", "site.database"))
    variable = f"DIGEST_{'__'.join(key.split('.'))}".upper()
    if variable in os.environ:
        key = variable  # that is where it is to be mended
    kind, message = found["type"], found["msg"].removeprefix("Value error, ")
    if kind != "value_error" and allowed:  # else the sentence is ours
        message = f"expected {allowed}"
    if kind == "missing":
        return SettingProblem(key=key, value="(nothing)", expected="this setting is needed")
    if kind == "extra_forbidden":
        meant = nearest(Settings, found["loc"])
        message = "there is no such setting" + (f"; did you mean {meant}?" if meant else "")
    if kind == "string_pattern_mismatch" and found["loc"][-1] == "[key]":
        message = 'expected lower-case letters, digits and hyphens, such as "ukraine-today"'
    return SettingProblem(key=key, value="(hidden)" if secret else _shown(found["input"]), expected=message)


def _shown(value: object) -> str:
    """Show a refused value much as it was written, but nothing that may hold what is kept secret."""
    if isinstance(value, dict):  # of the environment too
        return "(this table)"
    if isinstance(value, str) and re.search(r"(//|(?<!mailto):)[^@]*@", value):  # a login in an address
        return "(hidden)"
    if isinstance(value, bool):
        return str(value).lower()
    return (str(value) if isinstance(value, date | time) else repr(value))[:80]


def _newsletter(settings: Settings, newsletter_id: str, found: NewsletterSettings) -> model.Newsletter:
    chosen = found.selection
    return model.Newsletter(
        id=newsletter_id,
        title=found.title,
        description=found.description,
        language=found.language,
        timezone=ZoneInfo(found.timezone),
        schedule=model.Schedule(at=found.send_at, weekdays=found.days),
        sender=model.Sender(name=found.sender.name, address=found.sender.address, reply_to=found.sender.reply_to),
        list_path=str(settings.path(found.list_file)),
        theme=found.theme,
        postal_address=found.postal_address or settings.site.postal_address,
        public_url=settings.site.public_url,
        selection=model.Selection(
            languages=frozenset(chosen.languages or (found.language,)),
            sources=frozenset(chosen.sources),
            min_stories=chosen.min_stories,
            max_stories=chosen.max_stories,
            max_points=chosen.max_points,
            brief_after=chosen.brief_after,
            max_minutes=chosen.max_minutes,
            max_per_source=chosen.max_per_source,
            half_life=chosen.half_life,
            source_weights=MappingProxyType(dict(chosen.source_weights)),
            section_weights=MappingProxyType(dict(chosen.section_weights)),
            memory=chosen.memory,
            sections=tuple(_section(rule) for rule in chosen.sections),
        ),
        approval=found.approval,
        unapproved=found.unapproved,
        editors=found.editors,
        pair=found.pair,
        not_after=found.not_after,
        late=found.late,
        bounces=found.bounces or settings.delivery.bounces,
        verp=settings.delivery.verp if found.verp is None else found.verp,
        theme_settings=MappingProxyType(dict(found.style)),
        social_links=MappingProxyType(dict(found.social)),
    )


def _section(rule: SectionSettings) -> model.SectionRule:
    return model.SectionRule(
        title=rule.title,
        categories=frozenset(rule.categories),
        keywords=frozenset(rule.keywords),
        sources=frozenset(rule.sources),
        languages=frozenset(rule.languages),
        brief=rule.brief,
        max_stories=rule.max_stories,
    )
