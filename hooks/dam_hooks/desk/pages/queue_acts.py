"""What is done with a piece of work besides stating findings: approve and reject, close, assign, lift, seal, withdraw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.forms import day, one_of, told_of, words
from dam_hooks.desk.pages.finding_page import carried_out as approved
from dam_hooks.desk.pages.finding_page import tell_stated
from dam_hooks.desk.pages.queue_page import staff, work_of
from dam_hooks.desk.person_names import names_in
from dam_hooks.desk.queue_case import may_seal, may_withdraw, stamp_of
from dam_hooks.desk.queue_words import KINDS, who_asks
from dam_plugin.custodian import work as queue_work
from dam_plugin.custodian.approvals import approve as approve_finding
from dam_plugin.custodian.approvals import reject as reject_finding
from dam_plugin.custodian.work import Work
from dam_plugin.errors import InputError
from dam_plugin.model import Actor
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import LONGEST_TEXT
from dam_plugin.store import SystemUser, Unit

_HELD, _NEVER_HELD, _HELD_AFTER_ALL = "until", "never", "after_all"
Run = Callable[[Services, Work, Actor, Mapping[str, Any], SystemUser], str]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done with a reason: its words, when it can be done, and what does it and says what happened."""

    title: Any
    hint: Any
    button: Any
    can_be_done: Callable[[Unit, Work], bool]
    run: Run
    asks_whether_it_held: bool = False


def _close(at: Services, work: Work, by: Actor, said: Mapping[str, Any], user: SystemUser) -> str:
    closed = queue_work.close_referral(at, work.referral.id, by, said["why"], user)
    if closed.may_lack:
        return _("It is closed. If something was handed over, put it on the record: “It was handed over by hand”.")
    return _("It is closed.")


def _lift(at: Services, work: Work, by: Actor, said: Mapping[str, Any], user: SystemUser) -> str:
    lifted = queue_work.lift_seal(at, work.referral.id, by, said["why"], user)
    if lifted.waits:
        return _("Nothing changed yet: it takes two people. Somebody else has to lift it too.")
    if lifted.notice is not None:
        return _("It is sealed no more. Tell the families now: that is in the queue.")
    return _("It is sealed no more: it is in the queue, and on the students' records.")


def _seal(at: Services, work: Work, by: Actor, said: Mapping[str, Any], user: SystemUser) -> str:
    queue_work.seal_report(at, work.referral.id, by, said["why"], user)
    return _("It is sealed: no list and no student's record shows it. Find it under “Sealed” in the queue.")


def _withdraw(at: Services, work: Work, by: Actor, said: Mapping[str, Any], user: SystemUser) -> str:
    held = said["held"]
    fell = queue_work.Fell(said["since"] if held == _HELD else None, held == _HELD_AFTER_ALL)
    withdrawn = queue_work.withdraw_evidence(at, work.referral.id, by, said["why"], user, fell)
    if withdrawn.waits and fell.stands:
        return _("Nothing changed yet: it takes two people. Somebody else has to say too that it held.")
    if withdrawn.waits:
        return _(
            "What was given on it closes. For the families' pages it takes two people: somebody else has to say it too."
        )
    if withdrawn.never_held and not fell.stands:
        return _("It is on each student's record as given by mistake. Tell the families, and ask for it back.")
    if fell.stands:
        return _("It is on each student's record that it held.")
    links = len(tuple(withdrawn.closed))
    return ngettext(
        "%(count)s link that was given on it opens nothing any more.",
        "%(count)s links that were given on it open nothing any more.",
        links,
    ) % {"count": links}


ACTS: Mapping[str, Act] = {
    "close": Act(
        gettext_lazy("Close it"),
        gettext_lazy("Say how it was dealt with. This is kept, and the family may read it: write no name."),
        gettext_lazy("Close it"),
        lambda _unit, work: work.referral.is_open,
        _close,
    ),
    "lift": Act(
        gettext_lazy("Lift the seal"),
        gettext_lazy(
            "Everybody who reads the records sees it from then on. Say who decided it and why. For an order that forbade "
            "telling it takes two people, and the families are told afterwards."
        ),
        gettext_lazy("Lift the seal"),
        lambda _unit, work: work.referral.secret,
        _lift,
    ),
    "seal": Act(
        gettext_lazy("Seal it"),
        gettext_lazy("For what the Children's Division asked and somebody entered as another's. Say how you know."),
        gettext_lazy("Seal it"),
        lambda _unit, work: may_seal(work),
        _seal,
    ),
    "withdraw": Act(
        gettext_lazy("The evidence holds no longer"),
        gettext_lazy(
            "Such as a subpoena that was quashed, or a certificate of another student. What this recipient was given on it "
            "closes at once. Say why, and whether it held when it was given out."
        ),
        gettext_lazy("Close what was given on it"),
        may_withdraw,
        _withdraw,
        asks_whether_it_held=True,
    ),
}


class WhyForm(forms.Form):
    """A reason, and what the page showed when it was written."""

    why = words(gettext_lazy("Why, and what was done"), lines=4, longest=LONGEST_TEXT)
    stamp = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput())


class WithdrawForm(WhyForm):
    """The same, and whether evidence held when something was given on it."""

    held = one_of(
        gettext_lazy("Did it hold when the recording was given out?"),
        (
            (_HELD, gettext_lazy("Yes, until a day: an order was quashed, a placement ended")),
            (
                _NEVER_HELD,
                gettext_lazy("No: it was a certificate of another student, or forged. It was given by mistake"),
            ),
            (_HELD_AFTER_ALL, gettext_lazy("Yes: two people said that it never held, and it did")),
        ),
        hint=gettext_lazy("That it never held, two people say, one after the other. The family reads it."),
    )
    since = day(gettext_lazy("Until which day it held"), required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for the day until which it held."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("held") == _HELD and said.get("since") is None and "since" not in self.errors:
            self.add_error("since", _("Say until which day it held."))
        return said


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, referral: str, word: str) -> HttpResponse:
    """Ask for the reason of an act, and do it."""
    work, what = work_of(request, referral), ACTS.get(word)
    if what is None:
        raise Http404
    with services().store.reading() as unit:
        can_be_done, names = what.can_be_done(unit, work), names_in(unit, [work.share.recipient.id or ""])
    if not can_be_done:
        messages.error(
            request, _("This cannot be done here any more, and nothing was saved: read below how it stands.")
        )
        return redirect("desk:queue_case", referral=referral)
    asked = WithdrawForm if what.asks_whether_it_held else WhyForm
    form = asked(request.POST or None, initial={"stamp": stamp_of(work)})
    if request.method == "POST" and form.is_valid():
        if not is_as_shown(request, work):
            return redirect("desk:queue_case", referral=referral)
        try:
            said = what.run(services(), work, actor(request), form.cleaned_data, system_user(request))
        except InputError as error:
            form.add_error("why", told_of(error))
        else:
            messages.success(request, said)
            return redirect("desk:queue_case", referral=referral)
    note(request, names.shown)
    context = {
        "form": form,
        "act": what,
        "referral": referral,
        "what": KINDS[work.referral.kind],
        "who": who_asks(work.share, names),
        "file": work.referral.asset_key.rpartition("/")[2],
        "title": what.title,
    }
    return render(request, "desk/queue_act.html", context)


def is_as_shown(request: HttpRequest, work: Work) -> bool:
    """Whether nobody worked on a referral since the page was shown; where somebody did, say so."""
    if request.POST.get("stamp", "") == stamp_of(work):
        return True
    messages.error(
        request,
        _(
            "Somebody worked on this since your page was shown, or you sent it twice. Nothing was saved: look at it again."
        ),
    )
    return False


@for_roles(*CUSTODIANS)
@require_POST
def settle(request: HttpRequest, finding: str) -> HttpResponse:
    """Approve or reject a finding that waits, as the second person; the use case says who that may be."""
    at = services()
    with at.store.reading() as unit:
        found = unit.referrals.finding(finding)
    if found is None:
        raise Http404
    work = work_of(request, found.referral_id)
    if not is_as_shown(request, work):
        return redirect("desk:queue_case", referral=found.referral_id)
    by, user = actor(request), system_user(request)
    try:
        if request.POST.get("do") == "approve":
            return approved(request, at, work, lambda: approve_finding(at, finding, by, user))
        why = request.POST.get("why", "").strip()
        if not why or len(why) > LONGEST_TEXT:
            messages.error(request, _("Write down why you reject it, in at most 2,000 characters."))
            return redirect("desk:queue_case", referral=found.referral_id)
        return tell_stated(request, reject_finding(at, finding, why, by, user))
    except InputError as error:
        messages.error(request, told_of(error))
    return redirect("desk:queue_case", referral=found.referral_id)


@for_roles(*CUSTODIANS)
@require_POST
def assign(request: HttpRequest, referral: str) -> HttpResponse:
    """Give a piece of work to a custodian or designee who has an account."""
    work, to = work_of(request, referral), request.POST.get("to", "")
    if to not in staff():
        messages.error(request, _("Choose who does this work from the list."))
        return redirect("desk:queue_case", referral=referral)
    try:
        queue_work.assign_referral(services(), work.referral.id, to, actor(request))
    except InputError as error:
        messages.error(request, told_of(error))
    else:
        messages.success(request, _("It is %(who)s's work now.") % {"who": to})
    return redirect("desk:queue_case", referral=referral)
