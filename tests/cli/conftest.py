"""Fixtures that several tests of the command line share."""

from __future__ import annotations

import pytest
from command_line import call
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, District


@pytest.fixture
def hannah(district: District) -> str:
    """A student of sixteen, whose portrait is no directory information."""
    district.upload(PORTRAIT)
    assert call("tag", PORTRAIT, "--directory", "not_eligible", "--as", "custodian:records-office").code == 0
    return district.student(HANNAH)


@pytest.fixture
def mother(district: District) -> str:
    """Her mother."""
    return district.guardian(HANNAH_MOTHER)
