"""The relays that take our mail: `[smtp]` for one, `[[smtp.relays]]` beside it for several."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from digest.config.kinds import Host, Number, OneLine, Patience, Port, Whole

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_NOT_SHARED = ("host", "connections", "relays")  # of `[smtp]`: each relay has its own, or they are of all together
_LOGIN = ("username", "password", "password_file", "password_env")


class RelaySettings(BaseModel):
    """One relay: where it is, and how it is spoken to."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    host: Host = "localhost"
    port: Port = 25
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password: SecretStr | None = None  # environment only: DIGEST_SMTP__PASSWORD
    password_file: Path | None = None
    password_env: OneLine | None = None  # the environment variable that holds it
    ca_file: Path | None = None
    messages_per_connection: Annotated[Whole, Field(ge=1)] | None = None
    # RFC 5321 4.5.3.2: minutes, for a relay that checks our mail while we wait is not a relay that hangs.
    connect_timeout: Patience = timedelta(seconds=30)
    timeout: Patience = timedelta(minutes=5)  # for the reply to a command
    data_timeout: Patience = timedelta(minutes=10)  # to a message
    idle_timeout: Patience = timedelta(seconds=20)  # a connection with nothing to send is closed then

    @model_validator(mode="before")
    @classmethod
    def _password_from_environment(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(name := values.get("password_env"), str) and name:
            if (password := os.environ.get(name)) is None:
                raise ValueError(f"the environment has no variable {name}, which password_env names")
            return values | {"password": password}
        return values

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if self.username and self.password is None and self.password_file is None:
            raise ValueError("a username needs a password: password_file, password_env or DIGEST_SMTP__PASSWORD")
        if self.username and self.security == "none" and self.host not in _THIS_MACHINE:
            raise ValueError('a password would cross the network readable by all: set security = "starttls" or "tls"')
        return self


class WeightedRelaySettings(RelaySettings):
    """One of several."""

    host: Host
    name: OneLine | None = None  # in the ledger and in messages; host:port by default
    connections: Annotated[Whole, Field(ge=1, le=100)] | None = None  # at most so many at once
    weight: Annotated[Number, Field(ge=0, le=1000)] = 1.0  # 0: where no other takes mail


class SmtpSettings(RelaySettings):
    """The relay that takes our mail, or what holds for all of several."""

    connections: Annotated[Whole, Field(ge=1, le=100)] = 4  # in all
    relays: tuple[WeightedRelaySettings, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _relays_take_after_it(cls, values: Any) -> Any:
        """Give each relay what it does not say itself, a login only as a whole."""
        if not isinstance(values, dict) or not isinstance(relays := values.get("relays"), list | tuple) or not relays:
            return values
        if "host" in values:
            raise ValueError("with [[smtp.relays]] each relay names its host: take smtp.host out")
        common = {key: value for key, value in values.items() if key not in _NOT_SHARED}
        without_login = {key: value for key, value in common.items() if key not in _LOGIN}
        return values | {
            "relays": [
                (without_login if any(key in relay for key in _LOGIN) else common) | relay
                if isinstance(relay, dict)
                else relay
                for relay in relays
            ]
        }

    @model_validator(mode="after")
    def _named_apart(self) -> Self:
        names = [relay.name or f"{relay.host}:{relay.port}" for relay in self.relays]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"each relay needs a name of its own; used twice: {', '.join(twice)}")
        return self

    @property
    def each(self) -> tuple[WeightedRelaySettings, ...]:
        """All relays: those that are listed, else the one that this is."""
        if self.relays:
            return self.relays
        own = {name: getattr(self, name) for name in RelaySettings.model_fields}
        return (WeightedRelaySettings.model_construct(**own),)
