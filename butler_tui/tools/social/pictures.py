"""A picture as it is posted: read in the allowed folders, without what gives away a place."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.confinement import reading_place, telling
from butler_tui.tools.storing import open_place

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 30_000_000
MOST_PIXELS = 100_000_000
KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_SEVERAL = "MPO"
"""A JPEG file that holds further pictures; telephones write such."""

_ORIENTATION = 0x0112
_PLACE = 0x8825
_SPOKEN = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "comment", "photoshop", "iptc"})
"""What a picture may say of itself beside what is seen."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What pictures a network takes."""

    kinds: tuple[str, ...]
    most_bytes: int
    most_pixels: int = MOST_PIXELS


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be sent; `left_out` says in words what was taken out of it."""

    name: str
    kind: str
    data: bytes
    width: int
    height: int
    left_out: str = ""

    @property
    def content_type(self) -> str:
        """Its kind as servers call it."""
        return KINDS[self.kind]

    def __str__(self) -> str:
        """The picture in a line, for the person."""
        size = f"{self.kind}, {self.width:,} by {self.height:,}, {len(self.data):,} bytes"
        return f"{self.name} ({size}{f'; {self.left_out}' if self.left_out else ''})"


def picture_at(context: ToolContext, path: str, network: str, allowed: Allowed) -> Picture:
    """The picture at a path, as that network takes it. Blocks. Raises ToolError."""
    if path.lower().startswith(("http://", "https://")):
        raise ToolError(
            "bad_image", f"{network} takes a picture from a file; download it first and name that."
        )
    at = reading_place(context, path)
    with telling(at), open_place(at) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ToolError("too_big", f"{at.shown} is larger than {MOST_BYTES // 1_000_000} MB.")
    picture = _clean(data, at.shown, allowed.most_pixels)
    if picture.kind not in allowed.kinds:
        takes = ", ".join(allowed.kinds)
        raise ToolError(
            "bad_image", f"{at.shown} is a {picture.kind} picture; {network} takes {takes}."
        )
    if len(picture.data) > allowed.most_bytes:
        raise ToolError(
            "too_big",
            f"{at.shown} has {len(picture.data):,} bytes; {network} takes pictures of at most "
            f"{allowed.most_bytes:,}. Make it smaller first.",
        )
    return picture


def _clean(data: bytes, shown: str, most_pixels: int) -> Picture:
    """The picture without what it says of its place, camera and owner."""
    import warnings

    from PIL import Image, UnidentifiedImageError

    name = PurePath(shown).name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(KINDS)) as image:
                width, height = image.size
                if width * height > most_pixels:
                    raise _too_many_dots(shown)
                left_out = _said_by(image)
                several = image.format == _SEVERAL
                kind = "JPEG" if several else str(image.format)
                cleaned = _saved(image, kind) if left_out or several else data
    except Image.DecompressionBombError as error:
        raise _too_many_dots(shown) from error
    except UnidentifiedImageError as error:
        takes = ", ".join(KINDS)
        raise ToolError("bad_image", f"{shown} is no picture that can be posted ({takes}).") from (
            error
        )
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ToolError("bad_image", f"{shown} is a broken picture; save it anew first.") from error
    return Picture(name, kind, cleaned, width, height, left_out)


def _too_many_dots(shown: str) -> ToolError:
    return ToolError(
        "too_big", f"{shown} has more dots than can be posted there; make it smaller first."
    )


def _said_by(image: Image) -> str:
    """What has to be left out, in words; nothing where the picture says nothing of itself."""
    exif = image.getexif()
    if exif.get_ifd(_PLACE):
        return "the place where it was taken and its other notes are left out"
    noted = {tag for tag in exif if tag != _ORIENTATION}
    texts: dict[str, Any] = getattr(image, "text", {})
    if noted or texts or _SPOKEN & set(image.info) - {"exif"}:
        return "the notes in it (camera, time, texts) are left out"
    return ""


def _saved(image: Image, kind: str) -> bytes:
    """The picture saved anew with its turn and colours, and without anything else."""
    from PIL import Image as Images

    options: dict[str, Any] = {}
    if profile := image.info.get("icc_profile"):
        options["icc_profile"] = profile
    turned = image.getexif().get(_ORIENTATION, 1)
    kept = Images.Exif()
    if turned != 1:
        kept[_ORIENTATION] = turned
    several = bool(getattr(image, "is_animated", False))
    match kind:
        case "JPEG":
            kept_as_is = image.format == "JPEG"
            options |= {"quality": "keep" if kept_as_is else 95, "comment": b""}
        case "WEBP":
            options |= {"quality": 92, "save_all": several, "xmp": b""}
        case "GIF":
            options |= {"save_all": True, "comment": b""}
        case _:
            options |= {"save_all": several}
    for said in _SPOKEN:
        image.info.pop(said, None)
    options["exif"] = kept.tobytes() if turned != 1 else b""
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()
