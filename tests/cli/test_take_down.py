"""What the district itself published of a student, once the family says no to it: work until it is taken down."""

from __future__ import annotations

import csv
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import revoking
from district import (
    GRADUATION,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    NOAH,
    PORTRAIT,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    THERESA,
    UNTITLED,
    District,
)
from made_files import bag, packet, xmp_segment
from roster_files import change_students
from use_cases import ledger_holds

from dam_plugin.cli import context
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import choices
from dam_plugin.errors import CaseError
from dam_plugin.intake import take_down
from dam_plugin.model import Recipient
from dam_plugin.services import Services
from dam_plugin.store import SystemUser, Unit

AS = ("--as", "custodian:records-office")
THERESA_MOTHER = "G-2031"
WEBSITE = ("--kind", "publication", "--purpose", "website", "--to", "public:webmaster", *AS)


@pytest.fixture
def sofia(district: District) -> str:
    district.upload(GRADUATION)
    return district.student(SOFIA)


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def plain(*words: str) -> str:
    return " ".join(ran(*words).text.split())


def published(*words: str) -> str:
    """Publish a recording; return the id of the share."""
    told = ran("share", GRADUATION, *(words or WEBSITE), "--json").object()
    return str(told["share"])


def still(*words: str) -> list[Any]:
    told: list[Any] = ran(*words, "--json").object()["still_published"]
    return told


def opt_out(student: str, *more: str) -> list[Any]:
    return still("student", "opt-out", student, *more, *AS)


def work() -> list[Any]:
    return [each for each in ran("queue", "list", "--json").objects() if each["kind"] == "take_down"]


def taken_down(referral: str) -> None:
    assert "is closed: taken down: off the site" in plain("queue", "close", referral, "--why", "off the site", *AS)


def test_an_opt_out_of_today_says_what_stands_on_the_districts_own_pages(district: District, sofia: str) -> None:
    share = published()
    told = plain("student", "opt-out", sofia, "--purpose", "website", *AS)
    (waits,) = work()
    assert (
        f"Still published: {GRADUATION}, which shows {sofia}, for 'website', handed to public:webmaster on {TODAY}"
        in told
    )
    assert share in told
    assert f"Take it down by {waits['due']}, and say so: `dam-plugin queue close {waits['id']} --why" in told
    shown = plain("queue", "show", waits["id"], *AS)
    assert "the district published it" in shown
    assert sofia in shown
    assert ledger_holds(district.services)


def test_what_was_said_to_be_taken_down_and_was_not_waits_again(district: District, sofia: str) -> None:
    published()
    assert len(opt_out(sofia, "--purpose", "website")) == 1
    first = str(work()[0]["id"])
    taken_down(first)
    assert work() == []
    words = ("queue", "reopen", first, "--why", "it is on the site still")
    assert call(*words, "--as", "media_staff:jo").code == 1
    assert "waits again" in plain(*words, *AS)
    (waits,) = work()
    assert waits["id"] == first
    again = call(*words, *AS)
    assert (again.code, "waits still" in again.err) == (1, True)
    taken_down(first)
    asked = call("share", GRADUATION, "--to", "public:reporter-7", "--purpose", "news", *AS, "--json").object()
    for each in asked["referrals"]:
        refused = call("queue", "reopen", each["id"], "--why", "x", *AS)
        assert refused.code == 1, refused.text
    assert ledger_holds(district.services)


def test_what_was_said_to_be_taken_down_is_not_listed_again(sofia: str) -> None:
    share = published()
    (first,) = opt_out(sofia, "--purpose", "website")
    assert (first["share"], first["key"], first["to"], first["published"]) == (
        share,
        GRADUATION,
        "public:webmaster",
        str(TODAY),
    )
    (again,) = opt_out(sofia)
    assert again["work"] == first["work"], "the same work waits"
    assert len(work()) == 1
    taken_down(first["work"])
    assert opt_out(sofia) == []
    assert work() == []


def test_what_one_family_had_taken_down_is_down_for_the_next_family_too(district: District, sofia: str) -> None:
    published()
    (first,) = opt_out(sofia)
    taken_down(first["work"])
    assert opt_out(district.student(NOAH)) == []


def test_work_that_ends_since_the_family_says_yes_again_is_no_taking_down(district: District, sofia: str) -> None:
    published()
    (first,) = opt_out(sofia)
    ran("student", "opt-in", sofia, "--by", sofia, "--why", "a letter", *AS)
    told = plain("queue", "close", first["work"], "--why", "she permits it", *AS)
    assert "permitted again: she permits it" in told
    (other,) = opt_out(district.student(NOAH))
    assert other["work"] != first["work"], "it stands, and this family says no to it"


@pytest.mark.parametrize("purpose", ["yearbook", "news"])
def test_an_opt_out_for_another_purpose_leaves_what_is_published(sofia: str, purpose: str) -> None:
    published()
    assert opt_out(sofia, "--purpose", purpose) == []
    assert work() == []


def test_what_others_asked_for_and_a_yearbook_are_not_among_it(sofia: str) -> None:
    published("--kind", "publication", "--purpose", "yearbook", "--to", "public:printer", *AS)
    call("share", GRADUATION, "--purpose", "news", "--to", "public:kspr", *AS)
    assert opt_out(sofia) == []


def test_an_opt_out_that_begins_later_names_it_at_once(sofia: str) -> None:
    published()
    later = str(TODAY + timedelta(days=10))
    (told,) = opt_out(sofia, "--since", later)
    taken_down(told["work"])
    assert opt_out(sofia, "--since", later) == []


def test_a_protection_names_it_and_the_work_names_no_student(district: District, sofia: str) -> None:
    published()
    protect = ("student", "protect", sofia, "--kind", "other", "--seen", "a card", *AS)
    (told,) = still(*protect)
    assert told["student"] == sofia
    (waits,) = work()
    assert waits["students"] == []
    assert sofia not in ran("ledger", "show", "--kind", "queue", "--json").text
    taken_down(told["work"])
    assert opt_out(sofia) == []


def test_a_roster_that_brings_an_opt_out_names_it(district: District, sofia: str) -> None:
    published()
    with Path("roster/opt_outs.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow((SOFIA, TODAY, "", "website"))
    by_import = ("roster", "import", "roster", *AS)
    (told,) = still(*by_import)
    assert (told["student"], told["purpose"]) == (sofia, "website")
    assert still(*by_import) == [], "the same import again brings nothing new"
    assert [each["id"] for each in work()] == [told["work"]]


def consented(student: str, signer: str, *more: str) -> str:
    """Put a consent of today for the website on file, signed after an opt-out of today; return its id."""
    signed = ("--signed-by", signer, "--signed-on", str(TODAY), "--party", "public", "--proof", "drawer 4")
    added = ran("consent", "add", student, "--purpose", "website", *signed, *more, *AS, "--json").object()
    return str(added["consent"])


@pytest.fixture
def on_consent(district: District) -> tuple[str, str, str]:
    """A portrait that is no directory information, published on a parent's consent: the student, the parent, the consent."""
    (student,) = district.upload(PORTRAIT).tagging.students
    with district.services.store.reading() as unit:
        parent = unit.people.need(student).guardians[0]
    ran("tag", PORTRAIT, "--directory", "not_eligible", *AS)
    consent = consented(student, parent)
    ran("share", PORTRAIT, *WEBSITE)
    return student, parent, consent


def test_a_revoked_consent_says_what_was_published_on_it_and_keeps_who_withdrew_it(
    on_consent: tuple[str, str, str],
) -> None:
    student, parent, consent = on_consent
    told = plain("consent", "revoke", consent, "--by", parent, *AS)
    assert f"Still published: {PORTRAIT}, which shows {student}, for 'website'" in told
    (waits,) = work()
    entry = ran("ledger", "show", "--kind", "consent-revoked", *AS, "--json").object()
    assert entry["details"]["stated_by"] == parent
    taken_down(waits["id"])
    assert still("consent", "revoke", consent, *AS) == []


def test_only_who_holds_or_held_a_right_over_the_student_withdraws_a_consent(
    district: District, on_consent: tuple[str, str, str]
) -> None:
    other = call("consent", "revoke", on_consent[2], "--by", district.guardian(SOFIA_MOTHER), *AS)
    assert other.code == 1
    assert "this person is no guardian of" in other.err
    assert work() == []


def test_a_file_that_revokes_a_consent_names_it_too(on_consent: tuple[str, str, str], district: District) -> None:
    student, parent, consent = on_consent
    with district.services.store.reading() as unit:
        kept, number = unit.people.consent(consent).consent, unit.people.need(student).roster_id
    assert parent == district.guardian(HANNAH_MOTHER)
    row = {
        "student_id": number,
        "signed_by": HANNAH_MOTHER,
        "signed_on": TODAY,
        "signature": kept.signature,
        "purpose": "website",
        "parties": "public",
        "revoked_on": TODAY,
    }
    with Path("consents.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, list(row))
        rows.writeheader()
        rows.writerow(row)
    (told,) = still("consent", "import", "consents.csv", *AS)
    assert (told["student"], told["key"]) == (student, PORTRAIT)


def test_a_revoked_consent_leaves_what_is_directory_information(sofia: str) -> None:
    published()
    consent = consented(sofia, sofia)
    assert still("consent", "revoke", consent, *AS) == []


def test_a_copy_that_hid_the_student_is_not_among_it(district: District, sofia: str) -> None:
    opt_out(sofia)
    told = ran("share", GRADUATION, *WEBSITE, "--json").object()
    assert told["outcome"] == "redact"
    assert opt_out(sofia) == []


def letter(student: str, *more: str) -> str:
    told = ran("letter", "write", "opt-out-confirmed", "--opt-out", student, *more, *AS, "--json").object()
    return " ".join(told["text"].split())


def test_what_cannot_be_decided_again_now_is_listed_for_whoever_was_found_in_it_later(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(GRADUATION)
    share, ines = published(), district.student(INES)
    ran("tag", GRADUATION, "--person", ines, *AS)

    def fails(*_: object) -> None:
        raise CaseError("it cannot be read")

    monkeypatch.setattr(take_down, "_case", fails)
    assert [each["share"] for each in opt_out(ines)] == [share]


def test_the_letter_tells_the_districts_own_pages_from_what_others_downloaded(district: District, sofia: str) -> None:
    assert sofia
    published()
    (told,) = opt_out(sofia)
    text = letter(sofia)
    assert "We cannot take back what others printed or downloaded before." in text
    assert "We had also given out recordings of you for our own publications: website. We have told our staff" in text
    assert "grabaciones de usted para nuestras propias publicaciones: el sitio web." in letter(sofia, "--lang", "es")
    taken_down(told["work"])
    assert "our own publications" not in letter(sofia)
    noah = district.student(NOAH)
    ran("student", "opt-out", noah, *AS)
    assert "our own publications" not in letter(noah)


# A look, a finding or a name in a file finds somebody whose family said no before


def body(*names: str) -> bytes:
    """The picture of which it is not known who is in it; with names, these are written into it."""
    bare = (sample_folder() / UNTITLED).read_bytes()
    persons = xmp_segment(packet(bag("Iptc4xmpExt:PersonInImage", names))) if names else b""
    return bare[:2] + persons + bare[2:]


@pytest.fixture
def untitled(district: District) -> District:
    """A picture that is on the website as of Ines alone; Hannah, whose family said no, and Noah are in it too."""
    district.upload(UNTITLED, body())
    district.upload(PORTRAIT)
    ran("tag", UNTITLED, "--person", district.student(INES), "--unidentified", "0", "--directory", "eligible", *AS)
    return district


def on_website(*, is_opened: bool = False) -> str:
    told = ran("share", UNTITLED, *WEBSITE, "--json").object()
    if is_opened:
        assert call("open", told["token"]).code == 0
    return str(told["share"])


def waiting(*kinds: str) -> list[tuple[str, str]]:
    """The work of these kinds that waits: what it is, and on which share."""
    listed = ran("queue", "list", "--json").objects()
    return [(each["kind"], each["share_id"]) for each in listed if each["kind"] in kinds]


BOTH = ("take_down", "found_later")


def test_a_look_that_finds_who_said_no_in_an_unopened_publication_has_it_taken_down(untitled: District) -> None:
    share, hannah = on_website(), untitled.student(HANNAH)
    told = plain("tag", UNTITLED, "--person", hannah, "--unidentified", "0", *AS)
    (waits,) = work()
    assert f"Still published: {UNTITLED}, which shows {hannah}, for 'website', handed to public:webmaster" in told
    assert f"whose link was never opened ({share}). Take it down by {waits['due']}" in told
    assert f"`dam-plugin queue close {waits['id']} --why" in told
    assert waiting(*BOTH) == [("take_down", share)]
    assert ledger_holds(untitled.services)


def test_the_custodian_who_says_who_is_in_it_is_told_so(untitled: District) -> None:
    share, hannah = on_website(), untitled.student(HANNAH)
    said = ("custodian", "people", UNTITLED, "--person", hannah, "--only", "--why", "her face", *AS)
    (told,) = still(*said)
    assert (told["student"], told["share"], told["link_opened"]) == (hannah, share, False)
    assert [each["id"] for each in work()] == [told["work"]]
    taken_down(told["work"])
    ran("tag", UNTITLED, "--person", untitled.student(NOAH), "--unidentified", "0", *AS)
    assert work() == [], "it was said to be taken down"


def test_a_finding_of_who_is_in_it_is_told_so(untitled: District) -> None:
    share, hannah = on_website(), untitled.student(HANNAH)
    asked = untitled.ask(UNTITLED, Recipient("other_school", "west"), "transfer")
    (referral,) = asked.referrals
    said = call("queue", "finding", referral.id, "identified", "--person", hannah, *AS)
    assert f"Still published: {UNTITLED}, which shows {hannah}" in " ".join(said.text.split()), said.text
    assert waiting(*BOTH) == [("take_down", share)]


def test_a_finding_that_takes_two_people_is_told_so_to_the_second(
    untitled: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    share, hannah = on_website(), untitled.student(HANNAH)
    ran("tag", UNTITLED, "--official", f"discipline:{untitled.student(INES)}", *AS)
    (of_ines,) = work()
    (referral,) = untitled.ask(UNTITLED, Recipient("other_school", "west"), "transfer").referrals
    stated = call("queue", "finding", referral.id, "identified", "--person", hannah, "--nobody", *AS, "--json").object()
    assert (stated["state"], stated["still_published"], work()) == ("pending", [], [of_ines])
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    approved = call("queue", "approve", stated["finding"], "--as", "designee:principal", "--json").object()
    assert [(each["student"], each["share"]) for each in approved["still_published"]] == [(hannah, share)]
    assert waiting(*BOTH) == [("take_down", share)] * 2


def test_a_name_that_is_written_into_the_file_later_has_it_taken_down(untitled: District) -> None:
    share, hannah = on_website(), untitled.student(HANNAH)
    untitled.upload(UNTITLED, body("Ines Carvalho", "Hannah Lindqvist"))
    assert waiting(*BOTH) == [("take_down", share)]
    (waits,) = work()
    assert [each["work"] for each in opt_out(hannah)] == [waits["id"]], "the same work waits"
    assert "our own publications: website" in letter(hannah)
    taken_down(waits["id"])


def test_what_somebody_opened_is_one_piece_of_work_and_the_same_is_told(untitled: District) -> None:
    share, hannah = on_website(is_opened=True), untitled.student(HANNAH)
    (told,) = still("tag", UNTITLED, "--person", hannah, "--unidentified", "0", *AS)
    assert (told["student"], told["share"], told["link_opened"]) == (hannah, share, True)
    assert [each["work"] for each in opt_out(hannah)] == [told["work"]]
    assert waiting(*BOTH) == [("found_later", share)]
    assert "our own publications: website" in letter(hannah)
    ran("queue", "close", told["work"], "--why", "off the site, the family was told", *AS)
    assert still("tag", UNTITLED, "--unidentified", "1", *AS) == [], "somebody has judged of it"
    assert waiting(*BOTH) == []


def test_of_two_publications_each_is_one_piece_of_work(untitled: District) -> None:
    opened = on_website(is_opened=True)
    other = ran("share", UNTITLED, *WEBSITE[:4], "--to", "public:other-page", *AS, "--json").object()["share"]
    ran("tag", UNTITLED, "--person", untitled.student(HANNAH), "--unidentified", "0", *AS)
    assert sorted(waiting(*BOTH)) == [("found_later", opened), ("take_down", str(other))]


def test_a_protected_student_who_is_found_is_not_named_by_the_work(untitled: District) -> None:
    noah = untitled.student(NOAH)
    ran("student", "protect", noah, "--kind", "other", "--seen", "a card", *AS)
    on_website()
    ran("tag", UNTITLED, "--person", noah, "--unidentified", "0", *AS)
    (waits,) = work()
    assert waits["students"] == []


def test_who_never_said_no_and_who_is_in_the_background_leave_it_up(untitled: District) -> None:
    on_website()
    assert still("tag", UNTITLED, "--person", untitled.student(NOAH), "--unidentified", "0", *AS) == []
    background = ("--prominence", "incidental", "--unidentified", "0")
    assert still("tag", UNTITLED, "--person", untitled.student(HANNAH), *background, *AS) == []
    assert work() == []
    focus = ("--prominence", "focus", "--unidentified", "0")
    (told,) = still("tag", UNTITLED, "--person", untitled.student(HANNAH), *focus, *AS)
    assert told["student"] == untitled.student(HANNAH)


@pytest.mark.parametrize("opted_out", [True, False])
def test_a_consent_whose_last_day_is_over_is_no_ground_for_what_stands(
    district: District, monkeypatch: pytest.MonkeyPatch, *, opted_out: bool
) -> None:
    (student,) = district.upload(PORTRAIT).tagging.students
    with district.services.store.reading() as unit:
        parent = unit.people.need(student).guardians[0]
    if not opted_out:
        ran("student", "opt-in", student, "--by", parent, "--why", "a letter", *AS)
    ran("tag", PORTRAIT, "--directory", "not_eligible", *AS)
    consented(student, parent, "--expires", str(TODAY + timedelta(days=3)))
    share = str(ran("share", PORTRAIT, *WEBSITE, "--json").object()["share"])
    on_day(monkeypatch, 3)
    ran("reconcile")
    assert work() == [], "its last day is not over"
    on_day(monkeypatch, 4)
    ran("reconcile")
    (waits,) = work()
    assert waits["students"] == [student]
    assert share in ran("queue", "show", waits["id"], "--json", *AS).out
    ran("reconcile")
    assert len(work()) == 1
    taken_down(waits["id"])
    ran("reconcile")
    assert work() == []


@pytest.mark.parametrize(("since", "signs"), [("birthday", False), ("birthday", True), ("college", False)])
def test_a_parents_consent_over_a_no_is_no_ground_once_the_student_holds_the_rights(
    district: District, monkeypatch: pytest.MonkeyPatch, since: str, *, signs: bool
) -> None:
    (student,) = district.upload(PORTRAIT).tagging.students
    parent, day = district.guardian(HANNAH_MOTHER), TODAY + timedelta(days=4)
    if since == "birthday":
        born = day.replace(year=day.year - 18).isoformat()
        change_students(district.folder / "roster", {"born": born}, HANNAH)
        ran("roster", "import", "roster", *AS)
    ran("student", "opt-out", student, "--by", parent, "--since", str(TODAY - timedelta(60)), *AS)
    consented(student, parent)
    share = str(ran("share", PORTRAIT, *WEBSITE, "--json").object()["share"])
    on_day(monkeypatch, 3)
    ran("reconcile")
    assert work() == [], "the rights are the parent's still"
    on_day(monkeypatch, 4)
    if since == "college":
        ran("student", "college", student, "--seen", "an enrolment letter", *AS)
    if signs:
        own = ("--signed-by", student, "--signed-on", str(day), "--party", "public", "--proof", "drawer 4")
        ran("consent", "add", student, "--purpose", "website", *own, *AS)
        ran("reconcile")
        assert work() == []
        return
    ran("reconcile")
    (waits,) = work()
    assert share in ran("queue", "show", waits["id"], "--json", *AS).out
    letter = ran("letter", "write", "opt-out-confirmed", "--opt-out", student, *AS, "--json").object()["text"]
    assert "own publications: website" in " ".join(letter.split())
    ran("reconcile")
    assert len(work()) == 1
    taken_down(waits["id"])
    ran("reconcile")
    assert work() == []


@pytest.mark.parametrize(
    "said",
    [
        ("tag", UNTITLED, "--directory", "not_eligible"),
        ("custodian", "close", UNTITLED, "--law", "RSMo 210.150", "--why", "a report file"),
    ],
)
def test_what_turns_out_to_be_no_directory_information_comes_down(untitled: District, said: tuple[str, ...]) -> None:
    share = on_website(is_opened=True)
    (told,) = still(*said, *AS)
    assert (told["student"], told["share"], told["link_opened"]) == (untitled.student(INES), share, True)
    assert waiting(*BOTH) == [("take_down", share)]
    taken_down(told["work"])
    ran("reconcile")
    assert work() == []
    assert ledger_holds(untitled.services)


def test_what_shows_many_and_is_no_directory_information_is_one_piece_of_work(untitled: District) -> None:
    people = ("--person", untitled.student(INES), "--person", untitled.student(NOAH), "--unidentified", "0")
    ran("tag", UNTITLED, *people, "--directory", "eligible", *AS)
    on_website()
    assert len(still("tag", UNTITLED, "--official", f"discipline:{untitled.student(NOAH)}", *AS)) == 1
    assert len(work()) == 1
    ran("reconcile")
    assert len(work()) == 1


def limited(student: str, parent: str, since: str) -> Called:
    order = ("--seen", "decree of the circuit court", "--since", since, *revoking())
    return ran("student", "guardian", "limit", student, parent, *order, *AS, "--json")


@pytest.fixture
def no_opt_out(district: District) -> None:
    """No opt-out of the student of the portrait is in force."""
    parent = district.guardian(HANNAH_MOTHER)
    ran("student", "opt-in", district.student(HANNAH), "--by", parent, "--why", "a letter", *AS)


@pytest.mark.usefixtures("no_opt_out")
def test_an_order_that_is_entered_late_says_what_was_published_on_the_parents_consent(
    on_consent: tuple[str, str, str],
) -> None:
    student, parent, _ = on_consent
    (told,) = limited(student, parent, str(TODAY - timedelta(days=30))).object()["still_published"]
    assert (told["student"], told["key"], told["purpose"]) == (student, PORTRAIT, "website")
    assert [each["id"] for each in work()] == [told["work"]]


@pytest.mark.usefixtures("no_opt_out")
def test_an_order_from_a_later_day_leaves_what_was_published_on_a_consent_that_stood(
    on_consent: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    student, parent, _ = on_consent
    on_day(monkeypatch, 5)
    limited(student, parent, str(TODAY + timedelta(days=5)))
    assert work() == []


def test_of_an_opted_out_student_it_is_to_be_taken_down_from_whichever_day_the_order_is(
    on_consent: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    student, parent, _ = on_consent
    on_day(monkeypatch, 5)
    (told,) = limited(student, parent, str(TODAY + timedelta(days=5))).object()["still_published"]
    assert [each["id"] for each in work()] == [told["work"]]


@pytest.mark.usefixtures("no_opt_out")
def test_a_birthday_that_was_wrong_says_what_was_published_on_a_parents_consent(
    district: District, on_consent: tuple[str, str, str]
) -> None:
    student, _, _ = on_consent
    born = TODAY.replace(year=TODAY.year - 18, day=1) - timedelta(days=40)
    change_students(district.folder / "roster", {"born": str(born)}, HANNAH)
    (told,) = still("roster", "import", "roster", *AS)
    assert (told["student"], told["key"]) == (student, PORTRAIT)
    assert still("roster", "import", "roster", *AS) == []


@pytest.mark.usefixtures("no_opt_out")
def test_an_18th_birthday_leaves_what_was_published_before_it_on_a_consent_that_stood(
    district: District, on_consent: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    born = TODAY.replace(year=TODAY.year - 18) + timedelta(days=3)
    change_students(district.folder / "roster", {"born": str(born)}, HANNAH)
    assert still("roster", "import", "roster", *AS) == []
    on_day(monkeypatch, 9)
    student, parent, _ = on_consent
    limited(student, parent, str(TODAY + timedelta(days=9)))
    assert work() == []


def required(student: str) -> list[Any]:
    return ran("ledger", "student", student, "--required", "--json", *AS).objects()


@pytest.mark.usefixtures("no_opt_out")
@pytest.mark.parametrize("found", ["an order", "a birthday"])
def test_what_rested_on_a_right_that_nobody_had_is_a_required_line_of_the_record(
    district: District, on_consent: tuple[str, str, str], found: str
) -> None:
    student, parent, _ = on_consent
    seen = ("--in-office", "--for", f"parent:{parent}", "--minutes", "20", *AS)
    ran("view", PORTRAIT, *seen)
    assert required(student) == []
    if found == "an order":
        limited(student, parent, str(TODAY - timedelta(days=30)))
    else:
        born = TODAY.replace(year=TODAY.year - 18, day=1) - timedelta(days=40)
        change_students(district.folder / "roster", {"born": str(born)}, HANNAH)
        told = plain("roster", "import", "roster", *AS)
        assert (
            f"{student} is 18 since {born.replace(year=born.year + 18)} by the day of birth that is on file now" in told
        )
        assert f"{student} is 18" not in plain("roster", "import", "roster", *AS)

    lines = required(student)
    assert {each["who"].partition(":")[0] for each in lines} == {"public", "parent"}
    for each in lines:
        assert "did not hold the rights over the record on that day" in each["happened"]
        assert not any(word in each["why"] for word in ("written consent", "its own child"))
    spanish = ran("ledger", "student", student, "--page", "record.html", "--lang", "es", *AS)
    assert spanish.code == 0
    assert "no tenía ese día los derechos" in Path("record.html").read_text("utf-8")


def test_what_showed_another_familys_child_rests_on_the_right_over_the_parents_own(district: District) -> None:
    district.upload(TEAM)
    ran("tag", TEAM, "--directory", "not_eligible", *AS)
    for _ in range(2):
        ran("custodian", "meaning", TEAM, "destroyed", "--why", "all of them at once", *AS)
    mother = district.guardian(THERESA_MOTHER)
    ran("view", TEAM, "--in-office", "--for", f"parent:{mother}", *AS)
    hannah = district.student(HANNAH)
    ran("student", "college", hannah, "--since", str(TODAY - timedelta(days=30)), "--seen", "a course list", *AS)
    fell = "did not hold the rights over the record on that day"
    (line,) = required(hannah)
    assert fell not in line["happened"]
    limited(district.student(THERESA), mother, str(TODAY - timedelta(days=30)))
    (line,) = required(hannah)
    assert fell in line["happened"]


def test_a_roster_without_days_of_birth_looks_at_no_publication_for_them(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = choices.file_take_downs
    seen: list[set[str]] = []

    def looked_at(services: Services, unit: Unit, students: Collection[str]) -> take_down.ToTakeDown:
        seen.append({*students})
        return filed(services, unit, students)

    monkeypatch.setattr(choices, "file_take_downs", looked_at)
    change_students(district.folder / "roster", {"born": ""})
    ran("roster", "import", "roster", *AS)
    assert seen == [set()]
