"""Cannot be imported: a package that it needs was not installed with it."""

from __future__ import annotations

import a_detector_that_nobody_installed  # type: ignore[import-not-found]

from dam_hooks import hookimpl


@hookimpl
def find_people(file: object, media_type: str) -> object:
    return a_detector_that_nobody_installed.find(file)
