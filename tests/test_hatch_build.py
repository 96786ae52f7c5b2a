"""What a build brings in of others: only what the lock names, checked before it is opened, and nowhere but in its folder."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import json
import re
import shutil
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
NPM = shutil.which("npm")


def _load() -> ModuleType:
    """Import hatch_build.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("hatch_build", REPOSITORY / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hatch_build = _load()
FILES = {"LICENSE": b"anybody may", "dist/style.css": b"p { color: teal }"}
OTHERS = {"package/dist/other.js": b"alert(1)", "../out.js": b"alert(2)", "package/../../out.js": b"alert(3)"}


def tarball(files: dict[str, bytes], *special: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for each in special:
            archive.addfile(each)
    return out.getvalue()


def named(files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"package/{name}": content for name, content in files.items()}


GOOD = tarball(named(FILES) | OTHERS)


def package(data: bytes = GOOD, **changed: Any) -> Any:
    """A package as a lock names it that holds just this tarball."""
    whole = {
        "name": "@house/paint", "version": "1.2.3", "use": "desk", "members": tuple(FILES),
        "integrity": f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}",
        "contents": hatch_build.digest(FILES),
    }  # fmt: skip
    return hatch_build.Package(**whole | changed)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_only_the_named_files_are_taken_and_nothing_is_written_elsewhere(tmp_path: Path) -> None:
    hatch_build.unpack(GOOD, package(), tmp_path / "vendor" / "paint")
    assert files_below(tmp_path) == {f"vendor/paint/{name}": content for name, content in FILES.items()}
    assert sorted(each.name for each in (tmp_path / "vendor").iterdir()) == ["paint"]


def test_another_tarball_is_refused_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hatch_build.tarfile, "open", lambda **_: pytest.fail("it was opened"))
    with pytest.raises(SystemExit, match=r"@house/paint 1\.2\.3 is not what desk-assets\.lock names"):
        hatch_build.unpack(GOOD + b"\0", package(), tmp_path / "paint")
    assert list(tmp_path.iterdir()) == []


def linked(kind: bytes, target: str) -> bytes:
    """The package with its style sheet as a link."""
    info = tarfile.TarInfo("package/dist/style.css")
    info.type, info.linkname = kind, target
    return tarball(named({"LICENSE": FILES["LICENSE"]}), info)


WRONG = {
    "a member is missing": (tarball(named({"LICENSE": b"anybody may"})), "has no file dist/style.css"),
    "a member is a link": (linked(tarfile.SYMTYPE, "/etc/passwd"), "dist/style.css of .* is no plain file"),
    "a member is a link within": (linked(tarfile.LNKTYPE, "package/LICENSE"), "dist/style.css of .* is no plain file"),
    "a member differs": (tarball(named(FILES | {"LICENSE": b"nobody may"})), "are not those of .*: their hash is"),
}


@pytest.mark.parametrize(("data", "why"), WRONG.values(), ids=WRONG)
def test_a_package_without_its_members_is_refused_and_what_was_there_stays(
    tmp_path: Path, data: bytes, why: str
) -> None:
    folder = tmp_path / "paint"
    hatch_build.unpack(GOOD, package(), folder)
    with pytest.raises(SystemExit, match=why):
        hatch_build.unpack(data, package(data), folder)
    assert files_below(tmp_path) == {f"paint/{name}": content for name, content in FILES.items()}


@pytest.mark.parametrize("member", ["../out.js", "/out.js", "dist/../../out.js", "dist\\out.js", ""])
def test_a_lock_that_leads_out_of_the_folder_is_refused(tmp_path: Path, member: str) -> None:
    lock = tmp_path / "desk-assets.lock"
    row = package()._replace(members=("LICENSE", member))._asdict()
    lines = (f"{key} = {json.dumps(value)}" for key, value in row.items())
    lock.write_text("[[package]]\n" + "\n".join(lines), encoding="utf-8")
    with pytest.raises(SystemExit, match="leads out of its folder"):
        hatch_build.locked(lock)


def test_what_is_there_and_whole_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def download(wanted: Any) -> bytes:
        fetched.append(wanted.name)
        return GOOD

    monkeypatch.setattr(hatch_build, "download", download)
    for _ in range(2):
        assert hatch_build.fetch_assets([package()], {"desk": tmp_path})
    assert fetched == ["@house/paint"]
    (tmp_path / "paint" / "dist" / "style.css").write_bytes(b"p { color: red }")
    (tmp_path / "paint" / "of-an-older-version.js").write_bytes(b"")
    hatch_build.fetch_assets([package()], {"desk": tmp_path})
    assert (fetched, files_below(tmp_path / "paint")) == (["@house/paint"] * 2, FILES)


def test_without_npm_the_desk_alone_is_left_out_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not hatch_build.fetch_assets([package()], {"desk": tmp_path / "vendor"})
    told = capsys.readouterr().err
    assert told.startswith("note: the desk's pages are left out, and all else works: npm is not installed.")
    assert told.count("\n") == 1
    assert not (tmp_path / "vendor").exists()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A registry of npm on this machine, which npm is told to use: what it serves at each path."""
    served: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = served.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("npm_config_registry", f"{address}/")
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
        version = {"name": "@house/paint", "version": "1.2.3", "dist": {"tarball": f"{address}/paint.tgz"}}
        page = {"name": "@house/paint", "dist-tags": {"latest": "1.2.3"}, "versions": {"1.2.3": version}}
        served |= {"/@house%2fpaint": json.dumps(page).encode(), "/paint.tgz": GOOD}
        yield served
        server.shutdown()


@pytest.mark.skipif(NPM is None, reason="npm is not installed")
def test_npm_fetches_from_the_registry_that_it_is_set_up_for(registry: dict[str, bytes], tmp_path: Path) -> None:
    assert hatch_build.fetch_assets([package()], {"desk": tmp_path / "vendor"})
    assert files_below(tmp_path / "vendor" / "paint") == FILES


@pytest.mark.skipif(NPM is None, reason="npm is not installed")
def test_a_registry_that_serves_another_tarball_is_not_believed(registry: dict[str, bytes], tmp_path: Path) -> None:
    registry["/paint.tgz"] = tarball(named(FILES | {"LICENSE": b"all yours"}))
    with pytest.raises(SystemExit, match="nothing of it was unpacked"):
        hatch_build.fetch_assets([package()], {"desk": tmp_path / "vendor"})
    assert not (tmp_path / "vendor").exists()


@pytest.mark.skipif(NPM is None, reason="npm is not installed")
def test_a_registry_without_the_package_leaves_out_the_desk_alone(
    registry: dict[str, bytes], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    registry.clear()
    assert not hatch_build.fetch_assets([package()], {"desk": tmp_path / "vendor"})
    assert "npm could not fetch @house/paint 1.2.3, see above" in capfd.readouterr().err


class Built(hatch_build.AssetsHook):  # type: ignore[misc,name-defined]
    """The hook as hatchling runs it, of a target."""

    target_name = "wheel"

    def __init__(self) -> None:
        pass


def included(target: str, version: str, monkeypatch: pytest.MonkeyPatch, *, fetched: bool = True) -> set[str]:
    """What the hook forces into a build where every package is fetched, or none."""
    monkeypatch.setattr(hatch_build, "fetch", lambda: None)
    monkeypatch.setattr(hatch_build, "fetch_assets", lambda _: fetched)
    hook, data = Built(), dict[str, Any]()
    monkeypatch.setattr(Built, "target_name", target)
    hook.initialize(version, data)
    return set(data.get("force_include", {}).values())


def test_a_wheel_holds_the_desks_files_and_their_licences_and_no_file_of_the_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = included("wheel", "standard", monkeypatch)
    vendor = "dam_hooks/desk/static/vendor"
    wanted = {"uswds/dist/css/uswds.min.css", "uswds/LICENSE.md", "htmx.org/dist/htmx.min.js", "htmx.org/LICENSE"}
    assert {f"{vendor}/{name}" for name in wanted} <= names
    assert not any("axe" in name for name in names)


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_a_build_without_all_of_the_desks_files_has_none_and_has_the_model(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = included(target, "standard", monkeypatch, fetched=target == "sdist")
    assert {name.split("/")[0] for name in names} == {"dam_plugin"}


def test_an_editable_installation_forces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert included("wheel", "editable", monkeypatch) == set()


def test_all_that_the_style_sheets_ask_for_lies_there_but_light_fonts_and_the_heros_picture() -> None:
    missing = set()
    for each in hatch_build.locked():
        folder = hatch_build.PLACES[each.use] / each.folder
        if not hatch_build.is_whole(folder, each):
            pytest.skip("the desk's files are not fetched: run python hatch_build.py")
        for sheet in folder.rglob("*.css"):
            for asked in re.findall(r"url\([\"']?(\.[^)\"']+)", sheet.read_text("utf-8")):
                if not (sheet.parent / asked).is_file():
                    missing.add(Path(asked).name)
    assert {name for name in missing if not re.search(r"300|light", name, re.IGNORECASE)} == {"hero.jpg"}
