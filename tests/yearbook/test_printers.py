"""Who can be said to print a set: no form, and no student."""

from __future__ import annotations

import pytest
from district import HANNAH, District

from dam_plugin.errors import InputError
from dam_plugin.yearbook.profiles import check_no_student, check_printer, is_form


def refused(district: District, to: str) -> bool:
    with district.services.store.reading() as unit:
        try:
            check_no_student(to, unit.people.stream())
        except InputError as error:
            return to not in str(error)
    return False


@pytest.mark.parametrize("to", ["pspa", "PLAIN"])
def test_a_form_prints_nothing(to: str) -> None:
    assert is_form(to)
    with pytest.raises(InputError, match="say with --to who prints it"):
        check_printer(to)


@pytest.mark.parametrize("to", ["heron-press", "picaboo", "treering"])
def test_a_publisher_prints(to: str) -> None:
    check_printer(to)


@pytest.mark.parametrize(
    "to",
    ["Hannah Lindqvist", "LINDQVIST, Hannah", "hannah-lindqvist", "HannahLindqvist", "c/o Hannah Lindqvist", HANNAH],
)
def test_a_student_is_nobody_to_print_a_set(district: District, to: str) -> None:
    assert refused(district, to)


def test_a_pseudonym_is_nobody_to_print_a_set(district: District) -> None:
    assert refused(district, district.student(HANNAH))


@pytest.mark.parametrize("to", ["heron-press", "Lindqvist Press", "Herff Jones", "-", "印刷"])
def test_a_publisher_may_share_a_part_of_a_name(district: District, to: str) -> None:
    assert not refused(district, to)
