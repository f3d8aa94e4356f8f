"""The tools that plans see: made from what the person accepted, before any server is started."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ButlerError
from butler_tui.core.labels import Json
from butler_tui.core.plan_names import plan_name
from butler_tui.core.tool import (
    Again,
    Effect,
    Mark,
    Missing,
    Parameter,
    Preview,
    Receipt,
    Setup,
    Tool,
    ToolContext,
    ToolResult,
)
from butler_tui.settings.mcp import McpServer
from butler_tui.tools.mcp.accepted import Acceptance
from butler_tui.tools.mcp.answers import output_of, shape_of_output
from butler_tui.tools.mcp.arguments import SchemaType
from butler_tui.tools.mcp.offers import Offer, Offers
from butler_tui.tools.mcp.pool import Pool
from butler_tui.tools.mcp.schemas import SchemaReader, SchemaRefusedError
from butler_tui.tools.mcp.session import START_SECONDS
from butler_tui.tools.plugins import Broken

MOST_ARGUMENTS = 100

_LONGEST_SUMMARY = 300
_LONGEST_DESCRIPTION = 4_000
_LONGEST_NOTE = 200
_LONGEST_DEFAULT = 40
_AT_ONCE = 4
_INSTALL = "pip install 'butler-tui[mcp]'"


@dataclass(slots=True)
class Made:
    """The tools of all servers by their names in plans, and what cannot be offered, and why."""

    tools: dict[str, Tool] = field(default_factory=dict[str, Tool])
    broken: list[Broken] = field(default_factory=list[Broken])


def make_tools(servers: Mapping[str, McpServer], acceptance: Acceptance, pool: Pool) -> Made:
    """The tools of all servers, as the files of what was accepted say; no server is started."""
    made = Made()
    for name, server in servers.items():
        try:
            accepted, seen = acceptance.accepted(name), acceptance.seen(name)
        except ButlerError as error:
            made.broken.append(Broken(f"mcp {name}", str(error)))
            continue
        if accepted is None and seen is None:
            made.broken.append(
                Broken(
                    f"mcp {name}",
                    f"Its tools were not accepted yet; `butler mcp accept {name}` shows them.",
                )
            )
            continue
        for offer, missing in standing(name, server, accepted, seen):
            _add(made, _Origin(name, server, pool), offer, missing)
    return made


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a tool comes from."""

    name: str
    server: McpServer
    pool: Pool

    @property
    def shown(self) -> str:
        return f"MCP server {self.name}"


def standing(
    name: str, server: McpServer, accepted: Offers | None, seen: Offers | None
) -> Iterator[tuple[Offer, Missing | None]]:
    """Each tool, and why it is not ready where it is not as it was accepted."""
    command = f"butler mcp accept {name}"
    known = accepted.chosen(server.tools).tools if accepted is not None else {}
    now = seen.chosen(server.tools).tools if seen is not None else known
    another = accepted is not None and accepted.server != server.fingerprint
    for offer in known.values():
        current = now.get(offer.name)
        if another:
            why = f"The settings of MCP server {name} changed since you accepted its tools."
        elif current is None:
            why = f"MCP server {name} does not offer it any more."
        elif current.fingerprint != offer.fingerprint:
            why = f"What MCP server {name} says of it changed since you accepted it."
        else:
            yield offer, None
            continue
        yield offer, Missing(why, command)
    for offer in now.values():
        if offer.name not in known:
            yield offer, Missing(f"It is new at MCP server {name}.", command)


def _add(made: Made, origin: _Origin, offer: Offer, missing: Missing | None) -> None:
    """Make the tool, unless its name is none or taken, or its schema is refused."""
    said = f"mcp {origin.name} {visible_line(offer.name)[:100]}"
    part = offer.plan_name
    if part is None:
        made.broken.append(Broken(said, "Its name cannot be written in a plan; it is left out."))
        return
    name = f"mcp.{plan_name(origin.name)}.{part}"
    if name in made.tools:
        made.broken.append(
            Broken(said, f"It would be {name} in a plan, as another tool is already; left out.")
        )
        return
    try:
        parameters, originals = _parameters(offer)
    except SchemaRefusedError as error:
        made.broken.append(Broken(said, f"It cannot be offered: {error}."))
        return
    made.tools[name] = _tool(name, origin, offer, parameters, originals, missing)


def _parameters(offer: Offer) -> tuple[tuple[Parameter, ...], Mapping[str, str]]:
    """The arguments, those that are needed first, and what the server calls each."""
    made: list[Parameter] = []
    originals: dict[str, str] = {}
    for given, schema, said, required in SchemaReader(offer.schema).fields():
        name = plan_name(given)
        if name is None or name in originals:
            if required:
                shown = visible_line(given)[:60]
                raise SchemaRefusedError(f"its argument {shown!r} has no name for a plan")
            continue
        originals[name] = given
        default = None if required else _default(offer, given)
        note = visible_line(said)[:_LONGEST_NOTE]
        made.append(Parameter(name, SchemaType(schema), note, required, default))
    if len(made) > MOST_ARGUMENTS:
        raise SchemaRefusedError(f"it takes more than {MOST_ARGUMENTS} arguments")
    return tuple(sorted(made, key=lambda one: not one.required)), originals


def _default(offer: Offer, name: str) -> Json:
    """What the server takes where nothing is given, if that is short enough to say."""
    value = offer.schema["properties"][name]
    default = value.get("default") if isinstance(value, dict) else None
    if isinstance(default, bool | int | float):
        return default
    short = isinstance(default, str) and len(default) <= _LONGEST_DEFAULT and default.isprintable()
    return default if short else None


def _tool(
    name: str,
    origin: _Origin,
    offer: Offer,
    parameters: Sequence[Parameter],
    originals: Mapping[str, str],
    missing: Missing | None,
) -> Tool:
    server = origin.server
    effect = server.effects.get(offer.name, Effect.EXECUTE)
    acts = effect.bounds_the_world

    async def run(context: ToolContext, /, **given: Json) -> ToolResult:
        session = await origin.pool.offering(origin.name, offer, context.secret)
        context.progress(f"{origin.shown} works")
        args = {originals[key]: value for key, value in given.items()}
        answer = await session.call(offer.name, args, context.progress, acts=acts)
        output = output_of(origin.name, offer.name, answer)
        receipt = Receipt(
            f"{origin.shown} answered {offer.name}", {"server": origin.name, "tool": offer.name}
        )
        return ToolResult(output, receipt if acts else None, [Mark((), origin.shown)])

    async def preview(_context: ToolContext, /, **given: Json) -> Preview:
        args = {originals[key]: value for key, value in given.items()}
        lines = [
            f"{origin.shown}: {server.where}",
            f"tool: {offer.name}",
            *(f"{key}: {json.dumps(one, ensure_ascii=False)}" for key, one in args.items()),
        ]
        return Preview("\n".join(lines))

    def lacks(setup: Setup) -> Missing | None:
        return missing or lacking(origin.name, server, setup)

    said = visible_line(offer.description)
    names = tuple(one.name for one in parameters)
    return Tool(
        name=name,
        summary=said[:_LONGEST_SUMMARY] or "(no description)",
        description=offer.description[:_LONGEST_DESCRIPTION] or "(no description)",
        parameters=tuple(parameters),
        effect=effect,
        effect_of=lambda _args: effect,
        again=Again.ONCE if acts else Again.PURE,
        run=run,
        timeout=server.timeout + 2 * START_SECONDS,
        at_once=_AT_ONCE,
        undoable=False,
        reaches=server.url is not None or effect is not Effect.OBSERVE,
        targets=names,
        untrusted=True,
        private=server.private,
        labels_of_inputs=False,
        output=shape_of_output(offer.output),
        preview=preview,
        definition=_definition(name, server, offer, effect),
        words_of=origin.shown,
        wants=lacks,
    )


def _definition(name: str, server: McpServer, offer: Offer, effect: Effect) -> str:
    """What the tool is, in one hash: also the server that it runs on."""
    said = [name, server.fingerprint, offer.fingerprint, effect.value, server.private]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def lacking(name: str, server: McpServer, setup: Setup) -> Missing | None:
    """What a server's tools lack here, besides the person's word."""
    if not setup.package("mcp"):
        return Missing("MCP servers need a package that is not installed.", _INSTALL)
    if server.command is not None and setup.program(server.command[0]) is None:
        program = visible_line(server.command[0])
        return Missing(f"{program}, which MCP server {name} is started with, is not installed.")
    for secret in server.secrets:
        if not setup.has_secret(secret):
            return Missing(
                f"MCP server {name} wants the secret {secret}.", f"butler secrets set {secret}"
            )
    return None
