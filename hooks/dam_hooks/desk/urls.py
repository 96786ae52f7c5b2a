"""The addresses of the desk. No name and no key of a file stands in one: a recording is called by the plugin's own id."""

from __future__ import annotations

from django.urls import path

from dam_hooks.desk.pages import (
    home,
    jobs_page,
    library,
    recording_page,
    selection,
    share_page,
    shares,
    yearbook,
    yearbook_printing,
    yearbook_set,
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
    # Yearbook sets, and long work
    path("library/selection", selection.select, name="select"),
    path("yearbook/", yearbook.sets, name="yearbook"),
    path("yearbook/new/", yearbook.new_set, name="new_set"),
    path("yearbook/taken-back/", yearbook_printing.take_back, name="recall"),
    path("yearbook/taken-back.csv", yearbook_printing.take_back_list, name="recall_list"),
    path("yearbook/making/<slug:job>/", yearbook.making, name="making"),
    path("yearbook/making/<slug:job>/stop", yearbook.stop_making, name="stop_making"),
    path("yearbook/making/<slug:job>/again", yearbook.make_again, name="make_again"),
    path("yearbook/<slug:set_id>/", yearbook_set.yearbook_set, name="yearbook_set"),
    path("yearbook/<slug:set_id>/pictures/<int:number>", yearbook_set.set_picture, name="set_picture"),
    path("yearbook/<slug:set_id>/left-out/", yearbook_set.left_out, name="left_out"),
    path("yearbook/<slug:set_id>/consents.csv", yearbook_set.wanted_consents, name="wanted_consents"),
    path("yearbook/<slug:set_id>/who/", yearbook_set.who_is_in_it, name="who_is_in_it"),
    path("yearbook/<slug:set_id>/archive", yearbook_set.set_archive, name="set_archive"),
    path("yearbook/<slug:set_id>/today/", yearbook_printing.set_today, name="set_today"),
    path("yearbook/<slug:set_id>/lock/", yearbook_printing.lock_set, name="lock_set"),
    path("yearbook/<slug:set_id>/hand-over/", yearbook_printing.hand_over, name="hand_over"),
    path("jobs/", jobs_page.jobs, name="jobs"),
    path("jobs/<slug:job>/", jobs_page.job, name="job"),
    path("jobs/<slug:job>/stop", jobs_page.stop_job, name="stop_job"),
    path("jobs/<slug:job>/again", jobs_page.job_again, name="job_again"),
]
