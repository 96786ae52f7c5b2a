"""`upload`, `worker`, `reconcile`, `tags`, `tag`, `review`: recordings on their way in, and a person's look at them."""

from __future__ import annotations

import html
import re
import shlex
import signal
import stat
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from command_line import call
from district import BROKEN, CALEB, CUSTODIAN, HALLWAY, HANNAH, NOAH, PEP_RALLY, SOFIA, TEAM, UNTITLED, District
from inventories import parquet, put_inventory, zipped
from made_files import bag, jpeg, packet, xmp_segment
from use_cases import kept

from dam_hooks.s3_events import S3Event, announcing
from dam_plugin.admin.compare_listing import How
from dam_plugin.admin.reconcile import begin_reconciling
from dam_plugin.cli import media
from dam_plugin.cli.context import attached
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.errors import StorageError
from dam_plugin.intake.jobs import TAG_AGAIN, add_job
from dam_plugin.library.s3 import Library
from dam_plugin.library.setup import prepare
from dam_plugin.store.jobs import Job
from dam_plugin.yearbook import contact_sheet

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SAMPLE = str(sample_folder() / TEAM)
NAMES = ("Hannah", "Lindqvist", "Okafor")


def test_an_upload_says_where_it_went(district: District) -> None:
    ended = call("upload", SAMPLE, "--folder", "/events/athletics/")
    assert ended.code == 0
    assert ended.out == f"{TEAM}  ({Path(SAMPLE).stat().st_size:,} bytes)\n"
    assert district.services.library.head(TEAM).size == Path(SAMPLE).stat().st_size


def test_many_files_are_uploaded_in_one_go(district: District) -> None:
    folder = district.folder / "new"
    folder.mkdir()
    for name in ("ä [red]c.jpg", "b.wav", "c.unheard-of"):
        (folder / name).write_bytes(b"x")
    files = sorted(str(path) for path in folder.iterdir())
    ended = call("upload", *files, "--json")
    assert [each["size"] for each in ended.objects()] == [1, 1, 1]
    assert all(each["version_id"] for each in ended.objects())
    assert "ä [red]c.jpg  (1 bytes)" in call("upload", *files).out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["absent.jpg"], "'absent.jpg' is no file; nothing was uploaded"),
        ([SAMPLE, "absent.jpg"], "'absent.jpg' is no file; nothing was uploaded"),
        (["."], "is no file; nothing was uploaded"),
        ([SAMPLE, "--folder", "released"], "'released/' is for the plugin's own copies"),
        ([SAMPLE, "--folder", "a/../b"], "choose another folder"),
    ],
    ids=["absent", "one absent", "folder", "released", "dots"],
)
def test_an_upload_that_cannot_be_is_refused_whole(district: District, arguments: list[str], sentence: str) -> None:
    ended = call("upload", *arguments)
    assert (ended.code, ended.out.strip()) == (1, "")
    assert sentence in ended.err
    assert list(district.services.library.list()) == []


def test_the_worker_tags_what_the_bucket_announced(district: District) -> None:
    assert call("init").code == 0
    call("upload", SAMPLE, "--folder", "events/athletics")
    assert call("tags", TEAM).code == 1
    assert call("worker", "--until-empty", "--json").object() == {"handled": 1, "ignored": 0, "failed": 0, "dead": 0}
    assert call("tags", TEAM).code == 0
    assert "0 event(s) handled, 0 attempt(s) failed" in call("worker", "--until-empty").out


def test_a_worker_that_stops_at_an_empty_queue_leaves_no_job(district: District) -> None:
    assert call("init").code == 0
    district.upload(TEAM)
    with district.services.store.writing() as unit:
        unit.words.add_stale([kept(district.services, TEAM).asset.id], unit.people.last_change())
        added = add_job(district.services, unit, TAG_AGAIN, CUSTODIAN)
    assert added is not None
    assert call("worker", "--until-empty").code == 0
    with district.services.store.reading() as unit:
        assert (unit.jobs.need(added.job.id).state, set(unit.words.stale_keys())) == ("done", set())


def test_an_event_of_a_deletion_forgets_the_recording(district: District) -> None:
    district.upload(TEAM)
    district.services.library.delete(TEAM)
    with attached() as at:
        announcing(at.manager)(S3Event("removed", district.services.library.bucket, TEAM))
    assert call("tags", TEAM).code == 1


def test_the_worker_needs_a_queue(district: District) -> None:
    ended = call("worker", "--until-empty")
    assert ended.code == 1
    assert "DAM_PLUGIN_QUEUE_URL is not set: run `dam-plugin init`" in ended.err


@pytest.mark.parametrize("mode", ["listing", "webhook"])
def test_where_there_is_no_queue_another_command_follows_the_library(
    mode: str, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_EVENTS", mode)
    monkeypatch.setenv("DAM_PLUGIN_EVENTS_TOKEN", "a-token-of-this-test-that-is-long-enough")
    ended = call("worker", "--until-empty")
    assert (ended.code, "`dam-plugin reconcile --every 5m` follows it" in ended.err) == (1, True)


def test_reconcile_finds_what_no_event_announced(district: District) -> None:
    call("upload", SAMPLE, "--folder", "events/athletics")
    made = call("reconcile", "--json").object()
    assert (made["seen"], made["tagged"]) == (1, 1)
    assert "1 recording(s) in the bucket: 0 tagged" in call("reconcile").out


def put_beside(district: District, others: int) -> None:
    tags = {f"host-{number}": "x" for number in range(others)}
    district.services.library.put(TEAM, Path(SAMPLE).read_bytes(), media_type="image/jpeg", tags=tags)


def test_reconcile_says_what_holds_of_a_recording_that_has_no_room_for_its_tags(district: District) -> None:
    put_beside(district, 10)
    ended = call("reconcile")
    assert ended.code == 1
    assert "1 recording(s) could not be tagged; each keeps the object tags that it has" in ended.err
    assert district.release_tag(TEAM) is None


def test_reconcile_writes_a_stricter_release_beside_nine_tags_of_others(district: District) -> None:
    put_beside(district, 9)
    assert call("reconcile").code == 0
    assert district.release_tag(TEAM) == "staff"
    assert call("tag", TEAM, "--closed", "An investigation.", "--as", "custodian:records-office").code == 0
    assert district.release_tag(TEAM) == "hold"


def test_tags_show_who_and_why_by_pseudonym(district: District) -> None:
    district.upload(TEAM)
    ended = call("tags", TEAM)
    assert ended.out.startswith(
        f"{TEAM}: tagging complete (metadata); directory information: eligible; object tag dam-release=staff"
    )
    assert district.student(HANNAH) in ended.out
    assert "rule: athletics" in ended.out
    assert not any(name in ended.out for name in NAMES)


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
def test_tags_show_names_when_asked_to(district: District, form: tuple[str, ...]) -> None:
    district.upload(TEAM)
    assert "Hannah Lindqvist" in call("tags", TEAM, "--names", *form).out
    assert not any(name in call("tags", TEAM, *form).out for name in NAMES)


def test_tags_as_json_say_everything(district: District) -> None:
    stored = district.upload(TEAM)
    made = call("tags", TEAM, "--json").object()
    assert (made["asset"], made["release"], made["state"]) == (stored.asset.id, "staff", "complete")
    assert made["object_tags"]["dam-release"] == "staff"
    assert [each["located"] for each in made["appearances"]] == [True] * 3
    assert {each["tag"] for each in made["findings"]} >= {"student", "prominence", "directory_status"}


def test_a_look_says_who_is_in_it_and_where(district: District) -> None:
    district.upload(UNTITLED)
    people = [f"{district.student(SOFIA)}@0.568,0.26,0.137,0.282", district.student(NOAH)]
    arguments = [part for person in people for part in ("--person", person)]
    ended = call("tag", UNTITLED, *arguments, "--prominence", "focus", "--as", "media_staff:desk-2", "--json")
    told = {
        "key": UNTITLED,
        "state": "complete",
        "release": "staff",
        "closed_links": 0,
        "opened": [],
        "still_published": [],
    }
    assert ended.object() == told
    seen = {each["student"]: each for each in call("tags", UNTITLED, "--json").object()["appearances"]}
    assert seen[district.student(SOFIA)]["located"] is True
    assert seen[district.student(NOAH)]["located"] is False
    assert {each["prominence"] for each in seen.values()} == {"focus"}


def test_a_look_closes_links_that_no_longer_stand(district: District) -> None:
    district.upload(TEAM)
    district.share(TEAM)
    ended = call("tag", TEAM, "--closed", "a pending lawsuit")
    assert ended.code == 0
    first, *rest = ended.out.splitlines()
    assert first == f"{TEAM}: complete, dam-release=hold; 1 link(s) closed"
    # It was shared for the district's own website.
    assert [each.partition(":")[0] for each in rest] == ["Still published"]


@pytest.mark.parametrize(
    ("arguments", "release"),
    [
        (["--nobody"], "staff"),
        (["--unidentified", "2"], "staff"),
        (["--nobody", "--directory", "eligible"], "staff"),
        (["--nobody", "--official", "discipline"], "hold"),
        (["--nobody", "--confidential", "a sealed record"], "hold"),
    ],
)
def test_many_recordings_get_one_look(district: District, arguments: list[str], release: str) -> None:
    keys = [UNTITLED, HALLWAY]
    for key in keys:
        district.upload(key)
    made = call("tag", *keys, *arguments, "--as", "custodian:records-office", "--json").objects()
    assert [each["key"] for each in made] == keys
    assert made[0]["release"] == release
    assert district.release_tag(UNTITLED) == release


def test_only_the_custodian_says_that_nobody_is_in_a_recording_that_names_somebody(district: District) -> None:
    for key in (UNTITLED, HALLWAY):
        district.upload(key)
    ended = call("tag", UNTITLED, HALLWAY, "--nobody")
    assert ended.code == 1
    assert "only the custodian" in ended.err
    assert district.services.library.tags(UNTITLED)["dam-tagging"] == "pending"


def test_an_official_use_can_name_its_student(district: District) -> None:
    district.upload(UNTITLED)
    sofia = district.student(SOFIA)
    call("tag", UNTITLED, "--person", sofia, "--official", f"discipline:{sofia}")
    uses = call("tags", UNTITLED, "--json").object()["official_uses"]
    assert uses == [{"purpose": "discipline", "students": [sofia]}]


def test_one_unknown_key_leaves_every_recording_as_it_is(district: District) -> None:
    district.upload(UNTITLED)
    assert call("tag", UNTITLED, "nowhere.jpg", "--nobody").code == 1
    assert call("tags", UNTITLED, "--json").object()["state"] == "pending"


@pytest.mark.parametrize("person", ["S-NOBODY", "S-NOBODY@0,0,1,1", ""])
def test_a_look_names_students_of_the_roster_only(district: District, person: str) -> None:
    district.upload(UNTITLED)
    ended = call("tag", UNTITLED, "--person", person)
    assert ended.code == 1
    assert "look the id up with `dam-plugin student find`" in ended.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "say what you saw"),
        (["--nobody", "--person", "S-1"], "exclude each other"),
        (["--nobody", "--unidentified", "1"], "exclude each other"),
        (["--person", "S-1@1,2"], "is no box"),
        (["--person", "S-1@a,b,c,d"], "is no box"),
        (["--person", "S-1@0.5,0.5,0.6,0.1"], "is not inside the picture"),
        (["--person", "S-1@-0.1,0,0.5,0.5"], "is not inside the picture"),
        (["--person", "S-1@0,0,0,0.5"], "is not inside the picture"),
        (["--person", "S-1@nan,0,inf,1"], "is not inside the picture"),
        (["--person", "S-1", "--prominence", "big"], "'big' is not one of focus, incidental, unknown"),
        (["--directory", "maybe"], "'maybe' is not one of eligible, not_eligible, undetermined"),
        (["--official", "gossip"], "'gossip' is not one of discipline"),
        (["--closed", " "], "--closed must say why"),
        (["--confidential", ""], "--confidential must say why"),
        (["--unidentified", "-1"], "--unidentified"),
        (["--nobody", "--as", "janitor:x"], "'janitor' is no role here"),
    ],
)
def test_a_look_that_says_nothing_or_nonsense_is_wrong_usage(
    district: District, arguments: list[str], sentence: str
) -> None:
    district.upload(UNTITLED)
    ended = call("tag", UNTITLED, *arguments)
    assert ended.code == 2
    assert sentence in ended.err
    assert call("tags", UNTITLED, "--json").object()["state"] == "pending"


def test_review_lists_what_waits_and_why(district: District) -> None:
    for key in (PEP_RALLY, BROKEN, UNTITLED, TEAM):
        district.upload(key)
    rows = {row["key"]: row for row in call("review", "--json").objects()}
    assert set(rows) == {PEP_RALLY, BROKEN, UNTITLED}
    assert rows[PEP_RALLY]["unidentified_people"] == 3
    assert rows[PEP_RALLY]["why"] == "faces are marked or were found that belong to nobody who is named"
    assert "could not be read" in rows[BROKEN]["why"]
    assert "a person has to look" in rows[UNTITLED]["why"]
    assert "not named" in call("review").out


def test_review_says_when_nothing_waits(district: District) -> None:
    assert call("review").out == "Waiting for a look: none\n"


def naming(*names: str) -> bytes:
    """Return a picture whose list of people holds these names."""
    return jpeg(xmp_segment(packet(bag("Iptc4xmpExt:PersonInImage", names))))


@pytest.mark.parametrize(("name", "by"), [("Hanna Lindquist", "spelling"), ("Cal Brandt", "nickname")])
def test_review_says_who_may_be_meant_and_decides_nothing(district: District, name: str, by: str) -> None:
    district.upload("inbox/named.jpg", naming(name))
    (row,) = call("review", "--json").objects()
    (likely,) = row["likely"]
    assert set(likely) == {"source", "students"}
    assert likely["source"] == "Iptc4xmpExt:PersonInImage"
    (student,) = likely["students"]
    assert student["student"] in {district.student(each) for each in (HANNAH, CALEB)}
    assert (75 <= student["score"] < 100, student["by"]) == (True, by)
    assert row["unidentified_people"] == 1
    assert call("tags", "inbox/named.jpg", "--json").object()["appearances"] == []


def test_review_shows_who_may_be_meant_by_pseudonym(district: District) -> None:
    district.upload("inbox/named.jpg", naming("Hanna Lindquist"))
    ended = call("review")
    assert f"a name in Iptc4xmpExt:PersonInImage: perhaps {district.student(HANNAH)} (90)" in ended.out
    assert not any(name in ended.out + call("review", "--json").out for name in (*NAMES, "Hanna", "Lindquist"))


def test_review_shows_who_may_be_meant_by_an_open_word(district: District) -> None:
    key = "events/caleb-brandt h-lindqvist.jpg"
    stored = district.upload(key, naming("Caleb Brandt"))
    assert stored.tagging.unidentified_people == 1
    (row,) = call("review", "--json").objects()
    (likely,) = row["likely"]
    assert likely["source"] == "file name"
    assert [each["student"] for each in likely["students"]] == [district.student(HANNAH)]
    assert "lindqvist" not in str(likely).casefold()
    assert "h-lindqvist" in call("review", "--names").out.replace("\n", "")


def test_a_sign_of_no_holds_a_recording_and_its_reason_is_told(district: District) -> None:
    stored = district.upload("events/caleb-brandt_DO-NOT-POST.jpg", naming("Caleb Brandt"))
    assert stored.tagging.state == "failed"
    assert stored.tagging.findings[-1].why == "held: sign of no: 'do not post'"


def test_review_shows_names_when_asked_to(district: District) -> None:
    district.upload("inbox/named.jpg", naming("Hanna Lindquist"))
    assert (
        "'Hanna Lindquist' in Iptc4xmpExt:PersonInImage: perhaps Hannah Lindqvist (90)" in call("review", "--names").out
    )
    (row,) = call("review", "--names", "--json").objects()
    assert (row["likely"][0]["name"], row["likely"][0]["students"][0]["name"]) == (
        "Hanna Lindquist",
        "Hannah Lindqvist",
    )


@pytest.fixture
def cal(district: District) -> str:
    """Return the pseudonym of a student called Cal Brandt, whose family has answered, beside Caleb Brandt, whose said no."""
    path = district.folder / "roster" / "students.csv"
    path.write_text(path.read_text("utf-8") + "104999,Cal,Brandt,,,no,9\n", "utf-8")
    assert call("roster", "import", "roster").code == 0
    assert call("student", "opt-out", district.student(CALEB), "--as", "custodian:records").code == 0
    cal = district.student("104999")
    assert call("student", "answered", cal, "--why", "form", "--as", "custodian:records").code == 0
    return cal


@pytest.mark.parametrize("left", [False, True], ids=["there", "has left"])
def test_review_shows_who_makes_a_full_name_uncertain(district: District, cal: str, left: bool) -> None:
    if left:
        path = district.folder / "roster" / "students.csv"
        path.write_text("\n".join(line for line in path.read_text("utf-8").split("\n") if not line.startswith(CALEB)))
        for name in ("guardians.csv", "opt_outs.csv", "consents.csv"):
            path.with_name(name).write_text(path.with_name(name).read_text("utf-8").splitlines()[0] + "\n")
        assert call("roster", "import", "roster", "--confirm").code == 0
    district.upload("inbox/named.jpg", naming("Cal Brandt"))
    (row,) = call("review", "--json").objects()
    (likely,) = row["likely"]
    assert {each["student"] for each in likely["students"]} == {cal, district.student(CALEB)}
    told = call("review", "--names").out.replace("\n", " ")
    assert "'Cal Brandt' in Iptc4xmpExt:PersonInImage" in told
    assert "Caleb Brandt" in told


def test_review_says_where_a_name_is_like_nobodys(district: District) -> None:
    district.upload("inbox/named.jpg", naming("Xquwz Vvkj"))
    assert "a name in Iptc4xmpExt:PersonInImage: like nobody's" in call("review").out


def test_what_cannot_be_read_now_is_reviewed_all_the_same(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload("inbox/named.jpg", naming("Hanna Lindquist"))

    def fail(*_: object, **__: object) -> NoReturn:
        raise StorageError("the storage does not answer")

    monkeypatch.setattr(Library, "open", fail)
    (row,) = call("review", "--json").objects()
    assert (row["key"], row["likely"]) == ("inbox/named.jpg", [])


def commands_on(page: str) -> list[str]:
    blocks = re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)
    return [line for block in blocks for line in html.unescape(block).replace("\\\n", "").splitlines()]


def test_the_sheet_gives_commands_that_can_be_pasted(district: District) -> None:
    keys = [UNTITLED, "inbox/it's mine.jpg", "-x.jpg"]
    for key in keys:
        district.upload(key, jpeg())
    district.upload(PEP_RALLY)
    path = district.folder / "waiting.html"
    call("review", "--sheet", str(path))
    bulk, *each = (shlex.split(line) for line in commands_on(path.read_text(encoding="utf-8")))
    assert bulk[:4] == ["dam-plugin", "tag", "--nobody", "--"]
    assert sorted(bulk[4:]) == sorted(keys)
    assert ["dam-plugin", "tag", "--unidentified", "3", "--", PEP_RALLY] in each
    assert len(each) == 3 * 4
    assert call(*bulk[1:]).code == 0
    assert [row["key"] for row in call("review", "--json").objects()] == [PEP_RALLY]


def test_the_sheet_gives_no_command_for_a_key_that_a_terminal_would_obey(district: District) -> None:
    district.upload("inbox/a\rb.jpg", jpeg())
    path = district.folder / "waiting.html"
    call("review", "--sheet", str(path))
    page = path.read_text(encoding="utf-8")
    assert commands_on(page) == []
    assert "cannot be pasted" in page


@pytest.mark.parametrize(("options", "shown"), [((), False), (("--names",), True)], ids=["pseudonyms", "names"])
def test_the_sheet_says_who_may_be_meant(district: District, options: tuple[str, ...], shown: bool) -> None:
    district.upload("inbox/named.jpg", naming("Hanna Lindquist"))
    path = district.folder / "waiting.html"
    call("review", "--sheet", str(path), *options)
    page = path.read_text(encoding="utf-8")
    assert ("Hannah Lindqvist (90)" in page) is shown
    assert (f"{district.student(HANNAH)} (90)" in page) is not shown


def test_the_sheet_shows_pictures_to_its_owner_alone(district: District) -> None:
    for key in (PEP_RALLY, BROKEN):
        district.upload(key)
    path = district.folder / "waiting.html"
    ended = call("review", "--sheet", str(path))
    assert f"Pictures: {path}" in ended.out
    page = path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert page.count("data:image/jpeg;base64,") == 1
    assert "no picture to show" in page
    assert "belong to nobody who is named (people not named: 3)" in page
    assert "http://" not in page.replace("http-equiv", "")


def test_a_key_is_text_on_the_sheet(district: District) -> None:
    district.upload("<script>alert(1)</script>.jpg", b"no picture")
    path = district.folder / "waiting.html"
    call("review", "--sheet", str(path))
    assert "<script>" not in path.read_text(encoding="utf-8")


def test_a_sheet_that_cannot_be_written_is_an_error(district: District) -> None:
    ended = call("review", "--sheet", "no/such/folder/w.html")
    assert ended.code == 1
    assert "'no/such/folder/w.html' cannot be written: no such file or directory" in ended.err


@pytest.mark.parametrize("limit", ["LARGEST", "MOST_PIXELS"], ids=["bytes", "pixels"])
def test_a_picture_too_large_to_show_is_not_opened(
    district: District, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    district.upload(UNTITLED)
    monkeypatch.setattr(contact_sheet, limit, 10)
    path = district.folder / "waiting.html"
    assert call("review", "--sheet", str(path)).code == 0
    assert "no picture to show" in path.read_text(encoding="utf-8")


def test_the_worker_puts_copies_of_links_that_ran_out_back_on_hold(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    answer = district.share(TEAM)
    assert answer.release is not None
    assert answer.link is not None
    with district.services.store.writing() as unit:
        ran_out = replace(answer.link, id="l-ran-out", expires_at=answer.link.created_at)
        unit.shares.close_links([answer.link.id], "test", answer.link.created_at)
        unit.shares.add_link(ran_out, "0" * 64)
    _, queue_url = prepare(district.services.library.bucket, "ran-out", dry_run=False, create_bucket=False)
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", queue_url or "")
    assert call("worker", "--until-empty").code == 0
    assert district.release_tag(answer.release.key) == "hold"


# Reconciling as a job


def test_reconcile_tells_beforehand_what_it_would_do_and_cost(district: District) -> None:
    call("upload", SAMPLE)
    found = call("reconcile", "--estimate", "--json").object()
    assert (found["new"], found["kept"], found["writings"]) == (1, 0, 2)
    assert "1 new recording(s) to tag" in call("reconcile", "--estimate").out
    assert call("reconcile", "--json").object()["tagged"] == 1
    assert call("reconcile", "--estimate", "--json").object()["kept"] == 1


def test_reconcile_is_left_to_the_worker_and_shown_by_jobs(district: District) -> None:
    call("upload", SAMPLE)
    job = call("reconcile", "--detach", "--json").object()["job"]
    assert call("jobs", "show", job, "--json").object()["state"] == "waiting"
    ended = call("jobs", "resume", job, "--json").object()
    assert (ended["state"], ended["result"]["tagged"], ended["result"]["seen"]) == ("done", 1, 1)


def test_the_days_look_at_every_objects_tags_is_done_even_where_another_scheduler_was_first(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of `reconcile --every`: a round may find the other's job, or have its own given up for the other's."""
    whole = begin_reconciling(district.services, How(), CUSTODIAN)
    done = replace(whole, state="done")
    rounds = [replace(whole, state="cancelled"), replace(done, arguments={"object_tags": False}), done, done]
    looks: list[bool] = []

    def reconciled(_: object, how: How, **__: object) -> Job:
        looks.append(how.object_tags)
        if len(looks) == len(rounds):
            signal.raise_signal(signal.SIGTERM)
        return rounds[len(looks) - 1]

    monkeypatch.setattr(media, "_reconciled", reconciled)
    monkeypatch.setattr(media, "_seconds", lambda _: 0.0)
    assert call("reconcile", "--every", "1s").code == 0
    assert looks == [True, True, True, False]


def test_reconcile_reads_an_inventory_and_what_is_not_in_it_stays(
    district: District, raw_s3: S3Client, bucket: str
) -> None:
    call("upload", SAMPLE, "--folder", "a")
    call("upload", SAMPLE, "--folder", "b")
    call("reconcile")
    call("upload", SAMPLE, "--folder", "c")
    version = district.services.library.head("c/team-photo.jpg")
    row = (bucket, "c/team-photo.jpg", version.version_id or "", "true", "false", "1", "2026-11-29T01:02:03.000Z")
    place = put_inventory(raw_s3, "inventories", zipped([(*row, version.etag)]), sourceBucket=bucket)
    made = call("reconcile", "--inventory", place, "--json").object()
    # What was uploaded after the inventory was made is looked for before it is forgotten.
    assert (made["seen"], made["tagged"], made["forgotten"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--every", "5m", "--detach"], "say one of --every, --estimate and --detach"),
        (["--every", "0m"], "a time such as 30s, 5m or 1h"),
        (["--every", "five minutes"], "a time such as 30s, 5m or 1h"),
        (["--inventory", "s3://b/manifest.json", "--every", "5m"], "--every lists the bucket itself"),
    ],
)
def test_reconcile_refuses_what_it_cannot_do(district: District, arguments: list[str], sentence: str) -> None:
    ended = call("reconcile", *arguments)
    assert ended.code == 2
    assert sentence in ended.text


@pytest.mark.skipif(find_spec("arro3") is None, reason="needs the extra `inventory`")
def test_reconcile_reads_an_inventory_in_parquet_whose_keys_are_as_they_are(
    district: District, raw_s3: S3Client, bucket: str
) -> None:
    keys = ["a/team-photo.jpg", "a/100%25+1.jpg"]
    for key in keys:
        raw_s3.put_object(Bucket=bucket, Key=key, Body=Path(SAMPLE).read_bytes())
    heads = [district.services.library.head(key) for key in keys]
    data = parquet(*({"key": each.key, "version_id": each.version_id, "e_tag": each.etag} for each in heads))
    place = put_inventory(raw_s3, "inventories", data, sourceBucket=bucket, fileFormat="Parquet")
    estimated = call("reconcile", "--inventory", place, "--estimate", "--json").object()
    assert (estimated["new"], estimated["kept"]) == (2, 0)
    made = call("reconcile", "--inventory", place, "--json").object()
    assert (made["seen"], made["tagged"], made["failed"]) == (2, 2, 0)
    again = call("reconcile", "--inventory", place, "--json").object()
    assert (again["seen"], again["tagged"]) == (2, 0)


def test_reconcile_refuses_an_inventory_without_its_manifest(district: District) -> None:
    ended = call("reconcile", "--inventory", "s3://b/m.csv")
    assert (ended.code, "s3://BUCKET/…/manifest.json" in ended.err) == (1, True)
