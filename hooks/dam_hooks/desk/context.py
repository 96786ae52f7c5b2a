"""What every page of the desk has besides its own: the district's name, and the person's roles."""

from __future__ import annotations

from typing import Any

from django.conf import settings as configured
from django.http import HttpRequest

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import has_role, roles_of
from dam_hooks.desk.menu import MENU


def desk(request: HttpRequest) -> dict[str, Any]:
    """Return the context of each page."""
    if not hasattr(request, "user") or not request.user.is_authenticated:
        by_provider = configured.DESK_OIDC_NAME if getattr(configured, "DESK_OIDC_ISSUER", None) else None
        return {"district": services().settings.district.name, "district_sign_in": by_provider}
    return {
        "district": services().settings.district.name,
        "my_roles": roles_of(request),
        "menu": [each for each in MENU if has_role(request, *each.roles)],
    }
