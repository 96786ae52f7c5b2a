"""Students at the desk: found by name, a family's choices stated as forms, what closes seen before it is saved."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from desk_pages import text_of
from district import CROWD, HANNAH, INES, INES_MOTHER, TEAM
from PIL import Image
from protected_students import protect
from sqlalchemy import event
from use_cases import entries

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

EVERYTHING = {"extent": "all"}


def page_of(pages: Pages, number: str) -> str:
    return f"/students/{pages.district.student(number)}/"


def say(pages: Pages, number: str, what: str) -> str:
    return f"{page_of(pages, number)}say/{what}"


def hidden(page: Any) -> dict[str, str]:
    """What a page carries on to the next one."""
    return dict(
        re.findall(r'<input type="hidden" name="(looked_at|paper_token)" value="([^"]+)"', page.content.decode())
    )


def seen_and_saved(person: Any, address: str, said: dict[str, Any]) -> tuple[Any, Any]:
    """Post a statement, look at what would close, and save it as the page's own form does; return both answers."""
    seen = person.post(address, {**said, "do": "see"})
    carried = hidden(seen)
    assert "looked_at" in carried, text_of(seen)
    again = {name: value for name, value in said.items() if name != "paper"}
    saved = person.post(address, {**again, **carried, "do": "save"})
    assert saved.status_code == 302, text_of(saved)
    return seen, saved


def test_a_student_is_found_by_the_own_name_and_by_a_parents_and_no_name_stands_in_an_address(pages: Pages) -> None:
    person = pages.user("custodian")
    answer = person.post("/students/", {"text": "hannah"})
    assert "Hannah Lindqvist" in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    assert page_of(pages, HANNAH) in answer.content.decode()
    mother = person.post("/students/", {"text": "rosa"})
    assert page_of(pages, INES) in mother.content.decode()
    assert "Hannah" not in text_of(mother)
    assert "Nobody on file is called so." in text_of(person.post("/students/", {"text": "nobody-is-called-so"}))
    assert "Hannah" not in text_of(person.get("/students/", {"text": "hannah"}))
    assert "This field is required." in text_of(person.post("/students/", {}))


def test_the_list_of_students_goes_on(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.pages import students

    monkeypatch.setattr(students, "PAGE", 2)
    person, names, after = pages.user("custodian"), list[str](), ""
    for _ in range(20):
        page = person.post("/students/", {"text": "a", "after": after}).content.decode()
        names += re.findall(r'scope="row" data-label="Name"><span dir="auto">([^<]+)', page)
        behind = re.findall(r'name="after" value="([^"]+)"', page.rpartition("<form")[2])
        if not behind:
            break
        after = behind[0]
    assert len(names) == len(set(names)) > 4


def test_an_auditor_finds_students_to_read_records_and_looks_and_nothing_else(pages: Pages) -> None:
    protect(pages.district, INES)
    person = pages.user("auditor")
    page = person.post("/students/", {"text": "hannah"}).content.decode()
    assert f"{page_of(pages, HANNAH)}record" in page
    assert f'href="{page_of(pages, HANNAH)}"' not in page
    assert person.get(page_of(pages, HANNAH)).status_code == 403
    refused = person.get(f"{page_of(pages, INES)}record")
    assert (refused.status_code, "Ask the records custodian" in text_of(refused)) == (422, True)


def test_a_students_page_tells_names_choices_and_rights_and_no_id(pages: Pages) -> None:
    person = pages.user("custodian")
    answer = person.get(page_of(pages, HANNAH))
    told = text_of(answer)
    assert "Hannah Lindqvist" in told
    assert "turns 18 on" in told
    assert "holds a parent's rights" in told
    assert "Lindqvist may" in told
    assert pages.district.student(HANNAH) not in told
    assert "dam-plugin" not in told
    assert "Hannah" not in re.findall(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)[0]
    assert person.get("/students/S-000000000000/").status_code == 404


def test_before_an_opt_out_is_saved_it_shows_what_closes_and_afterwards_what_closed(pages: Pages) -> None:
    pages.district.upload(TEAM)
    link = pages.district.share(TEAM).link
    assert link is not None
    person, before = pages.user("custodian", name="carol"), entries(pages.district.services)
    address = say(pages, INES, "opt-out")
    seen = person.post(address, {**EVERYTHING, "by": "", "do": "see"})
    assert "What closes if you save" in text_of(seen)
    assert "team-photo.jpg" in text_of(seen)
    assert "The district has to take down" in text_of(seen)
    assert entries(pages.district.services) == before
    _, saved = seen_and_saved(person, address, {**EVERYTHING, "by": ""})
    assert saved["Location"] == page_of(pages, INES)
    after = text_of(person.get(saved["Location"]))
    assert "What closed" in after
    assert "team-photo.jpg" in after
    assert "may not be shown as directory information anywhere" in after
    assert "What closed" not in text_of(person.get(saved["Location"]))
    with pages.district.services.store.reading() as unit:
        kept = unit.shares.link(link.id)
        assert kept is not None
        assert kept.closed_at is not None
    _, details = entries(pages.district.services, "opt-out")[-1]
    assert details["by"] == {"role": "custodian", "id": "carol"}


def test_what_was_not_looked_at_is_shown_first(pages: Pages) -> None:
    person, before = pages.user("custodian"), entries(pages.district.services)
    address = say(pages, INES, "opt-out")
    answer = person.post(address, {**EVERYTHING, "by": "", "do": "save"})
    assert "What you are about to save" in text_of(answer)
    token = re.findall(r'name="looked_at" value="([^"]+)"', answer.content.decode())[0]
    changed = {"extent": "some", "purpose": ["yearbook"], "by": "", "do": "save", "looked_at": token}
    assert "What you are about to save" in text_of(person.post(address, changed))
    other = pages.user("designee").post(address, {**EVERYTHING, "by": "", "do": "save", "looked_at": token})
    assert "What you are about to save" in text_of(other)
    assert entries(pages.district.services) == before


def test_an_opt_out_of_some_uses_ends_by_the_familys_word(pages: Pages) -> None:
    person = pages.user("designee")
    mother = pages.district.guardian(INES_MOTHER)
    some = {"extent": "some", "purpose": ["website"], "by": mother}
    seen_and_saved(person, say(pages, INES, "opt-out"), some)
    assert "not on the website" in text_of(person.get(page_of(pages, INES)))
    _, saved = seen_and_saved(person, say(pages, INES, "opt-in"), {**EVERYTHING, "by": mother, "why": "paper of today"})
    told = text_of(person.get(saved["Location"]))
    assert "1 opt-out ended today." in told
    assert "Choose at least one use." in text_of(
        person.post(say(pages, INES, "opt-out"), {"extent": "some", "by": "", "do": "see"})
    )


def test_what_the_office_recorded_by_mistake_is_taken_back_by_two_people(pages: Pages) -> None:
    carol, diana = pages.user("custodian"), pages.user("designee")
    mother = pages.district.guardian(INES_MOTHER)
    seen_and_saved(carol, say(pages, INES, "opt-out"), {**EVERYTHING, "by": mother})
    mistake = {"opt_out": "0", "why": "the form is her sister's"}
    address = say(pages, INES, "opt-out-mistake")
    assert "two people" in text_of(carol.get(address))
    _, first = seen_and_saved(carol, address, mistake)
    assert "Nothing is taken back yet." in text_of(carol.get(first["Location"]))
    again = text_of(carol.post(address, {**mistake, "do": "see"}))
    assert ("with an account of their own" in again, "operating system" in again) == (True, False)
    _, second = seen_and_saved(diana, address, mistake)
    assert "It was never said." in text_of(diana.get(second["Location"]))
    with pages.district.services.store.reading() as unit:
        (out,) = unit.people.opt_outs(pages.district.student(INES))
    assert out.ended == out.since


@pytest.mark.parametrize("chosen", range(4))
def test_the_opt_out_that_was_chosen_is_taken_back_and_none_of_the_same_day(pages: Pages, chosen: int) -> None:
    carol, diana = pages.user("custodian"), pages.user("designee")
    mother, ines = pages.district.guardian(INES_MOTHER), pages.district.student(INES)
    yearbook = {"extent": "some", "purpose": ["yearbook"]}
    for said in ({**EVERYTHING, "by": mother}, {**yearbook, "by": mother}, {**EVERYTHING, "by": ""}, yearbook):
        seen_and_saved(carol, say(pages, INES, "opt-out"), said)
    address = say(pages, INES, "opt-out-mistake")
    assert text_of(carol.get(address)).count("not known") == 2
    mistake = {"opt_out": str(chosen), "why": "the form is her sister's"}
    seen_and_saved(carol, address, mistake)
    seen_and_saved(diana, address, mistake)
    with pages.district.services.store.reading() as unit:
        found = unit.people.kept_opt_outs(ines)
    assert [index for index, each in enumerate(found) if each.opt_out.ended is not None] == [chosen]


def test_a_consent_keeps_its_scan_where_only_this_page_gives_it_out(pages: Pages) -> None:
    person = pages.user("custodian")
    scan = io.BytesIO(b"%PDF-1.4 signed")
    scan.name = "consent <b>.pdf"
    seen, saved = seen_and_saved(person, say(pages, INES, "consent"), {**consent_with_scan(pages), "paper": scan})
    assert "consent &lt;b&gt;.pdf" in seen.content.decode()
    page = person.get(saved["Location"]).content.decode()
    (paper,) = re.findall(rf"{page_of(pages, INES)}papers/([0-9a-f]{{64}})", page)
    copy = person.get(f"{page_of(pages, INES)}papers/{paper}")
    assert (copy.content, copy["Content-Disposition"]) == (b"%PDF-1.4 signed", "attachment")
    assert person.get(f"{page_of(pages, HANNAH)}papers/{paper}").status_code == 404
    (consent,) = re.findall(r"say/withdraw\?about=([^\"]+)", page)
    _, gone = seen_and_saved(person, say(pages, INES, "withdraw"), {"about": consent, "by": ""})
    assert "withdrawn on" in text_of(person.get(gone["Location"]))
    assert person.get(say(pages, HANNAH, "withdraw"), {"about": consent}).status_code == 404


def test_a_consent_that_nobody_gave_is_taken_back_by_two_people(pages: Pages) -> None:
    carol, diana = pages.user("custodian"), pages.user("designee")
    _, saved = seen_and_saved(carol, say(pages, INES, "consent"), consent_with_scan(pages))
    page = carol.get(saved["Location"]).content.decode()
    consent, *_ = re.findall(r"say/consent-mistake\?about=([^\"]+)", page)
    address, mistake = say(pages, INES, "consent-mistake"), {"about": consent, "why": "it is her brother's"}
    assert "two people" in text_of(carol.get(address, {"about": consent}))
    assert carol.get(say(pages, HANNAH, "consent-mistake"), {"about": consent}).status_code == 404
    _, first = seen_and_saved(carol, address, mistake)
    assert "counts for nothing from now on" in text_of(carol.get(first["Location"]))
    assert "with an account of their own" in text_of(carol.post(address, {**mistake, "do": "see"}))
    _, second = seen_and_saved(diana, address, mistake)
    told = diana.get(second["Location"])
    assert "It was never given." in text_of(told)
    assert "never given: recorded by mistake" in text_of(told)
    assert f"say/consent-mistake?about={consent}" not in told.content.decode()


def consent_with_scan(pages: Pages) -> dict[str, Any]:
    scan = io.BytesIO(b"%PDF-1.4 signed")
    scan.name = "consent.pdf"
    return {
        "purpose": "website",
        "party": ["public"],
        "signed_by": pages.district.guardian(INES_MOTHER),
        "signed_on": pages.district.services.now().date().isoformat(),
        "signature": "ink",
        "proof": "cabinet 3",
        "paper": scan,
    }


@pytest.mark.parametrize("is_late", [True, False], ids=["late", "forged"])
def test_a_scan_that_cannot_be_found_any_more_is_asked_for_again(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    person, address, said = pages.user("custodian"), say(pages, INES, "consent"), consent_with_scan(pages)
    token = hidden(person.post(address, {**said, "do": "see"}))["paper_token"]
    if is_late:
        monkeypatch.setattr("dam_hooks.desk.papers._LASTS_SECONDS", -1)
    del said["paper"]
    before = entries(pages.district.services)
    for do in ("see", "save"):
        answer = text_of(person.post(address, {**said, "paper_token": token if is_late else token[1:], "do": do}))
        assert "cannot be found any more: choose the file again" in answer
        assert "Save it" not in answer
    assert entries(pages.district.services) == before


def test_a_scan_beside_a_mistake_need_not_be_handed_in_again(pages: Pages) -> None:
    person, address, said = pages.user("custodian"), say(pages, INES, "consent"), consent_with_scan(pages)
    wrong = person.post(address, {**said, "proof": "", "do": "see"})
    assert "Handed in already: consent.pdf" in text_of(wrong)
    del said["paper"]
    _, saved = seen_and_saved(person, address, {**said, **hidden(wrong)})
    assert "/papers/" in person.get(saved["Location"]).content.decode()


def test_a_protection_ends_by_two_accounts_alone(pages: Pages) -> None:
    carol, diana = pages.user("custodian", name="carol"), pages.user("designee", name="diana")
    seen_and_saved(carol, say(pages, INES, "protect"), {"kind": "other", "seen": "a letter"})
    assert "Nobody may learn where this student is." in text_of(carol.get(page_of(pages, INES)))
    end = {"kind": "other", "why": "it is over"}
    _, first = seen_and_saved(carol, say(pages, INES, "unprotect"), end)
    assert "Nothing ended yet" in text_of(carol.get(first["Location"]))
    again = text_of(carol.post(say(pages, INES, "unprotect"), {**end, "do": "see"}))
    assert "takes two people" in again
    assert "with an account of their own" in again
    assert "operating system" not in again
    seen_and_saved(diana, say(pages, INES, "unprotect"), end)
    assert "The student is not protected." in text_of(diana.get(page_of(pages, INES)))


def test_a_guardian_is_added_and_an_order_limits_one_on_its_paper(pages: Pages) -> None:
    person = pages.user("custodian")
    added = {"name": "Jo Doe", "relation": "father", "seen": "birth certificate"}
    seen_and_saved(person, say(pages, INES, "add-guardian"), added)
    assert "Jo Doe (father) holds a parent's rights; added by hand" in text_of(person.get(page_of(pages, INES)))
    order = {"person": pages.district.guardian(INES_MOTHER), "only": "all", "seen": "order of 5 October"}
    answer = person.post(say(pages, INES, "limit"), {**order, "do": "see"})
    refused = text_of(answer)
    assert "Add a copy of the paper." in refused
    assert "--" not in refused.replace("usa-", "")
    assert "dam-plugin" not in refused
    picture = io.BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "PNG")
    # Who was added by hand may be the person of the order: that is asked first.
    asked = person.post(say(pages, INES, "limit"), {**order, "paper": named(picture), "do": "see"}).content.decode()
    assert "Say of each of these people whether it is the person of the order." in asked
    order["other_person"] = re.findall(r'name="other_person" value="([^"]+)"', asked)
    assert len(order["other_person"]) == 1
    seen_and_saved(person, say(pages, INES, "limit"), {**order, "paper": named(picture)})
    assert "a court order takes the rights" in text_of(person.get(page_of(pages, INES)))


def named(file: io.BytesIO) -> io.BytesIO:
    again = io.BytesIO(file.getvalue())
    again.name = "order.png"
    return again


@pytest.mark.parametrize(
    ("what", "said", "sentence"),
    [
        ("opt-in", {**EVERYTHING, "by": "", "why": "paper"}, "This field is required."),
        ("protect", {"kind": "", "seen": "x"}, "This field is required."),
        ("limit", {"only": "all", "seen": "x"}, "Say whom the order is about."),
        ("died", {"on": "2999-01-01", "seen": "x"}, "Jan. 1, 2999 is still to come"),
        ("alive", {"why": "x"}, "nobody stated"),
        ("consent", {"recordings": "no/such.jpg"}, "Say who may receive it."),
        ("add-guardian", {"name": "x" * 500}, "at most 120"),
    ],
)
def test_what_is_missing_or_refused_is_said_and_nothing_is_kept(
    pages: Pages, what: str, said: dict[str, str], sentence: str
) -> None:
    person, before = pages.user("custodian"), entries(pages.district.services)
    answer = person.post(say(pages, INES, what), {**said, "do": "see"})
    assert answer.status_code == 200
    assert sentence.casefold() in text_of(answer).casefold()
    assert pages.district.student(INES) not in text_of(answer)
    assert "dam-plugin" not in text_of(answer)
    assert entries(pages.district.services) == before


def test_every_statement_has_a_form_that_opens_and_answers_an_empty_one(pages: Pages) -> None:
    from dam_hooks.desk.student_statements import STATEMENTS

    person = pages.user("custodian")
    for what, statement in STATEMENTS.items():
        about = {"about": pages.district.guardian(INES_MOTHER)}
        if what in ("withdraw", "consent-mistake", "end"):
            assert person.get(say(pages, INES, what), about).status_code == 404
            continue
        answer = person.get(say(pages, INES, what), about)
        assert (what, answer.status_code, str(statement.title) in text_of(answer)) == (what, 200, True)
        assert (what, person.post(say(pages, INES, what), about).status_code) == (what, 200)
    assert person.get(say(pages, INES, "nothing")).status_code == 404


def test_a_record_is_read_as_a_parent_does_with_pictures_and_nobody_elses_name(pages: Pages) -> None:
    pages.district.upload(TEAM)
    pages.district.share(TEAM)
    person = pages.user("custodian")
    answer = person.get(f"{page_of(pages, INES)}record")
    told = text_of(answer)
    assert "Record of requests and disclosures" in told
    assert "team-photo.jpg" in told
    assert "Hannah" not in told
    assert not re.search(r"\b[SG]-[0-9A-Z]{12}\b|\bsh-|\ba-[0-9a-f]{8}", told)
    (picture,) = set(re.findall(r'img src="([^"]+/record/[^"]+)"', answer.content.decode()))
    assert person.get(picture)["Content-Type"] in ("image/jpeg", "image/gif")
    assert "Registro" in text_of(person.get(f"{page_of(pages, INES)}record", {"language": "es"}))
    required = text_of(person.get(f"{page_of(pages, INES)}record", {"required": "1"}))
    assert "This page shows only what the law asks us to record." in required


def test_a_record_of_a_protected_student_says_beside_it_to_whom_it_may_go(pages: Pages) -> None:
    protect(pages.district, INES)
    person = pages.user("custodian")
    told = text_of(person.get(f"{page_of(pages, INES)}record"))
    assert "For the custodian alone" in told
    assert "dam-plugin" not in told
    assert pages.district.guardian(INES_MOTHER) not in told
    refused = person.get(f"{page_of(pages, INES)}record", {"to": pages.district.guardian(INES_MOTHER)})
    assert refused.status_code == 422
    assert "dam-plugin" not in text_of(refused)


def test_a_page_asks_the_store_as_often_for_many_as_for_few(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.pages import access_pages

    person, engine = pages.user("custodian"), pages.district.services.store._engine
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def count(address: str, said: dict[str, str] | None = None) -> int:
        asked.clear()
        assert (person.post(address, said) if said else person.get(address)).status_code == 200
        return len(asked)

    for number in (HANNAH, INES) * 3:
        person.get(page_of(pages, number))
    assert count("/students/", {"text": "a"}) <= count("/students/", {"text": "Muñoz"})
    with monkeypatch.context() as patched:
        patched.setattr(access_pages, "PAGE", 1)
        few = count("/looks/")
    assert count("/looks/") == few
    few = count(page_of(pages, INES))
    for name in ("Jo Doe", "Kim Roe"):
        added = {"name": name, "relation": "guardian", "seen": "papers"}
        seen_and_saved(person, say(pages, INES, "add-guardian"), added)
    person.get(page_of(pages, INES))
    assert count(page_of(pages, INES)) == few


def test_hostile_names_are_text(pages: Pages) -> None:
    person = pages.user("custodian")
    hostile = {"name": "<script>alert(1)</script>", "relation": "mother", "seen": "<img src=x>\u202e"}
    answer, _ = seen_and_saved(person, say(pages, INES, "add-guardian"), hostile)
    for page in (answer, person.get(page_of(pages, INES)), person.post("/students/", {"text": "<script>alert"})):
        assert b"<script>alert" not in page.content
        assert b"<img src=x" not in page.content


def test_media_staff_find_and_state_nothing(pages: Pages) -> None:
    pages.district.upload(CROWD)
    person = pages.user("media")
    for where in (
        "/students/",
        page_of(pages, INES),
        say(pages, INES, "opt-out"),
        f"{page_of(pages, INES)}record",
        "/looks/",
    ):
        assert person.get(where).status_code == 403


def test_an_opt_out_of_a_day_long_ago_is_asked_about_and_so_is_one_before_a_consent(pages: Pages) -> None:
    person, today = pages.user("custodian"), pages.district.services.now().date()
    form = {**EVERYTHING, "by": "", "since": str(today - timedelta(days=365)), "do": "see"}
    asked = text_of(person.post(say(pages, INES, "opt-out"), form))
    assert "That day is a year ago or more. Is the year right?" in asked
    assert "Save it" not in asked
    assert "Save it" in text_of(person.post(say(pages, INES, "opt-out"), {**form, "sure": "on"}))
