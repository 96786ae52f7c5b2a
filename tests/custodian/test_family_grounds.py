"""Which provisions withhold a record from its own family: one table, read as custodians cite the law."""

from __future__ import annotations

import pytest

from dam_plugin.custodian.family_grounds import GROUNDS, is_of_court_order, reach_of


@pytest.mark.parametrize(
    ("role", "provision", "reach"),
    [
        ("parent", "34 CFR 99.4", "by_right"),
        ("parent", "RSMo 452.375.11", "by_right"),
        ("parent", "34 CFR 99.4; RSMo 610.021(14)", "by_right"),
        ("eligible_student", "34 CFR 99.4", "nobody"),
        ("eligible_student", "34 CFR 99.12(b)(1)", "by_right"),
        ("parent", "34 CFR 99.12(b)", "nobody"),
        ("parent", "34 CFR 99.12(a)", "nobody"),
        ("parent", "34 CFR 99.3", "nobody"),
        ("parent", '34 CFR 99.3, "education records", (b)(3)', "by_right"),
        ("parent", "34 CFR 99.8; RSMo 610.100", "by_right"),
        ("parent", "34 CFR 99.31(c)", "by_right"),
        ("parent", "34 CFR 99.31(a)(9)", "nobody"),
        ("parent", "FERPA", "nobody"),
        ("parent", "20 U.S.C. 1232g", "nobody"),
        ("parent", "RSMo 610.021(18)", "nobody"),
        ("parent", "RSMo 610.021.1(1)", "advised"),
        ("parent", "RSMo 610.150", "nobody"),
        ("parent", "RSMo 210.150; RSMo 610.021(14)", "advised"),
        ("parent", "42 U.S.C. 5106a", "advised"),
        ("parent", "HIPAA", "advised"),
        ("parent", "the policy of the board", "nobody"),
    ],
)
def test_a_provision_reaches_a_family_or_does_not(role: str, provision: str, reach: str) -> None:
    found = reach_of([provision], role)
    told = {name for name in ("by_right", "advised", "nobody") if getattr(found, name)}
    assert told == {reach}


def test_610_021_14_alone_says_only_that_there_is_another_law() -> None:
    assert reach_of(["RSMo 610.021(14)"], "parent") == reach_of([], "parent")


def test_of_several_laws_in_one_text_each_is_read() -> None:
    found = reach_of(["34 CFR 99.4; 34 CFR 99.30"], "parent")
    assert (found.by_right, found.nobody) == (
        ("99.4 in '34 CFR 99.4; 34 CFR 99.30'",),
        ("99.30 in '34 CFR 99.4; 34 CFR 99.30'",),
    )


def test_every_ground_reaches_whom_its_own_row_says_as_it_is_cited() -> None:
    for each in GROUNDS:
        for role in each.reaches:
            found = reach_of([each.cited.partition("; ")[0].partition(" to ")[0]], role)
            assert (found.advised if each.advised else found.by_right) or "another law" in each.cited


@pytest.mark.parametrize(
    ("provision", "is_so"), [("RSMo 452.376", True), ("34 CFR 99.40", False), ("34 CFR 99.4", True)]
)
def test_a_court_order_is_known_by_its_provision(provision: str, is_so: bool) -> None:
    assert is_of_court_order(provision) is is_so
