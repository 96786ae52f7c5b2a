"""The report: one self-contained page, on which whatever was said is text."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dam_plugin.cli.demo.play import Attempt, LateOptOut, Noticed, Played
from dam_plugin.cli.demo.report import named, picture, write_report
from dam_plugin.cli.demo.scenes import NEWSPAPER, Scene
from dam_plugin.cli.demo.visits import Visit
from dam_plugin.cli.demo.yearbook import SetMade, Yearbook
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.ledger.chain import Verification
from dam_plugin.ledger.student import Line
from dam_plugin.model import Actor, Decision, LedgerEntry, Outcome, Reason, Recipient, Release, Share
from dam_plugin.sharing.share import Answer
from dam_plugin.store.sets import ExportSet, Handover, Made, Query, SetOrder
from dam_plugin.yearbook.contact_sheet import Shown
from dam_plugin.yearbook.exclusions import Coverage, LeftOut
from dam_plugin.yearbook.lock import Locked
from dam_plugin.yearbook.recall import RecallLine
from dam_plugin.yearbook.recheck import Rechecked
from dam_plugin.yearbook.verify import Verified

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"
STUDENT = "S-4G7682X2ZAS1"


def jpeg(size: tuple[int, int] = (900, 600), **more: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, "JPEG", **more)
    return made.getvalue()


def attempt(outcome: Outcome = Outcome.REDACT, *, text: str = "", copy: bytes | None = None) -> Attempt:
    scene = Scene(f"Who {text}", f"folder/{text}.jpg", f"news {text}", NEWSPAPER)
    redact = (STUDENT,) if outcome is Outcome.REDACT else ()
    decision = Decision(outcome, redact, reasons=(Reason("EX4-OPTOUT", f"A parent of {STUDENT} {text}", (STUDENT,)),))
    share = Share("sh-1", scene.key, "request", scene.purpose, Actor("custodian"), NEWSPAPER)
    release = Release("r-1", "released/r-1/x.jpg", "ab" * 32, scene.key, None, "e", redact, "open")
    release = replace(release, proof={"checks": [f"proven {text}"]})
    return Attempt(scene, Answer(share, decision, release if copy else None), jpeg(), copy)


def book(text: str = "") -> Yearbook:
    """Two sets that hold nothing but what the report says of them."""
    at, by = datetime(2026, 9, 1, tzinfo=UTC), Actor("media_staff", f"desk {text}")
    order = SetOrder(Query(), f"pspa {text}", Recipient("public", f"press {text}"), redact=True)
    set_ = ExportSet("x-1", at, at.date(), "locked", by, order, f"file:{text}", "f-1", "f-2")
    shown = tuple(
        Shown(
            kind, f"{kind}/{text}.jpg", f"Words {text}", kind == "candid", picture(jpeg()) if kind == "candid" else None
        )
        for kind in ("portrait", "candid")
    )
    left_out = (LeftOut("EX4-OPTOUT", f"Opted out {text}", 3, f"Ask {text}"),)
    made = SetMade(Path(f"set {text}.zip"), Made(set_, 1, 1, 1, 3, 0, 9), left_out, shown)
    reason = Reason("EX4-OPTOUT", f"A parent of {STUDENT} {text}", (STUDENT,))
    handover = Handover("x-1", at, f"press {text}", by)
    line = RecallLine(
        "x-1",
        f"candid/{text}.jpg",
        "candid",
        (f"7{text}",),
        "0" * 64,
        "recall",
        (STUDENT,),
        None,
        (reason,),
        (handover,),
    )
    rechecked = Rechecked(set_, at.date(), 2, (), (), roster_changed=True, rules_changed=False)
    verified = Verified("x-1", at.date(), "d", "p", "r", 5, 1, "f-1", "f-2", "1", "ab12", "0" * 64)
    return Yearbook(
        printed=made,
        other=replace(made, left_out=()),
        verified=verified,
        coverage=Coverage(13, (STUDENT,), (), ()),
        locked=Locked(set_, handover, rechecked, 2),
        student=STUDENT,
        closed=ClosedLinks(),
        rechecked=rechecked,
        recalled=(line,),
    )


def report(tmp_path: Path, *attempts: Attempt, text: str = "", ok: bool = True) -> str:
    entry = LedgerEntry(1, datetime(2026, 9, 1, tzinfo=UTC), f"share{text}", f"sh{text}", "b", "p", "h" * 64)
    played = Played(tmp_path, date(2026, 9, 1))
    played.attempts = list(attempts)
    gone = Visit(404, ("The district", "This link does not open anything", f"Ask them {text}"))
    played.late = LateOptOut(attempts[0], Visit(303), 1234567, 2, gone)
    played.noticed = Noticed(
        attempts[0], Visit(200, ("The district", "Before you open it", f"Not to be {text}")), 7654321
    )
    played.decided_again = list(attempts[:1]) if text else []
    played.yearbook = book(text) if text else None
    played.recorded_student = STUDENT
    at = datetime(2026, 9, 1, tzinfo=UTC)
    line = Line(1, at, "asked", "sh-1", who=f"public:{text}", interest=text, grounds=(text,), threat=text, remark=text)
    played.record = [line]
    played.entries = [(entry, None)]
    played.verification = Verification(1, ok, None if ok else 1, None if ok else f"why {text}", 0, "h")
    played.names = {STUDENT: f"Ada Example{text}"}
    path = write_report(played)
    assert path == tmp_path / "report.html"
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("ok", [True, False])
def test_whatever_was_said_is_text(tmp_path: Path, ok: bool) -> None:
    page = report(
        tmp_path, attempt(text=HOSTILE, copy=jpeg()), attempt(Outcome.DENY, text=HOSTILE), text=HOSTILE, ok=ok
    )
    assert "<script" not in page
    assert "onerror" not in re.sub(r"&lt;img src=x onerror=alert\(1\)&gt;", "", page)
    assert page.count("&lt;script&gt;") > 10


def test_the_page_asks_for_nothing_outside_itself(tmp_path: Path) -> None:
    page = report(tmp_path, attempt(copy=jpeg()))
    assert "Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"" in page
    assert "://" not in page
    assert "url(" not in page
    assert all(source.startswith("data:image/jpeg;base64,") for source in re.findall(r'src="([^"]*)"', page))
    assert not re.search(r"<(link|script|iframe|object|form)\b", page)


def test_before_and_after_are_side_by_side(tmp_path: Path) -> None:
    page = report(tmp_path, attempt(copy=jpeg()))
    assert page.count("<img ") == 2
    assert "the copy that left, hiding Ada Example" in page
    assert "proven " in page


def test_what_was_refused_shows_no_copy_and_what_can_be_done(tmp_path: Path) -> None:
    page = report(tmp_path, attempt(Outcome.DENY))
    assert page.count("<img ") == 1
    assert "nothing left the library" in page
    assert "What can be done:" in page


def test_what_was_released_needs_no_remedy(tmp_path: Path) -> None:
    assert "What can be done:" not in report(tmp_path, attempt(copy=jpeg()))


def test_names_stand_in_for_the_fictional_students(tmp_path: Path) -> None:
    assert "A parent of Ada Example" in report(tmp_path, attempt(copy=jpeg()))
    assert named("S-1 and S-2", {"S-1": "Ada"}) == "Ada and S-2"


def test_what_the_gate_showed_is_quoted(tmp_path: Path) -> None:
    page = report(tmp_path, attempt(copy=jpeg()))
    assert "the gate answered 303, and the storage 1,234,567 bytes" in page
    assert "the same link answers 404" in page
    assert '<p class="title">This link does not open anything</p>' in page
    assert '<p class="title">Before you open it</p>' in page
    assert "No. 1, opened with a browser" in page
    assert "7,654,321 bytes" in page


def test_what_went_into_a_set_stands_beside_what_was_left_out_in_counts(tmp_path: Path) -> None:
    page = report(tmp_path, attempt(copy=jpeg()), text="!")
    assert '<span class="redact mark">hides somebody</span> Words !<br><code>!.jpg</code>' in page
    assert "Opted out !" in page
    assert "<td>3</td><td></td><td>Ask !</td>" in page
    assert "Of 13\nstudents 1 are in no picture" in page


def test_the_recall_list_names_the_fictional_student_and_the_page(tmp_path: Path) -> None:
    page = report(tmp_path, attempt(copy=jpeg()), text="!")
    assert "<td>7!</td><td><code>candid/!.jpg</code></td><td>press !</td>" in page
    assert "the family of Ada Example! opts out of the yearbook" in page


def test_the_record_of_one_student_is_shown_under_the_name(tmp_path: Path) -> None:
    page = report(tmp_path, attempt(copy=jpeg()))
    assert "What a parent of Ada Example is shown on request" in page
    assert "<td>asked</td>" in page


def test_a_broken_ledger_is_said(tmp_path: Path) -> None:
    assert "The ledger is broken:" in report(tmp_path, attempt(copy=jpeg()), ok=False)
    assert "The ledger holds:" in report(tmp_path, attempt(copy=jpeg()))


def test_a_picture_is_upright_and_small() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    url = picture(jpeg((1600, 800), exif=turned))
    assert url is not None
    with Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))) as shown:
        assert shown.size == (320, 640)
        assert not shown.getexif()


@pytest.mark.parametrize("body", [b"", b"RIFF....WAVE", jpeg()[:400]], ids=["empty", "sound", "cut off"])
def test_what_is_no_picture_is_not_shown(body: bytes) -> None:
    assert picture(body) is None
