"""Laws of rights and evidence: evidence never makes an answer stricter, and a right of one's own never gives less."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from case_builder import a_case, a_fight, a_portrait
from laws import (
    Raw,
    any_student,
    deciding,
    decision_on,
    directly_related,
    law,
    released,
    with_evidence,
    with_share,
    with_student,
)

from dam_plugin.model import Outcome

# Evidence


def _block(evidence: Raw, name: str) -> Raw:
    evidence[name] = evidence[name] or {}
    block: Raw = evidence[name]
    return block


def _official(evidence: Raw) -> None:
    evidence.update(legitimate_interest=True, records_authorized=True)


def _interest(evidence: Raw) -> None:
    evidence["legitimate_interest"] = True


def _authorized(evidence: Raw) -> None:
    evidence["records_authorized"] = True


def _certified(evidence: Raw) -> None:
    _block(evidence, "pre_adjudication")["certified"] = True


def _order(evidence: Raw) -> None:
    _block(evidence, "order").setdefault("kind", "subpoena")


def _verified(evidence: Raw) -> None:
    _block(evidence, "order")["verified"] = True


def _unannounced(evidence: Raw) -> None:
    _block(evidence, "order")["notice_required"] = False


def _responsible(evidence: Raw) -> None:
    welfare = _block(evidence, "child_welfare")
    welfare["ground"] = welfare.get("ground") or "legal_responsibility"


def _reported(evidence: Raw) -> None:
    _block(evidence, "child_welfare")["ground"] = "mandated_report"


def _needs(evidence: Raw) -> None:
    _block(evidence, "emergency")["recipient_needs_it"] = True


def _threat(evidence: Raw) -> None:
    _block(evidence, "emergency")["threat"] = "words"


def _student_in(block: str, key: str, student: str) -> Callable[[Raw], None]:
    def add(evidence: Raw) -> None:
        holder = _block(evidence, block)
        holder[key] = [*(holder.get(key) or []), student]

    return add


ADDITIONS = (
    _official, _interest, _authorized, _certified, _order, _verified, _unannounced, _responsible, _reported, _needs, _threat,
)  # fmt: skip


def _additions(raw: Raw, chance: random.Random) -> list[Callable[[Raw], None]]:
    """Return everything that may be added to the evidence of a case, the lists of students by one of its own."""
    student = any_student(raw, chance)
    if student is None:
        return list(ADDITIONS)
    lists = (
        ("pre_adjudication", "students"),
        ("order", "notified"),
        ("child_welfare", "students"),
        ("dependent", "students"),
    )
    return [*ADDITIONS, *(_student_in(block, key, student) for block, key in lists)]


@law
def test_no_piece_of_evidence_makes_the_answer_stricter(raw: Raw, chance: random.Random) -> None:
    before = decision_on(raw)
    for add in _additions(raw, chance):
        after = decision_on(with_evidence(raw, add))
        assert after.outcome <= before.outcome, (add.__name__, before, after)


@law
def test_pieces_of_evidence_together_never_make_the_answer_stricter(raw: Raw, chance: random.Random) -> None:
    additions = _additions(raw, chance)
    chosen = chance.sample(additions, chance.randint(2, len(additions)))
    assert decision_on(with_evidence(raw, *chosen)).outcome <= decision_on(raw).outcome


@law
def test_evidence_never_hides_more(raw: Raw, chance: random.Random) -> None:
    before = decision_on(raw)
    for add in _additions(raw, chance):
        after = decision_on(with_evidence(raw, add))
        if before.outcome is after.outcome is Outcome.REDACT:
            assert set(after.redact) <= set(before.redact), add.__name__


@law
def test_taking_all_evidence_away_never_releases(raw: Raw, chance: random.Random) -> None:
    before, after = decision_on(raw), decision_on(with_share(raw, evidence=None))
    assert before.outcome <= after.outcome


ONES_OWN = {
    "legitimate_interest": ("school_official",),
    "records_authorized": ("school_official",),
    "pre_adjudication": ("juvenile_office", "law_enforcement"),
    "child_welfare": ("childrens_division",),
    "dependent": ("parent",),
}


@law
def test_evidence_that_is_for_another_role_does_not_matter(raw: Raw, chance: random.Random) -> None:
    role, evidence = raw["share"]["recipient"]["role"], raw["share"]["evidence"]
    kept = {key: None if role not in ONES_OWN.get(key, (role,)) else value for key, value in evidence.items()}
    assert decision_on(with_share(raw, evidence=kept)) == decision_on(raw)


# Rights of one's own


def as_a_stranger(raw: Raw) -> Raw:
    """Return the same request by somebody whom no consent names."""
    return with_share(raw, recipient={"role": "public", "id": "stranger"})


@law
def test_nobody_gets_a_stricter_answer_than_a_stranger(raw: Raw, chance: random.Random) -> None:
    if raw["share"]["kind"] == "request":
        mine, theirs = decision_on(raw), decision_on(as_a_stranger(raw))
        assert mine.outcome <= theirs.outcome, (mine, theirs)


@law
def test_a_parent_or_eligible_student_never_gets_less_than_a_stranger(raw: Raw, chance: random.Random) -> None:
    role = chance.choice(["parent", "eligible_student"])
    ids = [row["id"] for row in raw["students"]]
    who = chance.choice(["p1", "p2", None] if role == "parent" else [*ids, None])
    asked = with_share(raw, kind="request", recipient={"role": role, "id": who})
    mine, theirs = decision_on(asked), decision_on(as_a_stranger(asked))
    assert mine.outcome <= theirs.outcome, (mine, theirs)


@law
def test_nobody_has_more_hidden_from_them_than_from_a_stranger(raw: Raw, chance: random.Random) -> None:
    """Where every consent names the public: one that names a party is another person's consent, see below."""
    if raw["share"]["kind"] != "request":
        return
    asked = {**raw, "consents": [{**each, "parties": ["public"]} for each in raw["consents"]]}
    mine, theirs = decision_on(asked), decision_on(as_a_stranger(asked))
    if mine.outcome is theirs.outcome is Outcome.REDACT:
        assert set(mine.redact) <= set(theirs.redact), (mine, theirs)


def test_a_stranger_whom_a_consent_names_may_get_more_than_a_parent() -> None:
    """Limited: a valid consent asks that "`parties` hold the recipient's id, its role, or `public`"."""
    case = a_portrait().not_directory().consent("s1", parties=["asker"])
    assert case.to("public", "asker").outcome() == "allow"
    assert case.to("parent", "p2").outcome() == "deny"


def test_a_parent_may_have_more_hidden_than_a_stranger_by_a_consent_that_names_parents() -> None:
    """Limited: "A consent may hide more: plan `C` covers bystanders, `N` does not. That is meant"."""
    case = a_portrait().shows("s4").shows("s2", "incidental").shows("s3", "incidental").not_directory().redactable()
    case = case.consent("s4", parties=["parent"])
    assert case.to("public", "asker").decide().redact == ("s1", "s4")
    assert case.to("parent", "p9").decide().redact == ("s1", "s2", "s3")


@law
def test_a_child_without_this_guardian_never_gives_a_parent_more(raw: Raw, chance: random.Random) -> None:
    if student := any_student(raw, chance):
        before, after = decision_on(raw), decision_on(with_student(raw, student, guardians=[]))
        assert before.outcome <= after.outcome


# Who asks, and how


@law
def test_media_staff_release_nothing_that_a_custodian_would_not(raw: Raw, chance: random.Random) -> None:
    by_staff = decision_on(with_share(raw, actor={"role": "media_staff"}))
    by_custodian = decision_on(with_share(raw, actor={"role": "custodian"}))
    if released(by_staff):
        assert (by_custodian.outcome, by_custodian.redact) == (by_staff.outcome, by_staff.redact) or (
            by_custodian.outcome is Outcome.ALLOW
        )


def test_what_a_custodian_denies_media_staff_refer() -> None:
    """Limited to releases: step 4 refers every request of media staff, before step 12 denies."""
    assert a_portrait().not_directory().by("custodian").outcome() == "deny"
    assert a_portrait().not_directory().by("media_staff").outcome() == "refer"


@law
def test_a_publication_is_never_looser_than_a_custodians_answer_to_a_stranger_who_names_nobody_in_the_crowd(
    raw: Raw, chance: random.Random
) -> None:
    published = with_share(raw, kind="publication", recipient={"role": "public", "id": None})
    asked = with_share(published, kind="request", actor={"role": "custodian"})
    answer = decision_on(asked)
    if deciding(answer) == "NAMED-IN-CROWD":
        crowd = [each for each in raw["share"]["names"] if each not in directly_related(raw)]
        answer = decision_on(with_share(asked, names=[each for each in raw["share"]["names"] if each not in crowd]))
        assert crowd
    assert answer.outcome <= decision_on(published).outcome


def test_a_name_in_the_crowd_is_a_question_in_a_request_alone() -> None:
    """Limited: asked for by name, "in allow or redact by steps 6 to 11 for a `request`"."""
    case = a_case().shows("s1", "incidental").opted_out("s1").share(names=["s1"])
    assert case.clauses() == ["NAMED-IN-CROWD"]
    assert case.published().outcome() == "allow"


@pytest.mark.parametrize(("kind", "outcome"), [("request", "refer"), ("publication", "deny")])
def test_an_unreviewed_meaning_is_a_question_in_a_request_alone(kind: str, outcome: str) -> None:
    """Limited, and stricter only: `REDACT-MEANING` asks that "`kind` is `request`"."""
    assert a_fight().asset(redactable=True).share(kind=kind).outcome() == outcome


@law
def test_a_referral_is_decided_by_a_clause_that_a_person_can_act_on(raw: Raw, chance: random.Random) -> None:
    decision = decision_on(raw)
    if decision.outcome is Outcome.REFER:
        assert deciding(decision) in (
            "CUSTODIAN", "HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON", "LEGALITY", "REDACT-UNABLE", "REDACT-NAMED",
            "REDACT-MEANING", "NAMED-IN-CROWD", "EX7-NOTICE", "PREADJ-CERTIFICATION", "RIGHTS-TRANSFERRED",
            "HOLD-UNCLASSIFIED", "CONSENT-DOUBTFUL", "CLOSED-CONSENT", "EX2-RELATION",
        )  # fmt: skip
