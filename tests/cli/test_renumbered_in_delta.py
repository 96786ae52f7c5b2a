"""A delta that deletes a student and adds the same one under a new number is asked about where the family said no."""

from __future__ import annotations

from pathlib import Path

import pytest
from clock import TODAY
from command_line import call
from district import NOAH, District
from made_rosters import USERS_11, manifest, table, user, zipped

from dam_plugin.custodian.choices import opt_out
from dam_plugin.model import Actor, OptOut

AS = ("--as", "custodian:records-office")


def of_changes(district: District, *rows: dict[str, str]) -> str:
    files = {"manifest.csv": manifest(users="delta"), "users.csv": table(USERS_11, rows)}
    return str(zipped(district.folder / "changes.zip", files))


@pytest.mark.parametrize("family", ["same", "Whitman"])
def test_it_is_asked_for(district: District, family: str) -> None:
    noah = district.student(NOAH)
    opt_out(district.services, noah, OptOut(TODAY), Actor("custodian", "x"))
    names = call("student", "show", noah, "--json").object()["names"][0].split()
    new = names[-1] if family == "same" else family
    rows = (
        user(NOAH, "student", names[0], names[-1], status="tobedeleted"),
        user("900001", "student", names[0], new, status="active"),
    )
    refused = call("roster", "import", of_changes(district, *rows), *AS)
    assert (refused.code, "--carry-opt-outs" in refused.err) == (1, True), refused.text


def test_it_is_asked_for_beside_a_file_of_answers(district: District) -> None:
    noah = district.student(NOAH)
    names = call("student", "show", noah, "--json").object()["names"][0].split()
    Path("choices.csv").write_text(f"id,photo\n{NOAH},N\n", "utf-8")
    Path("map.yaml").write_text(
        "opt_outs: {file: choices.csv, student_id: id, matches: sourcedId, not_listed: permitted, columns: [{column: photo, "
        "opted_out: [N], permitted: [Y]}]}\n",
        "utf-8",
    )
    rows = (
        user(NOAH, "student", names[0], names[-1], status="tobedeleted"),
        user("900001", "student", names[0], names[-1], status="active"),
    )
    first = of_changes(district, user(NOAH, "student", names[0], names[-1], status="active"))
    done = call("roster", "import", first, "--mapping", "map.yaml", "--confirm", *AS)
    assert done.code == 0, done.text
    assert call("student", "show", noah, "--json").object()["opt_outs"]
    refused = call("roster", "import", of_changes(district, *rows), "--mapping", "map.yaml", *AS)
    assert (refused.code, "--carry-opt-outs" in refused.err) == (1, True), refused.text
