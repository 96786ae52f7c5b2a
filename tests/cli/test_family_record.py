"""`ledger student` as a family reads it: sentences in two languages, refusals apart, pictures, and nobody else's family."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from court_orders import revoking
from district import (
    CALEB,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    NOAH,
    PORTRAIT,
    SOFIA,
    TEAM,
    District,
)
from PIL import Image
from use_cases import looked

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian.family_record import SECTIONS, Whose, ground_for_family, rows_of, section_of
from dam_plugin.ledger.student import COLUMNS, NOT_TO_TELL, Line, titles
from dam_plugin.model import Actor, Guardianship, Recipient, Region
from dam_plugin.procedure.clauses import CLAUSES, VOICES
from dam_plugin.procedure.exceptions import ROLES
from dam_plugin.procedure.outside_words import Language

CUSTODIAN = ("--as", "custodian:records-office")
EMERGENCY = {"emergency": {"threat": "a student is missing", "recipient_needs_it": True}}
STATED_BY = Actor("custodian", "records-office")
WHOSE = Whose("S-1", "Ann Lee", {"g-own": "Jo Lee"})


def page_of(district: District, roster_id: str, *options: str) -> str:
    ended = call("ledger", "student", *CUSTODIAN, district.student(roster_id), "--page", "record.html", *options)
    assert ended.code == 0, ended.text
    return Path("record.html").read_text("utf-8")


def rows(district: District, roster_id: str, *options: str) -> list[dict[str, Any]]:
    return call("ledger", "student", *CUSTODIAN, district.student(roster_id), "--json", *options).objects()


def part(page: str, heading: str) -> str:
    """What stands under a heading of the page."""
    return page.split(f"<h2>{heading}</h2>")[1].split("<h2>", maxsplit=1)[0]


def pictures(page: str) -> list[Image.Image]:
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)
    return [Image.open(io.BytesIO(base64.b64decode(each))).convert("RGB") for each in found]


def told(line: Line, language: Language = "en") -> dict[str, str]:
    (row,) = rows_of(WHOSE, [line], language, zone=UTC, called={})
    return dict(row.words)


def line(what: Any = "asked", who: str = "public:herald", **more: Any) -> Line:
    return Line(1, datetime(2026, 10, 5, 14, tzinfo=UTC), what, "sh-1", "a-1", "image/jpeg", who=who, **more)


@pytest.fixture
def portrait(district: District) -> District:
    """The portrait: given to the police in an emergency, refused for the website."""
    district.upload(PORTRAIT)
    district.ask(PORTRAIT, Recipient("law_enforcement", "officer-221"), "emergency", evidence=EMERGENCY)
    district.share(PORTRAIT)
    return district


# What a family reads


@pytest.mark.parametrize(
    ("since", "ended", "party"),
    [
        (date(2026, 10, 5), None, "a parent's representative (Jane Doe)"),
        (date(2026, 9, 1), date(2026, 10, 5), "a parent's representative (Jane Doe)"),
        (date(2026, 10, 6), None, "a parent (Doe law)"),
        (date(2026, 9, 1), date(2026, 10, 4), "a parent (Doe law)"),
    ],
    ids=["on the first day", "on the last day", "before", "after"],
)
def test_who_represented_somebody_is_called_so_on_the_lines_of_those_days_alone(
    since: date, ended: date | None, party: str
) -> None:
    """What is stated or ended later writes no line anew (34 CFR 99.32(a)(3)(i))."""
    stated = Guardianship(
        "S-1", "doe-law", "representative", since, "authority", STATED_BY, name="Jane Doe", represents="g-own",
        ended=ended,
    )  # fmt: skip
    whose = replace(WHOSE, representing=(stated,))
    (row,) = rows_of(whose, [line(who="parent:doe-law")], "en", zone=UTC, called={})
    assert row.words["party"] == party


def test_a_refusal_stands_under_its_own_heading_and_a_disclosure_under_another(portrait: District) -> None:
    page = page_of(portrait, HANNAH)
    assert "Hannah Lindqvist" in page
    given, refused = part(page, "Given out or shown"), part(page, "Asked and refused")
    assert "The police (Officer 221) asked for this photo and was given it." in given
    assert "34 CFR 99.31(a)(10), 99.36" in given
    assert "The danger that was stated: a student is missing." in given
    assert "wanted to publish this photo. That was refused" in refused
    assert "refused" not in given
    assert "Officer 221" not in refused


def test_the_record_in_spanish_has_no_english_sentence_of_ours(portrait: District) -> None:
    page = page_of(portrait, HANNAH, "--language", "es")
    assert '<html lang="es">' in page
    assert "La policía (Officer 221) pidió esta foto, y se le entregó." in part(page, "Entregado o mostrado")
    assert "El personal del distrito quería publicar esta foto. Se negó" in part(page, "Pedido y negado")
    assert "foto del 9 de septiembre de 2026" in page
    words = [each["happened"] + each["why"] for each in rows(portrait, HANNAH, "--language", "es")]
    assert not re.search(r"\b(the|was|law|given|refused)\b", " ".join(words))


def test_a_language_that_nobody_wrote_is_wrong_usage(district: District) -> None:
    ended = call("ledger", "student", *CUSTODIAN, district.student(HANNAH), "--language", "fr")
    assert (ended.code, "'fr' is no language" in ended.err) == (2, True)


def test_page_csv_and_json_come_from_one_list_of_columns(portrait: District) -> None:
    page = page_of(portrait, HANNAH, "--csv", "record.csv")
    headings = [column.heading["en"] for column in COLUMNS if column.heading]
    assert re.findall(r"<th[^>]*>([^<]+)</th>", part(page, "Given out or shown")) == headings
    table = list(csv.DictReader(Path("record.csv").read_text("utf-8-sig").splitlines()))
    objects = rows(portrait, HANNAH)
    assert tuple(table[0]) == tuple(objects[0]) == titles(with_keys=False)
    assert [each["happened"] for each in table] == [each["happened"] for each in objects]
    for each in objects:
        assert each["happened"] in html.unescape(page)
        assert each["student"] == "Hannah Lindqvist"


@pytest.mark.parametrize(
    ("made", "section"),
    [
        (line(outcome="allow"), "given"),
        (line(outcome="redact"), "given"),
        (line(outcome="redact", remark="the copy hides the student"), "other"),
        (line(outcome="deny"), "refused"),
        (line(outcome="refer"), "other"),
        (line("opened", outcome=None), "given"),
        (line("opened", outcome="deny"), "refused"),
        (line("handed over", outcome="allow"), "given"),
        (line("viewed"), "given"),
        (line("closed"), "other"),
        (line("finding", outcome="applied"), "other"),
    ],
)
def test_each_line_stands_under_one_heading(made: Line, section: str) -> None:
    assert section_of(made) == section
    assert told(made)["section"] == SECTIONS[section_of(made)].en


@pytest.mark.parametrize(
    ("made", "english", "spanish"),
    [
        (line(interest="news"), "the press (Herald)", "la prensa (Herald)"),
        (line(interest="art"), "a member of the public (Herald)", "una persona del público (Herald)"),
        (line("published", "public:public"), "everybody", "todo el mundo"),
        (line(who="law_enforcement:officer_221"), "the police (Officer 221)", "la policía (Officer 221)"),
        (line(who="emergency"), "emergency personnel", "el personal de emergencia"),
        (line(who="parent:G-OWN"), "a parent (Jo Lee)", "un padre o una madre (Jo Lee)"),
        (line(who="parent:another family"), "a parent of another student", "el padre o la madre de otro estudiante"),
        (line(who="parent:G-R576AP28J5AV"), "a parent", "un padre o una madre"),
        (line(who="eligible_student:S-1"), "the student", "el propio estudiante"),
        (line(who="eligible_student:another student"), "another student", "otro estudiante"),
    ],
)
def test_a_party_is_told_as_far_as_role_and_id_tell(made: Line, english: str, spanish: str) -> None:
    assert (told(made)["party"], told(made, "es")["party"]) == (english, spanish)


def test_each_role_has_its_words() -> None:
    for role in ROLES:
        english, spanish = (told(line(who=role), language)["party"] for language in ("en", "es"))
        # A role without words would be told by its id, the same in both.
        assert english != spanish


@pytest.mark.parametrize("clause", [*CLAUSES, *VOICES])
def test_a_ground_is_told_to_a_family_that_did_not_ask(clause: str) -> None:
    english = ground_for_family(clause, "en", released=False)
    spanish = ground_for_family(clause, "es", released=False)
    assert not re.search(r"\b(you|your|yours)\b", english, re.IGNORECASE)
    assert not re.search(r"\b(usted|su solicitud|contestará)\b", spanish, re.IGNORECASE)
    assert english != spanish


@pytest.mark.parametrize("language", ["en", "es"])
def test_an_opt_out_a_protection_and_a_missing_consent_read_the_same(language: Language) -> None:
    alike = ("EX4-OPTOUT", "PROTECTED", "EX3-MISSING", "EX3-FORM", "CONSENT-DOUBTFUL")
    assert len({ground_for_family(each, language, released=False) for each in alike}) == 1


def test_contractions_are_right_in_spanish() -> None:
    assert (
        told(line("closed", "emergency"), "es")["happened"]
        == "Se cerró el enlace del personal de emergencia a esta foto."
    )
    assert "se entregó en mano al personal" in told(line("handed over", "emergency"), "es")["happened"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_remarked_is_told_in_words(language: Language) -> None:
    remark = (
        "the request RQ-000001 of the register; published in the yearbook set ys-1 as a/b.jpg, page 12; by ma; revoked"
    )
    happened = told(line("published", "public", outcome="allow", remark=remark), language)["happened"]
    assert ("page 12" if language == "en" else "página 12") in happened
    assert "RQ-000001" in happened
    assert happened.endswith("Note of the office: by ma." if language == "en" else "Nota de la oficina: by ma.")
    assert "ys-1" not in happened
    sealed = told(line(remark=f"{NOT_TO_TELL}; revoked"), language)["happened"]
    assert ("show this line to nobody" if language == "en" else "no muestre esta línea a nadie") in sealed


# Nobody else's family


def test_no_name_and_no_id_of_another_family_is_in_any_form_of_the_record(district: District) -> None:
    district.upload(TEAM)
    mother = Recipient("parent", district.guardian(INES_MOTHER))
    district.ask(TEAM, mother)
    district.ask(TEAM, Recipient("eligible_student", district.student(CALEB)))
    # Found at another place later, so that who got the copy is told.
    looked(district, TEAM, HANNAH, box=Region(0.01, 0.01, 0.2, 0.2))
    page = page_of(district, HANNAH, "--csv", "record.csv")
    forms = (page, Path("record.csv").read_text("utf-8"), json.dumps(rows(district, HANNAH)))
    with district.services.store.reading() as unit:
        own = unit.people.need(district.student(HANNAH))
        for each in unit.people.students():
            theirs = {
                *each.names,
                *(name for _, name in each.named_guardians),
                *each.guardians,
                each.id,
                each.roster_id,
            }
            if each.id != own.id:
                for form in (*forms, call("ledger", "student", *CUSTODIAN, own.id).text):
                    assert not [one for one in theirs - {*own.guardians} if one in form]
    assert any("A parent of another student asked" in form for form in forms)


def test_ones_own_parent_is_named(district: District) -> None:
    district.upload(PORTRAIT)
    district.ask(PORTRAIT, Recipient("parent", district.guardian(HANNAH_MOTHER)))
    assert "A parent (Karin Lindqvist) asked for this photo" in page_of(district, HANNAH)


# Pictures


def is_grey(picture: Image.Image, x: float, y: float) -> bool:
    pixel = picture.getpixel((int(x * picture.width), int(y * picture.height)))
    assert isinstance(pixel, tuple)
    return max(pixel) - min(pixel) < 12


def test_a_picture_hides_whom_a_copy_for_the_family_hides(district: District) -> None:
    stored = district.upload(TEAM)
    district.ask(TEAM, Recipient("parent", district.guardian(INES_MOTHER)))
    before = call("ledger", "verify", "--json").object()["entries"]
    (picture,) = pictures(page_of(district, INES))
    assert max(picture.size) <= 240
    (hannah,) = [each for each in stored.tagging.appearances if each.student == district.student(HANNAH)]
    place = hannah.regions[0]
    assert is_grey(picture, place.x + place.w / 2, place.y + place.h / 2)
    # Nothing is released or recorded for it.
    assert call("ledger", "verify", "--json").object()["entries"] == before
    assert len(call("links", "--json").objects()) == 1


@pytest.mark.parametrize("options", [("--without-pictures",), ("--sealed", *CUSTODIAN)], ids=["without", "sealed"])
def test_a_page_without_pictures(portrait: District, options: tuple[str, ...]) -> None:
    assert pictures(page_of(portrait, HANNAH))
    page = page_of(portrait, HANNAH, *options)
    assert (pictures(page), "small picture" in page) == ([], False)
    assert ("Do not hand it out" in page) is ("--sealed" in options)


def test_no_picture_is_shown_where_a_court_order_keeps_it_from_one_of_the_parents(portrait: District) -> None:
    other = ("--name", "Nils Lindqvist", "--relation", "father", "--seen", "birth certificate", *CUSTODIAN)
    father = call("student", "guardian", "add", portrait.student(HANNAH), *other, "--json").object()["guardian"]
    assert pictures(page_of(portrait, HANNAH))
    order = ("--seen", "an order", *revoking(), "--other-person", father)
    mother = portrait.guardian(HANNAH_MOTHER)
    limited = call("student", "guardian", "limit", portrait.student(HANNAH), mother, *order, *CUSTODIAN)
    assert limited.code == 0, limited.text
    assert pictures(page_of(portrait, HANNAH)) == []


def test_no_picture_is_shown_of_what_was_replaced(portrait: District) -> None:
    portrait.upload(PORTRAIT, (sample_folder() / PORTRAIT).read_bytes() + b"\0")
    assert pictures(page_of(portrait, HANNAH)) == []


def test_no_picture_is_shown_that_the_family_would_have_to_ask_the_custodian_for(district: District) -> None:
    stored = district.upload(HALLWAY)
    student = next(iter(sorted(stored.tagging.students)))
    district.share(HALLWAY)
    shown = call("ledger", "student", *CUSTODIAN, student, "--page", "record.html")
    assert (shown.code, len(pictures(Path("record.html").read_text("utf-8")))) == (0, 1)
    call("custodian", "close", HALLWAY, "--subdivision", "610.021(1)", "--why", "a case in court", *CUSTODIAN)
    assert call("ledger", "student", *CUSTODIAN, student, "--page", "record.html").code == 0
    assert pictures(Path("record.html").read_text("utf-8")) == []


def test_a_page_of_nothing_says_so(district: District) -> None:
    page = page_of(district, SOFIA)
    assert part(page, "Asked and refused").count("Nothing.") == 1


def test_a_party_that_is_called_as_a_student_is_named(district: District) -> None:
    """A law firm has a student's family name: who received something is on the record (34 CFR 99.32(a)(3)(i))."""
    district.upload(PORTRAIT)
    with district.services.store.reading() as unit:
        family = next(each.names[0].split()[-1] for each in unit.people.students() if each.roster_id == NOAH)
    came = (
        "--purpose",
        "news",
        "--received",
        str(TODAY),
        "--channel",
        "letter",
        "--contact",
        f"{family} Law LLC, 9 Main St",
    )
    who = f"public:{family}-law"
    request = call("request", "add", PORTRAIT, "--from", who, *came, "--json").object()["id"]
    shared = call("share", PORTRAIT, "--to", who, "--purpose", "news", "--request", request, *CUSTODIAN, "--json")
    assert shared.code in (0, 3, 4), shared.text
    page = ("ledger", "student", district.student(HANNAH), "--page", "record.html", "--without-pictures", *CUSTODIAN)
    assert call(*page).code == 0
    told = Path("record.html").read_text("utf-8")
    assert (f"{family} Law LLC" in told, "nother student" in told) == (True, False)
