"""A roster brings consents: one that can never count is not taken in, and the import says so of its row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY
from command_line import call
from district import NOAH, PRIYA, SOFIA, District

AS = ("--as", "custodian:records-office")
HEADER = "student_id,signed_by,signed_on,signature,authenticated,purpose,parties,assets,expires,revoked_on\n"
STRANGER = "no guardian with rights"


def imported(district: District, *rows: str, more: tuple[str, ...] = ()) -> str:
    path = district.folder / "roster" / "consents.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    ended = call("roster", "import", str(path.parent), *AS, *more)
    assert ended.code == 0, ended.text
    return " ".join(ended.text.split())


def on_file(district: District, student: str, signer: str) -> bool:
    told = call("student", "show", district.student(student), *AS, "--json").object()
    return district.services.pseudonyms.guardian(signer) in [each["signed_by"] for each in told["consents"]]


def row(
    student: str,
    signer: str,
    signed_on: str = str(TODAY),
    expires: str = "",
    revoked: str = "",
    parties: str = "public",
) -> str:
    return f"{student},{signer},{signed_on},ink,no,film,{parties},,{expires},{revoked}"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        pytest.param(row(NOAH, "G-9999"), STRANGER, id="by a stranger"),
        pytest.param(row(SOFIA, "G-2631"), "the student holds the rights now", id="by a parent of a grown student"),
        pytest.param(row(NOAH, "G-2701", str(TODAY + timedelta(days=9))), "still to come", id="dated later"),
        pytest.param(
            row(NOAH, "G-2701", expires=str(TODAY - timedelta(days=9))), "before it was signed", id="ends before it"
        ),
        pytest.param(
            row(NOAH, "G-2701", parties="jostens;public:kspr"),
            "write the id alone: kspr; or the role alone: public",
            id="a party with its role",
        ),
    ],
)
def test_a_consent_that_can_never_count_is_left_out_and_its_row_is_told(district: District, bad: str, why: str) -> None:
    student, signer = bad.split(",")[:2]
    for more in (("--dry-run",), ()):
        told = imported(district, row(PRIYA, "G-2451"), bad, more=more)
        assert "note: consents.csv:3 (" in told
        assert district.student(student) in told
        assert "was not recorded, since it could never count" in told
        assert why in told
        assert "consents.csv:2" not in told
    assert on_file(district, PRIYA, "G-2451")
    assert not on_file(district, student, signer) or signer == "G-2701"


@pytest.mark.parametrize(
    ("party", "written"),
    [
        pytest.param("public:kspr", "write the id alone: kspr; or the role alone: public", id="an id"),
        pytest.param(
            "Law Enforcement: desk-7", "the id alone: desk-7; or the role alone: law_enforcement", id="in words"
        ),
        pytest.param("court:", "the id alone, without 'court:'; or the role alone: court", id="no id"),
        pytest.param("parent:Noah", "the id alone, without 'parent:'; or the role alone: parent", id="a family"),
    ],
)
def test_a_party_that_is_written_with_its_role_is_refused(district: District, party: str, written: str) -> None:
    noah, signer = district.student(NOAH), district.services.pseudonyms.guardian("G-2701")
    signed = ("--signed-by", signer, "--signed-on", str(TODAY), "--proof", "folder 7", *AS)
    added = call("consent", "add", noah, "--purpose", "film", "--party", "jostens", "--party", party, *signed)
    assert (added.code, written in added.err) == (1, True), added.text
    assert not on_file(district, NOAH, "G-2701")
    file = district.folder / "signed.csv"
    file.write_text(f"{HEADER}{row(NOAH, 'G-2701', parties=party)}\n", encoding="utf-8")
    imported_alone = call("consent", "import", str(file), *AS)
    assert (imported_alone.code, written in imported_alone.err) == (1, True), imported_alone.text
    assert not on_file(district, NOAH, "G-2701")


def test_a_party_with_a_colon_of_its_own_is_taken(district: District) -> None:
    noah, signer = district.student(NOAH), district.services.pseudonyms.guardian("G-2701")
    signed = ("--signed-by", signer, "--signed-on", str(TODAY), "--proof", "folder 7", *AS)
    assert call("consent", "add", noah, "--purpose", "film", "--party", "kspr:tv", *signed).code == 0


def test_the_opt_outs_beside_such_a_consent_are_imported(district: District) -> None:
    with (district.folder / "roster" / "opt_outs.csv").open("a", encoding="utf-8") as file:
        file.write(f"{NOAH},{TODAY},,film\n")
    assert STRANGER in imported(district, row(PRIYA, "G-9999"))
    assert call("student", "show", district.student(NOAH), *AS, "--json").object()["opt_outs"]


def test_who_was_stated_by_hand_to_be_a_guardian_signs(district: District) -> None:
    person = district.services.pseudonyms.guardian("G-9999")
    stated = call("student", "guardian", "verify", district.student(NOAH), person, "--seen", "a birth certificate", *AS)
    assert stated.code == 0, stated.text
    assert "could never count" not in imported(district, row(NOAH, "G-9999"))
    assert on_file(district, NOAH, "G-9999")


def test_a_consent_that_was_taken_back_and_one_that_a_new_file_revokes_are_no_mistakes(district: District) -> None:
    assert "could never count" not in imported(
        district, row(NOAH, "G-9999", str(TODAY - timedelta(days=30)), revoked=str(TODAY))
    )
    assert on_file(district, NOAH, "G-9999")
