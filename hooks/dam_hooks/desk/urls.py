"""The addresses of the desk. No name and no key of a file stands in one: a recording is called by the plugin's own id."""

from __future__ import annotations

from django.urls import path

from dam_hooks.desk.pages import home, library, naming, play, recording_page, several, share_page, shares, upload_page

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
    # Saying who is in it
    path("waiting/", naming.waiting, name="waiting"),
    path("waiting/several", several.several, name="several"),
    path("waiting/students", naming.find_student, name="find_student"),
    path("recordings/<slug:asset>/who", naming.who, name="who"),
    path("recordings/<slug:asset>/take-back-look", naming.take_back_look, name="take_back_look"),
    path("recordings/<slug:asset>/original", play.original, name="original"),
    path("upload/", upload_page.upload, name="upload"),
]
