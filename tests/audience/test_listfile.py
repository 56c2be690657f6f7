from __future__ import annotations

import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from digest.audience.listfile import parse_list, with_entry, without_entry
from digest.errors import AudienceError
from digest.model import LineProblem, ListEntry


def parse(text: str) -> tuple[list[ListEntry], list[LineProblem]]:
    return parse_list(text, path="list.csv")


def addresses(text: str) -> list[str]:
    return [entry.address for entry in parse(text)[0]]


def test_three_bad_lines_of_ten_cost_three() -> None:
    """Seven subscribers and three problems, each with file, line and reason; nothing else is lost."""
    text = (
        "email,name,city\n"
        "ann@example.org,Ann,Kyiv\n"
        "bob(at)example.org,Bob,Lviv\n"
        "cid@example.org,,\n"
        'dan@example.org,"Dan, the man",Odesa\n'
        "ANN@example.org,Ann again,Kyiv\n"
        "eve@example.org,Eve,Kharkiv\n"
        "fay@example.org,Fay,Kyiv,one,too,many\n"
        "gus@example.org,Gus,Kyiv\n"
        "hal@example.org,Hal,Kyiv\n"
        "ian@example.org,Ian,Kyiv\n"
    )
    entries, problems = parse(text)
    assert [entry.line for entry in entries] == [2, 4, 5, 7, 9, 10, 11]
    assert [(problem.path, problem.line) for problem in problems] == [("list.csv", 3), ("list.csv", 6), ("list.csv", 8)]
    assert str(problems[1]) == "list.csv:6: the address is already on line 2: ANN@example.org,Ann again,Kyiv"
    assert entries[2] == ListEntry(address="dan@example.org", name="Dan, the man", attributes={"city": "Odesa"}, line=5)
    assert entries[1].attributes == {}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("email,name\nann@example.org,Ann\n", id="commas"),
        pytest.param("E-Mail;Name\r\nann@example.org;Ann\r\n", id="semicolons, CRLF"),
        pytest.param("name\taddress\nAnn\tann@example.org", id="tabs, other order, no last line end"),
        pytest.param("sep=;\nEmail Address;name\nann@example.org;Ann\n", id="Excel's hint"),
        pytest.param("# readers\n\nemail , name\n# Kyiv\n ann@example.org , Ann \n", id="comments and blanks"),
        pytest.param("email,name\rann@example.org,Ann\r", id="line ends of an old Mac"),
        pytest.param('"email","name"\n"ann@example.org","Ann"\n', id="all quoted"),
        pytest.param('email,name\nann@example.org,"A\nn\n"\n'.replace("A\nn", "Ann"), id="a name with a line end"),
        pytest.param("почта;имя\nann@example.org;Ann\n", id="a Russian header"),
        pytest.param("Имя;Адрес электронной почты\nAnn;ann@example.org\n", id="a Russian service's header"),
        pytest.param("Ім'я;Адреса електронної пошти\nAnn;ann@example.org\n", id="a Ukrainian one's"),
        pytest.param("Name,E-mail 1 - Type,E-mail 1 - Value\nAnn,* Home,ann@example.org\n", id="Google Contacts"),
        pytest.param('email;name;city\r\nann@example.org;Ann;\r\n;;\r\n"";"";\r\n ; ;\r\n', id="Excel's empty rows"),
        pytest.param("name,address,email\nAnn,1 Example Street,ann@example.org\n", id="a postal address beside it"),
        pytest.param("Ann <ann@example.org>\n", id="bare, with a name"),
        pytest.param('"Ann" <ann@example.org>  # since May\n', id="bare, quoted and with a comment"),
    ],
)
def test_lists_are_read_as_people_keep_them(text: str) -> None:
    """Spreadsheets, editors and mail programs each have their way to write the same subscriber."""
    entries, problems = parse(text)
    assert not problems
    assert [(entry.address, entry.name) for entry in entries] == [("ann@example.org", "Ann")]
    assert without_entry(text, "nobody@example.org") == text


def test_a_bare_file_has_an_address_a_line() -> None:
    """Comments and blank lines are passed over; a CSV row without a header is told what is missing."""
    entries, problems = parse("# readers\nann@example.org\n\n  bob@example.org # Bob\ncid@example.org,Cid\n")
    assert [(entry.address, entry.line) for entry in entries] == [("ann@example.org", 2), ("bob@example.org", 4)]
    assert [(problem.line, "no header line" in problem.reason) for problem in problems] == [(5, True)]


def test_an_address_with_a_newline_in_it_is_a_bad_line() -> None:
    """What would be a header injection further on is one problem here, shown escaped, and the next line is read."""
    entries, problems = parse('email,name\n"ann@example.org\r\nBcc: all@example.org",Ann\nbob@example.org,Bob\n')
    assert [entry.address for entry in entries] == ["bob@example.org"]
    assert [problem.line for problem in problems] == [2]
    assert str(problems[0]).isprintable()
    assert "\\r\\nBcc" in problems[0].text


def test_a_quote_that_never_closes_spoils_its_own_line_alone() -> None:
    """The rest of the file is not swallowed, as the csv module would."""
    text = "email,name\n" + '"ann@example.org,Ann\n' + "".join(f"r{n}@example.org,R\n" for n in range(50))
    entries, problems = parse(text)
    assert len(entries) == 50
    assert [problem.line for problem in problems] == [2]


def test_a_line_without_end_is_one_bad_line() -> None:
    """Sizes are bounded, and what is shown of it is short."""
    entries, problems = parse("email\n" + "a" * 1_000_000 + "@example.org\nbob@example.org\n")
    assert [entry.address for entry in entries] == ["bob@example.org"]
    assert len(problems[0].text) <= 100


def test_names_and_attributes_are_one_line() -> None:
    """A control character or line break from a spreadsheet becomes a blank."""
    (entry,), _ = parse('email,name,street\na@example.org,"Ann\r\nBcc: x","1 Road\nKyiv\x07"\n')
    assert (entry.name, entry.attributes["street"]) == ("Ann Bcc: x", "1 Road Kyiv")


@given(text=st.text(max_size=300) | st.text('ae@.,;"\n\r#<> \t', max_size=200).map("email,name\n{}".format))
def test_any_text_is_read_to_its_end(text: str) -> None:
    """Hostile text raises nothing, and what is reported about it fits a terminal."""
    entries, problems = parse(text)
    assert len({entry.address for entry in entries}) == len(entries)
    assert all(str(problem).isprintable() for problem in problems)


LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
WORDS = st.text(string.ascii_letters + "їЇщ \"'\\,;#=<>@\t", max_size=12)
LINES = st.sampled_from(
    [
        *("ann@example.org", "Bob@Example.org", "not an address", "", "  ", "# a comment", "#no@example.org"),
        *(
            '"Dan, D." <dan@example.org>',
            "eve@example.org,Eve",
            'fay@example.org,"Fay',
            '"gus@example.org","G ""U"" S"',
        ),
    ]
)
HEADERS = st.sampled_from(["email,name,city", "name;EMAIL;city", "city\tname\te-mail", "# first\nemail,name,city"])


@st.composite
def lists(draw: st.DrawFn) -> str:
    end = draw(LINE_ENDS)
    lines = draw(st.lists(LINES, max_size=6))
    if draw(st.booleans()):
        lines.insert(0, draw(HEADERS))
    return end.join(lines) + draw(st.sampled_from(["", end]))


@given(text=lists(), name=WORDS, city=WORDS)
@example(text='email,name\n"open@example.org,x\n', name='";', city="")
def test_an_added_line_reads_back_and_leaves_the_others_alone(text: str, name: str, city: str) -> None:
    """The new subscriber is last, as given; every earlier character stands where it stood."""
    added = {"city": city} if "city" in text else {}
    edited = with_entry(text, "New@example.org", name, added)
    assert edited.startswith(text)
    before, after = parse(text), parse(edited)
    assert after[0][:-1] == before[0]
    assert after[1] == before[1]
    entry = after[0][-1]
    assert (entry.address, entry.name) == ("new@example.org", " ".join(name.split()))
    assert entry.attributes.get("city", "") == (" ".join(city.split()) if added else "")
    assert with_entry(edited, "NEW@example.org", "other", {}) == edited


@pytest.mark.parametrize("text", ["ann@example.org\n", "email\nann@example.org\n"])
def test_an_address_that_begins_like_a_comment_is_still_read(text: str) -> None:
    """`#` may begin a local part (RFC 5321 4.1.2), and is written so that it is no comment."""
    edited = with_entry(text, "#tag@example.org", "", {})
    assert addresses(edited) == ["ann@example.org", "#tag@example.org"]
    assert without_entry(edited, "#tag@example.org") == text


@given(text=lists())
def test_taking_out_what_was_added_gives_the_file_back(text: str) -> None:
    """Byte for byte, but for the line end that a last line lacked."""
    edited = with_entry(text, "new@example.org", "", {})
    restored = without_entry(edited, "new@example.org")
    if not addresses(text) and not text.replace("\r", "\n").strip():
        assume(restored != text)  # an empty list was given a header, which stays
        assert not addresses(restored)
    elif all(line.lstrip().startswith("#") or not line.strip() for line in text.splitlines()):
        assert restored.startswith(text)
    else:
        assert restored == text or (restored.startswith(text) and restored[len(text) :] in {"\n", "\r\n", "\r"})


@given(text=lists())
def test_a_removed_address_is_gone_and_the_rest_stays(text: str) -> None:
    """Every line of it goes, repeated and however spelled; entries and lines of others are untouched."""
    edited = without_entry(text, "BOB@example.org")
    assert "bob@example.org" not in addresses(edited)
    assert [a for a in addresses(text) if a != "bob@example.org"] == addresses(edited)
    kept = iter(text.splitlines(keepends=True))
    assert all(line in kept for line in edited.splitlines(keepends=True))


def test_an_empty_list_gets_the_header_that_is_needed() -> None:
    """The first subscriber of a new file brings the columns; later ones fit them."""
    text = with_entry("", "ann@example.org", "Ann", {"city": "Kyiv"})
    assert text == "email,name,city\nann@example.org,Ann,Kyiv\n"
    assert with_entry(text, "bob@example.org", "", {}) == text + "bob@example.org,,\n"


@pytest.mark.parametrize(
    ("text", "name", "attributes"),
    [
        ("email\nann@example.org\n", "Bob", {}),
        ("email,name\nann@example.org,Ann\n", "Bob", {"city": "Kyiv"}),
        ("ann@example.org\n", "Bob", {"city": "Kyiv"}),
    ],
)
def test_what_the_list_has_no_column_for_is_refused(text: str, name: str, attributes: dict[str, str]) -> None:
    """Nothing is dropped in silence; the error says which column to add."""
    with pytest.raises(AudienceError, match=r"has no column for|no columns for") as caught:
        with_entry(text, "bob@example.org", name, attributes)
    assert caught.value.remedy


@pytest.mark.parametrize("address", ["", "bob", "bob@example.org\nall@example.org"])
def test_a_bad_address_edits_nothing(address: str) -> None:
    """It is refused before the text is touched."""
    with pytest.raises(AudienceError):
        with_entry("email\n", address, "", {})
    with pytest.raises(AudienceError):
        without_entry("email\n", address)
