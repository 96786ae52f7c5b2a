"""The binding of libturbojpeg: which library is taken, what a filter sees and changes, what ends in a refusal."""

from __future__ import annotations

import ctypes.util
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from jpeg_samples import coefficients, decode, encode, picture

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.libturbojpeg import COPY_NONE, NO_OUTPUT
from dam_plugin.redaction.model import PixelBox
from dam_plugin.redaction.stills import turbojpeg
from dam_plugin.redaction.stills.turbojpeg import BlockRow, Library

SOURCE = encode(picture(75, 53), subsampling="4:2:0")


def wheels_library() -> str:
    return next(name for name in turbojpeg._installed() if "turbojpeg." in Path(name).parent.name)


@pytest.fixture
def library() -> Library:
    return Library(wheels_library())


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    turbojpeg._found.cache_clear()
    yield monkeypatch
    turbojpeg._found.cache_clear()


def test_a_plain_installation_finds_a_library(fresh: pytest.MonkeyPatch) -> None:
    fresh.setattr(ctypes.util, "find_library", lambda _: None)
    assert turbojpeg.find().transform(SOURCE)


def test_the_systems_library_comes_before_the_wheels(fresh: pytest.MonkeyPatch) -> None:
    fresh.setattr(ctypes.util, "find_library", lambda name: f"lib{name}.so.0")
    assert next(turbojpeg._installed()) == "libturbojpeg.so.0"


def loaded(fresh: pytest.MonkeyPatch) -> list[str]:
    """Note which files are loaded, in order."""
    names: list[str] = []
    original = Library.__init__

    def note(self: Library, path: str) -> None:
        names.append(path)
        original(self, path)

    fresh.setattr(Library, "__init__", note)
    return names


def test_a_library_that_is_named_is_the_one_that_is_taken(fresh: pytest.MonkeyPatch) -> None:
    named = wheels_library()
    names = loaded(fresh)
    # What the environment says is the settings' to read, and theirs alone.
    fresh.setenv(turbojpeg.SETTING, "no-such-library.so")
    assert turbojpeg.find(Path(named)).transform(SOURCE)
    assert names == [named]
    assert turbojpeg.find().transform(SOURCE)


def test_a_library_is_looked_for_once(fresh: pytest.MonkeyPatch) -> None:
    assert turbojpeg.find() is turbojpeg.find()


@pytest.mark.parametrize("what", ["no such file", "no library", "another library"])
def test_a_named_library_that_cannot_be_used_is_refused_and_not_replaced(
    fresh: pytest.MonkeyPatch, what: str, tmp_path: Path
) -> None:
    named = tmp_path / "lib.so"
    if what == "no library":
        named.write_bytes(b"not a library")
    if what == "another library":
        named = Path(ctypes.util.find_library("c") or "")
    with pytest.raises(CannotRedact, match=f"{turbojpeg.SETTING} names is no libturbojpeg"):
        turbojpeg.find(named)


def test_libraries_that_cannot_be_used_are_passed_over(fresh: pytest.MonkeyPatch) -> None:
    names = loaded(fresh)
    good = wheels_library()
    others = [ctypes.util.find_library("c") or "", "no-such-library.so", good]
    fresh.setattr(turbojpeg, "_installed", lambda: iter(others))
    assert turbojpeg.find().transform(SOURCE)
    assert names == others


def test_a_library_that_works_differently_is_passed_over(fresh: pytest.MonkeyPatch) -> None:
    class Lazy(Library):
        def transform(self, source: bytes, **_: object) -> bytes:
            return source

    fresh.setattr(turbojpeg, "Library", Lazy)
    with pytest.raises(CannotRedact, match="no libturbojpeg that can be used"):
        turbojpeg.find()


def test_without_a_library_the_refusal_says_what_to_install(fresh: pytest.MonkeyPatch) -> None:
    fresh.setattr(turbojpeg, "_installed", lambda: iter(()))
    with pytest.raises(CannotRedact, match=r"install .*turbojpeg .*libturbojpeg0"):
        turbojpeg.find()


def test_a_filter_sees_every_row_of_every_component(library: Library) -> None:
    seen: list[BlockRow] = []
    library.transform(SOURCE, each_row=seen.append)
    rows = Counter((row.component, row.blocks, row.rows) for row in seen)
    # The last unit of luma is two blocks high and brings an eighth row for the seven that the picture needs.
    assert rows == {(0, 10, 7): 8, (1, 5, 4): 4, (2, 5, 4): 4}
    assert [row.row for row in seen if row.component == 1] == [0, 1, 2, 3]


def test_what_a_filter_empties_is_empty_and_the_rest_is_as_it_was(library: Library) -> None:
    def empty(row: BlockRow) -> None:
        if row.row == 2:
            row.zero(1, 4)

    before, after = coefficients(SOURCE), coefficients(library.transform(SOURCE, each_row=empty))
    for plane in before.values():
        plane[2][1:4] = [bytes(128)] * 3
    assert after == before


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 2), (0, 11)])
def test_a_filter_cannot_write_outside_of_its_row(library: Library, start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="do not lie in a row"):
        library.transform(SOURCE, each_row=lambda row: row.zero(start, stop))


@pytest.mark.parametrize("error", [LookupError("row"), KeyboardInterrupt()], ids=["LookupError", "KeyboardInterrupt"])
def test_what_a_filter_raises_comes_out_unchanged(library: Library, error: BaseException) -> None:
    calls = []

    def fail(row: BlockRow) -> None:
        calls.append(row)
        raise error

    with pytest.raises(type(error)) as caught:
        library.transform(SOURCE, each_row=fail)
    assert caught.value is error
    assert len(calls) == 1


def test_a_transform_without_output_returns_nothing(library: Library) -> None:
    assert library.transform(SOURCE, options=COPY_NONE | NO_OUTPUT) == b""


def test_a_region_is_what_stays(library: Library) -> None:
    cropped = library.transform(SOURCE, region=PixelBox(16, 32, 75, 48))
    assert decode(cropped).size == (59, 16)
    assert coefficients(cropped)[1] == [row[1:] for row in coefficients(SOURCE)[1][2:3]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(SOURCE[:-40] + SOURCE[-2:], "damaged or cut short", id="a warning"),
        pytest.param(SOURCE[:200], "damaged or cut short", id="cut in the tables"),
        pytest.param(b"", "cannot be coded anew", id="nothing"),
        pytest.param(b"GIF89a", "cannot be coded anew", id="another format"),
    ],
)
def test_a_warning_or_an_error_of_the_library_is_refused(library: Library, data: bytes, reason: str) -> None:
    with pytest.raises(CannotRedact, match=reason):
        library.transform(data)


def test_a_region_off_the_grid_is_refused(library: Library) -> None:
    with pytest.raises(CannotRedact, match="multiple of 16"):
        library.transform(SOURCE, region=PixelBox(8, 0, 40, 16))


@pytest.mark.parametrize("data", [SOURCE, SOURCE[:-40] + SOURCE[-2:], b""], ids=["sound", "damaged", "empty"])
def test_all_that_is_opened_is_closed_and_all_memory_given_back(library: Library, data: bytes) -> None:
    open_handles: set[int] = set()
    buffers: set[int] = set()

    def counting(made: set[int], take: object, give: object) -> tuple[object, object]:
        def taking(*arguments: object) -> int:
            made.add(pointer := take(*arguments))  # type: ignore[operator]
            return pointer

        def giving(pointer: object) -> None:
            made.remove(getattr(pointer, "value", pointer))
            give(pointer)  # type: ignore[operator]

        return taking, giving

    loaded = library._library
    for made, take, give in ((open_handles, "tjInitTransform", "tjDestroy"), (buffers, "tjAlloc", "tjFree")):
        taking, giving = counting(made, getattr(loaded, take), getattr(loaded, give))
        setattr(loaded, take, taking)
        setattr(loaded, give, giving)

    def fail(row: BlockRow) -> None:
        raise ZeroDivisionError

    for each_row in (None, fail):
        try:
            library.transform(data, each_row=each_row)
        except (CannotRedact, ZeroDivisionError):
            assert (data, each_row) != (SOURCE, None)
    assert not open_handles
    assert not buffers


def test_threads_transform_at_once(library: Library) -> None:
    expected = library.transform(SOURCE)
    copies: list[bytes] = []

    def work() -> None:
        for _ in range(20):
            copies.append(library.transform(SOURCE, each_row=lambda row: row.zero(0, 0)))  # noqa: PERF401

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert copies == [expected] * 80
