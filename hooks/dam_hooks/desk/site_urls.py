"""The addresses of the desk alone: its pages, signing in, and its own files."""

from __future__ import annotations

from django.contrib.staticfiles.views import serve
from django.urls import include, path, re_path

from dam_hooks.desk.desk_roles import for_anybody

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    # Small files of ours and of the libraries, for a district's staff: no second server is needed for them.
    re_path(r"^static/(?P<path>.*)$", for_anybody(serve), {"insecure": True}),
    path("", include("dam_hooks.desk.urls")),
]
