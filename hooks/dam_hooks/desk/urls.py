"""The addresses of the desk. No name and no key of a file stands in one: a recording is called by the plugin's own id."""

from __future__ import annotations

from django.urls import path

from dam_hooks.desk.pages import (
    emergency_page,
    finding_page,
    handed_over_page,
    home,
    library,
    queue_acts,
    queue_page,
    recording_page,
    share_page,
    shares,
)

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
    path("queue/", queue_page.queue, name="queue"),
    path("queue/<slug:referral>/", queue_page.case, name="queue_case"),
    path("queue/<slug:referral>/found/<slug:slug>", finding_page.finding, name="queue_finding"),
    path("queue/<slug:referral>/do/<slug:word>", queue_acts.act, name="queue_act"),
    path("queue/<slug:referral>/assign", queue_acts.assign, name="queue_assign"),
    path("queue/<slug:referral>/handed-over", handed_over_page.handed_over, name="queue_handed_over"),
    path("findings/<slug:finding>/settle", queue_acts.settle, name="queue_settle"),
    path("emergency/", emergency_page.emergency, name="emergency"),
]
