"""Environments with one third-party package each, installed by pip, and the command line run in one of them.

An environment sees the packages of the running one by a `.pth` file; the third party is in its own alone.
Its interpreter is started once and forks for each command (`commands`): what is installed is looked for after the fork.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from commands import Commands, Ended

PACKAGES = Path(__file__).resolve().parent.parent / "plugins"


@dataclass(frozen=True)
class Environment:
    """A virtual environment; `dam_plugin()` runs the command line in a process of it."""

    python: Path

    @cached_property
    def _commands(self) -> Commands:
        return Commands(str(self.python))

    def dam_plugin(self, *arguments: str) -> Ended:
        return self._commands.run(*arguments)

    def close(self) -> None:
        self._commands.close()


def make_environment(folder: Path, package: str | None) -> Environment:
    """Make an environment in a folder, and install one of the test packages into it, off the network."""
    venv.create(folder / "env", with_pip=False, symlinks=os.name != "nt")
    place = folder / "env"
    scheme = {"base": str(place), "platbase": str(place)}
    packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    # `addsitedir` reads the .pth files there too: an editable installation is found like any other.
    parents = [sysconfig.get_path("purelib"), *site.getsitepackages()]
    lines = [f"import site; site.addsitedir({parent!r})" for parent in dict.fromkeys(parents)]
    (packages / "parent.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    environment = Environment(Path(sysconfig.get_path("scripts", "venv", scheme)) / "python")
    if package is not None:
        # A copy, so that what a build leaves behind stays out of the repository.
        source = shutil.copytree(PACKAGES / package, folder / package)
        install = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", str(source)]
        done = _run([sys.executable, "-m", "pip", "--python", str(environment.python), *install])
        assert done.returncode == 0, done.stderr
    return environment


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    quiet: dict[str, Any] = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        command, env={**os.environ, **quiet}, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
