import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.links import canonical_url


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("HTTPS://Wire.Example/A?b=1#top", "https://wire.example/A?b=1"),
        ("https://wire.example:443", "https://wire.example/"),
        ("http://wire.example:8080/a", "http://wire.example:8080/a"),
        ("https://wire.example/a?utm_source=x&id=3&fbclid=y&UTM_Medium=z&gclid=q", "https://wire.example/a?id=3"),
        ("https://wire.example/a?utm_source=x", "https://wire.example/a"),
        ("https://wire.example/a?x=%7E&y=a+b", "https://wire.example/a?x=%7E&y=a+b"),
        ("https://новини.example/а", "https://новини.example/а"),
        (" https://[2001:db8::1]/a ", "https://[2001:db8::1]/a"),
    ],
)
def test_one_page_has_one_address(address: str, canonical: str) -> None:
    """Fragment and tracking go, host and scheme are lower case, and what a publisher signed stays as it is."""
    assert canonical_url(address) == canonical


@pytest.mark.parametrize(
    "address",
    [
        "",
        "wire.example/a",
        "javascript:alert(1)",
        "ftp://wire.example/a",
        "https://",
        "https://bank.example@evil.example/",
        "https://bank.example\\@evil.example/",
        "https://wire.example/a b",
        "https://wire.example/a\r\nBcc: all",
        "https://wire.example:port/",
        "https://[::1/",
        "https://wire.example/" + "a" * 3000,
    ],
)
def test_anything_but_a_plain_web_address_is_none(address: str) -> None:
    """A link in a mail is http or https, names no user and has no blank or control character in it."""
    assert canonical_url(address) == ""


@given(st.text(max_size=80), st.from_regex(r"[a-z]{1,8}(=[a-z0-9%]{0,5})?(&utm_[a-z]{1,5}=x)?", fullmatch=True))
def test_canonical_is_settled(path: str, query: str) -> None:
    """A canonical address is its own canonical form."""
    once = canonical_url(f"https://wire.example/{path}?{query}")
    assert canonical_url(once) == once
