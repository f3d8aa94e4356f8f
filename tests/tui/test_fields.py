"""Where something can be typed is seen, with and without the focus, in every theme."""

from __future__ import annotations

import pytest
from textual.color import Color

LEAST = 2.5
"""The contrast of a field's frame or bar with what lies around it, as WCAG counts it."""

THEMES = ["butler-dark", "butler-light", "textual-dark", "textual-light", "nord", "gruvbox"]
THEMES += ["solarized-light", "solarized-dark", "dracula", "catppuccin-latte", "monokai"]


def contrast(one: Color, other: Color) -> float:
    def luminance(color: Color) -> float:
        parts = [value / 255 for value in (color.r, color.g, color.b)]
        red, green, blue = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


async def test_every_theme_shows_a_form_and_a_reason(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("A")
        await it.until(lambda: it.app.screen is not it.app.main)
        for theme in THEMES:
            it.app.theme = theme
            await it.settle()
            fields = [*it.app.screen.query("Input"), *it.app.screen.query("TextArea")]
            assert len(fields) > 3
            for field in fields:
                around = field.parent.background_colors[1]
                assert contrast(field.styles.border_left[1], around) >= LEAST, (theme, field)
            frames = {str(field.styles.border_left[1]) for field in fields}
            assert len(frames) > 1, f"{theme}: the field that has the focus looks like the others"


@pytest.mark.parametrize("focused", [True, False])
async def test_every_theme_shows_the_line_for_a_reason(table, focused):
    async with table() as it:
        await it.card()
        await it.pilot.press("n")
        await it.until(lambda: it.app.screen.query("#card-reply Input"))
        line = it.app.screen.query_one("#card-reply Input")
        if not focused:
            it.bench.plan.focus()
        for theme in THEMES:
            it.app.theme = theme
            await it.settle()
            around = line.parent.background_colors[1]
            assert contrast(line.styles.border_left[1], around) >= LEAST, theme
