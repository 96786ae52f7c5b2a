"""A job as pages tell of it: what it does, how far it is, whether its process died, and what can be done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dam_plugin.admin.export_job import YEARBOOK_SET
from dam_plugin.admin.rule_changes import RULES_APPLY, RULES_DIFF
from dam_plugin.errors import UnknownThing
from dam_plugin.intake.jobs import NEWER, Kind
from dam_plugin.services import Services
from dam_plugin.store.jobs import OPEN, Job
from dam_plugin.yearbook import make
from dam_plugin.yearbook.targets import TAKEN

SOON = timedelta(seconds=30)
"""After so long a job that nobody has begun is told to be waiting for others."""
_TITLES: Mapping[str, Any] = {
    "yearbook set": gettext_lazy("Making a yearbook set"),
    "tag again": gettext_lazy("Looking at recordings again after something changed"),
    "reconcile": gettext_lazy("Comparing the library with the storage"),
    "rules apply": gettext_lazy("Applying new rules to the library"),
    "rules diff": gettext_lazy("Finding out what new rules would change"),
}
_STATES: Mapping[str, Any] = {
    "waiting": gettext_lazy("waits"),
    "running": gettext_lazy("at work"),
    "done": gettext_lazy("done"),
    "failed": gettext_lazy("could not be done"),
    "cancelled": gettext_lazy("stopped"),
}
_RESULTS: Mapping[str, Any] = {
    "portraits": gettext_lazy("portraits"),
    "candids": gettext_lazy("other pictures"),
    "redacted": gettext_lazy("of these, copies in which somebody is hidden"),
    "left_out": gettext_lazy("left out"),
    "tagged_again": gettext_lazy("looked at again"),
    "closed_links": gettext_lazy("links closed"),
}
# The sentence that a job ends with, and what a page says in its place: the sentence names options of a command.
_WHY: Mapping[str, Any] = {
    make.NOTHING_MAY_GO: gettext_lazy("None of these pictures may go into a set."),
    make.NOTHING_FITS: gettext_lazy("No picture of the library fits what was asked for."),
    make.NOTHING_CHOSEN: gettext_lazy("None of the selected recordings is a picture that fits what was asked for."),
    make.NO_PICTURE: gettext_lazy("The library has no picture yet that a set could be made of."),
    make.CHANGED: gettext_lazy("What is on file about some of its pictures changed while it was made. Make it again."),
    make.MEANWHILE: gettext_lazy("Something on file changed while it was made. Make it again."),
    make.LOST: gettext_lazy(
        "Some of its pictures were deleted or replaced in the storage. Ask an administrator to compare the library with "
        "the storage, then make it again."
    ),
    make.AT_WORK: gettext_lazy("Somebody else is making a set of this name. Choose another name."),
    make.GONE_ON: gettext_lazy("Somebody else went on with this set, or made it anew. Look at the list of sets."),
    make.BROKE_OFF: gettext_lazy("Somebody else began a set of this name. Choose another name."),
    TAKEN: gettext_lazy("There is a set of this name already. Choose another name."),
    NEWER: gettext_lazy("A newer version of the program began it. Ask an administrator to update this one."),
}
_COMMAND = re.compile(r"`|--")


@dataclass(frozen=True, slots=True)
class JobTold:
    """A job in words. `percent` is null where it is not known how far it is; `may_go_on`: it can be taken up again."""

    id: str
    title: str
    state: str
    color: str
    sentence: str
    percent: int | None
    is_open: bool
    is_done: bool
    may_go_on: bool
    why: str | None
    results: tuple[tuple[str, int], ...]
    by: str
    at: datetime


def job_of(at: Services, job_id: str, *kinds: Kind) -> Job:
    """Return the job of an address; `kinds`: only one of these. Raises Http404 for any other."""
    try:
        with at.store.reading() as unit:
            found = unit.jobs.need(job_id)
    except UnknownThing:
        raise Http404 from None
    if kinds and found.kind not in {each.name for each in kinds}:
        raise Http404
    return found


def job_told(job: Job, now: datetime) -> JobTold:
    """Return a job as a page tells of it at a moment."""
    is_open = job.state in OPEN
    is_dead = _is_dead(job, now)
    is_known = job.state == "running" and not is_dead and job.total > 0 and (job.done or job.failed)
    colors = {"done": "green", "failed": "red", "cancelled": "amber"}
    return JobTold(
        id=job.id,
        title=str(_TITLES.get(job.kind, job.kind.capitalize())),
        state=_("stopped without finishing") if is_dead else str(_STATES[job.state]),
        color="red" if is_dead else colors.get(job.state, "amber"),
        sentence=_sentence(job, now, is_dead=is_dead),
        percent=min(100, 100 * (job.done + job.failed) // job.total) if is_known else None,
        is_open=is_open,
        is_done=job.state == "done",
        may_go_on=is_dead or job.state in ("failed", "cancelled"),
        why=plain_why(job.why) if job.why else None,
        results=_results(job),
        by=job.asked_by.id or job.asked_by.role,
        at=job.at,
    )


def _results(job: Job) -> tuple[tuple[str, int], ...]:
    """Return what came of a job; what came of rules is told on a page of its own, tag by tag."""
    if job.kind in (RULES_APPLY.name, RULES_DIFF.name):
        return ()
    names = sorted(job.result, key=_place)
    return tuple((str(_RESULTS.get(name, name.replace("_", " "))), job.result[name]) for name in names)


def _place(name: str) -> tuple[int, str]:
    known = list(_RESULTS)
    return (known.index(name) if name in known else len(known), name)


def progress(request: HttpRequest, page: str, told: JobTold, **context: Any) -> HttpResponse:
    """Return the page of a job; for htmx the part of it that changes, and once the job is over, that the page is to be new."""
    if not request.headers.get("HX-Request"):
        return render(request, page, {"job": told, **context})
    if not told.is_open:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "desk/job_progress.html", {"job": told})


def plain_why(why: str) -> str:
    """Return why a job could not be done in the words of a page: no command of the terminal is named."""
    for sentence, told in _WHY.items():
        # Where its numbers stand, it ends for us.
        if why.startswith(sentence.partition("{")[0]):
            return str(told)
    if _COMMAND.search(why):
        return _("Try it again. Should it fail once more, tell an administrator.")
    return f"{why[:1].upper()}{why[1:].rstrip('.')}."


def _is_dead(job: Job, now: datetime) -> bool:
    """Whether the process that was at a job says nothing any more."""
    return job.state == "running" and job.leased_until is not None and job.leased_until <= now


def _sentence(job: Job, now: datetime, *, is_dead: bool) -> str:
    if is_dead:
        return _(
            "The program that was at it has stopped without finishing. Nothing is lost: it goes on by itself where it was "
            "as soon as the program runs again."
        )
    match job.state:
        case "waiting" if now - job.moved_at < SOON:
            told = _("It begins within a few seconds.")
        case "waiting":
            told = _(
                "It waits for its turn: other work goes first. Should nothing happen for some minutes, tell an administrator "
                "that nothing does the waiting work."
            )
        case "running":
            told = _running(job)
        case "done":
            told = _("It is done.")
        case "cancelled":
            told = _("It was stopped. It can go on where it was.")
        case "failed":
            told = _failed(job)
    return told


def _failed(job: Job) -> str:
    if not job.failed:
        return _("It could not be done.")
    return ngettext("%(count)d recording failed.", "%(count)d recordings failed.", job.failed) % {"count": job.failed}


def _running(job: Job) -> str:
    if not job.done + job.failed:
        if job.kind == YEARBOOK_SET.name:
            return _("Each picture of the library is looked at: may it go in as of today?")
        return _("It has begun.")
    counted = {"done": job.done + job.failed, "total": max(job.total, job.done + job.failed)}
    if job.kind == YEARBOOK_SET.name:
        if counted["done"] >= counted["total"]:
            return _("All pictures are copied. Now each is looked at once more, and the set is signed.")
        return _("%(done)d of %(total)d pictures are copied.") % counted
    return _("%(done)d of about %(total)d are done.") % counted
