"""A notice as a terminal takes it: what is written so that the person hears of something.

Which of the three ways a terminal knows is told by its environment; a bell always follows. One that
knows none of them passes the sequence over.
"""

from __future__ import annotations

from collections.abc import Mapping

from butler_tui.core.clean import shortened, visible_line

LONGEST = 250
BELL = "\a"
_ESCAPE, _END = "\x1b", "\x1b\\"
_NONE = ("linux", "dumb", "screen")
_URXVT = ("WezTerm", "ghostty")


def plain_notice(text: str) -> str:
    """The text on one short line, with nothing in it that a terminal would obey."""
    return visible_line(shortened(text, LONGEST))


def terminal_notice(text: str, environ: Mapping[str, str]) -> str:
    """What to write to the terminal of this environment; only a bell where it shows no notices."""
    said = plain_notice(text)
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    inside_tmux = bool(environ.get("TMUX"))
    if not inside_tmux and (not term or term.startswith(_NONE)):
        return BELL
    if environ.get("KITTY_WINDOW_ID") or term == "xterm-kitty":
        sequence = f"{_ESCAPE}]99;;Butler: {said}{_END}"
    elif program in _URXVT or term.startswith(("foot", "rxvt-unicode", "xterm-ghostty")):
        sequence = f"{_ESCAPE}]777;notify;Butler;{said.replace(';', ',')}{_END}"
    else:
        # The words before the text keep `4;...` from being another command of the same number.
        sequence = f"{_ESCAPE}]9;Butler: {said}{_END}"
    if inside_tmux:
        doubled = sequence.replace(_ESCAPE, _ESCAPE * 2)
        sequence = f"{_ESCAPE}Ptmux;{doubled}{_END}"
    return sequence + BELL
