"""The report: what became of shares, how long people waited and why, in numbers alone. It names no one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import ADMIN, CUSTODIAN, DESIGNEE, for_roles, has_role
from dam_hooks.desk.forms import day
from dam_plugin.custodian.report import Cause, Decided, Month, Waited, report_of, waits_by_month
from dam_plugin.sharing.file_referral import REFERRAL_KINDS

MONTHS = 12
MOST_CAUSES = 12
OUTCOMES = {
    "allow": gettext_lazy("went out"),
    "redact": gettext_lazy("went out, with somebody hidden"),
    "refer": gettext_lazy("waited for the records custodian"),
    "deny": gettext_lazy("refused"),
}


class SpanForm(forms.Form):
    """From which day to which, both included."""

    since = day(gettext_lazy("From"), required=False)
    until = day(gettext_lazy("To"), required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins, or that the calendar does not have."""
        said: dict[str, Any] = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one: choose a later day."))
        if any(each and not 1900 <= each.year < 9000 for each in (since, until)):
            self.add_error(None, _("Choose days from 1900 to 8999."))
        return said


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: what it is for, how many, where it stands and how high it is, in percent."""

    label: str
    count: int
    left: float
    height: float
    width: float

    @property
    def top(self) -> float:
        """Where it begins."""
        return 100 - self.height


@for_roles(ADMIN, CUSTODIAN, DESIGNEE)
@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """Show the report of a span of days, or of all time."""
    at = services()
    form = SpanForm(request.GET or None)
    said = form.cleaned_data if form.is_bound and form.is_valid() else {}
    since, until = said.get("since"), said.get("until")
    # Who is protected is told to the custodian and a designee alone.
    in_full = has_role(request, CUSTODIAN, DESIGNEE)
    now = at.now()
    span = (_begin(since, now), _begin(until + timedelta(days=1) if until else None, now))
    with at.store.reading() as unit:
        made = report_of(unit, now, span, in_full=in_full)
        months = waits_by_month(unit, now, MONTHS, in_full=in_full)
    bars = _bars(months)
    context = {
        "form": form,
        "report": made,
        "decided": [_outcome(each) for each in made.decided],
        "waited": [_waited(each) for each in made.waited],
        "causes": [_cause(each) for each in made.causes[:MOST_CAUSES]],
        "bars": bars,
        "this_month": bars[-1],
        "months": [(_month(each.begins), each) for each in reversed(months)],
        "title": _("Report"),
    }
    return render(request, "desk/report.html", context)


def _begin(day: date | None, now: datetime) -> datetime | None:
    return datetime.combine(day, time(), now.tzinfo).astimezone(UTC) if day else None


def _outcome(each: Decided) -> dict[str, Any]:
    return {"outcome": OUTCOMES.get(each.outcome, each.outcome), "title": each.title, "count": each.count}


def _waited(each: Waited) -> dict[str, Any]:
    called = {str(kind): row.called for kind, row in REFERRAL_KINDS.items()}
    return {"what": called.get(each.kind, each.kind), "told": each}


def _cause(each: Cause) -> dict[str, Any]:
    # What is done at a terminal is no help here.
    return {"told": each, "remedy": "" if "`" in each.remedy else each.remedy}


def _month(day: date) -> str:
    return date_format(day, "YEAR_MONTH_FORMAT")


def _bars(months: list[Month]) -> list[Bar]:
    most = max([each.waits for each in months] + [1])
    step = 100 / len(months)
    return [
        Bar(_month(each.begins), each.waits, number * step + step * 0.15, each.waits / most * 100, step * 0.7)
        for number, each in enumerate(months)
    ]
