"""Who may be the second of two people, and who may not: told here alone, for findings, changed rules and reviews. Pure.

Two people are two users of the operating system. A role and id (`--as`) are asserted and make nobody another person, and a
host's key proves no person at all: whoever has the settings can sign with it.
"""

from __future__ import annotations

from dam_plugin.errors import InputError
from dam_plugin.sharing.file_referral import folded
from dam_plugin.store import SystemUser

_KEY = "key:"
# Who can, as each refusal ends.
WHO_CAN = "another user of the operating system can, at the command line"


def key_of(host: str) -> SystemUser:
    """Return whom a request over HTTP is kept under: all keys of a host are one here, and none is a person."""
    return SystemUser(f"{_KEY}{host}", f"{_KEY}{host}")


def is_key(user: SystemUser) -> bool:
    """Whether this is a host's key, and nobody's account."""
    return user.id.startswith(_KEY)


def is_same(first: SystemUser, second: SystemUser) -> bool:
    """Whether two accounts are one person's: the same number, or the same name whatever its case."""
    return folded(first.id) == folded(second.id) or folded(first.name) == folded(second.name)


def require_person(user: SystemUser, act: str, command: str) -> None:
    """Raise InputError where a host's key would do (`act`) what takes a person, who does it by this command."""
    if is_key(user):
        raise InputError(f"a host's key proves no person and {act}: {WHO_CAN}: `{command}`")


def require_another(first: SystemUser, second: SystemUser, did: str, command: str) -> None:
    """Raise InputError where whoever `did` something would also be the one who lets it take effect."""
    if is_same(first, second):
        raise InputError(f"'{second.name}' {did} and cannot approve it, whatever --as says: {WHO_CAN}: `{command}`")
