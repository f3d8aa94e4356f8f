"""An MCP server that behaves as its arguments say: well, or as badly as a server can.

Plain lines of JSON and nothing but the standard library, so that it starts at once:

    python -S -I scripted_server.py FOLDER

FOLDER/script.json is read at every start and call: `tools` (as they are listed), `on_list` and
`on_call` (what to do), `say` (the text of an answer), `structured`. Every start adds its number to
FOLDER/pids, every call a line to FOLDER/calls.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(sys.argv[1])


def script() -> dict:
    return json.loads((HERE / "script.json").read_text())


def send(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def raw(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def note(name: str, line: str) -> None:
    with (HERE / name).open("a") as file:
        file.write(line + "\n")


def misbehave(how: str, request: dict) -> bool:
    """True when nothing more is to be said to this request."""
    match how:
        case "hang":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            child = subprocess.Popen(["sleep", "600"])
            note("pids", str(child.pid))
            while True:
                time.sleep(600)
        case "silent":
            return True
        case "crash":
            sys.stderr.write("dying of \x1b[31mshame\x1b[0m\n")
            sys.stderr.flush()
            os._exit(3)
        case "huge":
            raw('{"jsonrpc": "2.0", "id": 1, "result": "')
            block = "x" * 1_000_000
            while True:
                raw(block)
        case "garbage":
            raw('not json\n{\n\x1b]0;owned\x07\n\n[1, 2]\n"text"\n{"jsonrpc": "2.0"}\n')
            return False
        case "wrong type":
            send({"jsonrpc": "2.0", "id": request["id"], "result": {"content": "oh", "tools": 7}})
            return True
        case "wrong id":
            send({"jsonrpc": "2.0", "id": 99_999, "result": {"content": []}})
            return False
        case "twice":
            send(answer(request))
            return False
        case "error":
            error = {"code": -32000, "message": "no \x1b[2Jsuch\u202e thing"}
            send({"jsonrpc": "2.0", "id": request["id"], "error": error})
            return True
        case "ask":
            for method in ("sampling/createMessage", "elicitation/create", "roots/list"):
                send({"jsonrpc": "2.0", "id": f"mine-{method}", "method": method, "params": {}})
            return False
        case "progress":
            token = request["params"].get("_meta", {}).get("progressToken")
            params = {"progressToken": token, "progress": 1, "total": 2, "message": "half\x1b[2J"}
            send({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
            return False
        case "changed":
            send({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
            return False
        case "stderr":
            for number in range(20_000):
                sys.stderr.write(f"noise {number} \x1b[2J\n")
            sys.stderr.flush()
            return False
    return False


def answer(request: dict) -> dict:
    told = script()
    result = {
        "content": told.get("content", [{"type": "text", "text": told.get("say", "done")}]),
        "isError": told.get("failed", False),
    }
    if "structured" in told:
        result["structuredContent"] = told["structured"]
    if told.get("environment"):
        result["content"] = [{"type": "text", "text": json.dumps(dict(os.environ))}]
    if told.get("arguments"):
        text = json.dumps(request["params"].get("arguments"))
        result["content"] = [{"type": "text", "text": text}]
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def respond(request: dict) -> None:
    match request["method"]:
        case "initialize":
            if misbehave(script().get("on_start", ""), request):
                return
            result = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {"listChanged": True}},
                "serverInfo": {"name": "scripted\x1b[2J", "version": "1"},
            }
            send({"jsonrpc": "2.0", "id": request["id"], "result": result})
        case "tools/list":
            if not misbehave(script().get("on_list", ""), request):
                listed = {"tools": script()["tools"]}
                send({"jsonrpc": "2.0", "id": request["id"], "result": listed})
        case "tools/call":
            note("calls", json.dumps(request["params"]))
            if not misbehave(script().get("on_call", ""), request):
                send(answer(request))
        case _:
            error = {"code": -32601, "message": "Method not found"}
            send({"jsonrpc": "2.0", "id": request["id"], "error": error})


def serve() -> None:
    note("pids", str(os.getpid()))
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request and "method" in request:
            respond(request)
        elif request.get("id", "").__class__ is str and "mine-" in str(request.get("id")):
            note("answered", line.strip())
    if script().get("lingers"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(600)


serve()
