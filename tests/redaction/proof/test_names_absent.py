"""Names in bytes: every encoding, case and escape is found, chance is not."""

from __future__ import annotations

import base64
import random
import unicodedata
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.model import Notice
from dam_plugin.redaction.proof.names_absent import NARROW, absent, found, searchable, sentence

NAME = "José Ångström"
ENCODINGS = ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1", "cp1252", "mac-roman"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("case", [str, str.upper, str.lower, str.swapcase], ids=["as is", "upper", "lower", "swapped"])
def test_a_name_is_found_in_each_encoding_and_case(encoding: str, case: Callable[[str], str]) -> None:
    assert found(["Ava Example"], b"\x01\x02" + case("Ava Example").encode(encoding) + b"\x03", b"") == 1


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_accents_are_found_in_each_encoding(encoding: str) -> None:
    assert found([NAME], b"\x01\x02" + NAME.encode(encoding) + b"\x03", b"") == 1


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("case", [str, str.upper, str.lower, str.title], ids=["as is", "upper", "lower", "title"])
def test_accents_are_found_composed_or_not(
    form: Literal["NFC", "NFD", "NFKC", "NFKD"], case: Callable[[str], str]
) -> None:
    assert found([NAME], unicodedata.normalize(form, case(NAME)).encode(), b"") == 1


def test_a_name_outside_latin_is_found() -> None:
    assert found(["Владимир"], "xx ВЛАДИМИР".encode("utf-16-be"), b"") == 1
    assert found(["Владимир"], "xx владимир".encode("cp1251"), b"") == 1


def test_a_short_name_counts_where_text_can_stand_and_not_in_coded_data() -> None:
    assert found(["Stu"], b"PQRSTUVW", b"") == 0
    assert found(["Stu"], b"PQRSTUVW", b"photo of stu") == 1


def test_a_short_name_in_utf_16_counts_everywhere() -> None:
    assert found(["Stu"], "stu".encode("utf-16-le"), b"") == 1


def test_secrets_under_three_characters_are_not_looked_for() -> None:
    assert searchable(["", " Al ", "Ann"]) == ("Ann",)
    assert found(["Al"], b"Al", b"Al") == 0
    assert sentence(["Al", "Ann"]).startswith("1 of 2")
    assert not sentence([])


def test_the_words_of_the_notice_are_not_searched_and_all_others_are() -> None:
    ordered = Notice("May not be passed on (1999)", "A district")
    notice = packet(ordered)
    assert list(absent(["May", "1999"], b"coded" + notice, b"head" + notice, ordered)) == []
    assert list(absent(["May", "1999"], b"coded" + notice, notice + b"May", ordered)) == [
        "1 names or ids of hidden students stand in the file"
    ]
    assert list(absent(["passed on"], b"passed on" + notice, b"", ordered)) != []


@pytest.mark.parametrize("told", ["for May", "for &#77;ay's class", "for %4day", "for Sm9oYW4gTWF5IExpbmRxdmlzdA=="])
def test_what_somebody_typed_into_a_notice_is_searched(told: str) -> None:
    ordered = Notice("May not be passed on", "A district", told)
    secrets = ["May", "Johan May Lindqvist"]
    assert list(absent(secrets, packet(ordered), packet(ordered), ordered)) != []
    assert list(absent(["Stu"], packet(ordered), packet(ordered), ordered)) == []


def test_each_secret_is_counted_once_and_none_is_named() -> None:
    secrets = ["Ava Example", "4711-0815", "Nobody Here"]
    assert found(secrets, b"AVA EXAMPLE ava example 4711-0815", b"") == 2
    assert list(absent(secrets, b"AVA EXAMPLE", b"")) == ["1 names or ids of hidden students stand in the file"]
    assert list(absent(secrets, b"", b"")) == []


@pytest.mark.parametrize(
    "escaped",
    [
        pytest.param(b"Jos&#233; &#197;ngstr&#246;m", id="XML decimal"),
        pytest.param(b"Jos&#xE9; &#xc5;ngstr&#x00F6;m", id="XML hex"),
        pytest.param(b"Jos&eacute; &Aring;ngstr&ouml;m", id="HTML names"),
        pytest.param("".join(f"&#{ord(letter)};" for letter in NAME).encode(), id="every letter escaped"),
        pytest.param(quote(NAME).encode(), id="URL"),
        pytest.param(quote(NAME).lower().encode(), id="URL, lower case"),
        pytest.param(quote(NAME).replace("%20", "+").encode(), id="URL, plus for a space"),
    ],
)
def test_an_escaped_name_is_found_where_text_can_stand(escaped: bytes) -> None:
    assert found([NAME], b"", b"x=" + escaped + b"&y") == 1


@given(st.binary(max_size=7), st.binary(max_size=7), st.booleans())
def test_a_name_in_base64_is_found_wherever_it_begins(before: bytes, behind: bytes, wrapped: bool) -> None:
    coded = base64.b64encode(before + b"Ava Example" + behind)
    assert found(["Ava Example"], b"", coded[:9] + b"\n" + coded[9:] if wrapped else coded) == 1


@given(st.text(min_size=3, max_size=12).filter(lambda text: len(text.strip()) >= 3), st.sampled_from(NARROW))
def test_every_name_is_found_as_it_is_written(name: str, encoding: str) -> None:
    coded = name.strip().encode(encoding, "ignore")
    if coded.decode(encoding) == name.strip():
        assert found([name], b"", b"<" + coded + b">") == 1


def test_chance_does_not_find_a_name_in_coded_data() -> None:
    coded = random.Random(5).randbytes(2_000_000)  # noqa: S311
    assert found(["Ann", "Leo", "Smith", "Garcia"], coded, b"") == 0


SCHOOL = [
    f"{first} {last}" for first in ("Hannah", "Zoë", "Mateo", "Ngọc") for last in ("Lindqvist", "Peña", "O'Neill")
]


CODED = random.Random(7).randbytes(1_100_000)  # noqa: S311
MANY = [*SCHOOL, *map(str, range(104200, 104240))]
EACH_KIND = [
    pytest.param(SCHOOL[:1], id="one"),
    pytest.param(MANY, id="many"),
    pytest.param([*MANY, "Ольга"], id="all"),
]


@pytest.mark.parametrize("students", EACH_KIND)
def test_chance_finds_none_of_many_names(students: list[str]) -> None:
    assert found(students, CODED, b"") == 0


@pytest.mark.parametrize("students", EACH_KIND)
@pytest.mark.parametrize("place", [0, 1024 * 1024 - 20, 1024 * 1024 - 3, 1024 * 1024])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-32-be"])
def test_each_of_many_names_is_found_wherever_it_stands(students: list[str], place: int, encoding: str) -> None:
    told = students[-1].upper().encode(encoding)
    assert found(students, CODED[:place] + told + CODED[place:], b"") == 1


def test_names_are_found_in_long_texts() -> None:
    text = b"of Hannah and of Mateo, whom Hannah knew; " * 200
    assert found(SCHOOL, text, b"") == 0
    assert found(SCHOOL, text + b"HANNAH LINDQVIST" + text, b"") == 1


def test_what_is_passed_over_is_not_searched_and_all_else_is() -> None:
    data = b"<Hannah Lindqvist>" * 3
    assert found(["Hannah Lindqvist"], data, b"", [(0, 18), (36, 54)]) == 1
    assert found(["Hannah Lindqvist"], data, b"", [(0, 18), (18, 54)]) == 0
    assert found(["Hannah Lindqvist"], data, b"", [(3, 10), (20, 30), (40, 41)]) == 0


@given(
    st.lists(st.text("abcAB. é", min_size=6, max_size=9), min_size=1, max_size=6),
    st.binary(max_size=40),
    st.integers(0, 5),
    st.booleans(),
)
def test_no_name_is_missed_among_others(names: list[str], around: bytes, which: int, upper: bool) -> None:
    name = names[which % len(names)].strip()
    told = (name.upper() if upper else name).encode()
    assert len(name) < 6 or found(names, around + told + around, b"") >= 1
