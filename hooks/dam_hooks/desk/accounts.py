"""Accounts of the desk as an administrator keeps them; each change is written into the record, with who made it.

INVARIANT: nobody changes their own account but for ending its sessions: an administrator would else become a second person.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import PERSON, ROLES, Role, person_of, system_user
from dam_hooks.desk.sign_in import end_sessions, keep_account, keep_roles, new_password
from dam_plugin.errors import InputError
from dam_plugin.store import SystemUser

LEDGER_KIND = "accounts"
BY_PROVIDER = SystemUser("provider", "the district's own sign-in")
"""Who changes roles by somebody's groups at the district's provider."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account in a list. `by_provider`: the district's provider says which roles it has."""

    id: int
    name: str
    full_name: str
    roles: tuple[Role, ...]
    by_provider: bool
    has_second_factor: bool
    is_active: bool
    last_login: datetime | None


def listed(after: str, limit: int) -> list[Account]:
    """Return accounts in the order of their names, behind this name."""
    return _told(list(User.objects.filter(username__gt=after).order_by("username")[:limit]))


def account_of(user: User) -> Account:
    """Return one account."""
    return _told([user])[0]


def _told(users: Sequence[User]) -> list[Account]:
    keys = [each.pk for each in users]
    groups: dict[int, set[str]] = {}
    for user, name in User.groups.through.objects.filter(user__in=keys).values_list("user_id", "group__name"):
        groups.setdefault(user, set()).add(name)
    with_factor = set(Authenticator.objects.filter(user__in=keys).values_list("user_id", flat=True))
    by_provider = set(SocialAccount.objects.filter(user__in=keys).values_list("user_id", flat=True))
    return [
        Account(
            each.pk,
            each.username,
            each.get_full_name(),
            tuple(role for role in ROLES if role.group in groups.get(each.pk, ())),
            each.pk in by_provider,
            each.pk in with_factor,
            each.is_active,
            each.last_login,
        )
        for each in users
    ]


def make(request: HttpRequest, name: str, roles: Collection[str]) -> tuple[User, str]:
    """Make an account; return it with its password, to be shown once. Raises InputError, as for a name that is taken."""
    with transaction.atomic():
        if _called(name) is not None:
            raise InputError(_("There is an account of this name already: choose another name."))
        password = keep(system_user(request), name, roles)
        return User.objects.get(username__iexact=name), password or ""


def keep(by: SystemUser, name: str, roles: Collection[str], given: str | None = None) -> str | None:
    """Make an account with these roles, or give an account other roles; return the password of a new one.

    A new one gets the password that is given, else one that is made. Raises InputError as `keep_account` does.
    """
    with transaction.atomic():
        password = keep_account(name, tuple(roles), given)
        done = "roles" if password is None else "made"
        _record(by, User.objects.get(username__iexact=name), done, {"roles": sorted(roles)})
    return password


def keep_of_provider(user: User, roles: Collection[str], *, is_new: bool = False) -> None:
    """Give an account of the district's provider the roles of its groups; what they change is written into the record."""
    if not is_new and {each.word for each in account_of(user).roles} == set(roles):
        return
    with transaction.atomic():
        keep_roles(user, roles)
        _record(BY_PROVIDER, user, "made" if is_new else "roles", {"roles": sorted(roles)})


def give_roles(request: HttpRequest, user: User, roles: Collection[str]) -> None:
    """Give an account these roles and no others. Raises InputError for one's own, or one of the district's provider."""
    _check_other(request, user)
    if SocialAccount.objects.filter(user=user).exists():
        raise InputError(
            _("The groups of the district's own sign-in decide on these roles: have the groups changed there.")
        )
    with transaction.atomic():
        keep_roles(user, roles)
        _record(system_user(request), user, "roles", {"roles": sorted(roles)})


def switch(request: HttpRequest, user: User, *, on: bool) -> None:
    """Switch an account off, which ends its sessions, or on again. Raises InputError for one's own."""
    _check_other(request, user)
    with transaction.atomic():
        user.is_active = on
        user.save(update_fields=["is_active"])
        if not on:
            end_sessions(user)
        _record(system_user(request), user, "switched on" if on else "switched off")


def sign_out_everywhere(request: HttpRequest, user: User) -> int:
    """End every session of an account; return how many there were."""
    with transaction.atomic():
        ended = end_sessions(user)
        _record(system_user(request), user, "signed out everywhere", {"sessions": ended})
    return ended


def reset_second_factor(request: HttpRequest, user: User) -> None:
    """Forget an account's second factor, and end its sessions: the next sign-in sets a new one up. Raises InputError."""
    _check_other(request, user)
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        end_sessions(user)
        _record(system_user(request), user, "second factor reset")


def renew_password(request: HttpRequest, user: User) -> str:
    """Give a local account another password, and end its sessions; return it, to be shown once. Raises InputError."""
    _check_other(request, user)
    if SocialAccount.objects.filter(user=user).exists():
        raise InputError(_("This account has no password here: its password is changed at the district's own sign-in."))
    password = new_password()
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        end_sessions(user)
        _record(system_user(request), user, "password renewed")
    return password


def link(request: HttpRequest, user: User, other_name: str) -> None:
    """Say that two accounts are one person's, who then counts once where two people are needed.

    Raises InputError for an account of one's own, and where both are linked to others already.
    """
    other = _called(other_name)
    if other is None or other.pk == user.pk:
        raise InputError(_("There is no other account of this name."))
    for each in (user, other):
        _check_other(request, each)
    with transaction.atomic():
        group = _person_group(user, other)
        for each in (user, other):
            each.groups.add(group)
        _record(system_user(request), user, "one person with", {"other": other.username})


def _person_group(user: User, other: User) -> Group:
    """Return the group that both are to be in.

    INVARIANT: a group keeps its word, whoever joins it: what its accounts did before stays the same person's.
    """
    known = list(Group.objects.filter(name__startswith=PERSON, user__in=[user, other]).distinct())
    if len(known) > 1:
        raise InputError(
            _(
                "Each of the two is linked to other accounts already, and both are on record as two people: switch off "
                "the accounts that this person no longer needs."
            )
        )
    return known[0] if known else Group.objects.get_or_create(name=f"{PERSON}{min(user.pk, other.pk)}")[0]


def others_of_person(user: User) -> list[str]:
    """Return the names of the other accounts that are the same person's."""
    mine = Group.objects.filter(name__startswith=PERSON, user=user)
    found = User.objects.filter(groups__in=mine).exclude(pk=user.pk)
    return list(found.order_by("username").values_list("username", flat=True))


def _called(name: str) -> User | None:
    return User.objects.filter(username__iexact=name).first()


def _check_other(request: HttpRequest, user: User) -> None:
    if system_user(request).id == person_of(user):
        raise InputError(_("Nobody changes their own account: another administrator does."))


def _record(by: SystemUser, user: User, done: str, more: dict[str, Any] | None = None) -> None:
    at = services()
    details = {"done": done, "account": user.username, "system_user": asdict(by), **(more or {})}
    with at.store.writing() as unit:
        at.ledger.append(unit, at=at.now(), kind=LEDGER_KIND, subject=f"desk:{user.pk}", details=details)
