"""`digest.toml` and the environment, read once into frozen settings; the only reader of either.

Relative paths count from the folder of digest.toml.  Secrets (passwords, keys) come
from the environment or from a file that a `*_file` key names, never from digest.toml itself.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import secrets
import tomllib
from datetime import time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from digest import model
from digest.errors import ConfigError, SettingProblem, UsageError

FILE_NAME = "digest.toml"
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _duration(value: object) -> object:
    """`90s`, `15m`, `2h`, `7d`; anything else is left for the error that names it."""
    if isinstance(value, str) and (found := re.fullmatch(r"(\d+)\s*([smhd])", value.strip())):
        unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[found[2]]
        return timedelta(**{unit: int(found[1])})
    raise ValueError('expected a duration such as "90s", "15m", "2h" or "7d"')


def _weekdays(value: object) -> object:
    """`daily`, `mon-fri`, or a list of days, into weekday numbers with 0 for Monday."""
    if value == "daily":
        return frozenset(range(7))
    names = value if isinstance(value, list) else [value]
    numbers: set[int] = set()
    for name in names:
        first, _, last = str(name).lower().partition("-")
        if first not in WEEKDAYS or (last and last not in WEEKDAYS):
            raise ValueError('expected "daily", "mon-fri" or a list such as ["mon", "wed"]')
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last) - start) % 7 + 1 if last else 1
        numbers.update((start + step) % 7 for step in range(length))
    return frozenset(numbers)


def _clock(value: object) -> object:
    if isinstance(value, str) and (found := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value)):
        return time(int(found[1]), int(found[2]))
    if isinstance(value, time) and value.tzinfo is None:  # TOML has local times of its own: send_at = 09:00:00
        return value
    raise ValueError('expected a time of day such as "09:00"')


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError('expected a time zone of the IANA database, such as "Europe/Kyiv"')
    return value


def _address(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError(f"expected an email address ({error})") from error


def _domain(value: str) -> str:
    try:
        found = validate_email(f"x@{value}", check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError('expected a domain such as "example.org"') from error
    return found.ascii_domain.lower()


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError('expected an address such as "https://news.example.org"')
    return value.rstrip("/")


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Weekdays = Annotated[frozenset[int], BeforeValidator(_weekdays)]
Clock = Annotated[time, BeforeValidator(_clock)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]
Domain = Annotated[str, AfterValidator(_domain)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
OneLine = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\r\n]*$")]
# RFC 6376 3.1: labels of a domain name; 63 and not more, so that a name stays under DNS's 253.
Selector = Annotated[
    str,
    Field(
        max_length=63, pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
    ),
]
Weight = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class SiteSettings(_Table):
    """What holds for the whole site."""

    data: Path = Path("var")  # the database, the signing key
    database: str | None = None  # a URL; by default sqlite in `data`
    templates: Path = Path("templates")
    public_url: WebAddress = "http://localhost:8025"  # where readers reach the unsubscribe page
    postal_address: OneLine = "(set site.postal_address in digest.toml)"
    timezone: Zone = "UTC"  # of articles' dates that name none
    secret: SecretStr | None = None  # environment only: DIGEST_SITE__SECRET
    secret_file: Path | None = None


class SmtpSettings(_Table):
    """The relay that takes our mail."""

    host: OneLine = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password: SecretStr | None = None  # environment only: DIGEST_SMTP__PASSWORD
    password_file: Path | None = None
    ca_file: Path | None = None
    connections: Annotated[int, Field(ge=1, le=100)] = 4
    timeout: Duration = timedelta(seconds=60)

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if self.username and self.password is None and self.password_file is None:
            raise ValueError("smtp.username needs a password: DIGEST_SMTP__PASSWORD or smtp.password_file")
        if self.username and self.security == "none" and self.host not in _THIS_MACHINE:
            raise ValueError('a password would cross the network readable by all: set security = "starttls" or "tls"')
        return self


class DeliverySettings(_Table):
    """How an edition goes out."""

    # Of a message whose reply was never read: `digest reconcile` sends it again, or leaves it.
    uncertain: Literal["resend", "leave"] = "leave"


class WebSettings(_Table):
    """Where `digest run` serves the readers' pages; `site.public_url` is how readers reach them."""

    enabled: bool = True
    host: OneLine = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8025  # 0 takes any that is free


class DkimKeySettings(_Table):
    """One key that signs our mail; its public half stands in DNS at `selector`._domainkey.`domain`."""

    selector: Selector
    file: Path  # PEM: Ed25519 or RSA
    domain: Domain | None = None  # dkim.domain by default


class DkimSettings(_Table):
    """What our mail is signed with; every message is signed with each key of its sender's domain."""

    domain: Domain | None = None  # each sender's own by default
    keys: tuple[DkimKeySettings, ...] = ()

    @field_validator("keys")
    @classmethod
    def _named_apart(cls, keys: tuple[DkimKeySettings, ...]) -> tuple[DkimKeySettings, ...]:
        names = [(key.selector.lower(), key.domain) for key in keys]
        if twice := sorted({selector for selector, domain in names if names.count((selector, domain)) > 1}):
            raise ValueError(f"each key needs a selector of its own; used twice: {', '.join(twice)}")
        return keys


class SourceSettings(_Table):
    """One place that articles come from."""

    path: Path
    name: str = ""  # the publisher, as readers know it, for articles that do not say
    timezone: Zone | None = None  # of dates that name none; site.timezone by default
    language: Language | None = None  # None: detected article by article


class KeypointsSettings(_Table):
    """The language model that may reword extracted points; none by default."""

    rewriter: OneLine | None = None  # the model's name
    endpoint: WebAddress = "http://localhost:11434/v1"  # any OpenAI-compatible server
    api_key: SecretStr | None = None  # environment only: DIGEST_KEYPOINTS__API_KEY
    api_key_file: Path | None = None
    timeout: Duration = timedelta(seconds=30)  # for one article's answer
    max_concurrency: Annotated[int, Field(ge=1, le=64)] = 2

    @field_validator("rewriter")
    @classmethod
    def _installed(cls, rewriter: str | None) -> str | None:
        # Said here, so that a service does not learn it at nine in the morning.
        if rewriter is not None and importlib.util.find_spec("openai") is None:
            raise ValueError("it needs the openai package: pip install 'digest-mail[rewrite]'")
        return rewriter

    @field_validator("endpoint")
    @classmethod
    def _has_port(cls, endpoint: str) -> str:
        try:
            found = urlsplit(endpoint)
            usable = bool(found.hostname) and found.port != 0 and found.username is None
        except ValueError:
            usable = False
        if not usable:
            raise ValueError('expected an address such as "http://localhost:11434/v1", a key not in it')
        return endpoint


class SenderSettings(_Table):
    """The From line; `from` in digest.toml."""

    name: OneLine
    address: Address
    reply_to: Address | None = None


class SectionSettings(_Table):
    """A heading, and which stories go under it; every condition that is set must hold."""

    title: OneLine
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[Language, ...] = ()
    brief: bool = False
    max_stories: Annotated[int, Field(ge=1, le=100)] | None = None


class SelectionSettings(_Table):
    """Which articles make an edition."""

    languages: tuple[Language, ...] = ()
    sources: tuple[str, ...] = ()
    min_stories: Annotated[int, Field(ge=0, le=1000)] = 1
    max_minutes: Annotated[int, Field(ge=1, le=600)] | None = None
    max_per_source: Annotated[int, Field(ge=1, le=100)] | None = None
    half_life: Duration = timedelta(hours=12)
    source_weights: dict[str, Weight] = {}
    section_weights: dict[str, Weight] = {}
    memory: Duration = timedelta(days=14)
    sections: tuple[SectionSettings, ...] = ()
    max_stories: Annotated[int, Field(ge=1, le=100)] = 10
    max_points: Annotated[int, Field(ge=1, le=20)] | None = None
    brief_after: Annotated[int, Field(ge=1, le=100)] = 5


class NewsletterSettings(_Table):
    """One newsletter; its id is the table's name."""

    title: OneLine
    description: str = ""
    language: Language
    timezone: Zone
    send_at: Clock
    days: Weekdays = frozenset(range(7))
    grace: Duration = timedelta(hours=2)  # a slot missed by less is still sent
    sender: Annotated[SenderSettings, Field(alias="from")]
    list_file: Annotated[Path, Field(alias="list")]
    theme: OneLine
    selection: SelectionSettings = SelectionSettings()
    approval: Literal["auto", "required"] = "auto"
    unapproved: Literal["send", "hold", "skip"] = "hold"  # a draft that nobody approved by its slot
    draft_before: Duration = timedelta(hours=1)  # how long before its slot a draft is built for approval
    editors: tuple[Address, ...] = ()  # who is told of drafts
    pair: str | None = None  # a newsletter in another language whose stories this one follows
    style: dict[str, str] = {}
    social: dict[str, WebAddress] = {}


NewsletterId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


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
        return self

    def path(self, relative: Path) -> Path:
        """Where a path of digest.toml lies."""
        return self.root / relative

    @property
    def database_url(self) -> str:
        """The store's URL; a relative sqlite path is taken from the root."""
        url = self.site.database or f"sqlite:///{self.site.data / 'digest.db'}"
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

    def smtp_password(self) -> str | None:
        """Read the relay's password from the environment or the file named for it."""
        if self.smtp.password is not None:
            return self.smtp.password.get_secret_value()
        if self.smtp.password_file is not None:
            secret = _read_secret(self.path(self.smtp.password_file), key="smtp.password_file")
            try:
                return secret.decode()
            except UnicodeDecodeError as error:
                raise ConfigError("the password is not UTF-8", where="smtp.password_file") from error
        return None

    def rewriter_key(self) -> str | None:
        """Read the key of the rewriter's endpoint from the environment or the file named for it."""
        if self.keypoints.api_key is not None:
            where, key = "DIGEST_KEYPOINTS__API_KEY", self.keypoints.api_key.get_secret_value().strip()
        elif self.keypoints.api_key_file is not None:
            where = "keypoints.api_key_file"
            key = _read_secret(self.path(self.keypoints.api_key_file), key=where).decode("utf-8", "replace")
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
            return _read_secret(self.path(self.site.secret_file), key="site.secret_file")
        return _own_secret(self.path(self.site.data) / "secret")


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
    problems = _secrets_in(file)

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
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    try:
        settings = FromFile(root=file.absolute().parent)
    except ValidationError as error:
        problems += [_problem(found) for found in error.errors(include_url=False, include_context=False)]
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
    return settings


def shipped_site() -> Path:
    """The site that ships with digest: in the wheel beside this file, in a checkout the repository's root."""
    packaged = Path(__file__).parent / "_site"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent


def _secrets_in(file: Path) -> list[SettingProblem]:
    """Find secrets that were written into digest.toml; raises ConfigError where it is no TOML at all."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"not TOML: {error}", where=str(file), remedy="Mend that line; see toml.io for the syntax."
        ) from error
    except OSError as error:
        raise ConfigError(f"it cannot be read: {error.strerror}", where=str(file)) from error
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
    return found


def _problem(found: Any) -> SettingProblem:
    key = ".".join(str(part) for part in found["loc"] if part != "[key]")
    secret = any(word in key for word in ("password", "secret", "api_key"))
    variable = f"DIGEST_{'__'.join(key.split('.'))}".upper()
    if variable in os.environ:
        key = variable  # that is where it is to be mended
    kind, message = found["type"], found["msg"].removeprefix("Value error, ")
    if kind == "missing":
        return SettingProblem(key=key, value="(nothing)", expected="this setting is needed")
    if kind == "extra_forbidden":
        message = "there is no such setting"
    if kind == "string_pattern_mismatch" and "newsletters" in found["loc"]:
        message = 'expected lower-case letters, digits and hyphens, such as "ukraine-today"'
        if "language" in key:
            message = 'expected a language code such as "en", "ru" or "uk"'
    if kind == "string_pattern_mismatch" and key.endswith(".selector"):
        message = 'expected letters, digits and hyphens, such as "rsa202611"'
    shown = repr(found["input"])
    return SettingProblem(key=key, value="(hidden)" if secret else shown[:80], expected=message)


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
        postal_address=settings.site.postal_address,
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


def _read_secret(path: Path, *, key: str) -> bytes:
    try:
        value = path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", where=key, remedy="Name a file that holds the secret."
        ) from error
    if not value:
        raise ConfigError(f"{path} is empty", where=key, remedy="Write the secret into it.")
    return value


def _own_secret(path: Path) -> bytes:
    """Read the key, or make it: whole or not at all, whoever else starts at the same moment."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
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
