"""Signing in: by the district's provider, or by an account that an administrator makes, with a second factor; and its end."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from dam_plugin.errors import InputError

# What a session keeps: since when, and whether the district's provider asked for a second factor.
SINCE, HAS_FACTOR = "desk_since", "desk_has_second_factor"
DEFAULT_HOURS = 12


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody makes an account for themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: an administrator makes accounts."""
        return False

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask for the password again before the second factor is changed; not for the first one, right after signing in."""
        return bool(is_mfa_enabled(self.request.user))

    def get_login_stages(self) -> list[str]:
        """Return what comes between a password and being signed in; the second factor is asked for by our own rule."""
        ours = "dam_hooks.desk.district_provider.AskForSecondFactor"
        stages = super().get_login_stages()
        return [ours if each == "allauth.mfa.stages.AuthenticateStage" else each for each in stages]


def make_groups() -> None:
    """Make the groups that the roles are, where they are missing."""
    from dam_hooks.desk.desk_roles import ROLES  # noqa: PLC0415 - which asks this module

    for each in ROLES:
        Group.objects.get_or_create(name=each.group)


def new_password() -> str:
    """Return a password that nobody guesses and that can be read out."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


def keep_account(name: str, roles: Sequence[str], given: str | None = None) -> str | None:
    """Make an account with these roles, or give an account other roles; return the password of a new one.

    Raises InputError for a role that is none, and for a name that an account cannot have.
    """
    from dam_hooks.desk.desk_roles import ROLES  # noqa: PLC0415 - which asks this module

    known = [each.word for each in ROLES]
    wrong = [each for each in roles if each not in known]
    if wrong:
        raise InputError(f"'{wrong[0]}' is no role of the desk: give one of {', '.join(known)}")
    password = None
    user = User.objects.filter(username__iexact=name).first()
    if user is None:
        user = User(username=name)
        password = given or new_password()
        user.set_password(password)
        try:
            user.full_clean()
        except ValidationError:
            raise InputError("an account's name has letters, digits and @ . + - _ only, at most 150") from None
        user.save()
    keep_roles(user, roles)
    return password


def keep_roles(user: User, words: Collection[str]) -> None:
    """Give an account these roles and no others; what else it belongs to stays."""
    from dam_hooks.desk.desk_roles import ROLES  # noqa: PLC0415 - which asks this module

    wanted = {each.group for each in ROLES if each.word in words}
    user.groups.remove(*Group.objects.filter(name__in={each.group for each in ROLES} - wanted))
    user.groups.add(*Group.objects.filter(name__in=wanted))


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether an account has no second factor yet, where it needs one: it sees nothing until it has."""
    if not settings.DESK_SECOND_FACTOR or request.session.get(HAS_FACTOR) is True:
        return False
    return not is_mfa_enabled(request.user)


def begin_session(request: HttpRequest, **_: Any) -> None:
    """Note since when somebody is signed in. INVARIANT: nothing that a session kept before counts for who signs in now."""
    request.session[SINCE] = int(time.time())
    request.session.pop(HAS_FACTOR, None)


def note_provider(request: HttpRequest, sociallogin: Any = None, **_: Any) -> None:
    """Note that the provider's second factor counts for this session, where it does."""
    if sociallogin is not None:
        from dam_hooks.desk.district_provider import brought_second_factor  # noqa: PLC0415 - which asks this module

        request.session[HAS_FACTOR] = brought_second_factor(sociallogin)


def is_over(request: HttpRequest) -> bool:
    """Whether a session is older than one may be, whatever was done meanwhile; also where nobody knows how old it is."""
    since = request.session.get(SINCE)
    longest = getattr(settings, "DESK_SESSION_HOURS", DEFAULT_HOURS) * 3600
    return not isinstance(since, int) or not 0 <= time.time() - since < longest


def end_sessions(user: User) -> int:
    """End every session of an account, on whatever machine; return how many there were."""
    engine = import_module(settings.SESSION_ENGINE)
    ended = 0
    for each in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if each.get_decoded().get("_auth_user_id") == str(user.pk):
            engine.SessionStore(each.session_key).delete()
            ended += 1
    return ended
