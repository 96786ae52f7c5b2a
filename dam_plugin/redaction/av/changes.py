"""What a copy of a recording has less of than its source: it is told, since nothing says that it does not matter."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.video.frame import VideoFrame

from dam_plugin.redaction.model import Change

DEPTH = 8
"""Bits of each colour in a copy."""
BITS = 16
"""Bits of a sample in a copy."""
_EXACT = ("pcm_", "flac", "alac")
"""How the names of decoders begin that give back what was recorded: of the others, a sample has no bits of its own."""


def picture_changes(frame: VideoFrame) -> tuple[Change, ...]:
    """Return what a copy has less of than such a frame."""
    form = frame.format
    is_fine = form.is_rgb or form.chroma_width(2) * form.chroma_height(2) > 1
    lost: list[tuple[Change, bool]] = [
        ("depth", max(each.bits for each in form.components) > DEPTH),
        ("chroma", is_fine and not form.name.startswith("gray")),
        ("even", bool(frame.width % 2 or frame.height % 2)),
    ]
    return tuple(change for change, is_lost in lost if is_lost)


def sound_changes(stream: AudioStream | None) -> tuple[Change, ...]:
    """Return what a copy has less of than such a track of sound."""
    if stream is None or stream.codec_context is None:
        return ()
    context = stream.codec_context
    lost: list[tuple[Change, bool]] = [
        ("channels", context.layout.nb_channels > 2),
        ("bits", context.name.startswith(_EXACT) and context.format is not None and context.format.bits > BITS),
    ]
    return tuple(change for change, is_lost in lost if is_lost)
