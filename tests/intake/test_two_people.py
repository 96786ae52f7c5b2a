"""Who may be the second of two people."""

from __future__ import annotations

import pytest

from dam_plugin.errors import InputError
from dam_plugin.intake.two_people import host_user, is_key, is_same_person, require_another, require_person
from dam_plugin.store import SystemUser

ADA, BEN = SystemUser("1000", "ada"), SystemUser("1001", "ben")
COMMAND = "dam-plugin queue approve fi-1"


def test_two_users_of_the_system_are_two_people() -> None:
    require_another(ADA, BEN, "stated this", COMMAND)


@pytest.mark.parametrize(
    "other", [ADA, SystemUser("1000", "ben"), SystemUser("1001", "ada"), SystemUser("1001", " ADA ")], ids=str
)
def test_one_number_or_one_name_is_one_person_and_the_refusal_says_who_can(other: SystemUser) -> None:
    assert is_same_person(ADA, other)
    with pytest.raises(InputError, match=f"whatever --as says: another user .* command line: `{COMMAND}`"):
        require_another(ADA, other, "stated this", COMMAND)


def test_a_hosts_key_is_nobody() -> None:
    assert is_key(host_user("gallery"))
    assert not is_key(ADA)
    require_person(ADA, "approves nothing", COMMAND)
    with pytest.raises(InputError, match=f"a host's key proves no person and approves nothing: another .*`{COMMAND}`"):
        require_person(host_user("gallery"), "approves nothing", COMMAND)
