"""Yearbook sets at the desk: made as a job, looked at, locked, taken back; and the page of long work."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from desk_pages import text_of
from district import CALEB, CUSTODIAN, HANNAH, INES, MEDIA_STAFF, THERESA
from PIL import Image
from sqlalchemy import event
from use_cases import entries, interrupted, later
from waiting import wait_until
from yearbook_exports import DANCE, FACE, fill, put, put_portrait
from yearbook_plans import seen

from dam_plugin.admin.job_kinds import KINDS
from dam_plugin.admin.jobs_thread import doing_jobs
from dam_plugin.custodian import choices
from dam_plugin.errors import InputError, SetAltered, SetRefused
from dam_plugin.intake.jobs import run_job
from dam_plugin.ledger.access_chain import AccessLog
from dam_plugin.model import OptOut, Recipient
from dam_plugin.store.jobs import Job
from dam_plugin.store.sets import Query, SetOrder
from dam_plugin.yearbook import make
from dam_plugin.yearbook.exclusions import reasons_of
from dam_plugin.yearbook.make import NothingMeant, NothingToExport

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

ORDER = {
    "name": "Fall 2026",
    "to": "heron-press",
    "publisher": "pspa",
    "redact": "on",
    "volume": "YEARBOOK",
    "width": "80",
    "height": "100",
    "do": "make",
}


@pytest.fixture
def filled(pages: Pages) -> Pages:
    """Portraits and candids, with Hannah, whose family said no, in some."""
    fill(pages.district)
    return pages


def jobs_of(pages: Pages) -> list[Job]:
    with pages.district.services.store.reading() as unit:
        return unit.jobs.newest(10)


def asked(pages: Pages, person: Any, **changed: str) -> str:
    """Have a set made; return the address of its progress."""
    answer = person.post("/yearbook/new/", {**ORDER, **changed})
    assert answer.status_code == 302, text_of(answer)
    return str(answer["Location"])


def made(pages: Pages, person: Any, **changed: str) -> str:
    """Have a set made, and wait for it; return its address."""
    asked(pages, person, **changed)
    run_job(pages.district.services, KINDS)
    return f"/yearbook/{set_id(pages)}/"


def set_id(pages: Pages) -> str:
    with pages.district.services.store.reading() as unit:
        return unit.exports.sets()[0].id


def say_no(pages: Pages, student: str) -> None:
    services = pages.district.services
    choices.opt_out(services, student, OptOut(services.now().date()), CUSTODIAN)


def test_a_set_is_made_beside_the_pages_and_its_progress_is_there_to_come_back_to(filled: Pages) -> None:
    person = filled.user("yearbook", name="yara")
    where = asked(filled, person)
    assert "It begins within a few seconds." in text_of(person.get(where))
    with doing_jobs(filled.district.services):
        wait_until(lambda: "Open the set" in text_of(person.get(where)), "the set was not made")
    page = text_of(person.get(where))
    assert "3 portraits" in page
    assert "1 left out" in page
    (job,) = jobs_of(filled)
    assert (job.asked_by.role, job.asked_by.id, job.state) == ("media_staff", "yara", "done")
    assert "Fall-2026" in text_of(person.get("/yearbook/"))


def test_progress_is_asked_for_again_in_parts_until_it_is_over(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = asked(filled, person)
    page, part = person.get(where).content.decode(), person.get(where, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in page
    assert "<html" not in part
    assert "It begins within a few seconds." in part
    assert f'hx-get="{where}" hx-trigger="every 2s"' in page
    run_job(filled.district.services, KINDS)
    assert person.get(where, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "hx-get" not in person.get(where).content.decode()


def test_a_set_shows_what_is_in_the_book_by_name_and_which_are_copies(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    page = text_of(person.get(where))
    assert "Theresa" in page
    assert "A copy: somebody is" in page
    assert "Whole" in page
    assert "March 4, 2026" in page
    for each in (THERESA, INES, HANNAH, CALEB):
        assert filled.district.student(each) not in page
    assert "Hannah" not in page
    candids = text_of(person.get(where, {"show": "candids"}))
    assert "P0000001" not in candids
    assert "c0000001" in candids


def test_a_picture_of_a_set_is_the_copy_and_not_the_original(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    services = filled.district.services
    with services.store.reading() as unit:
        files = list(unit.exports.files(set_id(filled)))
    for file in files:
        answer = person.get(f"{where}pictures/{file.number}")
        with Image.open(io.BytesIO(answer.content)) as shown:
            assert (answer.status_code, shown.getexif()) == (200, {})
    with services.store.reading() as unit:
        left = next(unit.exports.files(set_id(filled), states=("left_out",)))
    assert person.get(f"{where}pictures/{left.number}").status_code == 404
    assert person.get(f"{where}pictures/999").status_code == 404


def test_yearbook_staff_read_why_pictures_stayed_out_and_not_whose_family_said_no(filled: Pages) -> None:
    where = made(filled, filled.user("yearbook"))
    page = text_of(filled.user("yearbook").get(f"{where}left-out/"))
    assert "1 :" in page
    assert "Whom to ask: the records custodian" in page
    assert "Hannah" not in page
    assert filled.district.student(HANNAH) not in page
    assert HANNAH not in page


def test_a_reason_without_words_is_told_as_another_one_and_no_clause_is_shown() -> None:
    from dam_hooks.desk.yearbook_told import left

    reasons = reasons_of(
        {"": 1, "X-UNKNOWN": 2, "HOLD-UNTAGGED": 3}, SetOrder(Query(), "pspa", Recipient("public", "x"))
    )
    told = [(each.count, each.why) for each in left(reasons)]
    assert told[1:] == [(2, "Another reason"), (1, "Another reason")]
    assert told[0][0] == 3
    assert told[0][1] != "Another reason"


def test_the_custodian_reads_the_families_to_ask_and_has_them_as_a_table(filled: Pages) -> None:
    custodian = filled.user("custodian")
    where = made(filled, custodian)
    page = text_of(custodian.get(f"{where}left-out/"))
    assert "Hannah Lindqvist" in page
    assert "to be signed by Karin Lindqvist" in page
    assert "G-" not in page
    table = custodian.get(f"{where}consents.csv").content.decode("utf-8-sig")
    assert "Hannah Lindqvist" in table
    assert "heron-press" in table
    assert table.splitlines()[0] == "student,grade,signed by,for,printer,pictures"
    assert re.search(r"\b[SG]-[0-9A-Z]{12}", table) is None


def test_no_page_of_sets_names_a_command(filled: Pages) -> None:
    custodian = filled.user("custodian")
    where = made(filled, custodian, redact="")
    for each in ("/yearbook/", "/yearbook/new/", where, f"{where}left-out/", f"{where}today/", f"{where}lock/"):
        page = text_of(custodian.get(each))
        assert "dam-plugin" not in page.replace("· dam-plugin", "").replace("dam-plugin Home", "").split("Sign out")[1]
        assert "--" not in page


def test_before_making_a_set_it_is_shown_what_would_come_of_it_and_nothing_is_kept(filled: Pages) -> None:
    person = filled.user("yearbook")
    page = text_of(person.post("/yearbook/new/", {**ORDER, "do": "see"}))
    assert "6 pictures would go in" in page
    assert "1 of them as a copy in which somebody is hidden." in page
    assert jobs_of(filled) == []
    with filled.district.services.store.reading() as unit:
        assert unit.exports.sets() == []
    none = text_of(person.post("/yearbook/new/", {**ORDER, "redact": "", "event": "no such event", "do": "see"}))
    assert "0 pictures would go in" in none


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "../../x"}, "Use letters, digits, spaces and dashes alone"),
        ({"name": "Hannah Lindqvist"}, "This is a student's name."),
        ({"to": "Hannah Lindqvist"}, "This is a student's name."),
        ({"to": "pspa"}, "This is the name of a form."),
        ({"to": "public"}, "Write down the printer's or publisher's name."),
        ({"publisher": "other"}, "Select a valid choice"),
        ({"since": "yesterday"}, "Enter a valid date"),
        ({"grades": ",".join("abcdefghijklmnopqrstuvwxyz01234567")}, "These are too many grades."),
        ({"volume": "a/b"}, "Use letters, digits"),
        ({"width": "1"}, "greater than or equal to 64"),
    ],
)
def test_what_is_wrong_with_an_order_is_said_at_its_place(
    filled: Pages, changed: dict[str, str], sentence: str
) -> None:
    person = filled.user("yearbook")
    answer = person.post("/yearbook/new/", {**ORDER, **changed})
    assert answer.status_code == 200
    assert sentence in text_of(answer).replace("&#x27;", "'")
    assert jobs_of(filled) == []


def test_an_order_with_mistakes_in_it_reads_the_roster_once(filled: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_plugin.store.people import People

    read, stream = [], People.stream
    monkeypatch.setattr(People, "stream", lambda self: read.append(1) or stream(self))
    person = filled.user("yearbook")
    page = text_of(person.post("/yearbook/new/", {**ORDER, "name": "Hannah Lindqvist", "to": "Hannah Lindqvist"}))
    assert page.count("This is a student's name.") == 2
    assert len(read) == 1


def test_a_name_that_is_taken_is_said_so(filled: Pages) -> None:
    person = filled.user("yearbook")
    first = asked(filled, person)
    assert asked(filled, person) == first
    other = person.post("/yearbook/new/", {**ORDER, "event": "Spring Dance"})
    assert "Another set of this name is being made." in text_of(other)
    run_job(filled.district.services, KINDS)
    assert "There is a set of this name already." in text_of(person.post("/yearbook/new/", ORDER))


def test_a_set_into_which_nothing_may_go_says_so_and_leads_to_why(pages: Pages) -> None:
    put_portrait(pages.district, HANNAH)
    person = pages.user("yearbook")
    where = asked(pages, person)
    with pytest.raises(NothingToExport):
        run_job(pages.district.services, KINDS)
    page = text_of(person.get(where))
    assert "None of these pictures may go into a set." in page
    assert "What was left out, and why" in page
    assert person.get(f"/yearbook/{set_id(pages)}/")["Location"] == f"/yearbook/{set_id(pages)}/left-out/"


def test_a_set_is_stopped_and_goes_on(filled: Pages) -> None:
    person = filled.user("yearbook", name="yara")
    where = asked(filled, person)
    stopped = person.post(f"{where}stop", follow=True)
    assert "It is being stopped." in text_of(stopped)
    assert "It was stopped. It can go on where it was." in text_of(stopped)
    assert "It was over already." in text_of(person.post(f"{where}stop", follow=True))
    assert "It goes on." in text_of(person.post(f"{where}again", follow=True))
    run_job(filled.district.services, KINDS)
    assert "Open the set" in text_of(person.get(where))


def test_nobody_stops_the_set_of_somebody_else_but_the_custodian(filled: Pages) -> None:
    where = asked(filled, filled.user("yearbook", name="yara"))
    other = filled.user("yearbook", name="other")
    assert "Stop it" not in text_of(other.get(where))
    assert other.post(f"{where}stop").status_code == 404
    assert jobs_of(filled)[0].state == "waiting"
    assert filled.user("custodian").post(f"{where}stop").status_code == 302
    assert jobs_of(filled)[0].state == "cancelled"


def test_a_process_that_died_is_said_plainly_and_another_one_goes_on(
    filled: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dam_hooks.desk import apps

    person = filled.user("yearbook")
    where = asked(filled, person)

    def killed() -> None:
        raise KeyboardInterrupt

    services = filled.district.services
    with pytest.raises(KeyboardInterrupt):
        run_job(interrupted(services, 6, killed), KINDS)
    late = later(services, minutes=3)
    with monkeypatch.context() as patch:
        patch.setattr(apps, "services_of", lambda _: late)
        page = text_of(person.get(where))
        assert "The program that was at it has stopped without finishing. Nothing is lost" in page
        assert "It goes on." in text_of(person.post(f"{where}again", follow=True))
    run_job(late, KINDS)
    assert "Open the set" in text_of(person.get(where))


def test_the_archive_is_sent_whole_to_who_may_have_it(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    answer = person.get(f"{where}archive")
    data = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"] == 'attachment; filename="Fall-2026.zip"'
    assert int(answer["Content-Length"]) == len(data)
    assert "no-store" in answer["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert "manifest.sig" in archive.namelist()
    answer.close()


def test_who_takes_the_archive_is_on_the_access_log_with_all_who_are_in_it_and_each_picture_is_not(
    filled: Pages,
) -> None:
    person, services = filled.user("yearbook", name="yara"), filled.district.services
    where = made(filled, person)
    person.get(f"{where}pictures/1")
    person.get(f"{where}archive").close()
    with services.store.reading() as unit:
        (seen,) = AccessLog(services.ledger).last(unit, limit=10)
        students = {one for each in unit.exports.files(set_id(filled)) for one in (*each.shows, each.student) if one}
    assert (seen.account, seen.page) == ("yara", "set_archive")
    assert students
    assert students <= set(seen.students)


def test_after_a_no_the_archive_is_kept_back_and_the_picture_is_told(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    say_no(filled, filled.district.student(THERESA))
    answer = person.get(f"{where}archive", follow=True)
    assert "some of its pictures may not be shown any more" in text_of(answer)
    found = text_of(person.post(f"{where}today/"))
    assert "pictures may not be printed as they are" in found
    assert "What may be shown of somebody in it changed. The records custodian knows why." in found
    assert "opted out" not in found
    told = text_of(filled.user("custodian").post(f"{where}today/"))
    assert "Theresa" in told
    assert filled.district.student(THERESA) not in told


def test_a_set_that_nothing_stops_is_said_so(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    pages_list = io.BytesIO(b"page,file\n7,P0000001.JPG\n8,nowhere.jpg\n")
    pages_list.name = "pages.csv"
    assert "Every picture may be printed as it is" in text_of(person.post(f"{where}today/"))
    found = text_of(person.post(f"{where}today/", {"pages": pages_list}))
    assert "The list of pages has mistakes" in found
    assert "Names no file of the set" in found


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SetRefused("x", "student-name"), "The printer has a student's name here."),
        (SetRefused("x", "changing"), "What is on file changed while the set was looked at."),
        (SetRefused("x", "no-archive"), "The archive of this set is not, or no longer, the one that was made."),
        (SetAltered(["x"]), "The archive of this set is not, or no longer, the one that was made."),
        # Nobody says of it what is not known.
        (
            InputError("the set is locked already, called as a student is"),
            "This was not done, and nothing was recorded.",
        ),
    ],
    ids=["student", "changing", "no archive", "altered", "another"],
)
def test_a_set_that_is_not_locked_says_why_by_the_kind_of_error(
    filled: Pages, monkeypatch: pytest.MonkeyPatch, error: InputError, sentence: str
) -> None:
    from dam_hooks.desk.pages import yearbook_printing

    def fails(*_: Any, **__: Any) -> None:
        raise error

    person = filled.user("yearbook")
    where = made(filled, person)
    monkeypatch.setattr(yearbook_printing, "lock_own", fails)
    page = text_of(person.post(f"{where}lock/", {"to": "heron-press", "sure": "on"})).replace("&#x27;", "'")
    assert sentence in page
    assert sum(each in page for each in ("student's name", "What is on file", "The archive", "This was not done")) == 1


def test_a_printer_with_a_students_name_is_refused_where_a_set_is_locked(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    page = text_of(person.post(f"{where}lock/", {"to": "Hannah Lindqvist", "sure": "on"})).replace("&#x27;", "'")
    assert "The printer has a student's name here." in page


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        (str(NothingMeant(Query(event="Dance"))), "No picture of the library fits what was asked for."),
        (str(NothingMeant(Query(recordings=("a-1",)))), "None of the selected recordings is a picture that fits"),
        (str(NothingMeant(Query())), "The library has no picture yet"),
        (make.CHANGED.format(count=2), "What is on file about some of its pictures changed"),
        (make.LOST.format(count=2, assets="a-1"), "deleted or replaced in the storage"),
        (make.GONE_ON, "Somebody else went on with this set"),
        ("whatever: `dam-plugin x`", "Try it again."),
    ],
)
def test_why_a_set_was_not_made_is_said_without_commands(why: str, sentence: str) -> None:
    from dam_hooks.desk.job_told import plain_why

    told = plain_why(why)
    assert sentence in told
    assert "--" not in told


def test_a_set_is_locked_and_the_disclosure_recorded_as_who_is_signed_in(filled: Pages) -> None:
    person = filled.user("yearbook", name="yara")
    where, before = made(filled, person), len(entries(filled.district.services, "share"))
    listed = io.BytesIO(b"page,file\n7,P0000001.JPG\n")
    listed.name = "pages.csv"
    answer = person.post(f"{where}lock/", {"to": "heron-press", "sure": "on", "pages": listed}, follow=True)
    assert "Locked. That 6 pictures went to heron-press is on record." in text_of(answer)
    assert "Locked: it is printed from" in text_of(answer)
    assert "page 7" in text_of(answer)
    told = entries(filled.district.services, "share")[before:]
    assert len(told) == 6
    with filled.district.services.store.reading() as unit:
        (handover,) = unit.exports.handovers(set_id(filled))
    assert handover.by == replace(MEDIA_STAFF, id="yara")
    assert "locked already" in text_of(person.get(f"{where}lock/", follow=True))


def test_nothing_is_locked_while_something_stops_it_or_nobody_said_that_it_is_meant(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    assert "Tick this if it is so." in text_of(person.post(f"{where}lock/", {"to": "heron-press"}))
    say_no(filled, filled.district.student(THERESA))
    page = text_of(person.post(f"{where}lock/", {"to": "heron-press", "sure": "on"}))
    assert "Nothing was recorded." in page
    with filled.district.services.store.reading() as unit:
        assert unit.exports.need(set_id(filled)).state == "made"


def test_after_a_no_what_is_in_print_is_told_with_its_pages_and_the_publishers_list_names_nobody(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    listed = io.BytesIO(b"page,file\n7,P0000001.JPG\n8,P0000002.JPG\n9,P0000003.JPG\n")
    listed.name = "pages.csv"
    person.post(f"{where}lock/", {"to": "heron-press", "sure": "on", "pages": listed})
    assert "There is nothing to take back." in text_of(person.get("/yearbook/taken-back/"))
    theresa = filled.district.student(THERESA)
    say_no(filled, theresa)
    page = text_of(person.get("/yearbook/taken-back/"))
    assert "Take it back" in page
    assert "went to heron-press" in page
    assert "Page " in page
    assert "opted out" not in page
    table = person.get("/yearbook/taken-back.csv", {"to": "heron-press"}).content.decode()
    assert "P000000" in table
    assert "Theresa" not in table
    assert theresa not in table
    assert person.get("/yearbook/taken-back.csv", {"to": "other"}).status_code == 404
    told = text_of(filled.user("custodian").get("/yearbook/taken-back/", {"student": theresa}))
    assert "In yearbook sets: Theresa" in told
    assert theresa not in told
    assert person.get("/yearbook/taken-back/", {"student": theresa}).status_code == 404


def test_home_says_which_sets_changed_since_they_were_made(filled: Pages) -> None:
    person = filled.user("yearbook")
    made(filled, person)
    assert "was made before something on file changed" not in text_of(person.get("/"))
    say_no(filled, filled.district.student(THERESA))
    assert "1 yearbook set was made before something on file changed" in text_of(person.get("/"))
    assert "Something on file changed since then" in text_of(person.get("/yearbook/"))
    assert "yearbook set" not in text_of(filled.user("media").get("/"))


def test_work_that_takes_long_is_listed_stopped_and_gone_on_with_by_administrators(filled: Pages) -> None:
    asked(filled, filled.user("yearbook", name="yara"))
    admin = filled.user("admin")
    page = admin.get("/jobs/")
    assert "Making a yearbook set" in text_of(page)
    assert "yara" in text_of(page)
    (job,) = jobs_of(filled)
    assert job.id not in text_of(page)
    where = f"/jobs/{job.id}/"
    assert "It begins within a few seconds." in text_of(admin.get(where))
    assert "<html" not in admin.get(where, headers={"HX-Request": "true"}).content.decode()
    assert "It was stopped." in text_of(admin.post(f"{where}stop", follow=True))
    assert "It goes on." in text_of(admin.post(f"{where}again", follow=True))
    run_job(filled.district.services, KINDS)
    assert "It is done." in text_of(admin.get(where))


def test_the_list_of_sets_goes_on_to_a_next_page(filled: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.pages import yearbook

    person = filled.user("yearbook")
    for number in range(3):
        made(filled, person, name=f"Set {number}")
    monkeypatch.setattr(yearbook, "PAGE", 2)
    first = person.get("/yearbook/").content.decode()
    assert first.count('<th scope="row"') == 2
    after = first.split("?after=")[1].split('"')[0]
    assert person.get("/yearbook/", {"after": after}).content.decode().count('<th scope="row"') == 1


def test_a_set_waits_for_its_turn_and_says_so(filled: Pages) -> None:
    from dam_hooks.desk.job_told import job_told

    asked(filled, filled.user("yearbook"))
    (job,) = jobs_of(filled)
    assert job_told(job, job.moved_at + timedelta(minutes=2)).sentence.startswith("It waits for its turn")


def test_a_set_is_made_of_what_was_selected_in_the_library(filled: Pages) -> None:
    person = filled.user("yearbook")
    waltz, tango = (filled.asset(f"events/dance/{each}.jpg") for each in ("waltz", "tango"))
    assert "that I selected" not in text_of(person.get("/yearbook/new/"))
    ticked = {
        "do": "add",
        "shown": [waltz, tango],
        "recording": [waltz, tango, "a-0000000000000000"],
        "folder": "events",
    }
    answer = person.post("/library/selection", ticked)
    assert answer["Location"] == "/library/?folder=events"
    page = person.get(answer["Location"]).content.decode()
    assert "2 recordings are selected." in page
    assert page.count("checked>") == 2
    person.post("/library/selection", {"do": "add", "shown": [waltz, tango], "recording": [waltz]})
    page = text_of(person.get("/yearbook/new/", {"selected": "on"}))
    assert "Only the pictures that I selected in the library" in page
    seen = text_of(person.post("/yearbook/new/", {**ORDER, "selected": "on", "do": "see"}))
    assert "1 picture would go in" in seen
    where = made(filled, person, selected="on")
    with filled.district.services.store.reading() as unit:
        assert [each.source_key for each in unit.exports.files(set_id(filled))] == ["events/dance/waltz.jpg"]
    assert "1 selected" in text_of(person.get(where))


def test_an_empty_selection_never_means_the_whole_library(filled: Pages) -> None:
    person = filled.user("yearbook")
    waltz = filled.asset("events/dance/waltz.jpg")
    person.post("/library/selection", {"do": "add", "recording": [waltz]})
    assert "Nothing is selected any more." in text_of(person.post("/library/selection", {"do": "clear"}, follow=True))
    page = text_of(person.post("/yearbook/new/", {**ORDER, "selected": "on"}))
    assert "Nothing is selected in the library any more." in page
    assert jobs_of(filled) == []


def test_an_older_program_leaves_a_set_of_chosen_recordings_to_others(filled: Pages) -> None:
    from dam_plugin.admin.export_job import YEARBOOK_SET
    from dam_plugin.intake.jobs import kinds_of

    person = filled.user("yearbook")
    person.post("/library/selection", {"do": "add", "recording": [filled.asset("events/dance/waltz.jpg")]})
    asked(filled, person, selected="on")
    older = kinds_of(replace(YEARBOOK_SET, takes=("target", "way", "order", "profile")))
    assert run_job(filled.district.services, older) is None


def test_a_locked_set_goes_to_another_printer_for_whom_it_is_decided_again(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    assert person.get(f"{where}hand-over/").status_code == 404
    person.post(f"{where}lock/", {"to": "heron-press", "sure": "on"})
    said = {"to": "Hannah Lindqvist", "sure": "on"}
    assert "has a student" in text_of(person.post(f"{where}hand-over/", said))
    page = text_of(person.post(f"{where}hand-over/", {**said, "to": "second-press"}, follow=True))
    assert "That 6 pictures went to second-press is on record." in page
    say_no(filled, filled.district.student(THERESA))
    assert "Nothing was recorded." in text_of(person.post(f"{where}hand-over/", {**said, "to": "third-press"}))


def test_a_set_that_was_not_made_is_told_of_in_the_list(pages: Pages) -> None:
    put_portrait(pages.district, HANNAH)
    person = pages.user("yearbook")
    asked(pages, person)
    assert "Being made, or not finished" in text_of(person.get("/yearbook/"))
    with pytest.raises(NothingToExport):
        run_job(pages.district.services, KINDS)
    page = text_of(person.get("/yearbook/"))
    assert "Fall-2026 : None of these pictures may go into a set." in page
    assert "Not made" in page


def test_hostile_texts_are_texts(pages: Pages) -> None:
    hostile = "<script>alert(1)</script>"
    theresa = seen(pages.district.student(THERESA), regions=(FACE,))
    put(pages.district, "events/<b>&.jpg", theresa, about=replace(DANCE, caption=hostile, events=(hostile,)))
    put(pages.district, "events/<i>.jpg", seen(pages.district.student(HANNAH)), about=DANCE)
    pages.district.upload("events/<u>.jpg", b"no picture")
    custodian = pages.user("custodian")
    shown = custodian.post("/yearbook/new/", {**ORDER, "event": hostile, "to": "<em>press</em>", "do": "see"})
    assert hostile not in shown.content.decode()
    where = made(pages, custodian, to="<em>press</em>")
    for each in ("/yearbook/", where, f"{where}left-out/", f"{where}lock/"):
        page = custodian.get(each).content.decode()
        assert [tag for tag in ("<script>alert", "<em>", "<b>&", "<i>", "<u>") if tag in page] == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in custodian.get(where).content.decode()


def test_what_was_left_out_asks_as_much_of_the_database_for_many_as_for_one(pages: Pages) -> None:
    person = pages.user("custodian")
    put_portrait(pages.district, THERESA)
    counts, statements = list[int](), list[str]()

    def hear(*told: Any) -> None:
        statements.append(told[2])

    for number in range(2):
        for each in range(1 + 9 * number):
            put(pages.district, f"events/{number}-{each}.jpg", seen(pages.district.student(HANNAH)), about=DANCE)
        where = made(pages, person, name=f"Set {number}", redact="")
        asked_of = [f"{where}left-out/", where, "/yearbook/"]
        engine = pages.district.services.store._engine
        # The first time, what a process knows afterwards is asked for, too.
        person.get("/yearbook/")
        event.listen(engine, "before_cursor_execute", hear)
        assert [person.get(each).status_code for each in asked_of] == [200, 200, 200]
        event.remove(engine, "before_cursor_execute", hear)
        counts.append(len(statements))
        statements.clear()
    assert counts[1] <= counts[0]


def test_how_many_students_are_in_no_picture_is_told_and_who_to_the_custodian_alone(filled: Pages) -> None:
    person = filled.user("yearbook")
    where = made(filled, person)
    page = text_of(person.get(f"{where}who/"))
    assert re.search(r"In no picture: [1-9]", page)
    assert "Hannah" not in page
    told = text_of(filled.user("custodian").get(f"{where}who/"))
    assert "Hannah Lindqvist, grade 11" in told
    assert filled.district.student(HANNAH) not in told
