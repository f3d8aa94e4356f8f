"""Where Butler keeps what: one folder when BUTLER_HOME is set, else the platform's own places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from butler_tui.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Places:
    """Butler's own files and folders, absolute; none of them needs to exist."""

    config: Path
    rules: Path
    db: Path
    tools: Path
    recipes: Path
    agents: Path
    mcp: Path
    data: Path
    log: Path

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Places:
        """The places of this user: below BUTLER_HOME, or where the platform keeps such things."""
        if home := environ.get("BUTLER_HOME"):
            try:
                return cls.below(Path(home).expanduser())
            except RuntimeError as error:
                raise SettingsError(f"BUTLER_HOME is {home}, whose ~ leads nowhere.") from error
        return cls._of(
            platformdirs.user_config_path("butler", appauthor=False),
            platformdirs.user_data_path("butler", appauthor=False),
            platformdirs.user_log_path("butler", appauthor=False),
        )

    @classmethod
    def below(cls, folder: Path) -> Places:
        """Everything under one folder."""
        return cls._of(folder, folder, folder)

    @classmethod
    def _of(cls, settings: Path, data: Path, log: Path) -> Places:
        settings, data, log = settings.absolute(), data.absolute(), log.absolute()
        return cls(
            config=settings / "config.toml",
            rules=settings / "rules.toml",
            db=data / "butler.db",
            tools=settings / "tools",
            recipes=settings / "recipes",
            agents=settings / "agents",
            mcp=settings / "mcp",
            data=data / "data" if data == settings else data,
            log=log / "butler.log",
        )

    @property
    def own(self) -> Sequence[Path]:
        """What no tool may touch: the folders that hold all of it, and each thing by itself.

        Each by itself, since it may be a link that leads elsewhere, as dotfile keepers make them.
        """
        folders = [self.config.parent, self.db.parent, self.data, self.log.parent]
        things = [self.config, self.rules, self.db, self.tools, self.recipes, self.agents, self.mcp]
        return list(dict.fromkeys([*folders, *things]))
