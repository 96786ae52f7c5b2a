"""`roster import`, `student …`, `consent …`."""

from __future__ import annotations

from datetime import date, timedelta

import clock
import pytest
from command_line import Called, call
from district import (
    CROWD,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    PORTRAIT,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    District,
)
from protected_students import protect
from sets_on_file import locked_set, made_set

from dam_plugin.cli.demo.samples import sample_folder

PUBLICATION = ("--to", "public", "--purpose", "website", "--kind", "publication", "--json")
# What the custodian says with an end of an opt-out, and with a consent.
ENDS = ("--why", "a letter of the family", "--as", "custodian:c")
PROVEN = ("--proof", "folder 7", "--as", "custodian:c")
TODAY = clock.TODAY.isoformat()


def add_consent(district: District, student: str, signed_by: str, **changes: str) -> str:
    options = {
        "purpose": "website",
        "signed-by": signed_by,
        "signed-on": TODAY,
        "party": "public",
        "proof": "folder 3",
        "as": "custodian:c",
    } | changes
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    ended = call("consent", "add", student, *arguments, "--json")
    assert ended.code == 0, ended.err
    return str(ended.object()["consent"])


def test_a_dry_run_says_what_an_import_would_change_and_changes_nothing(district: District) -> None:
    roster = district.folder / "roster" / "students.csv"
    lines = roster.read_text(encoding="utf-8").splitlines()
    roster.write_text("\n".join([*lines, lines[1].replace("104203", "999999").replace("Okafor", "Newcomer")]) + "\n")
    assert call("roster", "import", "roster", "--dry-run", "--json").object()["added"] == 1
    ended = call("roster", "import", "roster", "--dry-run")
    assert ended.out.splitlines()[:1] == ["this is the plugin's own CSV"]
    assert "\nstudents: 1 would be added, 0 changed, 13 unchanged" in ended.out
    assert call("student", "find", "Newcomer", "--json").objects() == []
    assert call("roster", "import", "roster", "--as", "custodian:c", "--json").object()["added"] == 1
    assert len(call("student", "find", "Newcomer", "--json").objects()) == 1


def test_an_import_says_what_it_changed(district: District) -> None:
    ended = call("roster", "import", "roster")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "this is the plugin's own CSV",
        "students: 0 were added, 0 changed, 13 unchanged, 0 left; 0 opt-out(s) and 0 consent(s) new or changed",
        "tagged again: 0",
        "closed links: 0",
    ]


def test_a_roster_with_mistakes_is_not_imported(district: District) -> None:
    (district.folder / "roster" / "students.csv").write_text("nonsense\n", encoding="utf-8")
    ended = call("roster", "import", "roster")
    assert (ended.code, ended.out) == (1, "")
    assert "students.csv:1" in ended.err


@pytest.mark.parametrize("text", ["lindq", "LINDQVIST", "104217"])
def test_a_student_is_found_by_part_of_a_name_or_by_number(district: District, text: str) -> None:
    (found,) = call("student", "find", text, "--json").objects()
    assert (found["id"], found["names"][0]) == (district.student(HANNAH), "Hannah Lindqvist")
    assert district.student(HANNAH) in call("student", "find", text).out


def test_nobody_found_is_said(district: District) -> None:
    assert call("student", "find", "zzz").out == "Students: none\n"
    assert call("student", "find", "zzz", "--json").out == ""


def test_markup_in_a_name_is_shown_as_text(district: District) -> None:
    roster = district.folder / "roster" / "students.csv"
    roster.write_text(roster.read_text(encoding="utf-8").replace("Lindqvist", "[red]Lindqvist"), encoding="utf-8")
    assert call("roster", "import", "roster").code == 0
    assert "Hannah [red]Lindqvist" in call("student", "find", "Hannah").out


def test_a_student_is_shown_with_guardians_and_choices(district: District) -> None:
    sofia = district.student(SOFIA)
    made = call("student", "show", sofia, "--json").object()
    assert made["names"][0] == "Sofia Petrova"
    assert [each["purpose"] for each in made["consents"]] == ["yearbook"]
    out = call("student", "show", sofia).out
    for title in ("Guardians", "Opt-outs: none", "Consents", "Who holds the rights today: the student"):
        assert title in out
    assert "Who holds the rights today" not in call("student", "show", district.student(INES)).out


@pytest.mark.parametrize("command", [("show",), ("opt-out",), ("opt-in", *ENDS)], ids=lambda each: each[0])
def test_an_unknown_student_is_an_error(district: District, command: tuple[str, ...]) -> None:
    ended = call("student", command[0], "S-NOBODY", *command[1:])
    assert (ended.code, ended.out) == (1, "")
    assert "look the id up with `dam-plugin student find`" in ended.err


def test_an_opt_out_closes_links_and_an_opt_in_ends_it(district: District) -> None:
    ines = district.student(INES)
    district.upload(TEAM)
    district.share(TEAM)
    ended = call("student", "opt-out", ines)
    lines = ended.out.splitlines(keepends=True)
    # What the district itself published has its own tests.
    assert lines.pop(2).startswith(f"Still published: {TEAM}, which shows {ines}, for 'website'")
    assert "".join(lines) == (
        "recorded; 1 link(s) closed. What was downloaded or printed before is out of reach.\n"
        "1 copy is on hold: a bucket that `dam-plugin policy apply` guards refuses URLs handed out before.\n"
        f"By the family's answers, {ines} may not be shown as directory information anywhere, the yearbook included.\n"
    )
    assert ines in call("share", TEAM, *PUBLICATION).object()["redact"]
    assert call("student", "opt-in", ines, *ENDS).out == (
        f"1 opt-out(s) ended today\nBy the family's answers, {ines} may be in the yearbook, and shown as directory information "
        "for every other purpose.\n"
    )
    assert ines not in call("share", TEAM, *PUBLICATION).object()["redact"]


def test_an_opt_in_without_an_opt_out_is_an_error(district: District) -> None:
    hannah = district.student(HANNAH)
    assert call("student", "opt-in", hannah, *ENDS, "--json").object() == {
        "ended": 1,
        "others": [],
        "asked_by_student": False,
        "choices": f"By the family's answers, {hannah} may be in the yearbook, and shown as directory information for every "
        "other purpose.",
    }
    ended = call("student", "opt-in", district.student(HANNAH), *ENDS)
    assert (ended.code, ended.out) == (1, "")
    assert "has no open opt-out to end" in ended.err


@pytest.mark.parametrize("missing", ["--as", "--why"])
def test_who_ends_an_opt_out_is_the_custodian_and_says_why(district: District, missing: str) -> None:
    said = {"--why": "a letter", "--as": "designee:d"}
    said |= {"--as": "media_staff:m"} if missing == "--as" else {"--why": " "}
    ended = call("student", "opt-in", district.student(HANNAH), *(part for pair in said.items() for part in pair))
    assert (ended.code, ended.out) == (1, "")
    assert ("only the records custodian" if missing == "--as" else "say why the opt-out ends") in ended.err
    with district.services.store.reading() as unit:
        assert [each.ended for each in unit.people.opt_outs(district.student(HANNAH))] == [None]


@pytest.mark.parametrize("changes", [{"as": "media_staff:m"}, {"proof": " "}], ids=["media staff", "no proof"])
def test_a_consent_is_the_custodians_and_has_a_proof(district: District, changes: dict[str, str]) -> None:
    hannah = district.student(HANNAH)
    options = {
        "purpose": "website",
        "signed-by": district.guardian(HANNAH_MOTHER),
        "signed-on": TODAY,
        "party": "public",
    }
    said = options | {"proof": "folder 3", "as": "custodian:c"} | changes
    ended = call("consent", "add", hannah, *(part for name, value in said.items() for part in (f"--{name}", value)))
    assert (ended.code, ended.out) == (1, "")
    with district.services.store.reading() as unit:
        assert unit.people.consents([hannah]) == []


def test_an_opt_out_can_be_for_one_purpose(district: District) -> None:
    ines = district.student(INES)
    district.upload(TEAM)
    call("student", "opt-out", ines, "--purpose", "yearbook", "--since", TODAY, "--as", "custodian:c")
    assert ines not in call("share", TEAM, *PUBLICATION).object()["redact"]
    yearbook = [each.replace("website", "yearbook") for each in PUBLICATION]
    assert ines in call("share", TEAM, *yearbook).object()["redact"]


def test_an_opt_out_as_json_names_the_links_it_closed(district: District) -> None:
    district.upload(TEAM)
    link = district.share(TEAM).link
    assert link is not None
    assert call("student", "opt-out", district.student(INES), "--json").object()["closed"] == [link.id]


@pytest.mark.parametrize("command", [("opt-out",), ("opt-in", *ENDS)], ids=lambda each: each[0])
@pytest.mark.parametrize("purpose", ["", "  "])
def test_a_blank_purpose_is_no_purpose(district: District, command: tuple[str, ...], purpose: str) -> None:
    ended = call("student", command[0], district.student(INES), *command[1:], "--purpose", purpose)
    assert ended.code == 2
    assert "--purpose must not be blank" in ended.err


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow", "01/09/2026"])
def test_a_day_is_written_one_way(district: District, day: str) -> None:
    ended = call("student", "opt-out", district.student(INES), "--since", day)
    assert ended.code == 2
    assert f"'{day}' is not a day; write it as YYYY-MM-DD" in ended.err


def test_a_consent_opens_what_an_opt_out_closed_until_it_is_revoked(district: District) -> None:
    hannah = district.student(HANNAH)
    district.upload(PORTRAIT)
    guardian = call("student", "show", hannah, "--json").object()["guardians"][0]
    consent = add_consent(district, hannah, guardian, proof="folder 7", expires="2199-01-01")
    made = call("share", PORTRAIT, *PUBLICATION).object()
    assert (made["outcome"], made["reasons"][0]["clause"]) == ("allow", "EX3")
    ended = call("consent", "revoke", consent, "--json")
    assert ended.object()["closed"] == [made["link"]]
    assert call("share", PORTRAIT, *PUBLICATION).object()["outcome"] == "deny"


def test_a_revoked_consent_says_what_stays_public_without_it_and_how_to_say_no_to_that(district: District) -> None:
    ines = district.student(INES)
    district.upload(TEAM)
    guardian = call("student", "show", ines, "--json").object()["guardians"][0]
    consents = [add_consent(district, ines, guardian) for _ in range(3)]
    assert call("share", TEAM, *PUBLICATION).object()["basis"][ines] == "EX4"
    told = call("consent", "revoke", consents[0]).out
    assert f"1 open link(s), of them 1 publication(s), still show {ines} as directory information" in told
    assert f"dam-plugin student opt-out {ines} --as custodian:NAME" in told
    left = call("consent", "revoke", consents[1], "--json").object()["on_directory"]
    assert (len(left["links"]), left["publications"], left["opted_out"]) == (1, 1, False)
    assert call("student", "opt-out", ines, "--as", "custodian:c").code == 0
    assert "which needs no consent" not in call("consent", "revoke", consents[2]).out


def test_of_a_protected_student_nothing_is_said_to_be_public_without_a_consent(district: District) -> None:
    ines = district.student(INES)
    guardian = call("student", "show", ines, "--json").object()["guardians"][0]
    consents = [add_consent(district, ines, guardian) for _ in range(2)]
    assert "which needs no consent" in call("consent", "revoke", consents[0]).out
    with district.services.store.writing() as unit:
        unit.people.mark_protected(ines, "other", district.services.now())
    done = call("consent", "revoke", consents[1])
    assert (done.code, "which needs no consent" in done.out) == (0, False)


def test_a_consent_can_be_for_one_recording(district: District) -> None:
    hannah = district.student(HANNAH)
    for key in (PORTRAIT, CROWD):
        district.upload(key)
    guardian = call("student", "show", hannah, "--json").object()["guardians"][0]
    add_consent(district, hannah, guardian, key=CROWD)
    assert call("share", PORTRAIT, *PUBLICATION).object()["outcome"] == "deny"
    add_consent(district, hannah, guardian, key=PORTRAIT)
    assert call("share", PORTRAIT, *PUBLICATION).object()["outcome"] == "allow"


def test_a_consent_is_recorded_in_words_too(district: District) -> None:
    arguments = ("--purpose", "news", "--signed-by", district.guardian(INES_MOTHER), "--signed-on", TODAY)
    ended = call("consent", "add", district.student(INES), *arguments, "--party", "public", *PROVEN)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("consent c-")


def enter_consent(district: District, roster_id: str, signer: str, signed_on: str = TODAY, **more: str) -> Called:
    options = {"purpose": "news", "signed-by": signer, "signed-on": signed_on, "party": "public", **more}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return call("consent", "add", district.student(roster_id), *words, *PROVEN)


def day_in(days: int) -> str:
    return (date.fromisoformat(TODAY) + timedelta(days)).isoformat()


@pytest.mark.parametrize(
    ("roster_id", "signer", "signed_on", "more", "told"),
    [
        (INES, "G-STRANGER", TODAY, {}, "no guardian with rights"),
        (INES, INES, TODAY, {}, "no guardian with rights"),
        (SOFIA, SOFIA_MOTHER, TODAY, {}, "the student holds the rights now"),
        (SOFIA, SOFIA_MOTHER, "2015-01-01", {}, "the student holds the rights now"),
        (SOFIA, SOFIA, "2015-01-01", {}, "before turning 18"),
        (INES, INES_MOTHER, day_in(1), {}, "which is still to come"),
        (INES, INES_MOTHER, TODAY, {"expires": day_in(-1)}, "before it was signed"),
        (INES, INES_MOTHER, TODAY, {"purpose": "newss"}, "did you mean"),
    ],
    ids=["stranger", "minor", "parent of an adult", "parent before", "as a minor", "future", "ended", "purpose"],
)
def test_a_consent_that_can_never_count_is_refused_when_it_is_entered(
    district: District, roster_id: str, signer: str, signed_on: str, more: dict[str, str], told: str
) -> None:
    person = district.student(signer) if signer.isdigit() else district.guardian(signer)
    with district.services.store.reading() as unit:
        before = unit.people.consents([district.student(roster_id)])
    ended = enter_consent(district, roster_id, person, signed_on, **more)
    assert (ended.code, told in ended.err) == (1, True), ended.err
    with district.services.store.reading() as unit:
        assert unit.people.consents([district.student(roster_id)]) == before


def test_a_consent_that_can_count_is_taken(district: District) -> None:
    mother = district.guardian(INES_MOTHER)
    assert enter_consent(district, INES, mother, "2020-01-01", expires="2020-01-01").code == 0
    assert enter_consent(district, INES, mother, day_in(0), expires=day_in(0)).code == 0
    assert enter_consent(district, SOFIA, district.student(SOFIA)).code == 0


def test_a_parent_added_by_hand_may_sign(district: District) -> None:
    added = call("student", "guardian", "add", district.student(INES), "--name", "Jo Stepparent", "--relation", "father",
                 "--seen", "birth certificate", "--as", "custodian:c", "--json")  # fmt: skip
    assert added.code == 0, added.err
    assert enter_consent(district, INES, added.object()["guardian"]).code == 0


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("mother", ""),
        ("the mother of a protected student", "no consent changes that"),
    ],
)
def test_a_consent_that_counts_for_nothing_is_kept_with_a_note(district: District, who: str, said: str) -> None:
    ines = district.student(INES)
    if "protected" in who:
        protect(district, INES)
    signer = district.guardian(INES_MOTHER)
    arguments = ("--purpose", "news", "--signed-by", signer, "--signed-on", TODAY, "--party", "public")
    ended = call("consent", "add", ines, *arguments, *PROVEN)
    assert (ended.code, said in ended.err, bool(ended.err)) == (0, True, bool(said))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"--signature": "thumb"}, "'thumb' is no signature: ink or electronic"),
        ({"--purpose": " "}, "--purpose and --party must not be blank"),
        ({"--party": ""}, "--purpose and --party must not be blank"),
        ({"--signed-on": "yesterday"}, "'yesterday' is not a day"),
        ({"--expires": "never"}, "'never' is not a day"),
    ],
)
def test_a_consent_that_says_nothing_is_wrong_usage(district: District, changes: dict[str, str], sentence: str) -> None:
    options = {"--purpose": "news", "--signed-by": "G-1", "--signed-on": TODAY, "--party": "public"} | changes
    ended = call("consent", "add", district.student(INES), *(part for pair in options.items() for part in pair))
    assert ended.code == 2
    assert sentence in ended.err


def test_what_a_consent_names_must_exist(district: District) -> None:
    options = ("--purpose", "news", "--signed-by", "G-1", "--signed-on", TODAY, "--party", "public", *PROVEN)
    assert call("consent", "add", "S-NOBODY", *options).code == 1
    missing = call("consent", "add", district.student(INES), *options, "--key", "nowhere.jpg")
    assert (missing.code, "is not in the library" in missing.err) == (1, True)
    unknown = call("consent", "revoke", "c-nothing", "--on", (date.fromisoformat(TODAY) + timedelta(1)).isoformat())
    assert (unknown.code, unknown.out) == (1, "")


def test_the_samples_own_roster_is_imported_with_its_dates_resolved(district: District) -> None:
    roster = str(sample_folder() / "roster")
    refused = call("roster", "import", roster)
    assert (refused.code, refused.out) == (1, "")
    ended = call("roster", "import", roster, "--sample-dates", "--json")
    assert (ended.object()["unchanged"], ended.object()["changed"]) == (13, 0)


# What is in print


def test_an_opt_out_tells_of_locked_sets_and_what_lists_them(district: District) -> None:
    district.upload(TEAM)
    printed, ines = locked_set(district), district.student(INES)
    made_set(district)
    ended = call("student", "opt-out", ines)
    assert f"`dam-plugin export recall --student {ines}`" in ended.out
    assert "1 locked yearbook set(s) show or name this student in 1 file(s)" in ended.out
    assert "1 yearbook set(s) that are not locked show or name this student in 1 file(s)" in ended.out
    told = call("student", "opt-out", ines, "--json").object()["in_sets"]
    assert {"set": printed.set.id, "is_locked": True, "files": 1} in told


def test_an_opt_out_tells_which_consent_lets_a_student_into_the_yearbook_still(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    since = ("--since", str(date.fromisoformat(TODAY) - timedelta(1)))
    consent = add_consent(district, hannah, mother, purpose="yearbook")
    ended = call("student", "opt-out", hannah, *since, "--purpose", "yearbook")
    assert f"a written consent ({consent}) still lets them into the yearbook" in ended.out
    assert f"`dam-plugin consent revoke {consent}`" in ended.out
    told = call("student", "opt-out", hannah, *since, "--purpose", "yearbook", "--json").object()
    assert told["consents_in_force"] == [consent]
    others = [add_consent(district, hannah, mother, purpose="yearbook") for _ in range(6)]
    ended = call("student", "opt-out", hannah, *since)
    assert "7 written consents still let them into the yearbook" in ended.out
    assert f"{others[3]} and 2 more (--json has them all)" in ended.out


def test_a_revoked_consent_and_a_roster_tell_of_locked_sets(district: District) -> None:
    district.upload(TEAM)
    consent = add_consent(district, district.student(HANNAH), district.guardian(HANNAH_MOTHER), purpose="yearbook")
    locked_set(district)
    ended = call("consent", "revoke", consent)
    assert f"`dam-plugin export recall --student {district.student(HANNAH)}`" in ended.out
    choices_file = district.folder / "roster" / "opt_outs.csv"
    lines = choices_file.read_text(encoding="utf-8").splitlines()
    cells = dict.fromkeys(lines[0].split(","), "") | {"student_id": INES, "since": TODAY}
    choices_file.write_text("\n".join([*lines, ",".join(cells.values())]) + "\n", encoding="utf-8")
    ended = call("roster", "import", "roster", "--sample-dates", "--confirm")
    assert "1 locked yearbook set(s) show or name this student in 1 file(s)" in ended.out
    assert "`dam-plugin export recall" in ended.out
