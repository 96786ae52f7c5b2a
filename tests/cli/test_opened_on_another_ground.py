"""An opening stands in the record on the ground that it was opened on, which may be another one than that of the share."""

from __future__ import annotations

from pathlib import Path

from command_line import call
from district import CUSTODIAN, INES, District

from dam_plugin.gate.open_link import open_link
from dam_plugin.model import Recipient

KEY = "portraits/portrait-0420.jpg"
AS = ("--as", "custodian:records-office")


def grounds(district: District) -> list[tuple[str, str]]:
    lines = call("ledger", "student", district.student(INES), *AS, "--json").objects()
    return [(each["what"], each["grounds"]) for each in lines if each["what"] in ("asked", "opened")]


def without(district: District, row: str) -> None:
    """Import the roster again without a guardian."""
    (path,) = district.folder.rglob("guardians.csv")
    text = path.read_text(encoding="utf-8")
    path.write_text("".join(each for each in text.splitlines(keepends=True) if not each.startswith(row)), "utf-8")
    imported = call("roster", "import", str(Path(path).parent), *AS)
    assert imported.code == 0, imported.text


def test_who_is_a_guardian_no_more_opened_it_as_anybody_may(district: District) -> None:
    district.upload(KEY)
    father = Recipient("parent", district.guardian("G-2112"))
    answer = district.share(KEY, kind="request", purpose="inspection", actor=CUSTODIAN, recipient=father)
    token = answer.token or ""
    assert open_link(district.services, token).url is not None
    without(district, "104211,G-2112")
    assert open_link(district.services, token).url is not None
    (asked, first, second) = grounds(district)
    assert ["EX2" in str(each[1]) for each in (asked, first, second)] == [True, True, False]
    assert "EX4" in str(second[1])
