"""The addresses of the desk. No name and no key of a file stands in one: a recording is called by the plugin's own id."""

from __future__ import annotations

from django.urls import path

from dam_hooks.desk.pages import home, library, recording_page, share_page, shares

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("library/", library.library, name="library"),
    path("recordings/<slug:asset>/", recording_page.recording, name="recording"),
    path("recordings/<slug:asset>/picture", recording_page.picture, name="picture"),
    path("recordings/<slug:asset>/thumbnail", recording_page.thumbnail, name="thumbnail"),
    path("recordings/<slug:asset>/share", share_page.share, name="share"),
    path("shares/", shares.my_shares, name="my_shares"),
    path("shares/<slug:link>/take-back", shares.take_back, name="take_back"),
]
