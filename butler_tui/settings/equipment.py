"""What tools find here: settings, secrets by name, programs and packages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from functools import cached_property
from importlib.util import find_spec

from butler_tui.core.errors import SettingsError
from butler_tui.settings.model import Settings
from butler_tui.settings.places import Places
from butler_tui.settings.secrets import named_secrets


class Equipment:
    """The Setup by which tools tell whether they are ready, as it is when it is made.

    No secret is read, so that nothing has to be unlocked.
    """

    def __init__(
        self, settings: Settings, places: Places, environ: Mapping[str, str] | None = None
    ) -> None:
        self._settings, self._places = settings, places
        self._environ = os.environ if environ is None else environ

    def option(self, name: str) -> str | None:
        """A setting by its dotted name, if set."""
        return self._settings.option(name)

    def has_secret(self, name: str) -> bool:
        """Whether a secret of that name is kept or named somewhere."""
        return bool(self._environ.get(name)) or name in self._secrets

    def program(self, *names: str) -> str | None:
        """Where the first of these programs is that is installed."""
        path = self._environ.get("PATH")
        found = (shutil.which(name, path=path) for name in names)
        return next((one for one in found if one is not None), None)

    def package(self, name: str) -> bool:
        """Whether a Python package is installed."""
        try:
            return find_spec(name) is not None
        except (ImportError, ValueError):
            return False

    @cached_property
    def _secrets(self) -> frozenset[str]:
        try:
            return named_secrets(self._settings, self._places, self._environ)
        except SettingsError:  # told by `butler doctor`, and by the call that wants the secret
            return frozenset()
