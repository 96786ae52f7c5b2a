from __future__ import annotations

import io
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from made_files import bag, jpeg, microsoft, mwg, packet, xmp_segment

from dam_plugin.intake import exiftool
from dam_plugin.intake.exiftool import Answer, ask, with_packet
from dam_tagging.facts import Facts, Keyword
from dam_tagging.metadata.read import read

PROGRAM = exiftool.exiftool_path("exiftool")
installed = pytest.mark.skipif(PROGRAM is None, reason="exiftool is not installed")
PEOPLE = packet(
    bag("Iptc4xmpExt:PersonInImage", ["Ava Example"])
    + bag("dc:subject", ["choir"])
    + mwg([{"box": (0.5, 0.5, 0.2, 0.4), "name": "Ben Sample", "kind": "Face"}])
    + microsoft([("Cal Third", "0.1, 0.1, 0.2, 0.2")])
)
PICTURE = jpeg(xmp_segment(PEOPLE))


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.jpg")


def program(folder: Path, script: str) -> str:
    """A program of this name that does what the script says."""
    path = folder / "exiftool"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_what_we_have_read_already_is_not_doubled() -> None:
    ours = facts(PICTURE)
    assert with_packet(ours, Answer(PEOPLE)) == ours


def test_what_exiftool_alone_finds_is_added_under_its_name() -> None:
    result = with_packet(facts(jpeg()), Answer(PEOPLE))
    assert [(person.name, person.source) for person in result.persons] == [("Ava Example", "exiftool")]
    assert result.keywords == (Keyword("choir", "exiftool"),)
    assert [(each.name, each.source) for each in result.regions] == [
        ("Ben Sample", "exiftool"),
        ("Cal Third", "exiftool"),
    ]


@pytest.mark.parametrize(("orientation", "expected"), [(1, (0.2, 0.1, 0.2, 0.2)), (6, (0.7, 0.2, 0.2, 0.2))])
def test_its_regions_are_in_the_upright_frame(orientation: int, expected: tuple[float, ...]) -> None:
    size = (600, 800) if orientation == 6 else (800, 600)
    ours = replace(facts(jpeg()), orientation=orientation, image_size=size)
    body = packet(mwg([{"box": (0.3, 0.2, 0.2, 0.2), "name": "Ava Example", "kind": "Face"}]))
    (region,) = with_packet(ours, Answer(body)).regions
    box = region.region
    assert (box.x, box.y, box.w, box.h) == pytest.approx(expected)
    assert not region.stale


def test_of_a_type_that_we_do_not_know_its_size_is_taken_and_the_file_stays_partial() -> None:
    ours = Facts(problems=("files of the type application/octet-stream are not read by this version",))
    body = packet(
        mwg([{"box": (0.5, 0.5, 0.2, 0.4), "name": "Ava Example", "kind": "Face"}]),
        "xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:ImageWidth='800' tiff:ImageHeight='600' tiff:Orientation='1'",
    )
    result = with_packet(ours, Answer(body))
    assert (result.state, result.image_size) == ("partial", (800, 600))
    (region,) = result.regions
    box = region.region
    assert (box.x, box.y, box.w, box.h) == pytest.approx((0.4, 0.3, 0.2, 0.4))


def test_a_file_that_we_found_damaged_stays_unreadable() -> None:
    ours = facts(PICTURE[:100])
    result = with_packet(ours, Answer(PEOPLE))
    assert result.state == ours.state == "unreadable"
    assert [person.name for person in result.persons] == ["Ava Example"]


@pytest.mark.parametrize("answer", [Answer(b"<!DOCTYPE x []><x/>"), Answer(problem="exiftool did not answer (x)")])
def test_an_answer_that_is_none_is_a_problem_and_changes_nothing_else(answer: Answer) -> None:
    ours = facts(PICTURE)
    result = with_packet(ours, answer)
    assert replace(result, problems=()) == replace(ours, problems=())
    assert len(result.problems) == len(ours.problems) + 1


def test_a_file_without_metadata_is_no_problem(tmp_path: Path) -> None:
    answered = program(tmp_path, "sys.stderr.write('Error: Nothing to write - -'); sys.exit(1)")
    assert ask(answered, io.BytesIO(b"x"), 1, 20) == Answer()


def test_a_failure_is_a_problem_without_what_it_says(tmp_path: Path) -> None:
    answered = ask(program(tmp_path, "sys.stderr.write('Theresa Okafor'); sys.exit(2)"), io.BytesIO(b"x"), 1, 20)
    assert answered == Answer(problem="exiftool could not read the file (exit code 2)")


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    answered = ask(program(tmp_path, "time.sleep(600)"), io.BytesIO(b"x"), 1, 1)
    assert answered == Answer(problem="exiftool did not answer (TimeoutExpired)")


def test_a_program_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    assert ask(str(tmp_path / "gone"), io.BytesIO(b"x"), 1, 1).problem == "exiftool did not answer (FileNotFoundError)"


def test_a_large_file_is_not_given_to_it() -> None:
    answered = ask("never run", io.BytesIO(b"x"), exiftool.LARGEST + 1, 1)
    assert answered.problem == "exiftool was not asked: the file has more than 64 MB"


def test_it_gets_the_whole_file_and_no_name(tmp_path: Path) -> None:
    script = "sys.stdout.write(str(len(sys.stdin.buffer.read())) + ' ' + ' '.join(sys.argv[1:4]))"
    answered = ask(program(tmp_path, script), io.BytesIO(b"x" * 3_000_000), 3_000_000, 20)
    assert answered.packet.split() == [b"3000000", b"-config", b"-m"]


def test_what_it_says_of_rights_and_restrictions_is_taken() -> None:
    body = "<photoshop:Credit>opted out</photoshop:Credit><photoshop:Instructions>Do not post</photoshop:Instructions>"
    both = with_packet(Facts(media_type="image/jpeg", state="read"), Answer(packet=packet(body)))
    assert [each.text for each in both.rights] == ["opted out"]
    assert [each.text for each in both.official_markers] == ["Do not post"]


@installed
def test_the_real_program_agrees_with_our_reading() -> None:
    answered = ask(str(PROGRAM), io.BytesIO(PICTURE), len(PICTURE), 60)
    assert answered.problem is None
    ours = facts(PICTURE)
    assert with_packet(ours, answered).persons == ours.persons
    assert with_packet(ours, answered).regions == ours.regions


@installed
def test_the_real_program_finds_what_we_did_not_look_for() -> None:
    answered = ask(str(PROGRAM), io.BytesIO(PICTURE), len(PICTURE), 60)
    assert [person.name for person in with_packet(Facts(), answered).persons] == ["Ava Example"]


@installed
def test_a_configuration_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ExifTool_config").write_text("open(F, '>', 'ran'); close(F); 1;\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    ask(str(PROGRAM), io.BytesIO(PICTURE), len(PICTURE), 60)
    assert not (tmp_path / "ran").exists()
