"""A family says no to the yearbook after its set was locked: the letter that confirms it says that it may be in print."""

from __future__ import annotations

import pytest
from command_line import call
from district import CALEB, HANNAH, INES, THERESA, District
from yearbook_exports import put_portrait

AS = ("--as", "custodian:records-office")
MADE = ("export", "yearbook", "--out", "SET.zip", "--redact", "allow", "--size", "80x100", "--to", "heron-press")
SAID = {
    "en": "in a set that is finished and may be in print. We cannot take back what is printed.",
    "es": "en un conjunto de nuestro anuario que ya está terminado y que puede estar en imprenta. No podemos recuperar lo que",
}


@pytest.fixture
def portraits(district: District) -> District:
    for each in (THERESA, INES):
        put_portrait(district, each)
    return district


def confirmed(student: str, language: str) -> str:
    written = call("letter", "write", "opt-out-confirmed", "--opt-out", student, "--lang", language, *AS, "--json")
    assert written.code == 0, written.text
    return " ".join(written.object()["text"].split())


def opts_out(student: str, *purpose: str) -> None:
    assert call("student", "opt-out", student, *purpose, *AS).code == 0


@pytest.mark.parametrize("purpose", [(), ("--purpose", "yearbook")], ids=["everything", "the yearbook"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_no_after_the_set_was_locked_says_that_it_may_be_in_print(
    portraits: District, language: str, purpose: tuple[str, ...]
) -> None:
    ended = call(*MADE, "--lock")
    assert ended.code == 0, ended.text
    opts_out(portraits.student(THERESA), *purpose)
    assert SAID[language] in confirmed(portraits.student(THERESA), language)


def test_a_set_that_is_not_locked_is_made_again_and_nothing_is_said(portraits: District) -> None:
    assert call(*MADE).code == 0
    opts_out(portraits.student(THERESA))
    assert "in print" not in confirmed(portraits.student(THERESA), "en")


def test_neither_a_no_to_something_else_nor_a_student_who_is_not_in_it_hears_of_the_book(portraits: District) -> None:
    assert call(*MADE, "--lock").code == 0
    opts_out(portraits.student(INES), "--purpose", "website")
    opts_out(portraits.student(CALEB))
    for each in (INES, CALEB, HANNAH):
        assert "in print" not in confirmed(portraits.student(each), "en")
