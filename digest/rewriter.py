"""A language model behind any OpenAI-compatible chat endpoint, asked for JSON; the only speaker of that protocol.

What is asked and what of the answer is believed is decided elsewhere.  Here every trouble with the server becomes
an Answer that says what it was: silence, refusal, nonsense, too much of it.  Nothing is raised but ConfigError.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from digest.errors import ConfigError

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_MOST_BYTES: Final = 256 * 1024  # of one reply; the points of an article are a few kilobytes
_MOST_FAILURES: Final = 3  # in a row, after which a server is left alone
_RETRIES: Final = 1  # the client's own, after 408, 409, 429, 5xx and lost connections; within the time-out
_NO_KEY: Final = "none"  # local servers take any; without one the client would look for a key in the environment
_UNSUPPORTED: Final = frozenset({400, 404, 415, 422, 501})  # how servers refuse a parameter that they do not know
_SHOWN_CHARACTERS: Final = 200
_THOUGHTS: Final = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Which model to ask, where, and how long to wait for one answer, retries included."""

    url: str  # up to and with /v1
    model: str
    api_key: str | None = field(default=None, repr=False)
    timeout_seconds: float = 30.0
    max_concurrency: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One chat: the system's message, the user's, and the JSON schema of the answer."""

    instructions: str
    material: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The JSON that came back, of any shape, or the `problem` that kept it from coming; then `value` is None."""

    value: object = None
    problem: str = ""


async def ask(questions: Sequence[Question], endpoint: Endpoint, *, seconds: float) -> list[Answer]:
    """Put each question to the model and give the answers in the same order, within `seconds` altogether.

    A question that fails is not asked again; after three failures in a row no further one is asked.  A server that
    refuses structured output is asked for JSON in words.  Raises ConfigError where the client is not installed.
    """
    async with _client(endpoint) as client:
        chat = _Chat(client, endpoint)
        tasks = [asyncio.create_task(chat.ask(question)) for question in questions]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
    return [Answer(problem=f"no answer within {seconds:g} s in all") if t.cancelled() else t.result() for t in tasks]


class _Unusable(Exception):
    """A reply without an answer in it."""


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice]


class _Chat:
    """One run of questions: what the server has shown of itself so far holds for those that follow."""

    def __init__(self, client: AsyncOpenAI, endpoint: Endpoint) -> None:
        self._client, self._endpoint = client, endpoint
        self._turn = asyncio.Semaphore(endpoint.max_concurrency)
        self._failures = 0
        self._way = 0  # the first of _ways that this server is not known to refuse

    async def ask(self, question: Question) -> Answer:
        async with self._turn:
            if self._failures >= _MOST_FAILURES:
                return Answer(problem=f"not asked: {_MOST_FAILURES} questions in a row had failed")
            try:
                value = await self._answer(question)
            except _Unusable as error:
                self._failures += 1
                return Answer(problem=str(error))
            self._failures = 0
            return Answer(value=value)

    async def _answer(self, question: Question) -> object:
        from openai import APIConnectionError, APIStatusError, OpenAIError  # noqa: PLC0415 - an extra

        try:
            async with asyncio.timeout(self._endpoint.timeout_seconds):
                return _read(await self._reply(question))
        except TimeoutError as error:
            raise _Unusable(f"no answer within {self._endpoint.timeout_seconds:g} s") from error
        except APIStatusError as error:
            raise _Unusable(f"HTTP {error.status_code}: {_short(error.message)}") from error
        except APIConnectionError as error:
            raise _Unusable(_short(f"{error.message} {error.__cause__ or ''}")) from error
        except OpenAIError as error:
            raise _Unusable(_short(str(error))) from error

    async def _reply(self, question: Question) -> bytes:
        from openai import APIStatusError  # noqa: PLC0415 - an extra

        ways = _ways(question)
        for number in range(self._way, len(ways)):
            try:
                reply = await self._client.chat.completions.with_raw_response.create(
                    model=self._endpoint.model,
                    messages=[
                        {"role": "system", "content": question.instructions},
                        {"role": "user", "content": question.material},
                    ],
                    **ways[number],
                )
            except APIStatusError as error:
                if error.status_code not in _UNSUPPORTED or number + 1 == len(ways):
                    raise
                continue
            self._way = max(self._way, number)
            content: bytes = reply.content
            return content
        raise AssertionError("the last way returns or raises")


def _client(endpoint: Endpoint) -> AsyncOpenAI:
    try:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise ConfigError(
            "rewriting needs the openai package, which is not installed",
            where="keypoints.rewriter",
            remedy="Install it with: pip install 'digest-mail[rewrite]', or take the setting out.",
        ) from error
    client = AsyncOpenAI(
        base_url=endpoint.url,
        api_key=endpoint.api_key or _NO_KEY,
        max_retries=_RETRIES,
        timeout=endpoint.timeout_seconds,
        default_headers={"Accept-Encoding": "identity"},  # a packed reply could grow past any limit
        # A redirect would carry the articles to a host that nobody configured.
        http_client=DefaultAsyncHttpxClient(event_hooks={"response": [_bound]}, follow_redirects=False),
    )
    # The client takes these from the environment, and would tell them to a stranger's server.
    client.organization = client.project = None
    return client


async def _bound(response: httpx2.Response) -> None:
    """Let no reply, an error's included, grow past _MOST_BYTES in memory."""
    import httpx2  # noqa: PLC0415 - comes with the extra

    class Bounded(httpx2.AsyncByteStream):
        def __init__(self, inner: httpx2.AsyncByteStream) -> None:
            self._inner = inner

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self._inner:
                size += len(chunk)
                if size > _MOST_BYTES:
                    raise httpx2.ReadError(f"the reply is longer than {_MOST_BYTES} bytes")
                yield chunk

        async def aclose(self) -> None:
            await self._inner.aclose()

    if response.headers.get("content-encoding", "identity") != "identity":
        raise httpx2.ReadError("the reply is packed, which it was asked not to be")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = Bounded(response.stream)


def _ways(question: Question) -> tuple[dict[str, Any], ...]:
    """How to ask for the JSON, the strictest first; some models take no temperature, some servers no schema."""
    schema = {"name": "answer", "strict": True, "schema": dict(question.schema)}
    structured = {"response_format": {"type": "json_schema", "json_schema": schema}}
    return (
        {"temperature": 0, **structured},
        structured,
        {"response_format": {"type": "json_object"}},
        {},
    )


def _read(body: bytes) -> object:
    """Take the JSON out of a chat completion; raises _Unusable for all that is none."""
    try:
        choices = _Completion.model_validate_json(body).choices
    except ValidationError as error:
        raise _Unusable(f"no chat completion: {_short(body.decode('utf-8', 'replace'))}") from error
    if not choices:
        raise _Unusable("a completion without a choice")
    message, reason = choices[0].message, choices[0].finish_reason
    if message.refusal:
        raise _Unusable(f"refused: {_short(message.refusal)}")
    if reason in ("length", "content_filter"):
        raise _Unusable(f"cut off: {reason}")
    text = _THOUGHTS.sub("", message.content or "")
    # Asked in words, models put a fence or a sentence around it.
    begin, end = text.find("{"), text.rfind("}")
    try:
        return json.loads(text[begin : end + 1])
    except (ValueError, RecursionError) as error:
        raise _Unusable(f"no JSON: {_short(text)}") from error


def _short(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _SHOWN_CHARACTERS]).split())
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}…"
