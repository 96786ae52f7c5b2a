"""Long work for administrators and the custodian: what is being done, how far it is, stopping it, and going on with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import ADMIN, CUSTODIAN, DESIGNEE, for_roles
from dam_hooks.desk.job_told import job_of, job_told, progress
from dam_plugin.admin.job_kinds import KINDS
from dam_plugin.errors import InputError
from dam_plugin.intake.jobs import begin_again, cancel_job

PAGE = 50
LOOK_AFTER = (ADMIN, CUSTODIAN, DESIGNEE)
"""Who looks after the work that goes on by itself."""


@for_roles(*LOOK_AFTER)
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Show the newest work, what is not over first."""
    at = services()
    with at.store.reading() as unit:
        found = unit.jobs.newest(PAGE)
    context = {"jobs": [job_told(each, at.now()) for each in found], "title": _("Work in progress")}
    return render(request, "desk/jobs.html", context)


@for_roles(*LOOK_AFTER)
@require_safe
def job(request: HttpRequest, job: str) -> HttpResponse:
    """Show how far one piece of work is: the page, or for htmx the part of it that changes."""
    at = services()
    told = job_told(job_of(at, job), at.now())
    return progress(
        request, "desk/job.html", told, may_change=True, stop="desk:stop_job", again="desk:job_again", title=told.title
    )


@for_roles(*LOOK_AFTER)
@require_POST
def stop_job(request: HttpRequest, job: str) -> HttpResponse:
    """Stop a piece of work after the step at hand."""
    at = services()
    try:
        cancel_job(at, job_of(at, job).id)
        messages.success(request, _("It is being stopped. What is done stays done; the rest can go on later."))
    except InputError:
        messages.info(request, _("It was over already."))
    return redirect("desk:job", job=job)


@for_roles(*LOOK_AFTER)
@require_POST
def job_again(request: HttpRequest, job: str) -> HttpResponse:
    """Let work go on that was stopped, failed or broke off."""
    at = services()
    try:
        begin_again(at, KINDS, job_of(at, job).id, detach=True)
        messages.success(request, _("It goes on."))
    except InputError:
        messages.info(request, _("It cannot go on now: it is at work, or another version of the program began it."))
    return redirect("desk:job", job=job)
