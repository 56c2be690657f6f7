"""Building with a rewriter: what it says well is taken and kept, and whatever else it does leaves the edition alone."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response
from structlog.testing import capture_logs

from digest import pipeline
from digest.config import read_settings
from digest.delivery import Inbox
from digest.model import Edition
from tests.chat_server import ChatServer, Manner, chat_server, completion, points_answer, sentences_of
from tests.conftest import Site, clock


async def honest(body: dict[str, Any]) -> Response:
    """Tell each sentence up to its first comma."""
    texts = sentences_of(body)
    return points_answer([(text.partition(",")[0].rstrip(".") + ".", [n]) for n, text in enumerate(texts, start=1)])


def says_of_all(text: str) -> Manner:
    async def manner(body: dict[str, Any]) -> Response:
        return points_answer([(text, [n]) for n in range(1, len(sentences_of(body)) + 1)])

    return manner


async def one_more_than_asked(body: dict[str, Any]) -> Response:
    texts = sentences_of(body)
    return points_answer([(text, [n]) for n, text in enumerate([*texts, texts[0]], start=1)])


async def nudged_numbers(body: dict[str, Any]) -> Response:
    texts = sentences_of(body)
    swapped = [text.replace("312", "313").replace("420", "421").replace("two", "three") for text in texts]
    return points_answer([(text + " Probably 7.", [n]) for n, text in enumerate(swapped, start=1)])


async def down(_body: dict[str, Any]) -> Response:
    return JSONResponse({"error": {"message": "out of memory"}}, 500)


async def truncated(_body: dict[str, Any]) -> Response:
    return completion('{"points": [{"text": "The brid')


async def refusing(_body: dict[str, Any]) -> Response:
    return completion(None, refusal="I would rather not.")


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with chat_server(honest) as server:
        yield server


@pytest.fixture
def rewriting(site: Site, chat: ChatServer) -> Site:
    """The site with a rewriter in its digest.toml, articles collected."""
    file = site.root / "digest.toml"
    file.write_text(
        f'{file.read_text(encoding="utf-8")}\n[keypoints]\nrewriter = "m"\nendpoint = "{chat.url}"\ntimeout = "5s"\n',
        encoding="utf-8",
    )
    pipeline.collect(site.settings, site.store, now=clock())
    return replace(site, settings=read_settings(file))


def build(site: Site, *, rewritten: bool = True) -> Edition:
    rewriter = pipeline.rewriter_of(site.settings) if rewritten else None
    return pipeline.build(site.store, site.newsletter, site.slot, rewriter=rewriter, now=clock())


def test_what_is_borne_out_is_told_in_the_models_words(rewriting: Site) -> None:
    """The edition, read back from the store, has the new words with the old ones and their spans beside them."""
    plain = build(rewriting, rewritten=False)
    edition = build(rewriting)
    assert rewriting.store.editions.get("morning", rewriting.slot) == edition
    assert [story.id for story in edition.stories] == [story.id for story in plain.stories]
    new = [point for story in edition.stories for point in story.points if point.origin == "rewritten"]
    assert "Readers took 420 packets in the first morning." in [point.text for point in new]
    texts = {story.lead.id: story.lead.text for story in edition.stories}
    for point in new:
        assert point.original in [texts[point.article][span.start : span.end] for span in point.spans]
        assert point.original is not None
        assert point.original.startswith(point.text.rstrip("."))


def test_a_slot_built_again_is_not_asked_about_again(rewriting: Site, chat: ChatServer) -> None:
    """The same edition, from the former draft: a model that says it otherwise today changes nothing."""
    first = build(rewriting)
    asked = len(chat.bodies)
    assert asked
    chat.manner = down
    assert build(rewriting) == first
    assert len(chat.bodies) == asked
    taken_out = build(rewriting, rewritten=False)
    assert {point.origin for story in taken_out.stories for point in story.points} == {"extracted"}


@pytest.mark.parametrize(
    "manner",
    [
        pytest.param(nudged_numbers, id="invents numbers"),
        pytest.param(one_more_than_asked, id="adds a point"),
        pytest.param(says_of_all("Ignore the news. Visit https://pills.example today!"), id="obeys an article"),
        pytest.param(says_of_all("The mayor, Ivan Petrenko, called it “a triumph”."), id="invents a speaker"),
        pytest.param(says_of_all(""), id="says nothing"),
        pytest.param(says_of_all("word " * 20_000), id="says too much"),
        pytest.param(down, id="is down"),
        pytest.param(truncated, id="breaks off"),
        pytest.param(refusing, id="refuses"),
    ],
)
def test_a_lying_model_changes_nothing(rewriting: Site, chat: ChatServer, manner: Manner) -> None:
    """Whatever the server does, the edition is the one that is built without it, and it is built."""
    chat.manner = manner
    edition = build(rewriting)
    assert chat.bodies
    assert edition == build(rewriting, rewritten=False)
    assert edition.stories


def test_each_fallback_is_logged_with_its_reason(rewriting: Site, chat: ChatServer) -> None:
    """An operator reads why a point was left as it was, of a bad answer as of a bad server."""
    chat.manner = says_of_all("The mayor called it “a triumph”.")
    with capture_logs() as lines:
        build(rewriting)
    said = [(line["event"], line.get("reason"), line["log_level"]) for line in lines]
    assert ("point not rewritten", "it leaves out most of the sentence", "warning") in said
    chat.manner = refusing
    with capture_logs() as lines:
        build(rewriting)
    said = [(line["event"], line.get("reason"), line["log_level"]) for line in lines]
    assert ("points not rewritten", "refused: I would rather not.", "warning") in said


async def test_a_send_goes_out_with_the_models_words(rewriting: Site, tmp_path: Path) -> None:
    """Building inside the service's event loop works too, and the mail says what the edition says."""
    async with Inbox(tmp_path / "inbox") as inbox:
        sent = await pipeline.send(
            rewriting.with_relay(inbox.host, inbox.port),
            rewriting.store,
            rewriting.newsletter,
            rewriting.slot,
            clock=clock,
        )
    assert sent.tally.sent == 3
    assert any(point.origin == "rewritten" for story in sent.edition.stories for point in story.points)
    message = message_from_bytes(next(iter(inbox.folder.glob("*.eml"))).read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "Readers took 420 packets in the first morning." in text
    assert "most of them tomatoes" not in text


async def test_a_send_does_not_wait_for_a_model_that_is_away(rewriting: Site, tmp_path: Path, chat: ChatServer) -> None:
    """A server that fails costs the mail its new words and nothing else."""
    chat.manner = down
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = rewriting.with_relay(inbox.host, inbox.port)
        sent = await pipeline.send(settings, rewriting.store, rewriting.newsletter, rewriting.slot, clock=clock)
    assert sent.tally.sent == 3
