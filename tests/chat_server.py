"""A chat endpoint on this machine that speaks the OpenAI protocol, well or badly as it is told."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Manner = Callable[[dict[str, Any]], Awaitable[Response]]  # from the request's body


@dataclass
class ChatServer:
    """Answers in `manner`, which a test may change at any time; keeps what it was asked."""

    manner: Manner
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def complete(self, request: Request) -> Response:
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self.manner(body)
        finally:
            self.at_once -= 1


def completion(content: str | None, *, finish_reason: str = "stop", refusal: str | None = None) -> Response:
    """What a server answers when all is well."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return JSONResponse(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "test",
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        }
    )


def sentences_of(body: dict[str, Any]) -> list[str]:
    """The sentences that a rewriter's request carries."""
    return [sentence["text"] for sentence in json.loads(body["messages"][1]["content"])["sentences"]]


def points_answer(points: list[tuple[str, list[int]]]) -> Response:
    """An answer in the form that the request's schema asks for."""
    content = {"points": [{"text": text, "sentences": cited} for text, cited in points]}
    return completion(json.dumps(content, ensure_ascii=False))


@contextmanager
def chat_server(manner: Manner) -> Iterator[ChatServer]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    chat = ChatServer(manner)
    listener = socket.create_server(("127.0.0.1", 0))
    chat.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    app = Starlette(routes=[Route("/v1/chat/completions", chat.complete, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield chat
    finally:
        server.should_exit = server.force_exit = True  # a slow manner is not waited for
        thread.join()
        listener.close()
