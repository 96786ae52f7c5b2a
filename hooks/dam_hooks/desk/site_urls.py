"""The addresses of the desk alone: its pages, signing in, and its own files."""

from __future__ import annotations

from django.contrib.staticfiles.views import serve
from django.urls import include, path, re_path

from dam_hooks.desk import district_provider
from dam_hooks.desk.desk_roles import for_anybody

urlpatterns = [
    # Before allauth's own, which check less.
    path("accounts/oidc/<str:provider_id>/login/", district_provider.leave_for_provider, name="district_login"),
    path("accounts/oidc/<str:provider_id>/login/callback/", district_provider.come_back),
    path("accounts/3rdparty/", district_provider.no_such_page),
    path("accounts/", include("allauth.urls")),
    # Small files of ours and of the libraries, for a district's staff: no second server is needed for them.
    re_path(r"^static/(?P<path>.*)$", for_anybody(serve), {"insecure": True}),
    path("", include("dam_hooks.desk.urls")),
]
