"""What this package raises on purpose.  A caller's own bug stays a ValueError or TypeError.

DigestError                  one plain sentence: where, what is wrong, the way out
+-- ConfigError              change the setting; no loop over sources or envelopes catches it
+-- UsageError               the command's words name something that does not exist; name another
+-- SourceError              skip this source, go on with the others
|   +-- SourceUnreachable    it is tried again at the next collection
|   +-- SourceUnreadable     mend or drop the source
+-- KeyPointsError           the condenser was handed something it cannot read
+-- RenderError              mend the template; nothing has been sent
+-- AudienceError            mend the list file, the address or the token
+-- NotArmed                 the database is a copy or was restored: nothing is sent until digest arm
+-- StoreError               nothing was kept by the call that failed
|   +-- StoreFull            free some space, then run again
+-- MailServerError          nothing is marked as failed; what is recorded is not repeated
    +-- MailServerLost       the server cannot be reached or went away: run again
    +-- MailServerRefused    it refuses us, not a recipient: mend sender, password or TLS
        +-- MessageTooLarge  it takes no message of this size, whoever it is for
"""

from __future__ import annotations

from dataclasses import dataclass


class DigestError(Exception):
    """An error for the person at the keyboard: `where: what. remedy`.

    `where` is a place they can open (a file and line, a key, a host) or empty; `remedy` is one sentence, or empty.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        # All three as positional args, so that the error survives pickling by a worker (see __reduce__).
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.remedy))

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        if not self.remedy:
            return sentence
        return f"{sentence.rstrip('.')}. {self.remedy}"


def _rebuild(kind: type[DigestError], what: str, where: str, remedy: str) -> DigestError:
    error = kind.__new__(kind)
    DigestError.__init__(error, what, where=where, remedy=remedy)
    return error


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingProblem:
    """One mistake in the configuration: its dotted key, the value found and what was expected there."""

    key: str
    value: str
    expected: str

    def __str__(self) -> str:
        return f"{self.key} = {self.value}: {self.expected}"


class ConfigError(DigestError):
    """The configuration cannot be used; `problems` lists every mistake, not the first."""

    def __init__(
        self, what: str, *, where: str = "", remedy: str = "", problems: tuple[SettingProblem, ...] = ()
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.problems = problems

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.remedy), {"problems": self.problems})

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])


class UsageError(DigestError):
    """The command was given a name that does not exist here."""


class SourceError(DigestError):
    """One source gave no articles; `where` names it."""


class SourceUnreachable(SourceError):
    """No answer; it is tried again at the next collection."""


class SourceUnreadable(SourceError):
    """An answer or a file that holds no article."""


class KeyPointsError(DigestError):
    """A record that the condenser cannot read."""


class RenderError(DigestError):
    """The theme does not render; `where` is template and line.  Nothing has been sent."""


class AudienceError(DigestError):
    """A list file, an address or a token that cannot be used."""


class StoreError(DigestError):
    """The database refused; nothing was kept by the call that failed."""


class StoreFull(StoreError):
    """The disk is full; what was committed before stays."""


class NotArmed(DigestError):
    """The database was copied or restored, and a person must say that it is the one to send from."""


class MailServerError(DigestError):
    """The relay fails for everyone, so it ends the send; no recipient is marked as failed."""


class MailServerLost(MailServerError):
    """The relay cannot be reached, timed out, or dropped the connection."""


class MailServerRefused(MailServerError):
    """The relay refuses us (sender, password, TLS), whoever the recipient is."""


class MessageTooLarge(MailServerRefused):
    """The relay takes no message of this size: the same edition fits only once a person has raised its limit."""
