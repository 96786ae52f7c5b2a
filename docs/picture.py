"""Draws docs/before-after.jpg, the README's picture: plays the demo and sets a group photo beside the copy that left."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

from dam_plugin.cli.demo.play import Attempt, Played, play
from dam_plugin.cli.demo.scenes import TEAM
from dam_plugin.model import Outcome

TARGET = Path(__file__).resolve().parent / "before-after.jpg"
WIDTH = 760
GAP = 16


def main() -> None:
    """Play the demo into a temporary folder and draw the picture."""
    played: list[Played] = []
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder), played.append)
    attempt = next(each for each in played[0].attempts if is_group_photo(each))
    before, after = _opened(attempt.original), _opened(attempt.copy or b"")
    drawn = Image.new("RGB", (before.width + after.width + GAP, before.height), "white")
    drawn.paste(before, (0, 0))
    drawn.paste(after, (before.width + GAP, 0))
    drawn.save(TARGET, "JPEG", quality=86, optimize=True)
    print(f"{TARGET.name}: {drawn.width}x{drawn.height}")


def is_group_photo(attempt: Attempt) -> bool:
    """Whether an attempt released a redacted copy of the team photo."""
    return attempt.scene.key == TEAM and attempt.answer.decision.outcome is Outcome.REDACT


def _opened(body: bytes) -> Image.Image:
    with Image.open(io.BytesIO(body)) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    return upright.resize((WIDTH, round(upright.height * WIDTH / upright.width)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
