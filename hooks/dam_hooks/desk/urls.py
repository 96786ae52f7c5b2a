"""The addresses of the desk. No name and no key of a file stands in one: a recording is called by the plugin's own id."""

from __future__ import annotations

from django.urls import path

from dam_hooks.desk.pages import (
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
]
