"""Butler's two looks: calm, dark or light, one accent for what goes on, one for what needs you."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="butler-dark",
    primary="#86b3d1",
    secondary="#9aa7b8",
    accent="#e3b566",
    warning="#e3b566",
    error="#e2837b",
    success="#8fc49a",
    foreground="#d5dae1",
    background="#15181d",
    surface="#1a1e24",
    panel="#232932",
    dark=True,
    variables={
        "border": "#39424f",
        "border-blurred": "#2b323c",
        "block-cursor-background": "#2c3642",
        "block-cursor-foreground": "#eef2f6",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#222932",
        "block-cursor-blurred-foreground": "#d5dae1",
        "input-selection-background": "#86b3d1 35%",
        "scrollbar": "#323a46",
        "scrollbar-hover": "#46515f",
        "scrollbar-active": "#5b6878",
        "scrollbar-background": "#15181d",
        "scrollbar-background-hover": "#15181d",
        "scrollbar-background-active": "#15181d",
        "quiet": "#8591a0",
    },
)

LIGHT = Theme(
    name="butler-light",
    primary="#1f5f8b",
    secondary="#566270",
    accent="#8a5a00",
    warning="#8a5a00",
    error="#a8322a",
    success="#2c6e3f",
    foreground="#20262d",
    background="#f6f7f9",
    surface="#eef0f3",
    panel="#e2e6eb",
    dark=False,
    variables={
        "border": "#b6bfca",
        "border-blurred": "#d3d9e0",
        "block-cursor-background": "#d5e3ee",
        "block-cursor-foreground": "#10161c",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#e4e9ee",
        "block-cursor-blurred-foreground": "#20262d",
        "input-selection-background": "#1f5f8b 25%",
        "scrollbar": "#c3cbd5",
        "scrollbar-hover": "#aab4c0",
        "scrollbar-active": "#8e9aa8",
        "scrollbar-background": "#f6f7f9",
        "scrollbar-background-hover": "#f6f7f9",
        "scrollbar-background-active": "#f6f7f9",
        "quiet": "#5c6875",
    },
)
