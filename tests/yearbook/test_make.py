"""A set from end to end: what it holds and tells, what stays out, how it breaks off and is gone on with. Real files."""

from __future__ import annotations

import html
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clock import TODAY
from databases import DATABASES, open_store
from district import (
    CALEB,
    CROWD,
    CUSTODIAN,
    GRADUATION,
    HANNAH,
    INES,
    NOAH,
    OWEN,
    TEAM,
    THERESA,
    District,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from use_cases import entries, ledger_holds, listening, looked
from yearbook_exports import (
    DANCE,
    ReadSet,
    Stopped,
    exported,
    files_on_record,
    fill,
    lasting_district,
    markers,
    names_of,
    order_for,
    put_candid,
    put_portrait,
    read_back,
    set_ids,
    stopping,
)
from yearbook_plans import record, rename

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import choices
from dam_plugin.errors import InputError, SettingsError, StorageError
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.model import Consent, OptOut, Outcome, Recipient
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.procedure.redisclosure import SET_NOTICE
from dam_plugin.services import Services
from dam_plugin.store.sets import Made, Query
from dam_plugin.yearbook import make
from dam_plugin.yearbook.lists import Lists
from dam_plugin.yearbook.make import NothingToExport, Progress
from dam_plugin.yearbook.manifest import roster_digest
from dam_plugin.yearbook.profiles import SHIPPED
from dam_plugin.yearbook.recheck import recheck
from dam_tagging.facts import About

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EVERYBODY = ("104203", "104211", "104217", "104222", "104230", "104238", "104245", "104270")
REDACTING = order_for(redact=True)


@pytest.fixture
def filled(district: District) -> District:
    """A district with these pictures."""
    return fill(district)


@pytest.fixture(scope="module")
def shared(s3_endpoint: str, raw_s3: S3Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """The same for tests that change nothing, with a set that redacts and one that does not."""
    with lasting_district(s3_endpoint, raw_s3, tmp_path_factory.mktemp("shared")) as district:
        fill(district)
        plain, redacted = exported(district, "whole.zip"), exported(district, "redacted.zip", REDACTING)
        reads = (read_back(district, name) for name in ("whole.zip", "redacted.zip"))
        yield Shared(district, plain, redacted, *reads)


@dataclass(frozen=True)
class Shared:
    """A district, and two sets that were made of it, each with what is read of it."""

    district: District
    made: Made
    made_redacted: Made
    read: ReadSet
    redacted: ReadSet


# What it holds


def test_an_index_read_back_names_exactly_the_portraits_of_the_set(shared: Shared) -> None:
    district, whose = shared.district, shared.read.whose(shared.district)
    assert set(whose) == set(shared.read.portraits)
    assert whose == {each.path: each.student for each in files_on_record(district, shared.made.set.id) if each.student}
    assert set(whose.values()) == {district.student(each) for each in (THERESA, INES, CALEB)}


@pytest.mark.parametrize("publisher", SHIPPED)
def test_every_publishers_set_is_read_back_the_same(shared: Shared, publisher: str) -> None:
    exported(shared.district, f"{publisher}.zip", order_for(publisher))
    read = read_back(shared.district, f"{publisher}.zip")
    assert set(read.whose(shared.district)) == set(read.portraits)
    assert len(read.portraits) == 3
    assert read.verified(shared.district).publisher == publisher


def test_every_portrait_is_its_students_picture(shared: Shared) -> None:
    sources = {each.path: each.source_key for each in files_on_record(shared.district, shared.made.set.id)}
    whose = shared.read.whose(shared.district)
    assert {path: sources[path] for path in whose} == {
        path: f"portraits/{record(shared.district, student).roster_id}.jpg" for path, student in whose.items()
    }


def test_a_set_is_laid_out_and_told_as_its_publisher_takes_it(shared: Shared) -> None:
    read, made = shared.redacted, shared.made_redacted
    assert list(read.files) == [
        *(f"YEARBOOK/IMAGES/P{n:07}.JPG" for n in (1, 2, 3)),
        *(f"candids/c{n:07}.jpg" for n in (1, 2, 3)),
        "YEARBOOK/INDEX.TXT",
        "YEARBOOK/COPYRIGHT.TXT",
        "YEARBOOK/README.TXT",
        "candids/captions.csv",
        "manifest.html",
        "manifest.json",
        "manifest.sig",
    ]
    assert (made.portraits, made.candids, made.redacted, made.left_out) == (3, 3, 1, 1)
    assert made.bytes == len(read.data)
    assert read.verified(shared.district).files == 11


def test_numbers_have_no_gap_whatever_was_left_out(filled: District) -> None:
    for each in (THERESA, CALEB):
        choices.opt_out(filled.services, filled.student(each), OptOut(TODAY), CUSTODIAN)
    exported(filled)
    assert read_back(filled).portraits == ["YEARBOOK/IMAGES/P0000001.JPG"]
    assert read_back(filled).whose(filled) == {"YEARBOOK/IMAGES/P0000001.JPG": filled.student(INES)}


def test_numbers_have_no_gap_where_a_copy_could_not_be_made(filled: District) -> None:
    put_portrait(filled, NOAH, body=b"\xff\xd8 no picture at all \xff\xd9")
    put_portrait(filled, OWEN)
    made = exported(filled)
    assert read_back(filled).portraits == [f"YEARBOOK/IMAGES/P{n:07}.JPG" for n in (1, 2, 3, 4)]
    (broken,) = (
        each for each in files_on_record(filled, made.set.id, "left_out") if each.student == filled.student(NOAH)
    )
    assert [each.clause for each in broken.why] == ["EXPORT-UNABLE"]
    assert filled.student(NOAH) not in read_back(filled).whose(filled).values()


def test_an_opted_out_student_is_in_neither_rows_nor_images_nor_captions_nor_manifest(shared: Shared) -> None:
    district, read = shared.district, shared.read
    assert read.holds(*names_of(district, [HANNAH]), district.student(HANNAH), HANNAH) == []
    assert len(read.pictures) == 5


def test_a_set_holds_no_number_no_pseudonym_no_clause_and_no_source(shared: Shared) -> None:
    files = files_on_record(shared.district, shared.made_redacted.set.id, "written", "left_out")
    sources = [each.source_key for each in files]
    assert shared.redacted.holds(*sources, *EVERYBODY, "portraits/", "events/dance", "EX4-", "EXPORT-") == []
    assert re.findall(rb"S-[0-9A-Z]{6}", shared.redacted.data) == []


def test_manifest_and_page_name_nobody(shared: Shared) -> None:
    told = shared.redacted.files["manifest.json"] + shared.redacted.files["manifest.html"]
    assert ReadSet(told).holds(*names_of(shared.district, EVERYBODY)) == []


def test_the_manifest_says_of_each_file_what_it_is(shared: Shared) -> None:
    read, made = shared.redacted, shared.made_redacted
    told = {each["path"]: each for each in read.manifest["files"]}
    assert set(told) == set(read.files) - {"manifest.json", "manifest.sig"}
    kept = {each.path: each for each in files_on_record(shared.district, made.set.id)}
    for path, each in told.items():
        file = kept.get(path)
        assert each["decision"] == (file.decision if file else None)
        assert each["redacted"] is bool(file and file.covered)
    assert (read.manifest["set"], read.manifest["day"]) == (made.set.id, made.set.day.isoformat())


def test_no_two_sets_have_a_digest_in_common(shared: Shared) -> None:
    # By those, whoever has both would know which pictures are of the same students.
    exported(shared.district, "again.zip")
    sets = (shared.read, shared.redacted, read_back(shared.district, "again.zip"))
    told = [[each["decision"] for each in read.manifest["files"] if each["decision"]] for read in sets]
    assert [len(each) for each in told] == [5, 6, 5]
    assert len(set(chain.from_iterable(told))) == 16
    kept = files_on_record(shared.district, shared.made.set.id)
    assert {each.digest for each in kept}.isdisjoint(chain.from_iterable(told))


def test_a_caption_that_names_a_hidden_student_goes_without_the_text(shared: Shared) -> None:
    captions = shared.redacted.captions
    assert list(captions) == shared.redacted.candids
    assert captions["candids/c0000001.jpg"].endswith("A waltz")
    assert captions["candids/c0000003.jpg"].startswith("Caleb Brandt")
    assert "Inés Muñoz" in captions["candids/c0000002.jpg"]


def test_whom_a_set_shows_is_on_record_with_the_set(shared: Shared) -> None:
    district, made = shared.district, shared.made
    with district.services.store.reading() as unit:
        assert unit.exports.students_of(made.set.id) == {district.student(each) for each in (THERESA, INES, CALEB)}
    told = {entry.subject: details for entry, details in entries(district.services, "export")}
    assert (told[made.set.id]["done"], told[made.set.id]["manifest"]) == ("made", made.set.manifest)
    assert ledger_holds(district.services)


def test_what_was_exported_may_be_printed_on_the_same_day(shared: Shared) -> None:
    found = recheck(shared.district.services, shared.made_redacted.set.id)
    assert (found.files, found.stops, found.notices) == (6, (), ())
    assert (found.roster_changed, found.rules_changed) == (False, False)


def test_a_set_is_its_owners_alone(shared: Shared) -> None:
    assert stat.S_IMODE((shared.district.folder / "whole.zip").stat().st_mode) == 0o600


def test_a_set_of_portraits_alone_has_no_captions_and_one_of_candids_no_volume(shared: Shared) -> None:
    exported(shared.district, "candids.zip", order_for(query=Query(event="spring-dance")))
    assert {each.split("/")[0] for each in read_back(shared.district, "candids.zip").files} == {
        "candids", "manifest.html", "manifest.json", "manifest.sig",
    }  # fmt: skip
    exported(shared.district, "portraits.zip", order_for(query=Query(event="portraits")))
    assert not any(each.startswith("candids/") for each in read_back(shared.district, "portraits.zip").files)


def test_no_picture_tells_whose_family_consented_and_the_page_has_the_notice_for_all(filled: District) -> None:
    choose(filled, set(), {HANNAH})
    exported(filled)
    read = read_back(filled)
    sources = {each.path: each.source_key for each in files_on_record(filled, read.manifest["set"])}
    # By consent, beside those that are directory information.
    assert filled.student(HANNAH) in read.whose(filled).values()
    assert "events/dance/tango.jpg" in sources.values()
    assert ReadSet(b"".join(read.pictures.values())).holds("99.33", "student records", "redisclose") == []
    assert {tuple(markers(data)) for path, data in read.pictures.items() if path in read.candids} == {
        tuple(markers(read.pictures["candids/c0000001.jpg"]))
    }
    page = read.files["manifest.html"].decode()
    assert " ".join(SET_NOTICE.split()) in " ".join(html.unescape(page).split())


def test_a_query_of_event_day_and_grade_means_all_of_them(filled: District) -> None:
    put_candid(filled, "events/dance/early.jpg", THERESA, about=replace(DANCE, taken="2026:01:01 19:00:00"))
    query = Query(event="SPRING DANCE", since=date(2026, 3, 1), grades=("11",))
    made = exported(filled, order=order_for(query=query))
    assert [each.source_key for each in files_on_record(filled, made.set.id)] == ["events/dance/waltz.jpg"]


def test_a_progress_tells_each_step(filled: District) -> None:
    told: list[Progress] = []
    exported(filled, tell=told.append)
    assert list(dict.fromkeys(each.step for each in told)) == ["deciding", "copying", "deciding again"]
    copying = [each for each in told if each.step == "copying"]
    assert [(each.done, each.of) for each in copying] == [(n, 5) for n in range(1, 6)]
    assert copying[-1].size > copying[0].size > 0


def test_the_samples_of_the_library_make_a_set(district: District) -> None:
    for key in (TEAM, CROWD, GRADUATION, "portraits/portrait-0418.jpg", "portraits/portrait-0417.jpg"):
        district.upload(key)
    made = exported(district, order=REDACTING)
    read = read_back(district)
    assert (made.portraits, made.candids, made.redacted) == (1, 3, 1)
    assert set(read.whose(district).values()) == {district.student(THERESA)}
    assert read.holds(*names_of(district, [HANNAH])) == []


@pytest.mark.parametrize("kind", DATABASES)
def test_a_set_is_made_on_either_database(filled: District, kind: str, tmp_path: Path) -> None:
    folder = tmp_path / kind
    folder.mkdir()
    with open_store(kind, folder) as store:
        district = replace(filled, services=replace(filled.services, store=store))
        choices.import_roster(
            district.services, read_roster(filled.folder / "roster", district.services.pseudonyms), CUSTODIAN
        )
        for each in (THERESA, INES, HANNAH):
            put_portrait(district, each)
        put_candid(district, "events/dance/tango.jpg", INES, HANNAH)
        made = exported(district, order=REDACTING)
        assert (made.portraits, made.candids, made.redacted) == (2, 1, 1)
        assert set(read_back(district).whose(district)) == set(read_back(district).portraits)


# Names and keys that nobody would choose


@pytest.mark.parametrize(
    "name",
    [
        'o\'hara "q"',
        "lpt1",
        "CON",
        "\U0001f600 smile",
        "\u202egnp.evil",
        "..",
        "...",
        "a;b,c\td",
        "%2e%2e",
        "-rf",
        "=1+1",
    ],
    ids=ascii,
)
def test_no_part_of_a_sources_name_reaches_the_set(district: District, name: str) -> None:
    put_portrait(district, THERESA, f"x{name}y")
    put_candid(district, f"events/{name}x/{name}y.jpg", INES)
    exported(district)
    read = read_back(district)
    assert all(re.fullmatch(r"[A-Za-z0-9_./-]+", path) for path in read.files)
    assert read.holds(f"{name}y") == []
    assert len(read.pictures) == 2


def test_two_students_of_one_name_have_a_row_and_a_picture_each(district: District) -> None:
    rename(district, district.student(INES), names=("Theresa Okafor",), given="Theresa", family="Okafor", grade="11")
    for each in (THERESA, INES):
        put_portrait(district, each)
    exported(district)
    read = read_back(district)
    rows = [line.split("\t") for line in read.files[read.index].decode().splitlines()[1:]]
    assert [row[2:6] for row in rows] == [[f"P000000{n}.JPG", "11", "Okafor", "Theresa"] for n in (1, 2)]


def test_of_two_portraits_of_one_student_the_newest_goes_in(district: District) -> None:
    put_portrait(district, THERESA, "first", about=About(taken="2026:09:01"))
    newest = put_portrait(district, THERESA, "retake", about=About(taken="2026:10:01"))
    made = exported(district)
    assert [each.asset_id for each in files_on_record(district, made.set.id)] == [newest.asset.id]
    assert made.left_out == 1


TORN = b"\xff\xd8 no picture at all \xff\xd9"


@pytest.fixture
def retaken(district: District) -> District:
    """Three portraits of Theresa, of which only the oldest can be opened, between those of two others."""
    put_portrait(district, THERESA, "first", about=About(taken="2026:09:01"))
    for number, name in enumerate(("second", "third"), 2):
        put_portrait(district, THERESA, name, about=About(taken=f"2026:09:0{number}"), body=TORN)
    for each in (INES, NOAH):
        put_portrait(district, each)
    return district


def test_where_no_copy_of_the_newest_portrait_can_be_made_the_next_older_one_stands_in(retaken: District) -> None:
    made = exported(retaken)
    read = read_back(retaken)
    assert (made.portraits, made.left_out) == (3, 2)
    assert read.portraits == [f"YEARBOOK/IMAGES/P{n:07}.JPG" for n in (1, 2, 3)]
    assert sorted(read.whose(retaken).values()) == sorted(retaken.student(each) for each in (THERESA, INES, NOAH))
    sources = {each.student: each.source_key for each in files_on_record(retaken, made.set.id)}
    assert sources[retaken.student(THERESA)] == "portraits/first.jpg"
    left = files_on_record(retaken, made.set.id, "left_out")
    assert [[why.clause for why in each.why] for each in left] == [["EXPORT-UNABLE"]] * 2
    read.verified(retaken)
    assert recheck(retaken.services, made.set.id).may_be_printed


def test_an_older_portrait_stands_in_for_no_family_that_said_no_meanwhile(retaken: District) -> None:
    made = exported(retaken, tell=changing(retaken, opts_out(retaken, THERESA), "deciding", 1))
    assert (made.portraits, made.left_out) == (2, 3)
    assert read_back(retaken).holds(*names_of(retaken, [THERESA])) == []


@pytest.mark.parametrize("done", [1, 2, 3])
def test_what_stands_in_is_the_same_where_the_set_broke_off(
    retaken: District, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    exported(retaken, "whole.zip")
    monkeypatch.setattr(make, "KEEP_SECONDS", 0.0)
    with pytest.raises(Stopped):
        exported(retaken, tell=stopping("copying", done))
    (begun, *_) = set_ids(retaken)
    made = exported(retaken, way="resume")
    assert (made.set.id, made.portraits, made.left_out) == (begun, 3, 2)
    assert read_back(retaken).content == read_back(retaken, "whole.zip").content


# The law: whatever families choose, the set holds what each picture's own share would release, and nothing else


def choose(district: District, out: set[str], consented: set[str]) -> list[str]:
    """Have these families say no and those consent; the consents' ids."""
    with district.services.store.writing() as unit:
        for each in out:
            unit.people.add_opt_out(district.student(each), OptOut(TODAY), "paper", district.services.now())
    return [
        choices.add_consent(
            district.services,
            Consent(
                district.student(each),
                guardian_of(district, each),
                TODAY,
                "ink",
                purpose="yearbook",
                parties=("pspa",),
            ),
            "on paper",
            CUSTODIAN,
        )
        for each in consented
    ]


def guardian_of(district: District, roster_id: str) -> str:
    return record(district, district.student(roster_id)).guardians[0]


def oracle(district: District, keys: list[str]) -> dict[str, tuple[bool, frozenset[str]]]:
    """What a share of each picture alone releases: whether it is redacted, and who is shown on a ground that names."""
    found = {}
    for key in keys:
        decision = district.share(key, purpose="yearbook", recipient=Recipient("public", "pspa")).decision
        named = frozenset(each for each, clause in decision.basis.items() if clause in {"EX4", "EX3"})
        if decision.outcome is Outcome.ALLOW or (decision.outcome is Outcome.REDACT and decision.basis):
            found[key] = (bool(decision.redact), named)
    return found


FAMILIES = [THERESA, INES, CALEB, NOAH]


@settings(max_examples=7, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(out=st.sets(st.sampled_from(FAMILIES)), consented=st.sets(st.sampled_from(FAMILIES), max_size=2))
def test_a_set_holds_exactly_what_the_share_of_each_picture_would_release(
    mixed: District, out: set[str], consented: set[str]
) -> None:
    consents = choose(mixed, out, consented)
    keys = [f"portraits/{each}.jpg" for each in FAMILIES] + ["events/a.jpg", "events/b.jpg"]
    expected = oracle(mixed, keys)
    for key, whose in zip(keys, FAMILIES, strict=False):
        if key in expected and mixed.student(whose) not in expected[key][1]:
            del expected[key]
    (mixed.folder / "SET.zip").unlink(missing_ok=True)
    try:
        made = exported(mixed, order=REDACTING)
        files = files_on_record(mixed, made.set.id)
        assert {each.source_key: each.redacted for each in files} == {key: each[0] for key, each in expected.items()}
        assert all(set(each.named) <= expected[each.source_key][1] for each in files)
        read = read_back(mixed)
        assert len(read.pictures) == len(expected)
        hidden = out - consented
        assert read.holds(*names_of(mixed, hidden)) == []
    except NothingToExport:
        assert expected == {}
    finally:
        for each in out:
            choices.opt_in(mixed.services, mixed.student(each), TODAY, None, CUSTODIAN, "the family asked for it")
        for consent in consents:
            # Of the day before, so that the next one is newer.
            choices.revoke_consent(mixed.services, consent, TODAY - timedelta(days=1), CUSTODIAN)


@pytest.fixture
def mixed(district: District) -> District:
    """Four portraits, and two candids of two and three of these students."""
    for each in FAMILIES:
        put_portrait(district, each)
    put_candid(district, "events/a.jpg", THERESA, INES)
    put_candid(district, "events/b.jpg", INES, CALEB, NOAH)
    return district


# What may not be


def test_nothing_that_may_go_in_leaves_the_reasons_and_no_set(district: District) -> None:
    put_portrait(district, HANNAH)
    with pytest.raises(NothingToExport) as nothing:
        exported(district)
    assert not list(district.folder.glob("SET.zip*"))
    (left,) = files_on_record(district, nothing.value.set_id, "left_out")
    assert left.why


def test_an_empty_set_can_be_asked_for_again(district: District) -> None:
    put_portrait(district, HANNAH)
    with pytest.raises(NothingToExport):
        exported(district)
    put_portrait(district, THERESA)
    assert exported(district).portraits == 1


@pytest.mark.parametrize("to", ["public", "parent", " ", "a\u202eb", "x" * 400], ids=ascii)
def test_a_recipient_whom_no_consent_can_name_is_refused(filled: District, to: str) -> None:
    with pytest.raises(InputError):
        exported(filled, order=order_for(to=to))
    assert not list(filled.folder.glob("SET.zip*"))


def test_without_a_key_nothing_is_made(filled: District) -> None:
    bare = replace(filled.services, settings=replace_key(filled.services))
    with pytest.raises(SettingsError, match="DAM_PLUGIN_EXPORT_KEY"):
        exported(filled, services=bare)


def replace_key(services: Services) -> Any:
    return services.settings.model_copy(update={"export_key": None})


# What changes while it is made


def changing(filled: District, happens: Callable[[], object], step: str = "copying", done: int = 0) -> Any:
    """Hear a progress, and have something happen at one step of it."""
    happened = False

    def tell(progress: Progress) -> None:
        nonlocal happened
        if not happened and progress.step == step and progress.done >= done:
            happened = True
            happens()

    return tell


def opts_out(district: District, roster_id: str) -> Callable[[], object]:
    return lambda: choices.opt_out(district.services, district.student(roster_id), OptOut(TODAY), CUSTODIAN)


def test_a_family_that_says_no_after_its_picture_was_written_stops_the_set(filled: District) -> None:
    with pytest.raises(InputError, match="what is on file of 2 of its pictures changed"):
        exported(filled, tell=changing(filled, opts_out(filled, THERESA), "deciding again"))
    assert not list(filled.folder.glob("SET.zip*"))
    assert entries(filled.services, "export") == []


@pytest.mark.parametrize(("place", "way"), [("file", "new"), ("bucket", "anew")], ids=["file", "bucket"])
def test_a_set_that_was_stopped_is_thrown_away_and_the_next_uses_its_copies(
    filled: District, raw_s3: S3Client, place: str, way: str
) -> None:
    bucket = filled.services.library.bucket
    where = f"s3://{bucket}/exports/set.zip" if place == "bucket" else "SET.zip"
    with pytest.raises(InputError, match="make it anew"):
        exported(filled, where, REDACTING, tell=changing(filled, opts_out(filled, CALEB), "deciding again"))
    assert not list(filled.folder.glob("SET.zip*"))
    assert raw_s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    with pytest.raises(InputError, match="leave --resume out"):
        exported(filled, where, REDACTING, way="resume")
    made = exported(filled, where, REDACTING, way=way)
    # Two portraits, and the candid that hides Hannah.
    assert (made.portraits, made.reused) == (2, 3)
    assert read_back(filled, where).holds(*names_of(filled, [CALEB])) == []
    assert set_ids(filled) == [made.set.id]


# Between the last judging and the record: `happens` comes when all is judged, and nothing is signed


def signing(filled: District, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Have something happen, once, after the last judging and before the set is recorded."""
    sign = Lists.sign

    def signed(self: Lists, *args: Any) -> Any:
        monkeypatch.setattr(Lists, "sign", sign)
        happens()
        return sign(self, *args)

    monkeypatch.setattr(Lists, "sign", signed)


def is_made(filled: District, where: str = "SET.zip") -> bool:
    """Whether anything says that there is a set."""
    told = [each for _, each in entries(filled.services, "export")]
    with filled.services.store.reading() as unit:
        states = {each.state for each in unit.exports.sets()}
    return (filled.folder / where).exists() or bool(told) or states != {"making"}


def test_a_family_that_says_no_while_the_set_is_signed_has_it_not_recorded(
    filled: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing(filled, monkeypatch, opts_out(filled, THERESA))
    with pytest.raises(InputError, match=r"while the set was signed.*--resume"):
        exported(filled)
    assert not is_made(filled)
    # What may not go in any more is in it: nobody goes on with that.
    with pytest.raises(InputError, match=r"2 of its pictures changed.*--anew"):
        exported(filled, way="resume")
    exported(filled, way="anew")
    assert read_back(filled).holds(*names_of(filled, [THERESA])) == []


@pytest.mark.parametrize("place", ["file", "bucket"])
def test_a_change_to_somebody_else_while_the_set_is_signed_is_gone_on_from(
    filled: District, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    where = f"s3://{filled.services.library.bucket}/exports/set.zip" if place == "bucket" else "SET.zip"
    exported(filled, "whole.zip")
    signing(filled, monkeypatch, opts_out(filled, OWEN))
    with pytest.raises(InputError, match=r"while the set was signed.*--resume"):
        exported(filled, where)
    made = exported(filled, where, way="resume")
    read = read_back(filled, where)
    assert read.content == read_back(filled, "whole.zip").content
    # Signed is the roster as it is now.
    with filled.services.store.reading() as unit:
        assert read.verified(filled).roster == made.set.roster == roster_digest(filled.services, unit)


def test_a_day_that_ends_while_the_set_is_signed_has_it_not_recorded(
    filled: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [filled.services.now()]
    services = replace(filled.services, now=lambda: clock[-1])
    signing(filled, monkeypatch, lambda: clock.append(clock[0] + timedelta(days=1)))
    with pytest.raises(InputError, match="or the day did"):
        exported(filled, services=services)
    assert not is_made(filled)
    with pytest.raises(InputError, match="another day"):
        exported(filled, services=services, way="resume")
    assert exported(filled, services=services).set.day == clock[-1].date()


def test_what_happens_while_a_set_is_signed_and_is_none_of_its_business_does_not_matter(
    filled: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing(filled, monkeypatch, lambda: put_candid(filled, "events/another.jpg", NOAH))
    exported(filled)
    assert is_made(filled)


def test_a_family_that_says_no_before_its_picture_is_copied_is_left_out(filled: District) -> None:
    # Decided, and not copied yet.
    made = exported(filled, tell=changing(filled, opts_out(filled, THERESA), "deciding", 1))
    assert read_back(filled).holds(*names_of(filled, [THERESA])) == []
    left = {each.source_key: each for each in files_on_record(filled, made.set.id, "left_out")}
    assert "EX4-OPTOUT" in [each.clause for each in left["portraits/104203.jpg"].why]
    assert read_back(filled).portraits == [f"YEARBOOK/IMAGES/P{n:07}.JPG" for n in (1, 2)]


def test_what_is_left_out_while_it_is_copied_names_nobody_and_counts_as_no_redacted_picture(filled: District) -> None:
    made = exported(filled, order=REDACTING, tell=changing(filled, opts_out(filled, INES), "deciding", 1))
    left = files_on_record(filled, made.set.id, "left_out")
    assert len(left) == 4
    assert all((each.named, each.caption, each.redacted) == ((), None, False) for each in left)


@pytest.mark.parametrize("how", ["deleted", "replaced", "deleted unseen", "replaced unseen"])
def test_a_source_that_goes_midway_is_left_out(filled: District, how: str) -> None:
    def goes() -> None:
        key = "events/dance/waltz.jpg"
        if how == "deleted":
            filled.services.library.delete(key)
            forgotten(filled, key)
        elif how == "replaced":
            put_candid(filled, key, INES, body=(sample_folder() / TEAM).read_bytes())
        elif how == "deleted unseen":
            vanish(filled, key)
        else:
            filled.services.library.put(key, (sample_folder() / TEAM).read_bytes(), media_type="image/jpeg")

    if how == "replaced unseen":
        # A copy of the version that was decided can be made still, and is not what the library holds.
        with pytest.raises(InputError, match="originals of 1 of its pictures were deleted or replaced"):
            exported(filled, tell=changing(filled, goes, "deciding", 1))
        return
    made = exported(filled, tell=changing(filled, goes, "deciding", 1))
    left = {each.source_key: each for each in files_on_record(filled, made.set.id, "left_out")}
    assert [each.clause for each in left["events/dance/waltz.jpg"].why] == ["EXPORT-GONE"]
    assert read_back(filled).candids == ["candids/c0000001.jpg"]


def forgotten(district: District, key: str) -> None:
    forget_if_gone(district.services, key)


def vanish(district: District, key: str) -> None:
    """Delete the very version, behind the plugin's back."""
    head = district.services.library.head(key)
    district.services.library.delete(key, head.version_id)


def test_tags_that_change_midway_leave_the_picture_out(filled: District) -> None:
    def closes() -> None:
        looked(filled, "events/dance/waltz.jpg", confidential="a shelter's address is seen")

    made = exported(filled, tell=changing(filled, closes, "deciding", 1))
    assert made.candids == 1


def test_a_source_that_went_after_it_was_written_stops_the_set(filled: District) -> None:
    def goes() -> None:
        filled.services.library.delete("events/dance/waltz.jpg")
        forgotten(filled, "events/dance/waltz.jpg")

    with pytest.raises(InputError, match="1 of its pictures changed"):
        exported(filled, tell=changing(filled, goes, "deciding again"))


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_an_original_that_goes_unseen_after_it_was_written_stops_the_set(filled: District, how: str) -> None:
    def goes() -> None:
        if how == "deleted":
            filled.services.library.delete("events/dance/waltz.jpg")
        else:
            filled.services.library.put("events/dance/waltz.jpg", b"another", media_type="image/jpeg")

    with pytest.raises(InputError, match="run `dam-plugin reconcile`, then make it anew") as caught:
        exported(filled, tell=changing(filled, goes, "deciding again"))
    assert "waltz" not in str(caught.value)
    assert not (filled.folder / "SET.zip").exists()
    with pytest.raises(InputError, match="leave --resume out"):
        exported(filled, way="resume")


def test_a_storage_that_fails_midway_lets_the_set_be_gone_on_with(filled: District) -> None:
    def hear(name: str, key: str = "", *_: Any, **__: Any) -> None:
        if name == "download" and "watched" in key:
            raise StorageError("the storage does not answer")

    with pytest.raises(StorageError, match="does not answer"):
        exported(filled, services=listening(filled.services, hear))
    assert exported(filled, way="resume").candids == 2
    read_back(filled).verified(filled)
