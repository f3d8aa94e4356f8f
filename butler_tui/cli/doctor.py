"""`butler doctor`: what works here, what does not, what it means and what to do."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from butler_tui.butler import Butler, Toolbox, open_butler
from butler_tui.cli.exits import DONE, FAILED
from butler_tui.cli.log import start_log
from butler_tui.cli.mcp import state_of
from butler_tui.cli.output import note, paragraph, say_json
from butler_tui.cli.vault import unlock_before
from butler_tui.core.errors import ButlerError, PlanError, ToolError
from butler_tui.core.idle_rules import idleness
from butler_tui.core.tool import Missing, Tool
from butler_tui.history import integrity
from butler_tui.planning.recipes import Recipes
from butler_tui.settings import (
    Places,
    Settings,
    describe_keyring,
    list_secrets,
    load,
    read_rules,
    secret_source,
)
from butler_tui.settings.keyrings import usable_keyring
from butler_tui.settings.unlocking import vault_path
from butler_tui.tools.sandbox import find_confinement


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `says` what was found, `do` what to do about it.

    What is `essential` and not `ok` is a problem; anything else that is not `ok` is only a note.
    """

    name: str
    ok: bool
    says: str
    do: str = ""
    essential: bool = False

    @property
    def verdict(self) -> str:
        """How its line begins."""
        if self.ok:
            return "ok"
        return "problem" if self.essential else "note"


def examine(*, as_json: bool) -> int:
    """Look at everything and say it; 1 when there is a problem, else 0."""
    start_log()
    places = Places.find(os.environ)
    broken: list[str] = []
    for check in _checks(places):
        if check.essential and not check.ok:
            broken.append(check.name)
        if as_json:
            say_json(asdict(check))
        else:
            paragraph(f"{check.verdict}  {check.name}: {check.says}")
            if check.do:
                paragraph(check.do, "    ")
    if broken:
        note(f"Put this right first: {', '.join(broken)}.")
    return FAILED if broken else DONE


def _checks(places: Places) -> Iterator[Check]:
    yield _python()
    yield from _folders(places)
    settings = yield from _settings(places)
    yield from _told("rules", lambda: f"{len(read_rules(places.rules))} kept", "")
    history = yield from _history(places)
    yield _keyring(places)
    yield _sandbox()
    tools = yield from _tools(places, settings or Settings())
    yield from _idle_rules(places, settings, tools)
    yield from _recipes(places, tools)
    if settings is not None:
        unlock_before(settings, places)
        yield from _secrets(settings, places)
        yield _search(settings, tools)
        yield from _browser(settings, tools)
        if history and tools:
            yield from asyncio.run(_model(settings, places))


def _python() -> Check:
    version = sys.version.split()[0]
    fine = sys.version_info >= (3, 11)
    do = "" if fine else "Install Python 3.11 or newer and install Butler with it."
    return Check("python", fine, version, do, essential=True)


def _folders(places: Places) -> Iterator[Check]:
    for name, folder in (
        ("settings folder", places.config.parent),
        ("data folder", places.db.parent),
    ):
        there = next(one for one in (folder, *folder.parents) if one.exists())
        if os.access(there, os.W_OK | os.X_OK) and there.is_dir():
            yield Check(name, True, str(folder), essential=True)
        else:
            do = f"Make {there} a folder of yours that can be written, or set BUTLER_HOME."
            yield Check(name, False, f"{folder} cannot be written.", do, essential=True)


def _told(name: str, look: Callable[[], str], do: str) -> Iterator[Check]:
    """An essential check: what `look` says, or the sentence of what it raises."""
    try:
        yield Check(name, True, look(), essential=True)
    except ButlerError as error:
        yield Check(name, False, str(error), do, essential=True)


def _settings(places: Places) -> Generator[Check, None, Settings | None]:
    try:
        settings = load(os.environ, places=places)
    except ButlerError as error:
        yield Check("settings", False, str(error), essential=True)
        return None
    there = str(places.config) if places.config.exists() else "none written; all as by default"
    yield Check("settings", True, there, essential=True)
    return settings


def _history(places: Places) -> Generator[Check, None, bool]:
    path = places.db
    if not path.exists():
        yield Check("history", True, "none yet; the first run makes it", essential=True)
        return True
    try:
        said = integrity(path)
    except ButlerError as error:
        yield Check("history", False, str(error), essential=True)
        return False
    megabytes = path.stat().st_size / 1_000_000
    says = f"{path}, {megabytes:.1f} MB, whole" if said == "ok" else f"{path} is damaged: {said}"
    do = "" if said == "ok" else f"Move it away (mv {path} {path}.damaged) or restore a copy."
    yield Check("history", said == "ok", says, do, essential=True)
    return said == "ok"


def _keyring(places: Places) -> Check:
    if usable_keyring() is not None:
        return Check("keyring", True, describe_keyring())
    if (path := vault_path(places)).exists():
        return Check("keyring", True, f"{describe_keyring()} The vault is {path}.")
    do = (
        "Export the keys you need, as in OPENAI_API_KEY=... before `butler`, or keep them in an "
        "encrypted file: `butler secrets vault`."
    )
    return Check("keyring", False, describe_keyring(), do)


def _secrets(settings: Settings, places: Places) -> Iterator[Check]:
    """Where each secret comes from that is kept or named in the settings, never its value."""
    try:
        named = {*list_secrets(places), *settings.secrets.commands, *settings.secrets.hosts}
    except ButlerError as error:
        yield Check("secrets", False, str(error), "The rest works without it.")
        return
    for name in sorted(named):
        do = f"`butler secrets set {name}` keeps it."
        try:
            source = secret_source(name, settings, places)
        except ButlerError as error:
            yield Check(f"secret {name}", False, str(error))
        else:
            yield Check(
                f"secret {name}",
                source is not None,
                f"from {source}" if source else "not found.",
                "" if source else do,
            )


def _sandbox() -> Check:
    try:
        found = find_confinement()
    except ToolError as error:
        do = "Install bubblewrap (apt install bubblewrap); everything else works without it."
        return Check("sandbox", False, str(error), do)
    if found.kind == "bubblewrap":
        return Check("sandbox", True, "bubblewrap; code and commands run in it")
    do = "With bubblewrap installed, more programs work in the sandbox."
    return Check("sandbox", True, f"{found.name}; code and commands run in it", do)


def _tools(places: Places, settings: Settings) -> Generator[Check, None, Mapping[str, Tool]]:
    try:
        found = Toolbox(settings, places)
    except ButlerError as error:
        yield Check("tools", False, str(error), essential=True)
        return dict[str, Tool]()
    tools = found.tools
    ready = sum(one.missing is None for one in tools.values())
    yield Check("tools", True, f"{ready} of {len(tools)} can be used", essential=True)
    yield from _not_ready(tools)
    servers = {f"mcp {name}" for name in settings.mcp}
    yield from _servers(settings, places)
    for one in found.broken:
        if one.name in servers:
            continue  # told with its server
        yield Check(f"tool {one.name}", False, one.error, "The other tools work without it.")
    return tools


def _servers(settings: Settings, places: Places) -> Iterator[Check]:
    """Each MCP server, as the files stand; none is started."""
    for name, server in settings.mcp.items():
        ready, known, state = state_of(name, server, settings, places)
        says = f"{ready} of {known} tools can be used; {server.where}"
        yield Check(f"mcp {name}", state == "ready", says, "" if state == "ready" else state)


def _not_ready(tools: Mapping[str, Tool]) -> Iterator[Check]:
    """A note for each thing that tools lack, with all the tools that lack it."""
    lacking: dict[Missing, list[str]] = {}
    for one in tools.values():
        if one.missing is not None:
            lacking.setdefault(one.missing, []).append(one.name)
    for missing, names in lacking.items():
        do = f"`{missing.command}` makes it ready." if missing.command else ""
        yield Check(", ".join(names), False, missing.reason, do)


def _idle_rules(
    places: Places, settings: Settings | None, tools: Mapping[str, Tool]
) -> Iterator[Check]:
    """A note for each rule that covers no call; rules that cannot be read are told elsewhere."""
    if not tools:
        return
    rules = list(settings.approvals.rules) if settings is not None else []
    with suppress(ButlerError):
        rules += read_rules(places.rules)
    for rule in rules:
        if why := idleness(rule, tools):
            do = "Mend the rule (`butler policy` says where it is), or add the tool it is for."
            says = f"{rule.describe()} covers no call. {why}"
            yield Check(f"rule {rule.id}", False, says, do)


def _recipes(places: Places, tools: Mapping[str, Tool]) -> Iterator[Check]:
    recipes = Recipes.load(places.recipes)
    broken = {one.name: one.error for one in recipes.broken}
    idle = {name for name, one in recipes.recipes.items() if one.lacks(tools) is not None}
    for recipe in recipes.recipes.values():
        if recipe.name in idle:
            continue
        try:
            recipe.plan(tools)
        except PlanError as error:
            broken[recipe.name] = str(error.problems[0])
    usable = len(recipes.recipes.keys() - broken.keys() - idle)
    waiting = f"; {len(idle)} wait for a tool that is not ready" if idle else ""
    yield Check("recipes", True, f"{usable} can be used{waiting}")
    for name, why in broken.items():
        yield Check(f"recipe {name}", False, why, "The other recipes work without it.")


def _search(settings: Settings, tools: Mapping[str, Tool]) -> Check:
    if "web_search" not in tools:
        do = "Install Butler again; goals that need no search work without it."
        return Check("search", False, "the tool web_search cannot be used.", do)
    engines = ", ".join(settings.search.order)
    if not engines:
        own = f"SearXNG at {settings.search.searxng}, then " if settings.search.searxng else ""
        engines = f"{own}duckduckgo and others, which need no key"
    return Check("search", True, f"web_search asks {engines}; not tried, it costs a search")


def _browser(settings: Settings, tools: Mapping[str, Tool]) -> Iterator[Check]:
    """That the browser opens a page; where it cannot be used yet, the tools' own note says so."""
    one = tools.get("browser_open")
    if one is None or one.missing is not None:
        return
    from butler_tui.tools.browser.programs import find_program
    from butler_tui.tools.browser.proving import proved

    named = settings.browser.program
    program = find_program(str(named) if named else None) or ""
    try:
        yield Check("browser", True, asyncio.run(proved(program)))
    except ToolError as error:
        yield Check("browser", False, str(error), "The other tools work without it.")


async def _model(settings: Settings, places: Places) -> list[Check]:
    """What the model can do, found out by asking it; none is only noted."""
    if settings.model.role("planner") is None:
        do = "`butler setup` adds one."
        return [Check("model", False, "none is set; Butler works from recipes alone.", do)]
    try:
        async with open_butler(settings, places) as butler:
            return await _probed(butler)
    except ButlerError as error:
        return [Check("model", False, str(error), essential=True)]


async def _probed(butler: Butler) -> list[Check]:
    from butler_tui.language.probe import Finding

    report = await butler.probe()
    found: list[tuple[str, Finding | None]] = [
        ("model answers", report.answers),
        ("model plans", report.plans),
        ("model calls tools", report.calls_tools),
    ]
    checks = [Check(name, one.works, one.advice) for name, one in found if one is not None]
    if report.seconds is not None:
        says = f"{checks[0].says} Its first words came after {report.seconds:.1f} s."
        checks[0] = replace(checks[0], says=says)
    # A model that answers but plans badly or calls no tools leaves the recipes and the writing.
    return [replace(checks[0], essential=True), *checks[1:]]
