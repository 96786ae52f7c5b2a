"""A student with two guardians of whom the custodian knows."""

from __future__ import annotations

from command_line import call
from district import PORTRAIT, District
from use_cases import kept

MOTHER, FATHER = "G-MOTHER", "G-FATHER"
_AS = ("--as", "custodian:records-office")


def student_of_two(district: District) -> str:
    """Upload the portrait, and put its student's mother and father on file; return the student."""
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    for each in (MOTHER, FATHER):
        done = call("student", "guardian", "verify", student, each, "--seen", "birth certificate", *_AS)
        assert done.code == 0, done.text
    return student
