from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from digest.audience.address import normalise_address
from digest.errors import AudienceError


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        pytest.param("reader@example.org", "reader@example.org", id="as it is"),
        pytest.param("  Reader@Example.ORG\u00a0", "reader@example.org", id="case and pasted blanks"),
        pytest.param("reader+news@mail.example", "reader+news@mail.example", id="a tag is part of it"),
        pytest.param("reader@lab.test", "reader@lab.test", id="a domain for trials"),
        pytest.param("reader@XN--80A1ACN3A.xn--j1amh", "reader@пошта.укр", id="punycode becomes letters"),
        pytest.param("reader@ПОШТА.укр", "reader@пошта.укр", id="letters in lower case"),
        pytest.param("Лист@пошта.укр", "лист@пошта.укр", id="a local part in letters (SMTPUTF8)"),
        pytest.param("cafe\u0301@example.org", "café@example.org", id="combining marks are composed"),
    ],
)
def test_one_mailbox_has_one_spelling(text: str, normal: str) -> None:
    """However it is typed, the person who unsubscribed is recognised."""
    assert normalise_address(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "reader", "@example.org", "reader@", "reader@example", "reader@localhost", "a@b@example.org"),
        *(
            "reader@example.org\r\nBcc: all@example.org",
            "reader@exa\nmple.org",
            "reader@example.org\n",
            "a\0b@example.org",
        ),
        *("Ann <reader@example.org>", '"a b"@example.org', "reader@[127.0.0.1]", "a..b@example.org", ".a@example.org"),
        *(
            "reader@-example.org",
            "reader@exam_ple.org",
            "a" * 65 + "@example.org",
            "a@" + "b" * 64 + ".org",
            "reader@example.invalid",
        ),
        *("reader@example.org,b@example.org", "reader @example.org", "a@b.c d"),
    ],
)
def test_what_is_not_one_plain_address_is_refused(text: str) -> None:
    """The error shows the text escaped, so that a hostile list cannot write to the terminal."""
    with pytest.raises(AudienceError, match="not an email address") as caught:
        normalise_address(text)
    assert str(caught.value).isprintable()


ALPHABET = st.text("aZ0.-_+@ \té\nд", max_size=20)


@given(
    local=ALPHABET | st.emails(),
    domain=ALPHABET | st.sampled_from(["example.org", "xn--80a1acn3a.укр", "a.local", "b.onion"]),
)
@example(local="a", domain="ab--cd.org")
@example(local="a" * 64, domain="b" * 63 + "." + "c" * 63 + "." + "d" * 57 + ".org")
def test_the_quick_way_agrees_with_the_full_one(local: str, domain: str) -> None:
    """The pattern that most addresses take accepts nothing that full validation refuses, and changes nothing."""
    text = f"{local}@{domain}".strip(" \t")
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        with pytest.raises(AudienceError):
            normalise_address(text)
    else:
        assert normalise_address(text).casefold() == f"{found.local_part}@{found.domain}".casefold()


@given(text=st.emails() | st.text(max_size=30).map(lambda local: f"{local}@пошта.укр"))
def test_normalising_twice_changes_nothing(text: str) -> None:
    """The stored form is stable, and has no line break or control character."""
    try:
        normal = normalise_address(text)
    except AudienceError:
        return
    assert normalise_address(normal) == normal
    assert normal.isprintable()
    assert normal == normal.lower()
