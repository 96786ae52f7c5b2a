"""The publisher's list of pages: how it may be written, and what is told of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import InputError
from dam_plugin.yearbook.pages import LARGEST_LIST, LONGEST_PAGE, Pages, pages_of, read_pages

PORTRAIT, CANDID = "YEARBOOK/IMAGES/P0000001.JPG", "candids/c0000001.jpg"
PATHS = (PORTRAIT, CANDID)


def told(pages: Pages) -> list[str]:
    return [str(each) for each in pages.against(PATHS)]


@pytest.mark.parametrize(
    "text",
    [
        "page,file\n12,candids/c0000001.jpg\n",
        "12,c0000001.jpg",
        "page\tfile\r\n12\tC0000001.JPG\r\n",
        "Page;File Name\n12;CANDIDS\\C0000001.jpg\n",
        "file,remark,page\ncandids/c0000001.jpg,opener,12\n",
        '\ufeffpage,file\n\n"12","./candids/c0000001.jpg"\n',
    ],
    ids=["csv", "no header", "tabs", "semicolons and backslashes", "more columns", "quotes and a mark"],
)
def test_a_list_is_read_however_the_publisher_writes_it(text: str) -> None:
    pages = pages_of(text.encode())
    assert (pages.of(CANDID), pages.of(PORTRAIT), told(pages)) == (("12",), (), [])


def test_a_file_may_be_on_several_pages_in_the_order_of_the_list() -> None:
    pages = pages_of(b"14-15,c0000001.jpg\n3,candids/C0000001.JPG\n3,p0000001.jpg")
    assert pages.of(CANDID) == ("3", "14-15")
    assert pages.of(PORTRAIT) == ("3",)


def test_a_file_that_the_set_does_not_have_is_told_by_its_line_and_not_by_its_name() -> None:
    assert told(pages_of(b"1,c0000001.jpg\n2,Ruth Quill.jpg")) == ["page list:2: names no file of the set"]


def test_a_line_that_stands_twice_is_told_by_its_line() -> None:
    assert told(pages_of(b"1,c0000001.jpg\n1,C0000001.jpg")) == [
        "page list:2: says again what an earlier line says: remove it"
    ]


def test_a_last_part_that_two_files_share_is_told_and_put_on_both() -> None:
    pages = pages_of(b"7,one.jpg")
    paths = ("candids/one.jpg", "YEARBOOK/one.jpg")
    assert [pages.of(each) for each in paths] == [("7",), ("7",)]
    assert [each.message for each in pages.against(paths)] == ["names several files of the set: give the path"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",c0000001.jpg", "has no page"),
        ("1,", "has no file"),
        ("1,a,b", "has 3 cells and not 2: quote what holds the separator"),
        (f"{'1' * (LONGEST_PAGE + 1)},c0000001.jpg", f"has a page of more than {LONGEST_PAGE} characters"),
        ("1\u202e2,c0000001.jpg", "holds control characters or invisible ones: remove them"),
        ("1\x072,c0000001.jpg", "holds control characters or invisible ones: remove them"),
    ],
)
def test_a_line_that_is_wrong_is_told_and_the_others_count(line: str, message: str) -> None:
    pages = pages_of(f"5,c0000001.jpg\n{line}\n".encode())
    assert ([each.message for each in pages.problems], pages.of(CANDID)) == ([message], ("5",))


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"page,file\n", b"\xff\xfe1\x00", b"\x00", b'"', b"x" * (LARGEST_LIST + 1), b"PK\x03\x04 and more"],
    ids=["empty", "blank", "header alone", "utf-16", "nul", "a quote", "too large", "another file"],
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="the page list"):
        pages_of(data)


def test_a_list_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "pages.csv"
    path.write_bytes(b"1,c0000001.jpg")
    assert read_pages(path).of(CANDID) == ("1",)
    for other in (tmp_path, tmp_path / "Ruth Quill.csv"):
        with pytest.raises(InputError, match="is no file") as refused:
            read_pages(other)
        assert "Ruth" not in str(refused.value)


@given(st.binary(max_size=200))
def test_whatever_is_handed_in_is_a_list_or_is_refused(data: bytes) -> None:
    with suppress(InputError):
        pages = pages_of(data)
        assert all(page and page == page.strip() for each in pages.listed.values() for page in each)


_TEXT = st.text(st.characters(whitelist_categories=("Lu", "Ll", "Nd"), max_codepoint=0x24F), min_size=1, max_size=12)


@given(st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=8, unique=True))
def test_what_a_list_says_of_a_file_is_what_is_read(rows: list[tuple[str, str]]) -> None:
    rows = [("page", "file"), *rows]
    data = "\n".join(f"{page}\t{file}" for page, file in rows).encode()
    pages = pages_of(data)
    for page, file in rows[1:]:
        assert page in pages.of(f"candids/{file}")
