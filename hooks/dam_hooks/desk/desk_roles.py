"""Who may do what at the desk: the roles, which are Django groups, and the check before each page.

INVARIANT: a page names its roles (`for_roles`), or that it tells nothing of anybody (`for_anybody`), and the check is part of
the page: a site that the desk is mounted in needs no middleware for it. A test goes through every address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import logout
from django.contrib.auth.models import Group, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from dam_hooks.desk.access_log import keep_noted
from dam_hooks.desk.sign_in import is_over, lacks_second_factor
from dam_plugin.model import Actor, ActorRole
from dam_plugin.store import SystemUser

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its word, what pages call it, and as whom the ledger records its acts (None: it records none)."""

    word: str
    title: Any
    acts_as: ActorRole | None

    @property
    def group(self) -> str:
        """The Django group that has it."""
        return f"desk-{self.word}"


MEDIA = Role("media", _("Media staff"), "media_staff")
YEARBOOK = Role("yearbook", _("Yearbook staff"), "media_staff")
CUSTODIAN = Role("custodian", _("Records custodian"), "custodian")
DESIGNEE = Role("designee", _("Designee of the custodian"), "designee")
ADMIN = Role("admin", _("Administrator"), None)
AUDITOR = Role("auditor", _("Auditor"), None)

ROLES = (MEDIA, YEARBOOK, CUSTODIAN, DESIGNEE, ADMIN, AUDITOR)
EVERYBODY = ROLES
CUSTODIANS = (CUSTODIAN, DESIGNEE)
"""Who works on the queue, requests, letters and holds, states what a family chose, and reads what they alone are told."""
SHARES = (CUSTODIAN, DESIGNEE, MEDIA, YEARBOOK)
"""Who asks for a share; the first that a person has is the one that the ledger records."""


def for_roles(*roles: Role) -> Callable[[View], View]:
    """Show a page only to who has one of these roles; others are asked to sign in, or refused."""

    def only(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and is_over(request):
                logout(request)
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not has_role(request, *roles):
                raise PermissionDenied
            if lacks_second_factor(request):
                return redirect("mfa_activate_totp")
            answer = view(request, *args, **kwargs)
            # Part of the page, as the check of the roles is: a site that the desk is mounted in needs no middleware for it.
            keep_noted(request, (each.word for each in roles_of(request)))
            return answer

        checked.desk_roles = roles  # type: ignore[attr-defined]
        return cast("View", never_cache(checked))

    return only


def for_anybody(view: View) -> View:
    """Say that a page may be seen without signing in: it tells nothing of anybody."""
    view.desk_roles = ()  # type: ignore[attr-defined]
    return view


def roles_of(request: HttpRequest) -> tuple[Role, ...]:
    """Return the roles of who is signed in; none for an account that is switched off."""
    known = getattr(request, "_desk_roles", None)
    if known is None:
        user = request.user
        of_user = (
            Group.objects.filter(user=user.pk) if user.is_authenticated and user.is_active else Group.objects.none()
        )
        groups = set(of_user.values_list("name", flat=True))
        known = tuple(each for each in ROLES if each.group in groups)
        request._desk_roles = known  # type: ignore[attr-defined]  # noqa: SLF001 - for this request
    return known


def has_role(request: HttpRequest, *roles: Role) -> bool:
    """Whether who is signed in has one of these roles."""
    return any(each in roles for each in roles_of(request))


def actor(request: HttpRequest) -> Actor:
    """Return as whom the ledger records a share: by the first of `SHARES` that the person has. Raises PermissionDenied."""
    mine = roles_of(request)
    for each in SHARES:
        if each in mine and each.acts_as is not None:
            return Actor(each.acts_as, request.user.get_username())
    raise PermissionDenied


PERSON = "desk-person-"
"""How the group begins whose accounts an administrator said are one person's; it ends with the first of them."""


def person(request: HttpRequest) -> str:
    """Return who is signed in, as proven: issuer and subject at the district's provider, or the local account.

    Accounts that an administrator said are one person's give one word. For what takes two people: `system_user`.
    """
    return person_of(cast("User", request.user))


def person_of(user: User) -> str:
    """Return the proven identity of an account; see `person`."""
    linked = user.groups.filter(name__startswith=PERSON).values_list("name", flat=True).first()
    first = linked.removeprefix(PERSON) if linked else str(user.pk)
    known = SocialAccount.objects.filter(user=first).order_by("pk").values_list("uid", flat=True).first()
    return f"provider:{known}" if known else f"desk:{first}"


def system_user(request: HttpRequest) -> SystemUser:
    """Return who is signed in, as use cases compare the two people that an approval takes: proven identity, and name."""
    return SystemUser(person(request), request.user.get_username())
