"""What may happen with a request, a row each: every button of its page, with its fields and what is noted of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.utils.translation import gettext_lazy

from dam_hooks.desk.forms import choice, clock, day, moment, one_line, several, tick, words
from dam_hooks.desk.pages import register_words as say
from dam_hooks.desk.pages.request_act_fields import (
    Act,
    Join,
    cents,
    close_fields,
    closed,
    count,
    in_cents,
    is_open,
    laws,
    of_order,
    optional,
    provision,
    waits_for_reasons,
    why,
)
from dam_plugin.custodian.request_register import RequestView
from dam_plugin.custodian.requests import (
    AMENDED_AS,
    AmendmentAsked,
    Appealed,
    AppealOver,
    AskedToo,
    Assigned,
    Closed,
    Delayed,
    DepositAsked,
    FamiliesTold,
    FeeBasis,
    FeeWaived,
    FoundSettled,
    HearingAsked,
    HearingDecided,
    HearingNotWanted,
    HearingSet,
    HearingTold,
    MeetingSet,
    OrderEnded,
    OrderNoted,
    OrderVerified,
    Paid,
    ReasonsAsked,
    ReasonsGiven,
    ReasonsNotWanted,
    ReceivedCorrected,
    Reopened,
    waits_for_hearing_notice,
)
from dam_plugin.procedure.exceptions import FAMILY

ACTS: Mapping[str, Act] = {
    each.slug: each
    for each in (
        Act(
            "take",
            gettext_lazy("Take it over"),
            {},
            lambda said: Assigned(said["me"]),
            lambda view, me: view.status.owner != me,
            gettext_lazy("It is yours from then on. Whoever had it is not told."),
        ),
        Act(
            "assign",
            gettext_lazy("Give it to somebody else"),
            {"owner": lambda: words(gettext_lazy("The account of the other person"), longest=150)},
            lambda said: Assigned(one_line(said["owner"])),
            lambda _view, _me: True,
        ),
        Act(
            "received",
            gettext_lazy("It came on another day than was entered"),
            {
                "came": lambda: day(gettext_lazy("The day on which it came")),
                "came_at": lambda: clock(gettext_lazy("The time at which it came")),
                "why": why(gettext_lazy("What shows it")),
            },
            lambda said: ReceivedCorrected(moment(said["came"], said["came_at"]), one_line(said["why"])),
            lambda _view, _me: True,
            gettext_lazy(
                "Its days are counted anew. A later day counts once a second person, who is signed in with another account, "
                "says the same."
            ),
        ),
        Act(
            "delay",
            gettext_lazy("Explain a delay"),
            {
                "cause": lambda: words(gettext_lazy("Why it takes longer"), lines=3),
                "place": lambda: words(gettext_lazy("Where it will be available")),
                "earliest": lambda: day(gettext_lazy("The earliest day")),
                "earliest_at": lambda: clock(gettext_lazy("From what time on")),
                "late": lambda: tick(gettext_lazy("It was explained too late")),
            },
            lambda said: Delayed(
                one_line(said["cause"]),
                one_line(said["place"]),
                moment(said["earliest"], said["earliest_at"]),
                said["late"],
            ),
            lambda view, _me: view.status.is_open and view.status.order is None and view.status.amendment is None,
            gettext_lazy(
                "Whoever asked is told the cause, the place, and the earliest time and day. Then write the letter."
            ),
        ),
        Act(
            "close",
            gettext_lazy("Close it"),
            close_fields(),
            closed,
            is_open,
            gettext_lazy("It is closed once each recording that was asked for has its answer."),
            is_weighty=True,
        ),
        Act(
            "join",
            gettext_lazy("It was answered already"),
            {"parts": lambda: several(gettext_lazy("Answers to the same person that are on record"), [])},
            lambda said: Join(tuple(said["parts"])),
            is_open,
            gettext_lazy("What was given, shown or refused without the number of the request counts as its answer."),
        ),
        Act(
            "withdraw",
            gettext_lazy("It was withdrawn"),
            {"why": why(gettext_lazy("How that is known"))},
            lambda said: Closed("withdrawn", one_line(said["why"])),
            is_open,
            gettext_lazy("What waits in the queue for this request alone is closed with it."),
            is_weighty=True,
        ),
        Act(
            "estimate",
            gettext_lazy("Estimate the fee"),
            {
                "copying": count(gettext_lazy("Minutes of copying")),
                "research": count(gettext_lazy("Minutes of research")),
                "pages": count(gettext_lazy("Pages up to 9 by 14 inches")),
                "media": lambda: optional(cents(), gettext_lazy("What disks or drives cost, in dollars")),
            },
            lambda said: FeeBasis(said["copying"], said["research"], said["pages"], in_cents(said["media"])),
            is_open,
            gettext_lazy("By the district's own rates."),
        ),
        Act(
            "waive",
            gettext_lazy("Take no fee"),
            {"why": why()},
            lambda said: FeeWaived(one_line(said["why"])),
            lambda view, _me: view.status.is_open and view.status.fee.waived is None,
        ),
        Act(
            "deposit",
            gettext_lazy("Ask for a deposit"),
            {"cents": cents},
            lambda said: DepositAsked(in_cents(said["cents"])),
            lambda view, _me: view.status.is_open and view.status.fee.owed > 0,
        ),
        Act(
            "paid",
            gettext_lazy("Somebody paid"),
            {"cents": cents},
            lambda said: Paid(in_cents(said["cents"])),
            lambda view, _me: view.status.fee.owed > 0,
        ),
        Act(
            "meeting",
            gettext_lazy("Meeting or hearing"),
            {
                "kind": lambda: choice(gettext_lazy("What it is"), list(say.MEETINGS.items())),
                "held": lambda: day(gettext_lazy("The day of it")),
            },
            lambda said: MeetingSet(cast("Any", said["kind"]), said["held"]),
            lambda view, _me: view.status.is_open and view.request.recipient.role in FAMILY,
            gettext_lazy("The family has to see what it asked for before that day."),
        ),
        Act(
            "order",
            gettext_lazy("Subpoena or court's order"),
            {
                "paper": lambda: choice(gettext_lazy("What it is"), list(say.PAPERS.items())),
                "return": lambda: day(gettext_lazy("The day on which it has to be answered")),
                "no_notice": lambda: words(gettext_lazy("Why no family is told"), required=False, lines=2),
            },
            lambda said: OrderNoted(cast("Any", said["paper"]), said["return"], one_line(said["no_notice"])),
            lambda view, _me: view.status.is_open and view.request.recipient.role not in FAMILY,
            gettext_lazy(
                "The families are told before that day, unless you say why not. Where the order forbids telling them, ask an "
                "administrator to seal the request now: a reason here hides nothing."
            ),
        ),
        Act(
            "order-verified",
            gettext_lazy("The order was verified"),
            {
                "how": lambda: words(
                    gettext_lazy("Who verified that it was lawfully issued, and how"),
                    gettext_lazy("Such as: counsel called the clerk of the court."),
                    lines=3,
                )
            },
            lambda said: OrderVerified(one_line(said["how"])),
            of_order,
            gettext_lazy("Until then whoever names a student with it hears no more than a stranger would."),
        ),
        Act(
            "no-order",
            gettext_lazy("It is no order after all"),
            {"why": why(gettext_lazy("How that is known"))},
            lambda said: OrderEnded(one_line(said["why"])),
            of_order,
        ),
        Act(
            "told",
            gettext_lazy("The families were told"),
            {"how": lambda: words(gettext_lazy("How the families were told"), lines=3)},
            lambda said: FamiliesTold(one_line(said["how"])),
            lambda view, _me: view.status.waits_for_notice,
        ),
        Act(
            "reasons",
            gettext_lazy("Written reasons are asked for"),
            {},
            lambda _said: ReasonsAsked(),
            lambda view, me: view.status.amendment is None and not waits_for_reasons(view, me),
            gettext_lazy("Whoever is denied something may ask for the reasons in writing, with the provision of law."),
        ),
        Act(
            "reasons-given",
            gettext_lazy("The written reasons were given"),
            {"provision": provision},
            lambda said: ReasonsGiven(laws(said)),
            waits_for_reasons,
        ),
        Act(
            "reasons-not-wanted",
            gettext_lazy("The written reasons are not wanted any more"),
            {"why": why(gettext_lazy("How that is known"))},
            lambda said: ReasonsNotWanted(one_line(said["why"])),
            waits_for_reasons,
        ),
        Act(
            "appeal",
            gettext_lazy("Appeal or complaint"),
            {
                "to": lambda: choice(gettext_lazy("To whom"), list(say.APPEALS.items())),
                "text": lambda: words(gettext_lazy("What is asked or complained of"), lines=3),
            },
            lambda said: Appealed(cast("Any", said["to"]), one_line(said["text"])),
            lambda _view, _me: True,
            gettext_lazy("Its recordings are kept until the appeal is over."),
        ),
        Act(
            "appeal-over",
            gettext_lazy("The appeal is over"),
            {"why": why(gettext_lazy("How it ended"))},
            lambda said: AppealOver(one_line(said["why"])),
            lambda view, _me: view.status.is_appealed,
            gettext_lazy("It is over once a second person, who is signed in with another account, says so too."),
        ),
        Act(
            "amend",
            gettext_lazy("The family asks to amend a record"),
            {
                "text": lambda: words(gettext_lazy("What is wrong with it, and why"), lines=3),
                "only": lambda: tick(gettext_lazy("It asks to see nothing")),
            },
            lambda said: (AmendmentAsked if said["only"] else AskedToo)(one_line(said["text"])),
            lambda view, _me: (
                view.status.is_open and view.request.recipient.role in FAMILY and view.status.amendment is None
            ),
            gettext_lazy(
                "It is entered as a request of its own. What the family asked to see goes on with its own days."
            ),
        ),
        Act(
            "hearing-asked",
            gettext_lazy("A hearing is asked for"),
            {},
            lambda _said: HearingAsked(),
            lambda view, _me: view.status.amendment is not None and view.status.state == "not-amended",
        ),
        Act(
            "hearing",
            gettext_lazy("Set the hearing"),
            {
                "held": lambda: day(gettext_lazy("The day of it")),
                "held_at": lambda: clock(gettext_lazy("The time of it")),
                "place": lambda: words(gettext_lazy("The place of it")),
                "officer": lambda: words(gettext_lazy("Who holds it"), longest=200),
                "another_person": lambda: tick(gettext_lazy("It is another person of a like name")),
            },
            lambda said: HearingSet(
                moment(said["held"], said["held_at"]),
                one_line(said["place"]),
                officer=one_line(said["officer"]),
                another_person=said["another_person"],
            ),
            lambda view, _me: any(each.name == "amendment-hearing" for each in view.status.clocks),
            gettext_lazy(
                "Somebody who has no interest in the outcome, and not who refused. Then write the notice to the family."
            ),
        ),
        Act(
            "hearing-told",
            gettext_lazy("The family was told of the hearing"),
            {"how": lambda: words(gettext_lazy("How they were told"))},
            lambda said: HearingTold(one_line(said["how"])),
            lambda view, _me: waits_for_hearing_notice(view.status),
            gettext_lazy("A notice that you mail or print here is noted by itself."),
        ),
        Act(
            "hearing-decided",
            gettext_lazy("Decide after the hearing"),
            {
                "outcome": lambda: choice(
                    gettext_lazy("The decision"), [(each, say.OUTCOMES[each]) for each in AMENDED_AS]
                ),
                "why": why(gettext_lazy("The evidence in short, and the reasons")),
                "officer": lambda: words(gettext_lazy("Who holds it"), longest=200),
                "another_person": lambda: tick(gettext_lazy("It is another person of a like name")),
            },
            lambda said: HearingDecided(
                cast("Any", said["outcome"]), one_line(said["why"]), one_line(said["officer"]), said["another_person"]
            ),
            lambda view, _me: view.status.hearing is not None and view.status.hearing_decision is None,
        ),
        Act(
            "hearing-not-wanted",
            gettext_lazy("The hearing is not wanted any more"),
            {"why": why(gettext_lazy("How that is known"))},
            lambda said: HearingNotWanted(one_line(said["why"])),
            lambda view, _me: any(each.name == "amendment-hearing" for each in view.status.running),
        ),
        Act(
            "found",
            gettext_lazy("It is not what was asked for"),
            {"why": why()},
            lambda said: FoundSettled(one_line(said["why"])),
            lambda view, _me: view.status.found_later is not None,
            gettext_lazy(
                "Somebody was found later in a recording that the library had. If it belongs to the answer, open it again."
            ),
        ),
        Act(
            "reopen",
            gettext_lazy("Open it again"),
            {
                "why": why(),
                "asked_again": lambda: day(
                    gettext_lazy("Asked anew on"),
                    required=False,
                    hint=gettext_lazy("Only where whoever asked did so again: its days count from then."),
                ),
            },
            lambda said: Reopened(one_line(said["why"]), asked_again=said["asked_again"]),
            lambda view, _me: not view.status.is_open,
        ),
    )
}
# Of these no other day than today is noted.
TODAY_ALONE = frozenset({"take", "assign", "received", "join", "meeting", "estimate", "waive", "amend"})
WITHOUT_WORDS = frozenset(
    {"take", "assign", "join", "deposit", "paid", "meeting", "estimate", "reasons", "reasons-given"}
)


def acts_for(view: RequestView, me: str) -> list[Act]:
    """Return the buttons of a request as it stands, for somebody."""
    return [each for each in ACTS.values() if each.fits(view, me)]
