"""Who is signed in, as the use cases record it: the account, which is proven, and is another person than any other account."""

from __future__ import annotations

from django.http import HttpRequest

from dam_plugin.store import SystemUser


def account(request: HttpRequest) -> SystemUser:
    """Return the account of who is signed in. Of the same name as a user of the system it counts as the same person."""
    return SystemUser(f"desk:{request.user.pk}", request.user.get_username())
