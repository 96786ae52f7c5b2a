"""What each role of the roster formats means, and that only the district loosens it."""

from __future__ import annotations

import pytest

from dam_plugin.people.role_table import READINGS, ROLES, Reading, RoleTable, is_parent_or_guardian

TABLE = RoleTable()
# OneRoster 1.1 and 1.2: the roles of users.
ONEROSTER = (
    "administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher", "counselor",
    "districtAdministrator", "principal", "siteAdministrator", "systemAdministrator",
)  # fmt: skip
# School Data Sync: the default list of values.
ORGANISATION = (
    "principal", "chair", "professor", "researcher", "adjunct", "affiliate", "occupationalTherapist", "physicalTherapist",
    "speechTherapist", "visionTherapist", "paraprofessional", "specialServices", "advisor", "proctor", "nurse",
    "officeStaff", "lecturer", "itAdmin", "administrator", "teacher", "faculty", "staff", "teacherAssistant", "assistant",
    "instructor", "substitute", "coach", "alumni", "student", "other",
)  # fmt: skip
CONTACTS = ["Parent", "Relative", "Aide", "Doctor", "Guardian", "Child", "Administrator", "Other"]


@pytest.mark.parametrize("word", [*ONEROSTER, *ORGANISATION])
def test_every_documented_role_of_a_user_has_a_reading(word: str) -> None:
    assert TABLE.of_user(word) in READINGS


@pytest.mark.parametrize("word", CONTACTS)
def test_of_the_documented_relationships_two_hold_a_parents_rights(word: str) -> None:
    assert TABLE.of_contact(word) == ("holds_rights" if word in ("Parent", "Guardian") else "no_rights")


def test_a_word_that_no_format_has_is_nothing() -> None:
    assert (TABLE.of_user("zookeeper"), TABLE.of_contact("zookeeper")) == (None, None)
    assert TABLE.of_user("ext:caseworker") == "no_rights"


@pytest.mark.parametrize("word", ["Step Parent", "step-parent", "step_parent", "STEPPARENT"])
def test_the_districts_reading_counts_in_any_spelling(word: str) -> None:
    table = RoleTable({"step parent": "holds_rights"})
    assert (table.of_contact(word), table.of_user(word)) == ("holds_rights", "holds_rights")


@pytest.mark.parametrize(
    ("kind", "relationship", "holds"),
    [
        ("Parent/Guardian", "", True),
        ("guardian", "Mother", True),
        ("Primary", "Father", True),
        ("Primary", "", False),
        ("Parent/Guardian", "Grandparent", False),
        ("Emergency", "Mother", False),
        ("", "Mother", True),
        ("", "", False),
        ("Parent/Guardian", "Neighbour", False),
    ],
)
def test_of_clevers_two_words_the_stricter_counts(kind: str, relationship: str, holds: bool) -> None:
    assert TABLE.holds_rights(kind, relationship) is holds


def test_a_word_stands_in_the_table_once() -> None:
    words = [role.word for role in ROLES]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("reading", READINGS)
def test_each_reading_can_be_chosen(reading: Reading) -> None:
    assert RoleTable({"aide": reading}).of_user("Aide") == reading


def test_a_word_of_the_formats_holds_rights_where_it_is_a_parents_or_a_guardians_by_hand_too() -> None:
    for role in ROLES:
        assert (role.of_contact == "holds_rights") is is_parent_or_guardian(role.word), role.word


@pytest.mark.parametrize("word", ["step-mother", "grandmother", "tutor", "foster mother", "mother's partner", ""])
def test_no_other_word_is_a_parents(word: str) -> None:
    assert not is_parent_or_guardian(word)
