"""The addresses of the desk. No name and no key of a file stands in one: a recording is called by the plugin's own id."""

from __future__ import annotations

from django.urls import path

from dam_hooks.desk.pages import home, library, recording_page, share_page, shares
from dam_hooks.desk.pages.holds_page import holds, new_hold, release_hold
from dam_hooks.desk.pages.letter_writing import write
from dam_hooks.desk.pages.letters_page import letter, letter_printed, letters, print_letter, send_letter
from dam_hooks.desk.pages.request_acts import act
from dam_hooks.desk.pages.request_answer import answer
from dam_hooks.desk.pages.request_entry import new_request
from dam_hooks.desk.pages.requests_page import request_page, requests

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
    # Requests, letters and holds.
    path("requests/", requests, name="requests"),
    path("requests/new", new_request, name="request_new"),
    path("requests/<slug:number>/", request_page, name="request"),
    path("requests/<slug:number>/answer/<slug:asset>", answer, name="request_answer"),
    path("requests/<slug:number>/<slug:slug>", act, name="request_act"),
    path("letters/", letters, name="letters"),
    path("letters/new", write, name="letter_write"),
    path("letters/<slug:letter>/", letter, name="letter"),
    path("letters/<slug:letter>/print", print_letter, name="letter_print"),
    path("letters/<slug:letter>/printed", letter_printed, name="letter_printed"),
    path("letters/<slug:letter>/send", send_letter, name="letter_send"),
    path("holds/", holds, name="holds"),
    path("holds/new", new_hold, name="hold_new"),
    path("holds/<slug:hold>/release", release_hold, name="hold_release"),
]
