"""PowerPoint slides as Markdown; used in the process that reads documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO


def slides(file: BinaryIO) -> Iterator[str]:
    """Each slide: its number and title, its texts and tables, and the speaker's notes."""
    from pptx import Presentation

    for number, slide in enumerate(Presentation(file).slides, 1):
        title = slide.shapes.title
        name = " ".join(title.text_frame.text.split()) if title is not None else ""
        blocks = [f"## Slide {number}{f': {name}' if name else ''}"]
        shown = [one for one in slide.shapes if title is None or one.shape_id != title.shape_id]
        blocks += _blocks(shown)
        if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame):
            blocks.append(f"Notes: {notes.text.strip()}" if notes.text.strip() else "")
        yield "\n\n".join(block for block in blocks if block)


def _blocks(shapes: Iterable[Any]) -> Iterator[str]:
    """The text of each shape; those in groups too. The library has no types for its shapes."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _blocks(shape.shapes)
        elif getattr(shape, "has_table", False):
            yield _table([[cell.text for cell in row.cells] for row in shape.table.rows])
        elif shape.has_text_frame:
            lines = [(one.level, one.text.strip()) for one in shape.text_frame.paragraphs]
            yield "\n".join(f"{'  ' * level}- {text}" for level, text in lines if text)


def _table(rows: list[list[str]]) -> str:
    lines = [
        "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |"
        for row in rows
    ]
    if lines:
        lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)
