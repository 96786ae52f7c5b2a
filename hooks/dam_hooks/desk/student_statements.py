"""What can be stated about a student at the desk: each with its form, and the use case that keeps it.

The use cases are those of `dam-plugin student`, `student guardian` and `consent`. Sentences hold pseudonyms here: a page puts
the names in (`student_words`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from dam_hooks.desk import student_forms as f
from dam_plugin.custodian import choices, college, deaths, guardianships, protections
from dam_plugin.custodian.consent_mistakes import say_never_given
from dam_plugin.custodian.opt_out_mistakes import take_back_opt_out
from dam_plugin.custodian.shown_before import shown_since
from dam_plugin.custodian.turned_away import TurnedAway, turned_away_by_limit, turned_away_of
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.model import OF_GUARDIANS, Actor, Consent, GuardianshipKind, OptOut
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import limit_of
from dam_plugin.store import SystemUser


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody states: about which student, of what else (`about`: a person, a consent, a statement), and who says it."""

    student: str
    about: str
    said: Mapping[str, Any]
    by: Actor
    user: SystemUser
    paper: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: the links that closed, and what the person has to know or do besides."""

    closed: ClosedLinks = field(default_factory=ClosedLinks)
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One kind of statement: its title, what it means, its form, and what keeps it. `takes_two`: so the page says first."""

    title: Any
    meaning: Any
    form: type[f.StatementForm]
    act: Callable[[Services, Saying], Done]
    takes_two: bool = False
    needs_about: bool = False


def _waits() -> str:
    return _("Nothing ended yet: another custodian or designee has to say the same, signed in with their own account.")


def _by_one() -> str:
    return _("It counts once another custodian or designee says the same, signed in with their own account.")


def _opt_out(at: Services, saying: Saying) -> Done:
    said = saying.said
    choice = OptOut(said["since"] or at.now().date(), purposes=f.limited_to(dict(said)))
    closed = choices.opt_out(at, saying.student, choice, saying.by, said["by"] or None)
    told = [choices.told_choices(at, saying.student, saying.by, choice.since)]
    if shown := shown_since(at, saying.student, choice):
        text = ngettext(
            "%(count)s recording was published or given out since that day, before this was entered: the record lists it.",
            "%(count)s recordings were published or given out since that day, before this was entered: the record lists them.",
            shown,
        )
        told.append(text % {"count": shown})
    if choices.asked_by_students(at, saying.student):
        text = _("%(student)s said so without holding the rights. It holds; ask a parent to confirm it.")
        told.append(text % {"student": saying.student})
    if who := choices.without_right(at, saying.student).get(saying.student, ()):
        text = _(
            "%(who)s said so in the place of %(student)s, who holds the rights. It holds until the office has asked the "
            "student: record the student's own opt-out, or end this one."
        )
        told.append(text % {"who": ", ".join(who), "student": saying.student})
    return Done(closed, tuple(told))


def _opt_in(at: Services, saying: Saying) -> Done:
    said, of_nobody = saying.said, saying.said["by"] == f.NO_HOLDER
    who = None if of_nobody else said["by"] or None
    ended = choices.opt_in(
        at,
        saying.student,
        at.now().date(),
        f.limited_to(dict(said)),
        saying.by,
        said["why"],
        who,
        of_no_holder=of_nobody,
    )
    told = [ngettext("%(count)s opt-out ended today.", "%(count)s opt-outs ended today.", ended.count)]
    told = [told[0] % {"count": ended.count}, choices.told_choices(at, saying.student, saying.by)]
    if ended.asked_by_student:
        text = _("%(student)s had opted out by their own word: tell the student.")
        told.append(text % {"student": saying.student})
    if ended.others:
        text = _("%(who)s had opted out, too. One parent's later word is enough; tell them that it ended.")
        told.append(text % {"who": ", ".join(ended.others)})
    return Done(told=tuple(told))


def _opt_out_mistake(at: Services, saying: Saying) -> Done:
    said = saying.said
    done = take_back_opt_out(at, saying.student, said["noted"], said["why"], saying.by, saying.user)
    if done.waits:
        return Done(told=(_("Nothing is taken back yet."), _by_one()))
    text = _("It was never said. Tell whoever was told of it, by the letter on an opt-out that has ended.")
    return Done(told=(text, choices.told_choices(at, saying.student, saying.by)))


def _consent(at: Services, saying: Saying) -> Done:
    said = saying.said
    keys = [each.strip() for each in said["recordings"].splitlines() if each.strip()]
    with at.store.reading() as unit:
        assets = tuple(unit.assets.need(each).asset.id for each in keys) if keys else None
    parties = (*said["party"], *(part for part in (said["party_named"].strip(),) if part))
    consent = Consent(
        student=saying.student,
        signed_by=said["signed_by"],
        signed_on=said["signed_on"],
        signature=said["signature"],
        authenticated=said["authenticated"],
        purpose=said["purpose"],
        parties=parties,
        assets=assets,
        expires=said["expires"],
    )
    # The digest is that of the copy in the bucket, which `consent_papers` finds by it.
    proof = said["proof"] if saying.paper is None else f"{said['proof']} [sha256 {saying.paper}]"
    kept = choices.add_consent(
        at,
        consent,
        proof,
        saying.by,
        after_opt_out=said["after_opt_out"] or None,
        after_revocation=said["after_revocation"] or None,
    )
    told = [choices.told_choices(at, saying.student, saying.by, consent.signed_on)]
    with at.store.reading() as unit:
        record = unit.people.need(saying.student)
    if record.is_protected(at.now().date()):
        told.append(_("The student is protected and counts as opted out of everything: no consent changes that."))
    if others := choices.opted_out_before(at, [kept]).get(saying.student, ()):
        text = _(
            "%(who)s had opted out before, and did not sign this. One parent's later consent is enough; tell them."
        )
        told.append(text % {"who": ", ".join(others)})
    return Done(told=tuple(told))


def _withdraw(at: Services, saying: Saying) -> Done:
    on = saying.said["on"] or at.now().date()
    with at.store.reading() as unit:
        if unit.people.consent(saying.about).student != saying.student:
            raise InputError("this consent is another student's")
    closed = choices.revoke_consent(at, saying.about, on, saying.by, saying.said["by"] or None)
    told = [choices.told_choices(at, saying.student, saying.by, on)]
    left = closed.on_directory
    if left is not None and left.links and not left.opted_out:
        text = ngettext(
            "%(count)s open link needs no consent and stays open. If the family says no to that as well, record an opt-out.",
            "%(count)s open links need no consent and stay open. If the family says no to that as well, record an opt-out.",
            len(left.links),
        )
        told.append(text % {"count": len(left.links)})
    return Done(closed, tuple(told))


def _consent_mistake(at: Services, saying: Saying) -> Done:
    with at.store.reading() as unit:
        if unit.people.consent(saying.about).student != saying.student:
            raise InputError("this consent is another student's")
    done = say_never_given(at, saying.about, saying.said["why"], saying.by, saying.user)
    text = (
        _(
            "The consent counts for nothing from now on. The record says so once another custodian or designee says the same."
        )
        if done.waits
        else _(
            "It was never given. The record says of what went out on it that it was given by mistake: ask for it back, and "
            "tell the family by the letter on a consent that has ended."
        )
    )
    return Done(done.closed, (text, choices.told_choices(at, saying.student, saying.by)))


def _notice(what: Any) -> Callable[[Services, Saying], Done]:
    def act(at: Services, saying: Saying) -> Done:
        on = saying.said["on"] or at.now().date()
        closed = choices.state_notice(at, [saying.student], what, on, saying.said["why"], saying.by)
        return Done(closed, (choices.told_choices(at, saying.student, saying.by),))

    return act


def _never_answered(at: Services, saying: Saying) -> Done:
    _since, closed = choices.take_back_answer(at, saying.student, saying.said["why"], saying.by)
    return Done(closed, (choices.told_choices(at, saying.student, saying.by),))


def _stated(done: guardianships.Stated) -> Done:
    told = [_waits()] if done.waits else []
    what = done.guardianship
    if (what.what == "appointed" or done.never_was) and not what.by_two and not done.waits:
        told.append(_by_one())
    if done.ended:
        told.append(_("These people hold no parent's rights any more: %(who)s.") % {"who": ", ".join(done.ended)})
    if done.standing and what.ended is None:
        who = ", ".join(each for each, _of_roster in done.standing)
        told.append(
            _("These people hold a parent's rights as before: %(who)s. Look whether each still does.") % {"who": who}
        )
    if done.is_protected:
        is_said = done.not_against is not None
        told.append(
            _("The student is protected: nothing opens to this person yet.")
            if not is_said or not (done.not_against and done.not_against.by_two)
            else _("Two people said that the protection is not against this person, who is answered from now on.")
        )
        if is_said and done.not_against is not None and not done.not_against.by_two:
            told.append(_by_one())
    return Done(done.closed, tuple(told))


def _gives(at: Services, stated: guardianships.Stated) -> Done:
    """Return what was stated of whoever has a right by it, and what was not answered to them before."""
    of = stated.guardianship
    return _and_denied(_stated(stated), turned_away_of(at, of.student, of.guardian))


def _and_denied(done: Done, denied: Iterable[TurnedAway]) -> Done:
    return replace(done, told=(*done.told, *(f"{each.sentence}." for each in denied)))


def _add_guardian(at: Services, saying: Saying) -> Done:
    said = saying.said
    return _gives(
        at,
        guardianships.add_guardian(
            at,
            saying.student,
            None,
            said["seen"],
            saying.by,
            saying.user,
            name=said["name"],
            relation=said["relation"],
            until=said["until"],
            paper=saying.paper,
            another=said["another"],
            in_place_of=tuple(said.get("in_place_of", ())),
            absence=said["absence"] or None,
        ),
    )


def _of_person(what: GuardianshipKind) -> Callable[[Services, Saying], Done]:
    def act(at: Services, saying: Saying) -> Done:
        said = saying.said
        stated = guardianships.state_guardianship(
            at,
            saying.student,
            said.get("person", saying.student),
            what,
            said["seen"],
            saying.by,
            saying.user,
            until=said["until"],
            paper=saying.paper,
            another=said.get("another", False),
            not_against=said.get("not_against", False),
        )
        return _gives(at, stated) if what in OF_GUARDIANS else _stated(stated)

    return act


def _represent(at: Services, saying: Saying) -> Done:
    said = saying.said
    return _gives(
        at,
        guardianships.add_representative(
            at,
            saying.student,
            at.pseudonyms.guardian(uuid4().hex),
            said["represents"],
            said["seen"],
            saying.by,
            saying.user,
            name=said["name"],
            until=said["until"],
            paper=saying.paper,
            another=said["another"],
        ),
    )


def _limit(at: Services, saying: Saying) -> Done:
    said = saying.said
    done = guardianships.limit_guardian(
        at,
        saying.student,
        said["person"] or None,
        limit_of("whereabouts" if said["only"] == "whereabouts" else None),
        said["seen"],
        saying.by,
        saying.user,
        name=said["name"] or None,
        relation=said["relation"] or None,
        since=said["since"],
        until=said["until"],
        paper=saying.paper,
        another=said["another"],
        same_person=tuple(said.get("same_person", ())),
        other_person=tuple(said.get("other_person", ())),
    )
    told = [*_stated(done).told]
    if said["name"]:
        told.append(_("It meets whoever comes into the roster as a guardian of this student under this name."))
    if said["only"] == "all":
        told.append(_("From that day on this person is answered as anybody is: what everybody may have stays open."))
    return Done(done.closed, tuple(told))


def _remove(at: Services, saying: Saying) -> Done:
    done = guardianships.remove_guardian(at, saying.student, saying.about, saying.said["why"], saying.by, saying.user)
    return _stated(done)


def _end(at: Services, saying: Saying) -> Done:
    with at.store.reading() as unit:
        if unit.people.need_guardianship(saying.about).student != saying.student:
            raise InputError("this was stated of another student")
    ended = guardianships.end_guardianship(at, saying.about, saying.said["why"], saying.by, saying.user)
    return _and_denied(_stated(ended), turned_away_by_limit(at, ended.guardianship))


def _protect(at: Services, saying: Saying) -> Done:
    said = saying.said
    done = protections.protect(
        at,
        saying.student,
        said["kind"],
        said["seen"],
        saying.by,
        saying.user,
        since=said["since"],
        until=said["until"],
        paper=saying.paper,
    )
    told = []
    if done.answered:
        text = _(
            "Of %(who)s two people said before that no protection is against them, and they are answered as before. If the "
            "place is to be kept from them, record a court order that keeps only the place."
        )
        told.append(text % {"who": ", ".join(done.answered)})
    return Done(done.closed, tuple(told))


def _unprotect(at: Services, saying: Saying) -> Done:
    said = saying.said
    done = protections.unprotect(at, saying.student, said["why"], saying.by, saying.user, said["kind"])
    told = [_waits()] if done.waits else []
    if done.marked and not done.waits:
        told.append(_("The roster marks the student still: the student stays protected until the roster is corrected."))
    return Done(done.closed, tuple(told))


def _college(at: Services, saying: Saying) -> Done:
    said = saying.said
    done = college.state_college(
        at,
        saying.student,
        said["seen"],
        saying.by,
        saying.user,
        since=said["since"],
        until=said["until"],
        paper=saying.paper,
    )
    return _of_college(at, saying, done)


def _left_college(at: Services, saying: Saying) -> Done:
    done = college.end_college(at, saying.student, saying.said["why"], saying.by, saying.user, saying.said["on"])
    return _of_college(at, saying, done)


def _of_college(at: Services, saying: Saying, done: college.College) -> Done:
    told = [choices.told_choices(at, saying.student, saying.by)]
    if done.by_age:
        told.append(
            _("This district counts the age of 18 alone: the parents keep their rights, and this changes nothing.")
        )
    if done.marked:
        told.append(
            _("The roster says that the student attends a college, for every day: that stays until it is corrected.")
        )
    return Done(done.closed, (*told, *_lost(done.consents), *(f"{each.sentence}." for each in done.turned_away)))


def _lost(consents: tuple[str, ...]) -> list[str]:
    if not consents:
        return []
    text = ngettext(
        "%(count)s consent counts no more, since whoever signed does not hold the rights now: ask who does.",
        "%(count)s consents count no more, since whoever signed does not hold the rights now: ask who does.",
        len(consents),
    )
    return [text % {"count": len(consents)}]


def _died(at: Services, saying: Saying) -> Done:
    said = saying.said
    done = deaths.state_death(at, saying.student, said["on"], said["seen"], saying.by, saying.user, paper=saying.paper)
    return _of_death(at, saying, done, is_stated=True)


def _alive(at: Services, saying: Saying) -> Done:
    done = deaths.take_back_death(at, saying.student, saying.said["why"], saying.by, saying.user)
    return _of_death(at, saying, done, is_stated=False)


def _of_death(at: Services, saying: Saying, done: deaths.Death, *, is_stated: bool) -> Done:
    told = [choices.told_choices(at, saying.student, saying.by)]
    if is_stated:
        told.append(
            _("The student held the rights, and they ended: ask the district's attorney what the family may see.")
            if done.held
            else _("The student was a minor: the parents hold the rights, and go on holding them.")
        )
    if done.roster is not None and (not is_stated or done.roster != done.statement.since):
        told.append(_("The roster says another day, or still says that the student died: have the roster corrected."))
    waiting = len(done.requests) + len(done.referrals) + len(done.notices)
    if waiting:
        text = ngettext(
            "%(count)s request or letter about the student waits in the queue: look at who may be answered now.",
            "%(count)s requests and letters about the student wait in the queue: look at who may be answered now.",
            waiting,
        )
        told.append(text % {"count": waiting})
    return Done(done.closed, (*told, *_lost(done.consents), *(f"{each.sentence}." for each in done.turned_away)))


def _forget_name(at: Services, saying: Saying) -> Done:
    choices.forget_name(at, saying.student, saying.said["name"], saying.said["why"], saying.by)
    return Done(told=(_("The name no longer matches. Recordings named by it stay as they are until a person looks."),))


STATEMENTS: Mapping[str, Statement] = {
    "opt-out": Statement(
        _l("Record an opt-out"),
        _l("The family says no. Open links that this reaches close at once."),
        f.OptOutForm,
        _opt_out,
    ),
    "opt-in": Statement(
        _l("End an opt-out"), _l("The family says yes again, as its paper says."), f.OptInForm, _opt_in
    ),
    "opt-out-mistake": Statement(
        _l("Take back an opt-out that the office recorded by mistake"),
        _l("Nobody in the family said it, such as where the form is another child's. It takes two people."),
        f.OptOutMistakeForm,
        _opt_out_mistake,
        takes_two=True,
    ),
    "consent": Statement(
        _l("Record a written consent"), _l("A signed paper that allows one use."), f.ConsentForm, _consent
    ),
    "withdraw": Statement(
        _l("Record that a consent is withdrawn"),
        _l("Open links that stood on it close at once."),
        f.WithdrawForm,
        _withdraw,
        needs_about=True,
    ),
    "consent-mistake": Statement(
        _l("Take back a consent that the office recorded by mistake"),
        _l("Nobody ever signed it for this student, such as where the paper is a brother's. It takes two people."),
        f.MistakeForm,
        _consent_mistake,
        takes_two=True,
        needs_about=True,
    ),
    "answered": Statement(
        _l("The family answered the notice"),
        _l("Of a new student: what it did not refuse may then be shown at once. Record its opt-outs besides."),
        f.NoticeForm,
        _notice("answered"),
    ),
    "never-answered": Statement(
        _l("The family has not answered the notice after all"),
        _l("That was another child's answer. The family has its time to answer again, and links close."),
        f.WhyForm,
        _never_answered,
    ),
    "notified": Statement(
        _l("The family was given the notice"),
        _l("Of a new student: its time to answer is counted from that day."),
        f.NoticeForm,
        _notice("notified"),
    ),
    "add-guardian": Statement(
        _l("Add a parent or guardian"),
        _l("Somebody whom the roster does not have, with the proof that you saw."),
        f.AddGuardianForm,
        _add_guardian,
    ),
    "verify": Statement(
        _l("Confirm who a guardian is"),
        _l("You saw who the person is, and that the person is this student's parent or guardian."),
        f.VerifyForm,
        _of_person("guardian"),
    ),
    "limit": Statement(
        _l("Record a court order"),
        _l("It takes a parent's rights, or keeps from a parent where the student is. Open links close at once."),
        f.LimitForm,
        _limit,
    ),
    "remove-guardian": Statement(
        _l("Remove a guardian"),
        _l("Only one who was added by hand. What the person could open closes at once."),
        f.WhyForm,
        _remove,
        needs_about=True,
    ),
    "dependent": Statement(
        _l("Record a dependent for tax"),
        _l(
            "The student holds the rights, and is this guardian's dependent this year: the guardian may see the record, too."
        ),
        f.DependentForm,
        _of_person("dependent"),
    ),
    "appointed": Statement(
        _l("Record a court's guardian of an adult"),
        _l("A court made somebody the guardian of a student of 18 or more: that one alone holds the rights."),
        f.AppointedForm,
        _of_person("appointed"),
        takes_two=True,
    ),
    "retained": Statement(
        _l("Record that the student keeps the right to the own record"),
        _l("As the court's letters of guardianship say."),
        f.SeenForm,
        _of_person("retained"),
    ),
    "represent": Statement(
        _l("Add somebody who inspects in a parent's place"),
        _l("Such as a lawyer, with the authority that the parent, or the student once 18, signed."),
        f.RepresentForm,
        _represent,
    ),
    "end": Statement(
        _l("End what was stated by hand"),
        _l(
            "To lift a court order, or to take back that somebody never was a guardian, takes two people, each signed in with "
            "an account of their own."
        ),
        f.WhyForm,
        _end,
        needs_about=True,
    ),
    "protect": Statement(
        _l("Protect the student"),
        _l(
            "Nobody may learn where the student is. The student counts as opted out of everything, the yearbook leaves the "
            "student out, and open links close at once."
        ),
        f.ProtectForm,
        _protect,
    ),
    "unprotect": Statement(
        _l("End a protection"),
        _l("It takes two people, each signed in with an account of their own."),
        f.UnprotectForm,
        _unprotect,
        takes_two=True,
    ),
    "college": Statement(
        _l("Record that the student attends a college"),
        _l("The student then holds the rights before 18, too. Not for a course beside this school."),
        f.CollegeForm,
        _college,
    ),
    "left-college": Statement(
        _l("Record that the student left the college"),
        _l("The rights are the parents' again until 18."),
        f.LeftCollegeForm,
        _left_college,
    ),
    "died": Statement(
        _l("Record that the student died"),
        _l("Age stops on that day: the parents of a minor hold the rights for good."),
        f.DiedForm,
        _died,
    ),
    "alive": Statement(_l("Take back that the student died"), _l("It was stated by mistake."), f.WhyForm, _alive),
    "forget-name": Statement(
        _l("Stop a former name from matching"),
        _l("Recordings are no longer taken for this student's by that name."),
        f.ForgetNameForm,
        _forget_name,
    ),
}
