"""Who somebody is to a student, as the custodian finds it: parents the roster misses, dependents, court orders, consents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from clock import TODAY
from district import (
    CUSTODIAN,
    GRADUATION,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    MEDIA_STAFF,
    OWEN,
    PORTRAIT,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    District,
)
from queue_cases import ADA, BEN, SECOND, approved, found, now, populated, referred
from use_cases import entries, later, ledger_holds, looked, on

from dam_plugin.custodian import choices
from dam_plugin.custodian.evidence_files import keep_file
from dam_plugin.custodian.guardianships import Stated, end_guardianship, state_guardianship
from dam_plugin.errors import InputError
from dam_plugin.gate.open_link import open_link
from dam_plugin.model import Consent, Guardianship, OfficialUse, OptOut, Outcome, Recipient, Referral
from dam_plugin.sharing.finding_kinds import (
    DependentShown,
    FamilyAsked,
    Finding,
    NotVerified,
    ParentVerified,
    Reviewed,
    RightsLimited,
)
from dam_plugin.sharing.share import Answer
from dam_plugin.store import SystemUser

STRANGER = Recipient("parent", "m-ortiz")
SEEN = "birth certificate and driver's licence"


def asked(district: District, key: str = TEAM, who: Recipient = STRANGER) -> Answer:
    with district.services.store.reading() as unit:
        known = unit.assets.current(key)
    if known is None:
        district.upload(key)
    return district.ask(key, who)


def of(answer: Answer) -> Referral:
    (referral,) = answer.referrals
    return referral


def sofias_mother(district: District) -> Recipient:
    return Recipient("parent", district.guardian(SOFIA_MOTHER))


def sofia_opted_out(district: District) -> Answer:
    """Sofia is 18 and said no: her mother is given a copy that hides her."""
    choices.opt_out(district.services, district.student(SOFIA), OptOut(TODAY), CUSTODIAN)
    return asked(district, GRADUATION, sofias_mother(district))


# Whom the roster does not know


def test_a_mother_whom_the_roster_misses_is_given_the_copy_for_anybody_and_somebody_looks(district: District) -> None:
    answer = asked(district)
    referral = of(answer)
    assert (answer.decision.outcome, answer.decision.redact) == (Outcome.REDACT, (district.student(HANNAH),))
    assert answer.link is not None
    assert (referral.kind, referral.due) == ("inspection", TODAY + timedelta(days=45))
    assert answer.more is not None
    assert referral.id in answer.more
    assert str(referral.due) in answer.more


def test_once_she_is_verified_she_is_given_the_whole(district: District) -> None:
    stated = found(district, of(asked(district)), ParentVerified((district.student(HANNAH),), SEEN))
    assert stated.answer is not None
    assert stated.answer.decision.outcome is Outcome.ALLOW
    assert stated.answer.decision.basis[district.student(HANNAH)] == "EX2"
    assert not stated.referral.is_open
    again = asked(district)
    assert (again.decision.outcome, again.referrals, again.more) == (Outcome.ALLOW, (), None)
    assert ledger_holds(district.services)


def test_what_was_verified_survives_the_next_roster(district: District) -> None:
    found(district, of(asked(district)), ParentVerified((district.student(HANNAH),), SEEN))
    populated(district)
    assert asked(district).decision.outcome is Outcome.ALLOW


def test_asking_again_joins_the_referral_and_no_copy_settles_it(district: District) -> None:
    first, second = of(asked(district)), of(asked(district))
    assert first.id == second.id
    assert now(district.services, first).is_open
    assert found(district, first, Reviewed()).referral.is_open


def test_who_is_not_found_to_be_a_parent_is_answered_as_anybody(district: District) -> None:
    stated = found(district, of(asked(district)), NotVerified("neither of the papers names a child of ours"))
    assert stated.answer is not None
    assert stated.answer.decision.outcome is Outcome.REDACT
    assert "EX2-RELATION" not in [each.clause for each in stated.answer.decision.reasons]
    assert not stated.referral.is_open
    assert asked(district).referrals == ()


def test_who_was_not_found_to_be_a_parent_of_one_is_asked_again_about_another(district: District) -> None:
    found(district, of(asked(district, PORTRAIT)), NotVerified("no paper at all"))
    assert of(asked(district, TEAM)).kind == "inspection"


def test_an_eligible_student_under_another_id_is_found(district: District) -> None:
    choices.opt_out(district.services, district.student(SOFIA), OptOut(TODAY), CUSTODIAN)
    answer = asked(district, GRADUATION, Recipient("eligible_student", "sofia-at-college"))
    stated = found(district, of(answer), ParentVerified((district.student(SOFIA),), "her passport"))
    assert stated.answer is not None
    assert stated.answer.decision.outcome is Outcome.ALLOW
    assert stated.answer.decision.basis[district.student(SOFIA)] == "EX2"


def wrong(district: District) -> list[tuple[Recipient, Finding, str]]:
    hannah, ines, sofia = map(district.student, (HANNAH, INES, SOFIA))
    student = Recipient("eligible_student", "h")
    paper = keep_file(district.services, b"%PDF-1.7 an order")
    return [
        (STRANGER, ParentVerified((), SEEN), "name the students"),
        (STRANGER, ParentVerified((hannah,), " "), "say what was seen"),
        (STRANGER, ParentVerified((sofia,), SEEN), "is not in this recording"),
        (STRANGER, ParentVerified((hannah,), SEEN, TODAY - timedelta(days=1)), "has passed"),
        (Recipient("parent"), ParentVerified((hannah,), SEEN), "names nobody"),
        (student, ParentVerified((hannah, ines), SEEN), "is one student"),
        (student, ParentVerified((hannah,), SEEN), "does not hold the rights yet"),
        (STRANGER, DependentShown((hannah,), "tax transcript"), "is not 18 yet"),
        (STRANGER, RightsLimited((hannah,), "an order", file=paper), "is no guardian of"),
        (
            STRANGER,
            RightsLimited((hannah,), "an order", guardian="G-NOBODY", file=paper),
            "'G-NOBODY' is no guardian of",
        ),
        (STRANGER, FamilyAsked((hannah,), "stands", "by telephone"), "waits for the family's word"),
        (STRANGER, NotVerified(" "), "say how it was looked into"),
    ]


@pytest.mark.parametrize("number", range(12))
def test_what_cannot_be_so_is_refused_with_its_remedy(district: District, number: int) -> None:
    who, what, told = wrong(district)[number]
    referral = of(asked(district, TEAM, who))
    with pytest.raises(InputError, match=told):
        found(district, referral, what)
    assert now(district.services, referral).is_open


def test_a_guardian_of_the_roster_is_no_stranger(district: District) -> None:
    with pytest.raises(InputError, match="is on file as a guardian of S-"):
        found(district, of(sofia_opted_out(district)), NotVerified("no"))


def test_no_student_is_their_own_guardian(district: District) -> None:
    hannah = district.student(HANNAH)
    with pytest.raises(InputError, match="their own guardian"):
        state_guardianship(district.services, hannah, hannah, "guardian", SEEN, CUSTODIAN, ADA)


def test_two_custodians_at_once_verify_nobody_twice(district: District) -> None:
    referral = of(asked(district))
    found(district, referral, ParentVerified((district.student(HANNAH),), SEEN))
    with pytest.raises(InputError, match="closed already"):
        found(district, referral, NotVerified("no paper"), BEN)


# Dependents for tax


def test_a_parent_of_a_grown_student_is_asked_about_even_where_a_copy_goes_out(district: District) -> None:
    answer = sofia_opted_out(district)
    assert answer.decision.outcome is Outcome.REDACT
    assert "RIGHTS-TRANSFERRED" in of(answer).missing


def test_a_dependent_is_seen_by_the_parent_until_the_year_ends(district: District) -> None:
    answer = sofia_opted_out(district)
    stated = found(district, of(answer), DependentShown((district.student(SOFIA),), "tax transcript"))
    assert stated.answer is not None
    assert stated.answer.decision.basis[district.student(SOFIA)] == "EX2-DEPENDENT"
    assert stated.answer.decision.record_disclosure
    assert not stated.referral.is_open
    later = asked(district, GRADUATION, sofias_mother(district))
    assert later.decision.basis[district.student(SOFIA)] == "EX2-DEPENDENT"
    next_year = replace(district, services=on(district.services, new_year(district)))
    assert "RIGHTS-TRANSFERRED" in of(asked(next_year, GRADUATION, sofias_mother(district))).missing


def new_year(district: District) -> datetime:
    return district.services.now().replace(year=TODAY.year + 1, month=1, day=1)


def test_a_link_that_a_dependent_opened_closes_when_that_ends(district: District) -> None:
    stated = found(
        district, of(sofia_opted_out(district)), DependentShown((district.student(SOFIA),), "tax transcript")
    )
    assert stated.answer is not None
    assert stated.answer.token is not None
    (shown,) = on_file(district, SOFIA)
    ended = end_guardianship(district.services, shown.id, "she files her own return", CUSTODIAN, ADA)
    assert [each.id for each in ended.closed] == [stated.answer.link and stated.answer.link.id]
    assert open_link(district.services, stated.answer.token).url is None


def on_file(district: District, who: str) -> tuple[Guardianship, ...]:
    with district.services.store.reading() as unit:
        return unit.people.need(district.student(who)).guardianships


# A court order against a guardian


def test_a_limited_guardian_is_answered_as_anybody_and_their_links_close(district: District) -> None:
    mother = Recipient("parent", district.guardian(HANNAH_MOTHER))
    open_before = asked(district, TEAM, mother)
    assert open_before.decision.outcome is Outcome.ALLOW
    stated = limited(district, HANNAH, HANNAH_MOTHER)
    assert [each.id for each in stated.closed] == [open_before.link and open_before.link.id]
    again = asked(district, TEAM, mother)
    assert again.decision.redact == (district.student(HANNAH),)
    assert [(each.missing, each.is_open) for each in again.referrals] == [(("CHILD-HIDDEN",), True)]


def limited(district: District, who: str, guardian: str, user: SystemUser = ADA) -> Stated:
    return state_guardianship(
        district.services,
        district.student(who),
        district.guardian(guardian),
        "limited",
        "order of the circuit court",
        CUSTODIAN,
        user,
        paper="ab" * 32,
    )


def test_a_limit_is_stated_for_the_parent_who_asks(district: District) -> None:
    referral, paper = of(sofia_opted_out(district)), keep_file(district.services, b"%PDF-1.7 an order")
    stated = found(
        district, referral, RightsLimited((district.student(SOFIA),), "order of the circuit court", file=paper)
    )
    assert stated.finding.state == "applied"
    assert stated.answer is not None
    assert "RIGHTS-TRANSFERRED" not in [each.clause for each in stated.answer.decision.reasons]
    assert not stated.referral.is_open


def test_a_limit_survives_the_next_roster(district: District) -> None:
    limited(district, HANNAH, HANNAH_MOTHER)
    populated(district)
    assert asked(district, TEAM, Recipient("parent", district.guardian(HANNAH_MOTHER))).decision.redact


def test_a_limited_guardians_consent_counts_for_nothing(district: District) -> None:
    district.upload(PORTRAIT)
    consent = Consent(
        district.student(HANNAH), district.guardian(HANNAH_MOTHER), TODAY, "ink", purpose="website", parties=("public",)
    )
    choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    assert district.share(PORTRAIT).decision.outcome is Outcome.ALLOW
    limited(district, HANNAH, HANNAH_MOTHER)
    assert district.share(PORTRAIT).decision.outcome is Outcome.DENY


def test_to_lift_a_limit_takes_two_people(district: District) -> None:
    stated = limited(district, HANNAH, HANNAH_MOTHER).guardianship
    mother = Recipient("parent", district.guardian(HANNAH_MOTHER))
    first = end_guardianship(district.services, stated.id, "the order was set aside", CUSTODIAN, ADA)
    assert first.waits
    assert asked(district, TEAM, mother).decision.redact
    for by, user in ((CUSTODIAN, BEN), (SECOND, ADA)):
        with pytest.raises(InputError, match="takes two people"):
            end_guardianship(district.services, stated.id, "the order was set aside", by, user)
    done = end_guardianship(district.services, stated.id, "the order was set aside", SECOND, BEN)
    assert done.guardianship.ended == TODAY
    assert asked(district, TEAM, mother).decision.outcome is Outcome.ALLOW


def test_a_limit_that_is_over_holds_nothing_back(district: District) -> None:
    state_guardianship(
        district.services,
        district.student(HANNAH),
        district.guardian(HANNAH_MOTHER),
        "limited",
        "an order for today",
        CUSTODIAN,
        ADA,
        until=TODAY,
        paper="ab" * 32,
    )
    mother = Recipient("parent", district.guardian(HANNAH_MOTHER))
    assert asked(district, TEAM, mother).decision.redact
    tomorrow = replace(district, services=later(district.services, days=1))
    assert asked(tomorrow, TEAM, mother).decision.outcome is Outcome.ALLOW


def test_media_staff_state_nothing_about_guardians(district: District) -> None:
    for act in (
        lambda: state_guardianship(
            district.services, district.student(HANNAH), "x", "guardian", "a card", MEDIA_STAFF, ADA
        ),
        lambda: end_guardianship(district.services, "gs-1", "why", MEDIA_STAFF, ADA),
    ):
        with pytest.raises(InputError, match="add --as custodian:NAME"):
            act()


# A consent, and a later opt-out


def doubtful(district: District) -> Referral:
    """Hannah's mother signed a consent to the news before the family opted out of all."""
    district.upload(PORTRAIT)
    consent = Consent(
        district.student(HANNAH),
        district.guardian(HANNAH_MOTHER),
        long_ago(district) - timedelta(days=1),
        "ink",
        purpose="news",
        parties=("public",),
    )
    choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    referral = referred(district, PORTRAIT)
    assert "CONSENT-DOUBTFUL" in referral.missing
    return referral


def long_ago(district: District) -> date:
    with district.services.store.reading() as unit:
        return unit.people.need(district.student(HANNAH)).opt_outs[0].since


def test_a_consent_that_the_family_says_stands_counts_from_that_day(district: District) -> None:
    stated = found(
        district, doubtful(district), FamilyAsked((district.student(HANNAH),), "stands", "letter of the mother")
    )
    assert stated.answer is not None
    assert stated.answer.decision.basis == {district.student(HANNAH): "EX3"}
    assert not stated.referral.is_open


def test_a_consent_that_the_family_takes_back_is_revoked(district: District) -> None:
    stated = found(district, doubtful(district), FamilyAsked((district.student(HANNAH),), "revoked", "by telephone"))
    assert stated.answer is not None
    assert "CONSENT-DOUBTFUL" not in [each.clause for each in stated.answer.decision.reasons]
    with district.services.store.reading() as unit:
        ((_, consent),) = unit.people.consents([district.student(HANNAH)])
    assert consent.revoked_on == TODAY


def test_an_opt_out_after_the_familys_word_is_asked_about_again(district: District) -> None:
    found(district, doubtful(district), FamilyAsked((district.student(HANNAH),), "stands", "letter of the mother"))
    tomorrow = replace(district, services=later(district.services, days=1))
    choices.opt_out(tomorrow.services, district.student(HANNAH), OptOut(TODAY + timedelta(days=1)), CUSTODIAN)
    choices.opt_in(tomorrow.services, district.student(HANNAH), TODAY + timedelta(days=2), None, CUSTODIAN, "by letter")
    assert "CONSENT-DOUBTFUL" in referred(tomorrow, PORTRAIT).missing


# What it takes on a recording for discipline


def test_on_a_discipline_recording_one_person_makes_nobody_a_parent(district: District) -> None:
    found(district, of(asked(district)), ParentVerified((district.student(HANNAH),), SEEN))
    looked(district, TEAM, official_uses=(OfficialUse("discipline"),))
    answer = asked(district)
    assert "EX2-RELATION" in of(answer).missing
    assert district.student(HANNAH) not in answer.decision.basis
    stated = found(district, of(answer), ParentVerified((district.student(HANNAH),), SEEN))
    assert stated.finding.state == "pending"
    done = approved(district, stated)
    assert done.answer is not None
    assert done.answer.decision.basis.get(district.student(HANNAH)) == "EX2"


def test_without_a_referral_a_second_person_states_the_same(district: District) -> None:
    student = district.student(OWEN)
    for by, user, counts in ((CUSTODIAN, ADA, False), (CUSTODIAN, ADA, False), (SECOND, BEN, True)):
        stated = state_guardianship(district.services, student, "m-ortiz", "guardian", SEEN, by, user)
        assert stated.guardianship.by_two is counts
    assert len(on_file(district, OWEN)) == 1


def test_no_name_stands_in_the_ledger(district: District) -> None:
    found(district, of(asked(district)), ParentVerified((district.student(HANNAH),), SEEN))
    told = repr(entries(district.services, "guardianship"))
    with district.services.store.reading() as unit:
        record = unit.people.need(district.student(HANNAH))
    assert record.id in told
    assert not any(name in told for name in (*record.names, record.roster_id))
