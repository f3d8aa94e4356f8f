"""Where Butler keeps its files: under `BUTLER_HOME`, else where the platform keeps such things."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Every path of Butler's own, absolute; none need exist."""

    settings: Path
    data: Path

    @classmethod
    def below(cls, home: Path) -> Places:
        """Everything under one folder."""
        home = Path(os.path.abspath(home))  # noqa: PTH100  (keeps links as the person wrote them)
        return cls(home, home)

    @property
    def config(self) -> Path:
        """The settings."""
        return self.settings / "config.toml"

    @property
    def rules(self) -> Path:
        """The rules that *always* keeps."""
        return self.settings / "rules.toml"

    @property
    def tools(self) -> Path:
        """The person's own tools."""
        return self.settings / "tools"

    @property
    def recipes(self) -> Path:
        """The person's own recipes."""
        return self.settings / "recipes"

    @property
    def database(self) -> Path:
        """The history."""
        return self.data / "butler.db"

    @property
    def outputs(self) -> Path:
        """Large outputs, by the hash of their content."""
        return self.data / "outputs"

    @property
    def log(self) -> Path:
        """The log."""
        return self.data / "butler.log"

    @property
    def own(self) -> tuple[Path, ...]:
        """What no tool may touch."""
        return tuple(dict.fromkeys((self.settings, self.data)))


def find_places(environ: Mapping[str, str] | None = None) -> Places:
    """The places of whoever runs this process."""
    environ = os.environ if environ is None else environ
    if home := environ.get("BUTLER_HOME"):
        return Places.below(Path(home).expanduser())
    import platformdirs

    return Places(
        Path(platformdirs.user_config_dir("butler", appauthor=False)),
        Path(platformdirs.user_data_dir("butler", appauthor=False)),
    )
