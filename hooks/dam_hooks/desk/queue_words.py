"""The custodian's queue in words for people: who asks, for what, what is missing, and how a decision reads, all by names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_hooks.desk.person_names import Names
from dam_plugin.model import Actor, Decision, Outcome, Recipient, ReferralKind, Share
from dam_plugin.procedure.clauses import source
from dam_plugin.procedure.exceptions import FAMILY

# What a piece of work is called at the head of its page, by its kind: a missing one fails at import.
KINDS: Mapping[ReferralKind, object] = {
    "sunshine": gettext_lazy("Somebody asks for a recording"),
    "inspection": gettext_lazy("A family asks to see a recording"),
    "official": gettext_lazy("An official or agency asks for a recording"),
    "transfer": gettext_lazy("Another school asks for a recording"),
    "publication": gettext_lazy("The district wants to publish a recording"),
    "offer": gettext_lazy("A recording is to be offered to a family"),
    "review": gettext_lazy("An emergency is to be reviewed"),
    "found_later": gettext_lazy("Somebody was found in a recording after it was given out"),
    "statement_owed": gettext_lazy("A family's statement is to be sent after"),
    "notice_owed": gettext_lazy("Families are to be told of an order"),
    "take_down": gettext_lazy("Something published is to be taken down"),
}
WHO: Mapping[str, object] = {
    "school_official": gettext_lazy("a school official"),
    "parent": gettext_lazy("a parent"),
    "eligible_student": gettext_lazy("a student who holds the rights"),
    "juvenile_office": gettext_lazy("the juvenile office"),
    "law_enforcement": gettext_lazy("the police"),
    "court": gettext_lazy("a court"),
    "childrens_division": gettext_lazy("the Children's Division"),
    "emergency": gettext_lazy("emergency personnel"),
    "other_school": gettext_lazy("another school"),
    "agency": gettext_lazy("an agency with a right by federal law"),
    "public": gettext_lazy("somebody from outside"),
}
ACTS_AS: Mapping[str, object] = {
    "custodian": gettext_lazy("records custodian"),
    "designee": gettext_lazy("designee of the custodian"),
    "media_staff": gettext_lazy("media staff"),
}
OUTCOMES: Mapping[Outcome, tuple[str, object]] = {
    Outcome.ALLOW: ("green", gettext_lazy("It may go out as it is.")),
    Outcome.REDACT: ("green", gettext_lazy("A copy may go out, in which somebody is hidden.")),
    Outcome.REFER: ("amber", gettext_lazy("Nothing goes out before the records custodian decides.")),
    Outcome.DENY: ("red", gettext_lazy("It may not go out.")),
}


def who_asks(share: Share, names: Names) -> str:
    """Return who a share is for, in words."""
    if share.kind == "publication":
        return _("the district, for everybody")
    return who_is(share.recipient, names)


def who_is(to: Recipient, names: Names) -> str:
    """Return a recipient in words: a family by name, anybody else by what was written down."""
    role = str(WHO.get(to.role, to.role))
    if not to.id or to.id == to.role:
        return role
    return f"{names.of(to.id) if to.role in FAMILY else to.id} ({role})"


def who_did(by: Actor) -> str:
    """Return who did something, in words."""
    role = str(ACTS_AS.get(by.role, by.role))
    return f"{by.id} ({role})" if by.id else role


@dataclass(frozen=True, slots=True)
class Why:
    """One reason in a sentence, what can be done, and where it stands."""

    text: str
    remedy: str
    source: str
    clause: str


@dataclass(frozen=True, slots=True)
class DecisionTold:
    """A decision in words: its color, one sentence, whom the copy hides and who is shown, and the reasons."""

    color: str
    headline: str
    hides: str
    shows: str
    reasons: tuple[Why, ...]


def decision_texts(decision: Decision) -> list[str]:
    """Return the texts of a decision that hold pseudonyms."""
    return [*(each.text for each in decision.reasons), *decision.redact, *decision.basis]


def decision_told(decision: Decision, names: Names) -> DecisionTold:
    """Return a decision as a page tells it to the custodian."""
    color, headline = OUTCOMES[decision.outcome]
    reasons = tuple(
        dict.fromkeys(Why(names.told(each.text), "", source(each.clause), each.clause) for each in decision.reasons)
    )
    return DecisionTold(color, str(headline), names.named(decision.redact), names.named(decision.basis.keys()), reasons)
