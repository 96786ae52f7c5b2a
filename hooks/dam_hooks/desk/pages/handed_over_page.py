"""What was handed over by hand: it goes on the record of disclosures, and closes the request where the person says so."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.finding_forms import Setting
from dam_hooks.desk.forms import PaperField, choice, day, one_of, several, tick, told_of, words
from dam_hooks.desk.pages.finding_page import setting_of
from dam_hooks.desk.pages.queue_acts import is_as_shown
from dam_hooks.desk.pages.queue_page import work_of
from dam_hooks.desk.papers import carried_on, paper_of
from dam_hooks.desk.queue_case import may_hand_over, stamp_of
from dam_hooks.desk.queue_words import WHO, who_is
from dam_plugin.custodian import work as queue_work
from dam_plugin.custodian.work import Work
from dam_plugin.errors import InputError
from dam_plugin.model import Recipient
from dam_plugin.procedure.clauses import FEDERAL_LAW, MISTAKE, TO_STUDENT, TRANSFER
from dam_plugin.procedure.exceptions import BY_CLAUSE
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import EvidenceFile
from dam_plugin.sharing.in_person import LONGEST_HOW, HandedOver, Recorded

ASKED, OTHER = "asked", "other"
LONGEST_WHO = 200
# On what something is handed over, besides the exceptions of the procedure.
_BESIDES = (
    (TRANSFER, gettext_lazy("The school to which the student goes")),
    (FEDERAL_LAW, gettext_lazy("A federal law that gives it to them")),
    (TO_STUDENT, gettext_lazy("The student's own record, while a parent holds the rights")),
    (MISTAKE, gettext_lazy("Nothing: it went out by mistake")),
)


class HandedOverForm(forms.Form):
    """Who got what, on what ground, whom it shows, how and when."""

    to = one_of(gettext_lazy("Who got it"))
    role = choice(gettext_lazy("If somebody else: who that is"), [("", "—"), *WHO.items()], required=False)
    who = words(gettext_lazy("If somebody else: their name or office"), required=False, longest=LONGEST_WHO)
    basis = choice(
        gettext_lazy("On what ground"),
        [("", "—"), *((each, row.clause.title) for each, row in BY_CLAUSE.items()), *_BESIDES],
    )
    students = several(
        gettext_lazy("Whom it shows"), hint=gettext_lazy("It goes on the record of each of them."), required=True
    )
    how = words(
        gettext_lazy("What was handed over, and how"),
        gettext_lazy("Such as: a copy on paper, at the office."),
        required=False,
        longest=LONGEST_HOW,
    )
    on = day(gettext_lazy("On which day"), gettext_lazy("Empty: today."), required=False)
    threat = words(gettext_lazy("In an emergency: what threatened whom"), required=False, longest=LONGEST_HOW)
    enrolled = words(
        gettext_lazy("To another school: what shows that the student goes there"), required=False, longest=LONGEST_HOW
    )
    law = words(
        gettext_lazy("By a federal law: which one"),
        gettext_lazy("Such as: 42 U.S.C. 15043(a)(2)(I)."),
        required=False,
        longest=LONGEST_HOW,
    )
    file = PaperField(gettext_lazy("By a federal law: a copy of the paper that shows it"))
    before_notice = tick(gettext_lazy("On an order: it went out before the families were told of it"))
    with_statement = tick(gettext_lazy("The family's statement went along with it"))
    without_statement = words(
        gettext_lazy("The family's statement did not go along, and why"), required=False, longest=LONGEST_HOW
    )
    close = tick(gettext_lazy("This settles the request: close it"))
    why = words(gettext_lazy("If it is closed: what was done"), required=False, longest=LONGEST_HOW)
    stamp = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, setting: Setting, asked: str, is_open: bool, **kwargs: Any) -> None:
        """Take whom the recording shows, their guardians, and who asked in words."""
        super().__init__(*args, **kwargs)
        family = [(f"parent:{each}", name) for each, name in setting.guardians]
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (ASKED, asked),
            *family,
            (OTHER, gettext_lazy("Somebody else")),
        ]
        self.fields["students"].choices = list(setting.students)  # type: ignore[attr-defined]
        if not is_open:
            del self.fields["close"], self.fields["why"]

    def clean(self) -> dict[str, Any]:
        """Ask for what belongs together."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("to") == OTHER and not (said.get("role") and said.get("who")):
            self.add_error("who", _("Say who got it: what they are, and their name."))
        if said.get("close") and not said.get("why"):
            self.add_error("why", _("Say what was done."))
        return said

    def given(self, asked: Recipient, paper: EvidenceFile | None) -> HandedOver:
        """Return what was handed over, with the copy of a paper that is kept already."""
        said = self.cleaned_data
        role, _colon, person = said["to"].partition(":")
        to = (
            asked
            if role == ASKED
            else Recipient(said["role"], said["who"])
            if role == OTHER
            else Recipient(role, person)
        )
        students = tuple(said["students"])
        return HandedOver(
            to,
            said["basis"],
            students,
            how=said["how"] or None,
            on=said["on"],
            threat=said["threat"] or None,
            enrolled=tuple((each, said["enrolled"]) for each in students) if said["enrolled"] else (),
            before_notice=said["before_notice"],
            law=said["law"] or None,
            paper=paper,
            with_statement=said["with_statement"],
            without_statement=said["without_statement"] or None,
        )


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def handed_over(request: HttpRequest, referral: str) -> HttpResponse:
    """Ask what was handed over, record it, and close the request where that settles it."""
    work = work_of(request, referral)
    if not may_hand_over(work):
        raise Http404
    at = services()
    with at.store.reading() as unit:
        setting, names = setting_of(unit, work)
    note(request, names.shown)
    form = HandedOverForm(
        request.POST or None,
        request.FILES or None,
        setting=setting,
        asked=who_is(work.share.recipient, names),
        is_open=work.referral.is_open,
        initial={"stamp": stamp_of(work), "to": ASKED},
    )
    about = f"handed over {referral}"
    paper = paper_of(request, form, "file", about)
    if request.method == "POST" and form.is_valid():
        if not is_as_shown(request, work):
            return redirect("desk:queue_case", referral=referral)
        try:
            _carry_out(request, at, work, form, paper.file if paper else None)
        except InputError as error:
            form.add_error(None, told_of(error, names.told))
        else:
            return redirect("desk:queue_case", referral=referral)
    context = {
        "form": form,
        "referral": referral,
        "file": work.referral.asset_key.rpartition("/")[2],
        "title": _("It was handed over by hand"),
        **carried_on(paper, request, about),
    }
    return render(request, "desk/queue_handed_over.html", context)


def _carry_out(
    request: HttpRequest, at: Services, work: Work, form: HandedOverForm, paper: EvidenceFile | None
) -> None:
    """Record it, and tell what happened. Raises InputError; nothing is then on record."""
    by, user, said = actor(request), system_user(request), form.cleaned_data
    given = form.given(work.share.recipient, paper)
    if said.get("close"):
        closed = queue_work.close_referral(at, work.referral.id, by, said["why"], user, given)
        recorded = closed.recorded
        messages.success(request, _("It is on the record, and the request is closed."))
    else:
        recorded, _replaced = queue_work.record_disclosure(at, work.referral.id, by, given, user)
        messages.success(request, _("It is on the record."))
    if recorded is not None:
        for each in _left(recorded):
            messages.warning(request, each)


def _left(recorded: Recorded) -> list[str]:
    """Return what is still to be done after something was handed over; no name is in it."""
    told = []
    if recorded.before_notice:
        told.append(
            _("It went out before the families were told of the order: tell them now, and the district's attorney.")
        )
    if recorded.unnamed:
        told.append(_("The recording is about others too. If what was handed over shows them, record that as well."))
    if recorded.offers:
        told.append(_("It is to be offered to the other families, too: that is in the queue."))
    if recorded.statement_owed is not None:
        told.append(_("It went out without the family's statement: send that after, see the queue."))
    if recorded.review is not None:
        told.append(_("Somebody else than you reviews this emergency: that is in the queue."))
    return told
