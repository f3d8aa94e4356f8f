"""A mail server that keeps to its script, for what no decent server says or does."""

from __future__ import annotations

import re
import socketserver
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ScriptedImap:
    """It knows no character sets, has a full mailbox, and may lie about sizes."""

    headers: dict[int, str] = field(default_factory=dict)
    size: int = 100
    literal: int = 0
    whole: bytes = b"abc"
    heard: list[str] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> ScriptedImap:
        script = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.say("* OK ready")
                while line := self.rfile.readline().decode().strip():
                    script.heard.append(line)
                    tag, _, rest = line.partition(" ")
                    if literal := re.search(r"\{(\d+)\}$", rest):
                        self.say("+ go on")
                        self.rfile.read(int(literal[1]))
                        self.rfile.readline()
                    if script.answer(self.say, tag, rest):
                        return

            def say(self, text: str) -> None:
                self.wfile.write(text.encode() + b"\r\n")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, say: Any, tag: str, rest: str) -> bool:
        """Answer one command; True when the session is over."""
        if "CAPABILITY" in rest:
            say("* CAPABILITY IMAP4rev1")
        elif "EXAMINE" in rest:
            say("* 2 EXISTS\r\n* OK [UIDVALIDITY 5] valid")
        elif "SEARCH CHARSET" in rest:
            say(f"{tag} NO [BADCHARSET (US-ASCII)] no such character set")
            return False
        elif "SEARCH" in rest:
            say("* SEARCH " + " ".join(map(str, self.headers)))
        elif "APPEND" in rest:
            say(f"{tag} NO [OVERQUOTA] quota exceeded")
            return False
        elif "BODY.PEEK[HEADER" in rest:
            for number, (uid, text) in enumerate(self.headers.items(), 1):
                start = f"* {number} FETCH (UID {uid} FLAGS () RFC822.SIZE 9 BODY[HEADER] "
                say(f"{start}{{{len(text)}}}\r\n{text})")
        elif "BODY.PEEK[]" in rest:
            size = self.literal or len(self.whole)
            start = f"* 1 FETCH (UID 7 FLAGS () RFC822.SIZE 9 BODY[] {{{size}}}\r\n"
            say(start + self.whole.decode() + ")")
        elif "FETCH" in rest:
            say(f"* 1 FETCH (UID 7 RFC822.SIZE {self.size})")
        elif "LOGOUT" in rest:
            say("* BYE")
        say(f"{tag} OK done")
        return "LOGOUT" in rest
