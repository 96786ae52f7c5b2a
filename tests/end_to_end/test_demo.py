"""The demo, once, from end to end: what it says happened, happened."""

from __future__ import annotations

import hashlib
import html
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import face_network
import pytest
from command_line import call
from demo_run import DemoRun, demo_run
from PIL import Image, ImageOps

from dam_plugin.cli.demo import play, scenes, yearbook
from dam_plugin.cli.demo.command import _opener, _program
from dam_plugin.cli.demo.environment import MADE
from dam_plugin.cli.demo.play import Attempt, Played
from dam_plugin.cli.demo.yearbook import Yearbook
from dam_plugin.ledger.chain import Verification
from dam_plugin.model import Outcome, Region
from dam_plugin.redaction.formats import can_redact
from dam_plugin.yearbook.signing_key import public_key
from dam_plugin.yearbook.verify import verify

WITH_AV = can_redact("video/quicktime")

# Who asks (see `scenes`), and the word that the procedure answers.
ANSWERS = {
    "The newspaper asks for the untagged picture in the inbox": "refer",
    "Media staff publish the bake sale, whose caption calls one of the two by a nickname": "refer",
    "A member of staff has said who she is, and they publish the bake sale again": "redact",
    "The mother of one player asks for the team photo": "redact",
    "The newspaper asks for the concert crowd": "allow",
    "The newspaper asks for the hallway picture used for discipline": "refer",
    "Media staff publish the team photo on the website": "redact",
    "Media staff publish the portrait of an opted-out student": "deny",
    "The mother of the opted-out student asks for her portrait": "allow",
    "Yearbook staff take the graduation picture": "allow",
    "Yearbook staff take the pep rally, where three people are not named": "refer",
    "A teacher with a legitimate interest asks for the hallway picture": "allow",
    "The father of one of the two in the hallway asks for it": "redact",
    "The police bring a verified subpoena for the hallway picture; one person says that the families were told": "refer",
    "The sheriff asks for it without any paper": "refer",
    "The mother of the 18-year-old asks for the picture from the inbox": "refer",
    "The 18-year-old asks for it herself": "redact",
    "A parent asks media staff instead of the custodian": "refer",
    "The newspaper asks for the classroom picture": "refer",
    # A copy of a recording needs the extra `av`.
    "The newspaper asks for the clip of the soloist": "allow" if WITH_AV else "refer",
    "A hospital needs the hallway picture in an emergency, and only media staff can be reached": "allow",
}


@pytest.fixture(scope="module")
def demo() -> DemoRun:
    return demo_run()


def released(demo: DemoRun) -> list[tuple[int, Attempt]]:
    return [(number, each) for number, each in enumerate(demo.played.attempts, start=1) if each.copy is not None]


def hidden_regions(demo: DemoRun, attempt: Attempt) -> list[Region]:
    """Where the hidden students are, fractions of the upright picture."""
    stored = next(stored for stored, _ in demo.played.assets if stored.asset.key == attempt.scene.key)
    hidden = attempt.answer.decision.redact
    found = [region for a in stored.tagging.appearances if a.student in hidden for region in a.regions]
    looked = {**scenes.BAKE_SALE_BOXES, scenes.NOAH: scenes.UNTITLED_BOXES[scenes.NOAH]}
    if attempt.scene.key in (scenes.UNTITLED, scenes.BAKE_SALE):
        student = scenes.NOAH if attempt.scene.key == scenes.UNTITLED else scenes.HANNAH
        found = [Region(*looked[student])]
    assert len(found) == len(hidden)
    return found


def test_it_ends_well_and_asks_nothing(demo: DemoRun) -> None:
    assert demo.called.code == 0
    assert demo.called.err == ""


@pytest.mark.parametrize("who", ANSWERS)
def test_every_attempt_is_answered_as_the_procedure_says(demo: DemoRun, who: str) -> None:
    assert demo.attempt(who).answer.decision.outcome.word == ANSWERS[who]


def test_every_attempt_is_in_the_table_with_its_word_and_why(demo: DemoRun) -> None:
    assert [each.scene.who for each in demo.played.attempts] == list(ANSWERS)
    for number, attempt in enumerate(demo.played.attempts, start=1):
        row = next(line for line in demo.called.out.splitlines() if line.startswith(f"│ {number} "))
        reason = attempt.answer.decision.reasons[0]
        for part in (attempt.scene.who, attempt.answer.decision.outcome.word, reason.clause, reason.text):
            assert part in row


def test_every_sample_is_in_the_table_of_tags(demo: DemoRun) -> None:
    assert len(demo.played.assets) == 28
    for stored, tags in demo.played.assets:
        assert stored.asset.key in demo.called.out
        assert tags["dam-release"] == stored.release_tag


def test_the_worker_tagged_the_samples_from_the_buckets_events(demo: DemoRun) -> None:
    worker = demo.played.worker
    assert (worker.handled, worker.failed, worker.dead) == (28, 0, 0)


def test_what_nobody_could_read_is_held(demo: DemoRun) -> None:
    broken, tags = next(each for each in demo.played.assets if each[0].asset.key == "inbox/broken.jpg")
    assert (broken.tagging.state, tags["dam-release"]) == ("failed", "hold")


def test_copies_on_disk_are_the_proven_ones(demo: DemoRun) -> None:
    names = set()
    for number, attempt in released(demo):
        assert attempt.answer.release is not None
        suffix = ".mp4" if attempt.scene.key == scenes.CLIP else ".jpg"
        name = f"{number:02}-{attempt.answer.decision.outcome.word}{suffix}"
        body = (demo.folder / "copies" / name).read_bytes()
        assert hashlib.sha256(body).hexdigest() == attempt.answer.release.sha256
        names.add(name)
    assert {path.name for path in (demo.folder / "copies").iterdir()} == names
    assert len(names) == 10 + WITH_AV


def test_nothing_is_released_but_by_allow_and_redact(demo: DemoRun) -> None:
    for attempt in demo.played.attempts:
        assert (attempt.copy is not None) == (attempt.answer.decision.outcome <= Outcome.REDACT)


def hiding(demo: DemoRun, operation: str) -> list[Attempt]:
    return [each for _, each in released(demo) if each.answer.release and operation == hid_by(each)]


def hid_by(attempt: Attempt) -> str:
    assert attempt.answer.release is not None
    return str(attempt.answer.release.proof["operation"]) if attempt.answer.decision.redact else ""


def test_hidden_students_are_filled_in_the_copy_and_were_not_before(demo: DemoRun) -> None:
    checked = 0
    for attempt in hiding(demo, "boxes"):
        for region in hidden_regions(demo, attempt):
            before, after = (darkest_and_lightest(body, region) for body in (attempt.original, attempt.copy or b""))
            assert after == (128, 128), attempt.scene.who
            assert before[1] > 100, attempt.scene.who
            checked += 1
    assert checked == 3


def test_who_can_be_isolated_is_cut_out_of_the_picture(demo: DemoRun) -> None:
    cropped = hiding(demo, "crop")
    assert {each.scene.key for each in cropped} == {scenes.HALLWAY, scenes.BAKE_SALE}
    for attempt in cropped:
        (region,) = hidden_regions(demo, attempt)
        whole, cut = (Image.open(io.BytesIO(body)) for body in (attempt.original, attempt.copy or b""))
        assert cut.height == whole.height
        # What is left is beside the student, who is nowhere in it.
        beside = max(region.x, 1 - region.x - region.w)
        assert 0.2 * whole.width < cut.width <= beside * whole.width


def darkest_and_lightest(body: bytes, region: Region) -> tuple[int, int]:
    with Image.open(io.BytesIO(body)) as opened:
        upright = ImageOps.exif_transpose(opened).convert("L")
    width, height = upright.size
    box = (region.x * width, region.y * height, (region.x + region.w) * width, (region.y + region.h) * height)
    low, high = upright.crop(tuple(round(each) for each in box)).getextrema()  # type: ignore[misc,arg-type]
    return int(low), int(high)  # type: ignore[arg-type]


def test_originals_name_students_and_copies_do_not(demo: DemoRun) -> None:
    parts = {part.casefold().encode() for name in demo.played.names.values() for part in name.split() if len(part) > 3}
    named = 0
    for _, attempt in released(demo):
        assert not any(part in (attempt.copy or b"").lower() for part in parts)
        named += any(part in attempt.original.lower() for part in parts)
    assert named >= 5


def test_each_redacted_copys_proof_is_shown(demo: DemoRun) -> None:
    for _, attempt in released(demo):
        release = attempt.answer.release
        assert release is not None
        assert release.proof["checks"]
        if attempt.answer.decision.outcome is Outcome.REDACT:
            assert release.sha256[:16] in demo.called.out
            assert release.proof["checks"][0] in demo.called.out


def test_an_opt_out_closes_the_link_that_was_handed_out(demo: DemoRun) -> None:
    late = demo.played.late
    assert late is not None
    assert late.bytes_before == len(late.attempt.copy or b"")
    assert late.closed >= 1
    assert (late.before.status, late.after.status, late.after.leads_to) == (303, 404, None)
    assert f"the gate answered 303, and the storage {late.bytes_before:,} bytes" in demo.called.out
    assert "after: the same link answers 404: This link does not open anything" in demo.called.out


def test_whoever_opens_what_may_not_be_passed_on_reads_that_first(demo: DemoRun) -> None:
    noticed = demo.played.noticed
    assert noticed is not None
    assert (noticed.page.status, noticed.page.leads_to) == (200, None)
    assert noticed.attempt.answer.notice in noticed.page.texts
    assert "Released to emergency personnel (county-hospital) for: emergency" in (noticed.attempt.answer.notice or "")
    assert noticed.bytes_then == len(noticed.attempt.copy or b"")
    assert (noticed.attempt.answer.notice or "").encode() in (noticed.attempt.copy or b"")


def test_whatever_was_referred_waits_with_a_date_and_an_emergency_for_its_review(demo: DemoRun) -> None:
    desk = demo.played.desk
    assert desk is not None
    # The bake sale was asked for again once somebody had looked, and went out.
    waiting = [each for each in demo.played.attempts if each.answer.decision.outcome is Outcome.REFER]
    referred = [each.answer.share.id for each in waiting if each.scene.key != scenes.BAKE_SALE]
    (emergency,) = (each for each in desk.before if each.referral.kind == "review")
    assert sorted(each.share.id for each in desk.before) == sorted([*referred, emergency.share.id])
    assert all(each.referral.due > demo.played.today for each in desk.before)
    assert emergency.referral.id in {each.referral.id for each in desk.after}
    for each in desk.before:
        assert str(each.referral.due) in demo.called.out


def test_what_the_custodian_finds_decides_a_share_again(demo: DemoRun) -> None:
    desk = demo.played.desk
    assert desk is not None
    answered = {each.referral.id for each in desk.decided}
    assert {each.referral.id for each in desk.before} - {each.referral.id for each in desk.after} == answered
    assert [each.answer.decision.outcome.word for each in demo.played.decided_again] == ["redact", "redact", "allow"]
    assert [each.copy is not None for each in demo.played.decided_again] == [True] * 3


def test_a_finding_about_a_discipline_recording_waits_for_another_person(demo: DemoRun) -> None:
    desk = demo.played.desk
    assert desk is not None
    assert (desk.answered.finding.state, desk.pending.finding.state, desk.pending.answer) == (
        "applied",
        "pending",
        None,
    )
    assert desk.approved.finding.id == desk.pending.finding.id
    assert desk.approved.finding.state == "applied"
    for each in (desk.approved, desk.confirmed):
        assert each.finding.approver != each.finding.user


def book_of(demo: DemoRun) -> Yearbook:
    assert demo.played.yearbook is not None
    return demo.played.yearbook


def student_in(demo: DemoRun, name: str) -> str:
    (found,) = (student for student, known in demo.played.names.items() if known == name)
    return found


def test_a_set_for_each_publisher_lies_in_the_folder_and_is_what_was_signed(demo: DemoRun) -> None:
    key = public_key(str(demo.folder / yearbook.KEY))
    for made in (book_of(demo).printed, book_of(demo).other):
        with (demo.folder / made.file.name).open("rb") as file:
            assert verify(file, key).set_id == made.made.set.id
        assert (demo.folder / made.file.with_suffix(".exclusions.json").name).stat().st_mode & 0o077 == 0
    assert book_of(demo).verified.key_id == key.id


def test_one_set_takes_copies_that_hide_somebody_and_the_other_none(demo: DemoRun) -> None:
    printed, other = book_of(demo).printed, book_of(demo).other
    assert (printed.made.portraits, printed.made.candids, printed.made.redacted) == (9, 10, 8)
    assert (other.made.portraits, other.made.candids, other.made.redacted) == (9, 2, 0)
    hiding = {each.clause: each.count for each in other.left_out}["EXPORT-REDACT"]
    assert (hiding, sum(each.redacted for each in printed.pictures)) == (8, 8)


def test_what_an_index_says_of_home_rooms_and_teachers_stands_in_the_set(demo: DemoRun) -> None:
    words = [each.words for each in book_of(demo).printed.pictures if each.kind == "portrait"]
    assert "Muñoz, Inés · grade 10 · 21 · Sorensen" in words
    with zipfile.ZipFile(demo.folder / yearbook.OTHER) as archive:
        assert b"10,Mu\xc3\xb1oz,In\xc3\xa9s,Sorensen,21\r\n" in archive.read("YEARBOOK/INDEX.CSV")


def test_nobody_who_opted_out_before_is_named_in_a_set_and_the_hidden_are_filled(demo: DemoRun) -> None:
    for made in (book_of(demo).printed, book_of(demo).other):
        with zipfile.ZipFile(demo.folder / made.file.name) as archive:
            whole = b"".join(archive.read(name) for name in archive.namelist())
        for name in (b"Lindqvist", b"Johnson", b"Begaye"):
            assert name not in whole
        assert not any(student.encode() in whole for student in demo.played.names)


def test_a_locked_sets_recall_list_says_on_which_pages_a_late_opt_out_is(demo: DemoRun) -> None:
    book = book_of(demo)
    assert book.student == student_in(demo, "Amina Yusuf")
    assert (book.locked.set.state, book.locked.handover.to, book.locked.shares) == ("locked", "heron-press", 19)
    assert [(each.is_locked, each.files) for each in book.closed.in_sets] == [(False, 2), (True, 3)]
    assert [each.standing for each in book.recalled] == ["recall"] * 3
    assert all(each.pages and book.student in each.students for each in book.recalled)
    told = (demo.folder / yearbook.RECALL).read_text(encoding="utf-8")
    assert [line.split(",")[1] for line in told.splitlines()[1:]] == [each.path for each in book.recalled]
    assert book.student not in told


def test_the_other_set_may_not_be_printed_any_more(demo: DemoRun) -> None:
    book = book_of(demo)
    assert not book.rechecked.may_be_printed
    assert {student for each in book.rechecked.stops for student in each.students} == {book.student}
    assert f"{yearbook.OTHER} is not locked: 2 of its files may not be printed" in demo.called.out


def test_the_report_shows_each_picture_of_the_printed_set_with_its_words(demo: DemoRun) -> None:
    page = (demo.folder / "report.html").read_text(encoding="utf-8")
    shown = page.partition("<h2>Sets for the yearbook</h2>")[2].partition("<h3>What was left out")[0]
    for each in book_of(demo).printed.pictures:
        assert each.picture is not None
        assert each.picture in shown
        assert each.words in html.unescape(shown)
    assert shown.count("hides somebody</span>") == 8


def test_what_a_run_leaves_is_what_the_next_one_removes(demo: DemoRun) -> None:
    assert not {path.name for path in demo.folder.iterdir() if not path.name.startswith("dam-plugin.sqlite3")} - MADE


def test_the_record_of_one_student_tells_of_requests_openings_and_refusals(demo: DemoRun) -> None:
    told = [(line.what, line.who, line.outcome) for line in demo.played.record]
    assert ("asked", "law_enforcement:city-police", "refer") in told
    assert ("opened", "emergency:county-hospital", "allow") in told
    assert ("published", "public:heron-press", "redact") in told
    assert any(line.threat for line in demo.played.record)
    assert demo.played.names[demo.played.recorded_student] == "Caleb Brandt"


def test_the_report_counts_every_share_and_says_what_to_mend(demo: DemoRun) -> None:
    counted = demo.played.report
    assert counted is not None
    in_print = book_of(demo).locked.shares
    assert counted.shares == len(demo.played.attempts) + len(demo.played.decided_again) + 1 + in_print
    assert counted.overturned_referrals == 3
    assert {"REDACT-MEANING", "HOLD-UNTAGGED"} <= {cause.clause for cause in counted.causes}
    assert f"report: {counted.shares} shares" in demo.called.out


def test_every_attempt_is_in_the_ledger_and_the_chain_holds(demo: DemoRun) -> None:
    assert demo.played.verification is not None
    assert demo.played.verification.ok
    assert f"ledger verify: the ledger holds, {len(demo.played.entries)} entries" in demo.called.out
    shares = [
        entry.subject for entry, told in demo.played.entries if entry.kind == "share" and "set" not in (told or {})
    ]
    late = demo.played.late
    assert late is not None
    asked = (*demo.played.attempts, late.attempt, *demo.played.decided_again)
    assert shares == [each.answer.share.id for each in asked]


def test_names_are_in_the_report_alone(demo: DemoRun) -> None:
    for name in demo.played.names.values():
        assert name not in demo.called.out
    report = (demo.folder / "report.html").read_text(encoding="utf-8")
    assert "hiding Hannah Lindqvist" in report
    for path in (demo.folder / "cases").iterdir():
        assert "Lindqvist" not in path.read_text(encoding="utf-8")


def test_the_report_has_a_card_for_each_attempt(demo: DemoRun) -> None:
    report = (demo.folder / "report.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<span class="word (allow|redact|refer|deny)">', report)) == len(ANSWERS) + 3
    assert "://" not in report


def next_commands(demo: DemoRun) -> list[list[str]]:
    lines = demo.called.out.split("Try next:\n")[1].splitlines()
    return [shlex.split(line, comments=True) for line in lines]


def test_three_commands_to_try_next(demo: DemoRun) -> None:
    opened, decided, kept = next_commands(demo)
    assert Path(opened[-1]).is_file()
    assert decided[:2] == ["dam-plugin", "decide"]
    assert kept[:4] == ["dam-plugin", "demo", "--keep", "--out"]
    ended = call(*decided[1:])
    assert (ended.code, ended.object()["outcome"]) == (0, "deny")


def test_every_case_is_decided_again_alike(demo: DemoRun) -> None:
    files = sorted((demo.folder / "cases").iterdir())
    ended = call("decide", *map(str, files))
    assert ended.code == 0
    again = [(each["id"], each["outcome"], each["redact"]) for each in ended.objects()]
    # That no copy of the clip can be made shows only when it is tried.
    played = [
        (a.answer.share.id, a.answer.decision.outcome.word, list(a.answer.decision.redact))
        for a in demo.played.attempts
    ]
    clip = next(i for i, a in enumerate(demo.played.attempts) if a.scene.key == scenes.CLIP)
    assert again[:clip] + again[clip + 1 :] == played[:clip] + played[clip + 1 :]


@pytest.mark.parametrize(
    ("platform", "found", "opener"),
    [("darwin", None, "open"), ("linux", "/usr/bin/xdg-open", "xdg-open"), ("linux", None, "-m webbrowser")],
)
def test_the_report_is_opened_by_what_is_there(
    monkeypatch: pytest.MonkeyPatch, platform: str, found: str | None, opener: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(shutil, "which", lambda _: found)
    assert _opener().endswith(opener)


def test_pythons_own_opener_works_when_typed(demo: DemoRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    command = f"{_opener()} {demo.folder / 'report.html'}"
    ended = subprocess.run(
        shlex.split(command), env={**os.environ, "BROWSER": "echo"}, capture_output=True, text=True, check=True
    )
    assert str(demo.folder / "report.html") in ended.stdout


def test_the_program_is_named_as_it_can_be_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "my venv" / "dam-plugin"
    program.parent.mkdir()
    program.touch()
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert _program() == f"'{program}'"
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    assert _program() == "dam-plugin"


def test_as_json_each_attempt_is_a_line(demo: DemoRun) -> None:
    with patch.object(play, "play", lambda _, told, **__: told(demo.played)):
        ended = call("demo", "--json", "--out", str(demo.folder))
    assert ended.code == 0
    *attempts, last = ended.objects()
    assert {each["who"]: each["outcome"] for each in attempts} == ANSWERS
    assert all(each["reasons"] for each in attempts)
    assert [each["file"] for each in last["yearbook"]] == [yearbook.PRINTED, yearbook.OTHER]
    assert (last["locked_for"], len(last["recall"]), len(last["stops"])) == ("heron-press", 3, 2)


def test_a_broken_ledger_is_told_and_exits_1(demo: DemoRun, tmp_path: Path) -> None:
    shutil.copytree(demo.folder, tmp_path / "out")
    verification = Verification(26, ok=False, broken_at=3, why="entry 3 was changed", details_deleted=0, head="h")
    broken = replace(demo.played, out=tmp_path / "out", verification=verification)
    with patch.object(play, "play", lambda _, told, **__: told(broken)):
        ended = call("demo", "--out", str(tmp_path / "out"))
    assert ended.code == 1
    assert "the ledger is broken: entry 3 was changed" in ended.out


@pytest.mark.parametrize("ours", [False, True], ids=["somebody's folder", "the demo's with something else in it"])
def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path, ours: bool) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "mine.jpg").write_bytes(b"mine")
    if ours:
        (tmp_path / ".dam-plugin-demo").touch()
        (tmp_path / "thesis.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    ended = call("demo", "--out", str(tmp_path))
    assert (ended.code, "name an empty folder with --out" in ended.err) == (1, True)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    ended = call("demo", "--out", str(tmp_path / "file"))
    assert ended.code == 1
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_kept_running_in_the_same_folder_it_serves_until_interrupted(
    demo: DemoRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(demo.folder, out)
    command = [sys.executable, face_network.__file__, "demo", "--keep", "--json", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            lines = [json.loads(running.stdout.readline()) for _ in range(len(ANSWERS) + 2)]
            kept = lines[-1]
            assert kept["folder"] == str(out.resolve())
            # As in another terminal, in that folder and with what was to be exported there.
            for name in [name for name in os.environ if name.startswith(("AWS_", "DAM_PLUGIN_"))]:
                monkeypatch.delenv(name)
            for name, value in kept["environment"].items():
                monkeypatch.setenv(name, value)
            monkeypatch.chdir(out)
            assert call("doctor").code == 0
            share = "share events/athletics/team-photo.jpg --to public --purpose website --kind publication"
            assert call(*share.split()).out.startswith("redact\n")
            running.send_signal(signal.SIGINT)
            assert running.wait(timeout=30) == 0
            assert running.stderr is not None
            assert running.stderr.read() == ""
        finally:
            running.kill()


def test_what_to_type_while_it_runs_is_said(demo: DemoRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dam_plugin.cli.demo.command._wait_for_signal", lambda: None)
    folder = tmp_path / "out of the way"
    variables = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}

    def kept(_: Path, told: Callable[[Played], None], *, keep: Callable[..., None], **__: object) -> None:
        told(demo.played)
        keep(variables, folder)

    with patch.object(play, "play", kept):
        ended = call("demo", "--keep", "--out", str(demo.folder))
    said = [line.strip() for line in ended.out.split("In another terminal:\n")[1].splitlines()]
    assert said[0] == f"cd {shlex.quote(str(folder))}"
    assert said[1:3] == ["export AWS_ENDPOINT_URL=http://127.0.0.1:1", "export NO_PROXY=127.0.0.1"]
    assert "dam-plugin doctor" in said
    assert said[-1] == "Stop it with Ctrl-C."
