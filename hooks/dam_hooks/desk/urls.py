"""The addresses of the desk. No name and no key of a file stands in one: a recording is called by the plugin's own id."""

from __future__ import annotations

from django.urls import path

from dam_hooks.desk.pages import (
    access_pages,
    home,
    library,
    recording_page,
    share_page,
    shares,
    student_record,
    student_say,
    students,
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
    path("students/", students.students, name="students"),
    path("students/<slug:student>/", students.student, name="student"),
    path("students/<slug:student>/say/<slug:what>", student_say.say, name="student_say"),
    path("students/<slug:student>/papers/<slug:paper>", students.paper, name="student_paper"),
    path("students/<slug:student>/record", student_record.record, name="student_record"),
    path("students/<slug:student>/record/<slug:asset>", student_record.record_picture, name="record_picture"),
    path("students/<slug:student>/looks", access_pages.student_looks, name="student_looks"),
    path("looks/", access_pages.looks, name="looks"),
    path("looks/<int:entry>/account", access_pages.account_looks, name="account_looks"),
]
