"""The chat client against a real server: whatever the server does, an answer or a reason comes back, in time."""

import asyncio
import gzip
import json
import re
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from digest.errors import ConfigError
from digest.rewriter import Answer, Endpoint, Question, ask
from tests.chat_server import Manner, chat_server, completion

GOOD = '{"points": []}'
QUESTION = Question(instructions="Answer with JSON.", material="{}", schema={"type": "object"})


def endpoint(url: str, *, timeout_seconds: float = 3.0, max_concurrency: int = 1) -> Endpoint:
    return Endpoint(url=url, model="m", timeout_seconds=timeout_seconds, max_concurrency=max_concurrency)


def says(response: Response) -> Manner:
    async def manner(_body: dict[str, Any]) -> Response:
        return response

    return manner


async def slow(_body: dict[str, Any]) -> Response:
    await asyncio.sleep(20)
    return completion(GOOD)


async def drip(_body: dict[str, Any]) -> Response:
    async def letters() -> AsyncIterator[bytes]:
        for _ in range(400):
            await asyncio.sleep(0.05)
            yield b" "

    return StreamingResponse(letters(), media_type="application/json")


def flood(status: int) -> Manner:
    async def manner(_body: dict[str, Any]) -> Response:
        async def water() -> AsyncIterator[bytes]:
            for _ in range(20_000):
                yield b" " * 65_536

        return StreamingResponse(water(), status_code=status, media_type="application/json")

    return manner


async def half_a_body(_body: dict[str, Any]) -> Response:
    async def half() -> AsyncIterator[bytes]:
        yield b'{"choices": [{"mess'
        raise ConnectionResetError

    return StreamingResponse(half(), media_type="application/json")


@pytest.mark.parametrize(
    ("manner", "problem"),
    [
        pytest.param(slow, r"^no answer within 1.5 s$", id="slow"),
        pytest.param(drip, r"^no answer within 1.5 s$", id="a byte now and then"),
        pytest.param(says(JSONResponse({"error": {"message": "down"}}, 500)), r"^HTTP 500: .*down", id="500"),
        pytest.param(says(Response("<h1>Bad gateway", 502)), r"^HTTP 502: ", id="502 in HTML"),
        pytest.param(
            says(JSONResponse({"error": {"message": "slow down"}}, 429, headers={"retry-after": "0"})),
            r"^HTTP 429: ",
            id="429",
        ),
        pytest.param(
            says(JSONResponse({}, 429, headers={"retry-after": "50"})), r"^no answer within 1.5 s$", id="429 for long"
        ),
        pytest.param(says(JSONResponse({"error": {"message": "no such key"}}, 401)), r"^HTTP 401: ", id="401"),
        pytest.param(says(RedirectResponse("http://127.0.0.1:9/")), r"^HTTP 307: ", id="sent elsewhere"),
        pytest.param(says(Response("<html>Hi", media_type="text/html")), r"^no chat completion: <html>", id="page"),
        pytest.param(says(Response(b"\xff\xfe", media_type="application/json")), r"^no chat completion", id="bytes"),
        pytest.param(says(JSONResponse([1, 2])), r"^no chat completion", id="a list"),
        pytest.param(says(JSONResponse({"choices": []})), r"^a completion without a choice", id="no choice"),
        pytest.param(says(completion(None)), r"^no JSON", id="no content"),
        pytest.param(says(completion('{"points": [{"text": "A bri')), r"^no JSON", id="truncated"),
        pytest.param(says(completion('{"a":' * 50_000 + "1" + "}" * 50_000)), r"longer than|no JSON", id="deep"),
        pytest.param(says(completion('{"a":' * 9_000 + "1" + "}" * 9_000)), r"^no JSON", id="deep enough"),
        pytest.param(says(completion("I am sorry, no.")), r"^no JSON: I am sorry", id="prose"),
        pytest.param(says(completion(None, refusal="I cannot.")), r"^refused: I cannot", id="refusal"),
        pytest.param(says(completion(GOOD, finish_reason="length")), r"^cut off: length", id="out of tokens"),
        pytest.param(flood(200), r"longer than 262144 bytes", id="huge"),
        pytest.param(flood(400), r"longer than 262144 bytes", id="huge error"),
        pytest.param(
            says(Response(gzip.compress(b" " * 10**7), headers={"content-encoding": "gzip"})), r"packed", id="packed"
        ),
        pytest.param(half_a_body, r"^Connection error", id="dropped"),
    ],
)
async def test_whatever_the_server_does_is_a_problem_in_words(manner: Manner, problem: str) -> None:
    """No manner of failing raises, hangs or is taken for an answer; each is told apart."""
    with chat_server(manner) as chat:
        async with asyncio.timeout(60):
            (answer,) = await ask([QUESTION], endpoint(chat.url, timeout_seconds=1.5), seconds=10)
    assert answer.value is None
    assert answer == Answer(problem=answer.problem)
    assert re.search(problem, answer.problem), answer.problem
    assert "\n" not in answer.problem


async def test_nobody_listening_is_a_problem() -> None:
    """A refused connection is told at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (answer,) = await ask([QUESTION], endpoint(f"http://127.0.0.1:{port}/v1"), seconds=10)
    assert answer.problem.startswith("Connection error")


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Here it is: {GOOD} I hope it helps.",
        '<think>{"points": "as I think"} hm</think>\n' + GOOD,
    ],
)
async def test_json_is_found_in_what_models_put_around_it(content: str) -> None:
    """A fence, a sentence or thoughts around the JSON do no harm."""
    with chat_server(says(completion(content))) as chat:
        (answer,) = await ask([QUESTION], endpoint(chat.url), seconds=10)
    assert answer == Answer(value={"points": []})


async def test_a_question_carries_model_messages_and_schema() -> None:
    """What is sent is the protocol's: the model, both messages, and the schema as structured output."""
    with chat_server(says(completion(GOOD))) as chat:
        await ask([QUESTION], endpoint(chat.url), seconds=10)
    (body,) = chat.bodies
    assert body["model"] == "m"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


async def test_a_server_without_structured_output_is_asked_in_words() -> None:
    """A 400 for the schema leads to plain JSON, once; the next questions go straight to what worked."""

    async def old(body: dict[str, Any]) -> Response:
        if "response_format" in body:
            return JSONResponse({"error": {"message": "unknown field response_format"}}, 400)
        return completion(GOOD)

    with chat_server(old) as chat:
        answers = await ask([QUESTION] * 3, endpoint(chat.url), seconds=10)
    assert [answer.value for answer in answers] == [{"points": []}] * 3
    kinds = [body.get("response_format", {}).get("type") for body in chat.bodies]
    assert kinds == ["json_schema", "json_schema", "json_object", None, None, None]


async def test_after_three_failures_in_a_row_a_server_is_left_alone() -> None:
    """Ten questions to a server that fails cost three requests; the rest are told that they were not asked."""
    with chat_server(says(JSONResponse({}, 403))) as chat:
        answers = await ask([QUESTION] * 10, endpoint(chat.url), seconds=10)
    assert len(chat.bodies) == 3
    assert [answer.problem.partition(":")[0] for answer in answers] == ["HTTP 403"] * 3 + ["not asked"] * 7


async def test_failures_that_are_not_in_a_row_stop_nothing() -> None:
    """A success in between begins the count anew."""

    async def moody(body: dict[str, Any]) -> Response:
        return completion(GOOD) if body["messages"][1]["content"] == "good" else JSONResponse({}, 403)

    moods = ["bad", "bad", "good"] * 3
    questions = [Question(instructions="JSON", material=mood, schema={}) for mood in moods]
    with chat_server(moody) as chat:
        answers = await ask(questions, endpoint(chat.url), seconds=10)
    assert ["bad" if answer.problem else "good" for answer in answers] == moods
    assert len(chat.bodies) == 9


async def test_all_questions_together_keep_to_their_time() -> None:
    """However many questions wait, and however long one may take, the whole ends when its time is over."""
    with chat_server(slow) as chat:
        async with asyncio.timeout(60):  # fifty questions of a minute each would wait for most of an hour
            answers = await ask([QUESTION] * 50, endpoint(chat.url, timeout_seconds=60), seconds=0.5)
    assert {answer.problem for answer in answers} == {"no answer within 0.5 s in all"}


async def test_answers_keep_the_order_and_concurrency_its_bound() -> None:
    """Answers that come in any order are given in that of the questions; no more than the bound are asked at once."""

    async def echo(body: dict[str, Any]) -> Response:
        number = int(body["messages"][1]["content"])
        await asyncio.sleep(0.05 * (number % 3))
        return completion(json.dumps({"n": number}))

    questions = [Question(instructions="JSON", material=str(n), schema={}) for n in range(12)]
    with chat_server(echo) as chat:
        answers = await ask(questions, endpoint(chat.url, max_concurrency=3), seconds=20)
    assert [answer.value for answer in answers] == [{"n": n} for n in range(12)]
    assert 1 < chat.most_at_once <= 3


async def test_a_key_is_sent_only_if_it_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The configured key goes to the server; what other programs keep in the environment does not."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-program")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-program")
    with chat_server(says(completion(GOOD))) as chat:
        await ask([QUESTION], endpoint(chat.url), seconds=10)
        ours = Endpoint(url=chat.url, model="m", api_key="sk-ours")
        await ask([QUESTION], ours, seconds=10)
    assert [headers["authorization"] for headers in chat.headers] == ["Bearer none", "Bearer sk-ours"]
    assert "of-another-program" not in str(chat.headers)
    assert "sk-ours" not in repr(ours)


async def test_a_missing_client_is_told_with_the_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the error says what to install."""
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ConfigError, match=r"pip install 'digest-mail\[rewrite\]'"):
        await ask([QUESTION], endpoint("http://127.0.0.1:9/v1"), seconds=1)
