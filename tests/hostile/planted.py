"""A person whose secrets are planted in every source, and a search for them in all that is left."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote, quote_plus

from command_line import CommandLine, Finished
from model_server import ModelServer
from web_site import Site

PASSPHRASE = "planted-passphrase correct horse"
SECRETS = {
    "ENV_TOKEN": "planted-env-a1/B2+c3",
    "RING_TOKEN": "planted-ring-d4/E5+f6",
    "VAULT_TOKEN": "planted-vault-g7/H8+i9",
    "FILE_TOKEN": "planted-file-j0/K1+l2",
}
MODEL_KEY = "planted-model-key-m3/N4+o5"
KEYRING = """
import os
from keyring.backend import KeyringBackend

class Ring(KeyringBackend):
    priority = 5

    def get_password(self, service, username):
        return os.environ["PLANTED"] if username == "RING_TOKEN" else None

    def set_password(self, service, username, password):
        pass
"""
TOOLS = """
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, ToolContext, tool

@tool(effect=Effect.OBSERVE)
async def break_with(context: ToolContext, name: str) -> str:
    '''Fail as a tool that was written without care.'''
    raise RuntimeError("the key " + context.secret(name) + " was refused")

@tool(effect=Effect.OBSERVE)
async def complain_with(context: ToolContext, name: str) -> str:
    '''Fail with a sentence that quotes.'''
    raise ToolError("refused", "The key " + context.secret(name) + " was refused.")

@tool(effect=Effect.OBSERVE)
async def tell(context: ToolContext, name: str) -> dict[str, str]:
    '''Tell what should not be told.'''
    context.progress("using " + context.secret(name))
    return {context.secret(name): "x" * 300_000 + context.secret(name)}
"""


def said_as(secret: str) -> Iterator[str]:
    """How a server may say a secret, made here anew: the test does not trust what it tests."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield secret.replace("/", "\\/")
    yield html.escape(secret)
    for quoted in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        yield quoted
        yield quoted.replace("%2F", "%2f").replace("%2B", "%2b")
    yield secret.encode().hex()
    yield secret.encode().hex().upper()
    yield from _in_base64(secret)


def forms_of(secret: str) -> Iterator[str]:
    """What to look for: the same, and of base64 what is sure to hold nothing but the secret."""
    in_base64 = list(_in_base64(secret))
    yield from (form for form in said_as(secret) if form not in in_base64)
    yield from (form[4:-4] for form in in_base64)


def _in_base64(secret: str) -> Iterator[str]:
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"x" * before + secret.encode()).decode()


def echo(visit: BaseHTTPRequestHandler) -> None:
    """Answer with the credentials that came, in every form, in body and headers."""
    sent = (visit.headers["Authorization"] or "").removeprefix("Bearer ")
    told = json.dumps([*said_as(sent), {sent: base64.b64encode(f"me:{sent}".encode()).decode()}])
    data = f"{told}\n{sent}".encode()
    status = 500 if visit.path == "/fails" else 200
    visit.send_response(status)
    visit.send_header("Content-Type", "text/plain")
    visit.send_header("X-Echo", sent)
    visit.send_header("X-Cookie", base64.b64encode(sent.encode()).decode())
    visit.send_header("Content-Length", str(len(data)))
    visit.end_headers()
    visit.wfile.write(data)


@dataclass
class Person:
    """One with a secret in each source, and everything that Butler said so far."""

    butler: CommandLine
    said: list[str] = field(default_factory=list)

    @classmethod
    def settle(cls, butler: CommandLine, site: Site, model: ModelServer, elsewhere: Path) -> Person:
        """Write the settings, and plant the secrets by the ways that a person has."""
        (elsewhere / "ring.py").write_text(KEYRING)
        env_file = elsewhere / "my.env"
        env_file.write_text(f"FILE_TOKEN={SECRETS['FILE_TOKEN']}\n")
        env_file.chmod(0o600)
        butler.environ.update(
            PYTHONPATH=f"{butler.environ['PYTHONPATH']}:{elsewhere}",
            PYTHON_KEYRING_BACKEND="ring.Ring",
            PLANTED=SECRETS["RING_TOKEN"],
            ENV_TOKEN=SECRETS["ENV_TOKEN"],
            BUTLER_PASSPHRASE=PASSPHRASE,
        )
        key_name = "BUTLER_KEY_" + model.url.split("/")[2].replace(".", "_").replace(":", "_")
        lines = [
            "[model]\nname = 'openai/scripted'",
            f"api_base = '{model.url}'",
            f"[network]\nallow = ['{site.origin}']",
            f"[secrets]\nenv_file = '{env_file}'\n[secrets.hosts]",
            *(f"{name} = ['{site.origin}']" for name in SECRETS),
        ]
        _own(butler.home / "config.toml", "\n".join(lines))
        (butler.home / "tools").mkdir(mode=0o700)
        _own(butler.home / "tools" / "careless.py", TOOLS)
        made = cls(butler)
        for name in ("VAULT_TOKEN", key_name):
            value = SECRETS.get(name, MODEL_KEY)
            assert made("secrets", "set", name, "--vault", given=value).code == 0
        assert made("secrets", "set", "RING_TOKEN", given=SECRETS["RING_TOKEN"]).code == 0
        return made

    def __call__(
        self, *words: str, given: str | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        """One command; what it says is kept for the search."""
        done = self.butler(*words, given=given, env=env)
        self.said += [done.out, done.err]
        return done

    def traces(self, model: ModelServer) -> dict[str, list[str]]:
        """Where a form of a secret was found: in files, in what was said, in prompts."""
        places = {"said": "\n".join(self.said).encode()}
        places["prompts"] = "\n".join(request.raw for request in model.requests).encode()
        for path in self.butler.home.rglob("*"):
            if path.is_file():
                places[str(path.relative_to(self.butler.home))] = path.read_bytes()
        planted = {**SECRETS, "model key": MODEL_KEY, "passphrase": PASSPHRASE}
        found: dict[str, list[str]] = {}
        for place, data in places.items():
            for name, secret in planted.items():
                found.setdefault(place, []).extend(
                    f"{name}: {form}" for form in forms_of(secret) if form.encode() in data
                )
        assert {"said", "prompts", "butler.db"} <= found.keys()
        return {place: hits for place, hits in found.items() if hits}


def _own(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
