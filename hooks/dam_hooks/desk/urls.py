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
    home,
    library,
    recording_page,
    report_page,
    rules_page,
    set_up_page,
    share_page,
    shares,
    users_page,
)
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
    path("students/", students.students, name="students"),
    path("students/<slug:student>/", students.student, name="student"),
    path("students/<slug:student>/say/<slug:what>", student_say.say, name="student_say"),
    path("students/<slug:student>/papers/<slug:paper>", students.paper, name="student_paper"),
    path("students/<slug:student>/record", student_record.record, name="student_record"),
    path("students/<slug:student>/record/<slug:asset>", student_record.record_picture, name="record_picture"),
    path("students/<slug:student>/looks", access_pages.student_looks, name="student_looks"),
    path("looks/", access_pages.looks, name="looks"),
    path("looks/<int:entry>/account", access_pages.account_looks, name="account_looks"),
    # The admin's pages.
    path("users/", users_page.users, name="users"),
    path("users/new", users_page.new_user, name="new_user"),
    path("users/<int:account>/", users_page.user, name="user"),
    path("set-up/", set_up_page.set_up, name="set_up"),
    path("set-up/check", set_up_page.check, name="check"),
    path("rules/", rules_page.rules, name="rules"),
    path("rules/draft", rules_page.draft, name="rules_draft"),
    path("rules/apply", rules_page.apply, name="rules_apply"),
    path("rules/jobs/<slug:job>/", rules_page.rules_job, name="rules_job"),
    path("rules/changes/<slug:change>/", rules_page.rule_change, name="rule_change"),
    path("report/", report_page.report, name="report"),
    # Saying who is in it
    path("waiting/", naming.waiting, name="waiting"),
    path("waiting/several", several.several, name="several"),
    path("waiting/students", naming.find_student, name="find_student"),
    path("recordings/<slug:asset>/who", naming.who, name="who"),
    path("recordings/<slug:asset>/take-back-look", naming.take_back_look, name="take_back_look"),
    path("recordings/<slug:asset>/original", play.original, name="original"),
    path("upload/", upload_page.upload, name="upload"),
]
