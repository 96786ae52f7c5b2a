"""Names in bytes: every encoding and case is found, chance is not."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from typing import Literal

import pytest

from dam_plugin.redaction.traces import found, searchable

NAME = "José Ångström"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("case", [str, str.upper, str.lower, str.swapcase], ids=["as is", "upper", "lower", "swapped"])
def test_a_name_is_found_in_each_encoding_and_case(encoding: str, case: Callable[[str], str]) -> None:
    assert found(["Ava Example"], b"\x01\x02" + case("Ava Example").encode(encoding) + b"\x03", b"") == 1


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("case", [str, str.upper, str.lower], ids=["as is", "upper", "lower"])
def test_accents_are_found_composed_or_not(form: Literal["NFC", "NFD"], case: Callable[[str], str]) -> None:
    assert found([NAME], unicodedata.normalize(form, case(NAME)).encode(), b"") == 1


def test_a_name_outside_latin_is_found() -> None:
    assert found(["Владимир"], "xx ВЛАДИМИР".encode("utf-16-be"), b"") == 1


def test_a_short_name_counts_where_text_can_stand_and_not_in_coded_data() -> None:
    assert found(["Stu"], b"PQRSTUVW", b"") == 0
    assert found(["Stu"], b"PQRSTUVW", b"photo of stu") == 1


def test_a_short_name_in_utf_16_counts_everywhere() -> None:
    assert found(["Stu"], "stu".encode("utf-16-le"), b"") == 1


def test_secrets_under_three_characters_are_not_looked_for() -> None:
    assert searchable(["", " Al ", "Ann"]) == ("Ann",)
    assert found(["Al"], b"Al", b"Al") == 0


def test_each_secret_is_counted_once() -> None:
    assert found(["Ava Example", "4711-0815", "Nobody Here"], b"AVA EXAMPLE ava example 4711-0815", b"") == 2


def test_chance_does_not_find_a_name_in_coded_data() -> None:
    coded = random.Random(5).randbytes(2_000_000)  # noqa: S311
    assert found(["Ann", "Leo", "Smith", "Garcia"], coded, b"") == 0
