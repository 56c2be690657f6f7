"""The studio's answers: what each address gives, and to whom."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable

import httpx
import pytest

from digest.errors import DigestError, RenderError, UsageError
from digest.render.check import Finding
from digest.web.studio import PreviewMail, create_studio, serve_studio

AMail = Callable[..., PreviewMail]
Save = Callable[[str], None]


def client_of(load: Callable[[], PreviewMail], host: str = "127.0.0.1:8025") -> httpx.AsyncClient:
    app = create_studio(load, watched=[])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}")


def policy_of(answer: httpx.Response) -> dict[str, str]:
    directives = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, _, sources in directives}


PATHS = [
    "/", "/mail.json", "/mail.html", "/mail.txt", "/message.eml", "/message.html", "/message.txt",
    "/assets/studio.css", "/assets/studio.js", "/assets/icon.svg",
]  # fmt: skip


@pytest.mark.parametrize("path", [*PATHS, "/no-such-page"])
async def test_every_answer_is_kept_private(path: str, a_mail: AMail) -> None:
    """Nothing is cached, guessed at, framed by a stranger or sent along as a referrer, on a 404 neither."""
    async with client_of(lambda: a_mail("<p>Hello</p>")) as client:
        answer = await client.get(path)
    assert answer.status_code == (404 if path == "/no-such-page" else 200)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    policy = policy_of(answer)
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] in {"'none'", "'self'"}


async def test_the_mail_may_show_itself_and_its_images_only(a_mail: AMail) -> None:
    """The mail's policy allows its own style and images; no script, font, form, frame or connection, framed or not."""
    async with client_of(lambda: a_mail("<p>Hello</p>")) as client:
        policy = policy_of(await client.get("/mail.html?scheme=dark"))
    assert policy.pop("sandbox").split() == ["allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox"]
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "https: http: data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8025", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8025", 200),
        ("attacker.example", 403),
        ("127.0.0.1.attacker.example:8025", 403),
        ("localhost.attacker.example", 403),
        ("127.0.0.1@attacker.example", 403),
        ("192.168.1.4:8025", 403),
        ("", 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/mail.json", "/message.eml"])
async def test_a_name_that_was_pointed_here_gets_nothing(host: str, status: int, path: str, a_mail: AMail) -> None:
    """DNS rebinding: a site that makes its own name resolve to this machine is refused by the Host it sends."""
    async with client_of(lambda: a_mail("<p>Hello</p>")) as client:
        answer = await client.get(path, headers={"host": host})
    assert answer.status_code == status
    assert status == 200 or "Hello" not in answer.text


@pytest.mark.parametrize(
    ("site", "dest", "status"),
    [
        ("same-origin", "empty", 200),
        ("none", "document", 200),
        ("cross-site", "document", 200),
        ("cross-site", "empty", 403),
        ("cross-site", "iframe", 403),
        ("same-site", "image", 403),
    ],
)
async def test_another_site_cannot_ask(site: str, dest: str, status: int, a_mail: AMail) -> None:
    """A page of another site, or of another port of this machine, may link here and nothing else."""
    async with client_of(lambda: a_mail("<p>Hello</p>")) as client:
        answer = await client.get("/mail.json", headers={"sec-fetch-site": site, "sec-fetch-dest": dest})
    assert answer.status_code == status


async def test_downloads_are_the_parts_byte_for_byte(a_mail: AMail) -> None:
    """What is downloaded is what would be sent: the whole message, the HTML as rendered, the text as written."""
    mail = a_mail("<html><head></head><p>Київ</p></html>", text="Київ\n\n  indented \n")
    async with client_of(lambda: mail) as client:
        eml, html, text, shown = [
            await client.get(path) for path in ("/message.eml", "/message.html", "/message.txt", "/mail.txt")
        ]
    assert eml.content == mail.message
    assert eml.headers["content-type"] == "message/rfc822"
    assert eml.headers["content-disposition"] == 'attachment; filename="message.eml"'
    assert html.content == mail.html.encode()
    assert html.headers["content-disposition"] == 'attachment; filename="message.html"'
    assert text.content == mail.text.encode()
    assert text.headers["content-disposition"] == 'attachment; filename="message.txt"'
    assert (shown.text, shown.headers["content-type"]) == (mail.text, "text/plain; charset=utf-8")


async def test_the_frame_gets_the_scheme_it_asks_for(a_mail: AMail) -> None:
    """Either scheme is decided in what the frame gets; without one the mail's conditions stand as they are."""
    html = "<head><style>@media (prefers-color-scheme: dark){p{color:red}}</style></head>"
    async with client_of(lambda: a_mail(html)) as client:
        dark, light, asked, odd = [
            (await client.get(f"/mail.html{query}")).text
            for query in ("?scheme=dark", "?scheme=light", "", "?scheme=x")
        ]
    assert "@media (min-width:0px){p" in dark
    assert "@media (min-width:9999999px){p" in light
    assert asked == odd
    assert "@media (prefers-color-scheme: dark){p" in asked


async def test_the_state_tells_sizes_and_headers(a_mail: AMail) -> None:
    """The page is told the sizes in bytes, Gmail's limit, and each header decoded and raw."""
    mail = a_mail('<html lang="uk"><p>Київ</p></html>')
    async with client_of(lambda: mail) as client:
        state = (await client.get("/mail.json")).json()
    assert state["error"] is None
    told = state["mail"]
    assert told["bytes"] == {
        "message": len(mail.message),
        "html": len(mail.html.encode()),
        "text": len(mail.text.encode()),
        "clip": 102 * 1024,
    }
    assert (told["language"], told["sender"]) == ("uk", "Ukraine Today")
    subject = next(field for field in told["headers"] if field["name"] == "Subject")
    assert subject["value"] == mail.subject
    assert subject["raw"].startswith("Subject: =?utf-8?")


async def test_the_state_tells_what_the_linter_found(a_mail: AMail) -> None:
    """Findings reach the page whole and in their order."""
    found = Finding(level="error", rule="link", what="a link to nowhere", where="Read it", remedy="Name a page.")
    async with client_of(lambda: a_mail("<p>Hello</p>", findings=(found,))) as client:
        state = (await client.get("/mail.json")).json()
    assert state["mail"]["findings"] == [
        {"level": "error", "rule": "link", "what": "a link to nowhere", "where": "Read it", "remedy": "Name a page."}
    ]


async def test_a_lone_surrogate_does_not_end_the_preview(a_mail: AMail) -> None:
    """Half a character in a mail is shown as a question mark by every answer."""
    mail = a_mail("<p>Hello</p>")
    odd = PreviewMail(
        edition_key=mail.edition_key, title="\udc80", subject="\udc80", preheader="", sender="", html="<p>a\udc80b</p>",
        text="a\udc80b", message=mail.message, note="",
    )  # fmt: skip
    async with client_of(lambda: odd) as client:
        answers = [await client.get(path) for path in PATHS]
    assert [answer.status_code for answer in answers] == [200] * len(PATHS)
    assert "a?b" in answers[2].text


async def test_before_anything_loads_the_sentence_is_the_answer() -> None:
    """With no mail to show, the state carries the error's sentence and the parts answer 503 with it, no traceback."""

    def load() -> PreviewMail:
        raise RenderError("a block is not closed", where="mail.j2:3", remedy="Close it.")

    async with client_of(load) as client:
        state = (await client.get("/mail.json")).json()
        parts = [await client.get(path) for path in ("/mail.html", "/mail.txt", "/message.eml")]
    assert state["mail"] is None
    assert state["error"] == "mail.j2:3: a block is not closed. Close it."
    assert {(part.status_code, part.text) for part in parts} == {(503, "mail.j2:3: a block is not closed. Close it.\n")}


async def test_a_change_is_told_to_the_page_at_once(save: Save, address: str) -> None:
    """The event stream tells the version that stands, and a new one after a save; then the state has that version."""
    async with httpx.AsyncClient(base_url=address, timeout=10) as client, client.stream("GET", "/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        versions = (line.removeprefix("data: ") async for line in stream.aiter_lines() if line.startswith("data: "))
        first = await anext(versions)
        save("Changed")
        second = await asyncio.wait_for(anext(versions), 10)
        assert second != first
        state = (await client.get("/mail.json")).json()
        assert state["mail"]["subject"] == "Changed"


async def test_it_stops_while_a_page_is_open(a_mail: AMail) -> None:
    """An open event stream does not hold up the end: it is ended, and the server returns."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    app = create_studio(lambda: a_mail("<p>Hello</p>"), watched=[])
    server = asyncio.create_task(serve_studio(app, port=0, on_ready=ready.set_result, stop=stop))
    async with httpx.AsyncClient(base_url=await ready) as client, client.stream("GET", "/events") as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        stop.set()
        assert [line async for line in lines][-1] == ""
    await asyncio.wait_for(server, 5)


async def test_only_this_machine_can_be_served(a_mail: AMail) -> None:
    """An address that others could reach is refused before anything listens."""
    app = create_studio(a_mail, watched=[])
    for host in ("0.0.0.0", "::", "192.168.1.4", "news.example", ""):  # noqa: S104
        with pytest.raises(UsageError, match="this machine only"):
            await serve_studio(app, host=host, port=0, on_ready=print, stop=asyncio.Event())


async def test_a_taken_port_is_named_with_the_way_out(address: str) -> None:
    """A second preview on the same port says which port, and what to do."""
    port = httpx.URL(address).port
    assert port is not None
    app = create_studio(lambda: pytest.fail("never loaded"), watched=[])
    with pytest.raises(DigestError, match=rf"127\.0\.0\.1:{port}: .*choose another port"):
        await serve_studio(app, port=port, on_ready=print, stop=None)


SERVED = """
import asyncio
from digest.web.studio import PreviewMail, create_studio, serve_studio
words = dict.fromkeys(["edition_key", "title", "subject", "preheader", "sender", "html", "text", "note"], "")
mail = PreviewMail(**words, message=b"")
app = create_studio(lambda: mail, watched=[])
asyncio.run(serve_studio(app, port=0, on_ready=lambda url: print(url, flush=True), stop=None))
print("ended")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly(number: signal.Signals) -> None:
    """Ctrl-C ends the preview with code 0 and no word on stderr, and whoever called it goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=10) as page:  # noqa: S310 - our own address
            assert page.status == 200
        child.send_signal(number)
        out, err = child.communicate(timeout=15)
    assert (child.returncode, out, err) == (0, "ended\n", "")
