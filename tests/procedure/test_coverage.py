"""What cases exercise, counted by clause, by ruling and by branch, and what none of them does."""

from __future__ import annotations

import pytest
from case_builder import CaseBuilder, a_case, a_portrait

from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.coverage import Coverage, Tally, all_branches, clauses_under
from dam_plugin.procedure.decide import trace
from dam_plugin.procedure.rulings import RULINGS

POLICE = a_portrait().not_directory().consent("s1").to("law_enforcement")


def covered_by(*built: CaseBuilder) -> Coverage:
    coverage = Coverage()
    for each in built:
        coverage.count(trace(parse_case(each.raw())))
    return coverage


def test_no_case_covers_nothing() -> None:
    coverage = covered_by()
    assert list(coverage.gaps_by_clause()) == [f"{clause}: never exercised" for clause in clauses_under()]
    assert list(coverage.gaps_by_ruling()) == [f"{ruling}: never exercised" for ruling in RULINGS]
    assert list(coverage.gaps_by_branch()) == [f"{branch}: never exercised" for branch in all_branches()]
    assert not coverage.is_full


def test_a_clause_counts_the_cases_for_it_against_it_and_those_it_decided() -> None:
    ours = a_portrait()
    theirs = a_portrait().asset(maintained_by="other")
    assert covered_by(ours, theirs, theirs).clauses["SCOPE"] == Tally(2, 1, 2)


def test_a_clause_among_other_reasons_decided_nothing() -> None:
    opted_out_crowd = a_case().shows("s1", "incidental").opted_out("s1")
    coverage = covered_by(opted_out_crowd)
    assert coverage.clauses["EX4-CROWD"] == Tally(1, 0, 0)
    assert coverage.clauses["OPEN-UNRELATED"].decided == 1


def test_a_ruling_counts_the_cases_on_either_side() -> None:
    coverage = covered_by(a_portrait(), a_portrait().asset(maintained_by="other"))
    assert coverage.rulings["not-ours"] == Tally(1, 1)


@pytest.mark.parametrize(
    ("tally", "gap"),
    [
        (Tally(0, 0), "never exercised"),
        (Tally(2, 0), "no case against"),
        (Tally(0, 2), "no case for"),
        (Tally(1, 1), ""),
    ],
)
def test_a_gap_says_what_is_lacking(tally: Tally, gap: str) -> None:
    assert (tally.gap, tally.whole) == (gap, not gap)


def test_a_branch_that_a_case_took_is_no_gap() -> None:
    gap = "EX3 for police: never exercised"
    assert gap in list(covered_by(a_portrait()).gaps_by_branch())
    assert gap not in list(covered_by(POLICE).gaps_by_branch())


def test_the_sum_counts_clauses_and_rulings_with_both_sides_and_branches_taken() -> None:
    coverage = covered_by(a_portrait(), a_portrait().asset(maintained_by="other"))
    clauses = sum(each.whole for each in coverage.clauses.values())
    rulings = sum(each.whole for each in coverage.rulings.values())
    taken = len(all_branches()) - len(coverage.never)
    assert min(clauses, rulings, taken) > 0
    assert coverage.summed() == (
        f"clauses {clauses} of {len(clauses_under())}, rulings {rulings} of {len(RULINGS)}, "
        f"branches {taken} of {len(all_branches())}"
    )


def test_as_plain_data_it_names_every_clause_every_ruling_and_what_was_never_taken() -> None:
    coverage = covered_by(POLICE)
    plain = coverage.plain()
    assert set(plain) == {"clauses", "rulings", "branches"}
    assert list(plain["clauses"]) == list(clauses_under())
    assert plain["clauses"]["EX3"] == {"for": 1, "against": 0, "decided": 1}
    assert list(plain["rulings"]) == list(RULINGS)
    assert plain["rulings"]["not-ours"] == {"for": 0, "against": 1}
    assert plain["branches"] == {
        "exercised": len(all_branches()) - len(coverage.never),
        "of": len(all_branches()),
        "never": list(coverage.never),
    }


def test_the_same_case_again_covers_no_more() -> None:
    assert covered_by(POLICE, POLICE).summed() == covered_by(POLICE).summed()
