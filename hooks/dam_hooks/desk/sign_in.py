"""Signing in: by an account that an administrator makes, with a second factor."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from dam_plugin.errors import InputError


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody makes an account for themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: an administrator makes accounts."""
        return False

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask for the password again before the second factor is changed; not for the first one, right after signing in."""
        return bool(is_mfa_enabled(self.request.user))


def make_groups() -> None:
    """Make the groups that the roles are, where they are missing."""
    from dam_hooks.desk.desk_roles import ROLES  # noqa: PLC0415 - which asks this module

    for each in ROLES:
        Group.objects.get_or_create(name=each.group)


def keep_account(name: str, roles: Sequence[str]) -> str | None:
    """Make an account with these roles, or give an account other roles; return the password of a new one.

    Raises InputError for a role that is none, and for a name that an account cannot have.
    """
    from dam_hooks.desk.desk_roles import ROLES  # noqa: PLC0415 - which asks this module

    known = {each.word: each.group for each in ROLES}
    wrong = [each for each in roles if each not in known]
    if wrong:
        raise InputError(f"'{wrong[0]}' is no role of the desk: give one of {', '.join(known)}")
    password = None
    user = User.objects.filter(username__iexact=name).first()
    if user is None:
        user = User(username=name)
        password = "-".join(secrets.token_hex(3) for _ in range(4))
        user.set_password(password)
        try:
            user.full_clean()
        except ValidationError:
            raise InputError("an account's name has letters, digits and @ . + - _ only, at most 150") from None
        user.save()
    user.groups.set(Group.objects.filter(name__in=[known[each] for each in roles]))
    return password


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether an account has no second factor yet, where it needs one: it sees nothing until it has."""
    return settings.DESK_SECOND_FACTOR and not is_mfa_enabled(request.user)
