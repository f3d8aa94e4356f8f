"""A screen that is left once: keys that were pressed twice do not leave what lies below."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class OnceScreen(Screen[ScreenResultType]):
    """Hears nothing more as soon as it was left, also while it is still on its way out."""

    _left = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave with a result; a second time does nothing."""
        if self._left:
            return AwaitComplete.nothing()
        self._left = True
        return super().dismiss(result)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No action of a screen that was left is carried out."""
        return False if self._left else super().check_action(action, parameters)
