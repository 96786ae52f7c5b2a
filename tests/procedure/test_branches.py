"""What a case exercises is what its answer rests on: nothing of it counts that a deciding step never looked at."""

from __future__ import annotations

from case_builder import CaseBuilder, a_fight, a_portrait
from case_strategies import random_cases

from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.coverage import NEAR, all_branches, branches_of, clause_sides
from dam_plugin.procedure.decide import Trace, trace
from dam_plugin.procedure.ruling_sides import SIDES, sides_of
from dam_plugin.procedure.rulings import RULINGS


def walked(case: CaseBuilder) -> Trace:
    return trace(parse_case(case.raw()))


def full_of_people() -> CaseBuilder:
    """Return a case with an opted-out student, a consent that fails, and a notice of long ago."""
    case = a_portrait().opted_out("s1").consent("s1", purpose="yearbook")
    return case.district(directory_notice="2020-08-20").used_for("discipline")


def test_a_case_decided_by_the_first_step_exercises_the_first_step_alone() -> None:
    way = walked(full_of_people().asset(maintained_by="other"))
    assert clause_sides(way) == {"SCOPE": True}
    assert sides_of(way) == {"not-ours": True}
    assert branches_of(way) == {
        "step 1: Is it maintained by somebody else than the district? Yes",
        "basis: SCOPE",
        "not recorded: released",
        "SCOPE for anybody",
    }


def test_a_hold_exercises_no_age_no_opt_out_no_consent_and_no_route() -> None:
    taken = branches_of(walked(full_of_people().asset(tagging="pending")))
    assert not [
        each for each in taken if each.startswith(("student:", "opt-out:", "consent:", "directory route:", "plan"))
    ]


def test_a_denial_exercises_what_stands_in_its_way() -> None:
    taken = branches_of(walked(full_of_people()))
    assert {"opt-out: in force", "consent: it is for another purpose", "directory route: closed by EX4-NOTICE"} <= taken


def test_a_use_that_names_everybody_is_not_about_whomever_it_does_not_name() -> None:
    assert sides_of(walked(a_fight()))["discipline-whomever"] is False
    assert sides_of(walked(a_fight().shows("s3")))["discipline-whomever"] is True


def test_a_use_that_names_nobody_bears_on_who_is_related_by_it_alone() -> None:
    assert sides_of(walked(a_portrait().used_for("victim")))["use-of-nobody"] is False
    assert sides_of(walked(a_portrait().shows("s2", "incidental").used_for("victim")))["use-of-nobody"] is True


def test_an_open_question_turns_a_denial_and_nothing_else() -> None:
    police = a_fight().redactable("destroyed").to("law_enforcement")
    police.evidence(pre_adjudication={"students": ["s1"], "certified": True})
    assert "open-question" not in sides_of(walked(police))
    assert sides_of(walked(a_fight().knows("s1", born="2007-05-01").to("parent", "p1")))["open-question"] is True


def test_every_clause_and_every_ruling_can_be_weighed() -> None:
    assert set(NEAR) == set(CLAUSES)
    assert set(SIDES) == set(RULINGS)


def test_generated_cases_take_no_branch_that_is_not_listed() -> None:
    listed = all_branches()
    assert len(listed) == len(set(listed))
    taken = {branch for raw in random_cases(3_000, seed=5) for branch in branches_of(trace(parse_case(raw)))}
    assert taken <= set(listed)
