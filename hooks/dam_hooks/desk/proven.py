"""Who is signed in, as the use cases compare two people: by what the sign-in proved, never by what somebody says."""

from __future__ import annotations

from django.http import HttpRequest

from dam_plugin.store import SystemUser

# No user of the operating system (a number) and no host's key (`key:`) has such an id.
DESK = "desk:"


def proven_user(request: HttpRequest) -> SystemUser:
    """Return who is signed in: `id` is the account's proven identity, `name` the account's name.

    Two accounts of one identity (the address by which the district signs a person in) are one person, and so are an account
    and a user of the operating system of the same name (`two_people.is_same_person`).
    """
    name = request.user.get_username()
    address = (getattr(request.user, "email", "") or "").strip()
    return SystemUser(f"{DESK}{(address or name).casefold()}", name)
