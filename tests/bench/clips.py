"""A drawn clip in full HD, redacted beside a plain transcode with the same decoder and the same settings of the encoder."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from bench.frame import Peer, Row, run_command
from corpus import REPOSITORY
from PIL import Image

from dam_plugin.redaction.av import copy_recording as recordings
from dam_plugin.redaction.av.picture import SETTINGS
from dam_plugin.redaction.av.plan_recording import plan_recording
from dam_plugin.redaction.model import Order, Person, TimedRegion
from dam_plugin.redaction.proof.recording import prove_recording
from dam_tagging.facts import Interval, Region

PHOTO = REPOSITORY / "sample_assets" / "events" / "athletics" / "team-photo.jpg"
WIDTH, HEIGHT, FPS, FRAMES = 1920, 1080, 30, 600
SECONDS = FRAMES // FPS
SOUND_RATE = 48_000
ROUNDS = 3
MEBIBYTE = 1024 * 1024

IN_A_PROCESS = """
import sys
from pathlib import Path
from bench import clips
clips.{step}(*map(Path, sys.argv[1:]))
"""


def rows() -> Iterator[Row]:
    """Yield the time of a redaction and of its proof over a plain transcode's, and the peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        clip, copy = Path(folder, "clip.mp4"), Path(folder, "copy.mp4")
        draw(clip)
        plain = _fastest("transcode", clip, Path(folder, "plain.mp4"))
        ours = _fastest("redact", clip, copy)
        proof = _fastest("prove", copy, clip)
    name = "plain transcode"
    yield Row(f"redact {SECONDS} s of full HD: two moving boxes, a bleep", ours[0], "s", peer=Peer(name, plain[0]))
    yield Row("video redaction ÷ plain transcode", ours[0] / plain[0], "", at_most=1.1)
    yield Row("proof of the copy", proof[0], "s", peer=Peer(name, plain[0]))
    yield Row("redaction of full HD, peak memory of its larger process", ours[1], "MiB", peer=Peer(name, plain[1]))


def _fastest(step: str, *paths: Path) -> tuple[float, float]:
    """Return the seconds of the quietest of a few runs, each in a new process, and its peak in MiB."""
    command = [sys.executable, "-c", IN_A_PROCESS.format(step=step), *map(str, paths)]
    ran = min((run_command(command) for _ in range(ROUNDS)), key=lambda each: each.seconds)
    return ran.seconds, ran.peak / MEBIBYTE


def draw(path: Path) -> None:
    """Write a clip that pans over a sample photo, with a tone."""
    with Image.open(PHOTO) as sample:
        wide = np.asarray(sample.convert("RGB").resize((WIDTH + 2 * FRAMES, HEIGHT + FRAMES), Image.Resampling.BICUBIC))
    with av.open(str(path), "w") as made:
        picture = made.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "20"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = made.add_stream("aac", rate=SOUND_RATE)
        for number in range(FRAMES):
            shown = wide[number : number + HEIGHT, 2 * number : 2 * number + WIDTH]
            made.mux(picture.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")))
        made.mux(picture.encode())
        tone = np.sin(2 * np.pi * 440 * np.arange(SECONDS * SOUND_RATE) / SOUND_RATE).astype(np.float32) * 0.3
        heard = av.AudioFrame.from_ndarray(np.stack((tone, tone)), format="fltp", layout="stereo")
        heard.sample_rate = SOUND_RATE
        made.mux(sound.encode(heard))
        made.mux(sound.encode())


def transcode(source: Path, out: Path) -> None:
    """Decode and encode a clip with the settings of our writer, changing nothing."""
    with av.open(str(source)) as file, av.open(str(out), "w") as made:
        seen, heard = file.streams.video[0], file.streams.audio[0]
        picture = made.add_stream("libx264", rate=FPS, options=dict(SETTINGS))
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = made.add_stream("aac", rate=SOUND_RATE, options={"aac_coder": "fast"})
        for frame in file.decode(seen, heard):
            made.mux(picture.encode(frame) if isinstance(frame, av.VideoFrame) else sound.encode(frame))
        made.mux(picture.encode())
        made.mux(sound.encode())


def redact(source: Path, out: Path) -> None:
    """Hide two people who move, and bleep a stretch."""
    recordings.redact(source, plan_recording(recordings.probe(source), _order()), out)


def prove(copy: Path, source: Path) -> None:
    """Prove the copy."""
    prove_recording(copy, source, _order())


def _order() -> Order:
    def moving(label: str, x: float, y: float) -> Person:
        steps = [TimedRegion(at, at + 1, Region(x + at * 0.02, y, 0.07, 0.12)) for at in range(SECONDS)]
        return Person(label, timed=tuple(steps), intervals=(Interval(2, 4),))

    return Order(hide=(moving("box 1", 0.2, 0.3), moving("box 2", 0.5, 0.3)))
