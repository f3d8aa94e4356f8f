"""Hostile programs in every confinement that works here: each ends refused or stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hostile_program import PlainUser, alive, confinements, name_of, token

from butler_tui.core.errors import ToolError
from butler_tui.tools import running
from butler_tui.tools.running import run_command, run_python


@pytest.fixture(params=confinements(), ids=name_of)
def confined(request, monkeypatch):
    """One after the other, as if it were the strongest there is."""
    monkeypatch.setattr(running, "find_confinement", lambda: request.param)
    return request.param


@pytest.fixture
def victim():
    """A process of the same user outside of the sandbox."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.communicate(b"\n")


@pytest.fixture
def outside():
    """A file that is in no allowed folder, readable by everybody."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "secret.txt"
        path.write_text("planted")
        yield path


async def failing(action, *args):
    with pytest.raises(ToolError) as caught:
        await action(*args)
    return caught.value


async def tried(context, *lines):
    """What each line of Python came to: `done`, or the error's name."""
    code = "import os, socket, fcntl, ctypes, signal\nfound = []\n"
    for line in lines:
        code += (
            f"try:\n    {line}\n    found.append('done')\n"
            "except BaseException as error: found.append(type(error).__name__)\n"
        )
    output = (await run_python.run(context, code + "found")).output
    return output.value


def test_linux_has_a_sandbox():
    assert sys.platform != "linux" or confinements()


async def test_no_file_outside_is_reached(context, confined, outside):
    path = str(outside)
    found = await tried(
        context,
        f"open({path!r})",
        f"open({path!r}, 'w')",
        f"os.unlink({path!r})",
        f"os.truncate({path!r}, 0)",
        f"os.chmod({path!r}, 0o777)",
        f"os.utime({path!r}, (1, 1))",
        f"os.setxattr({path!r}, 'user.x', b'x')",
        f"os.rename({path!r}, 'mine')",
        f"os.link({path!r}, 'mine')",
        f"os.symlink({path!r}, 'link'); open('link')",
        "open('/etc/shadow')",
        "open('/usr/bin/made', 'w')",
    )
    assert "done" not in found
    assert outside.read_text() == "planted"
    assert oct(outside.stat().st_mode & 0o777) == "0o644"


async def test_no_process_outside_is_reached(context, confined, victim):
    found = await tried(
        context,
        f"os.kill({victim.pid}, 9)",
        f"os.kill({os.getpid()}, 9)",
        f"open('/proc/{victim.pid}/environ')",
        f"open('/proc/{victim.pid}/mem', 'rb+')",
        f"assert ctypes.CDLL(None).ptrace(16, {victim.pid}, 0, 0) == 0",
        f"os.setpriority(os.PRIO_PROCESS, {victim.pid}, 19)" if confined.namespaces else "1/0",
    )
    assert "done" not in found
    assert victim.poll() is None


async def test_the_network_is_not_reached(context, confined):
    with socket.socket() as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        for one in (server, datagrams):
            one.bind(("127.0.0.1", 0))
            one.settimeout(0.1)
        server.listen()
        port, other = server.getsockname()[1], datagrams.getsockname()[1]
        found = await tried(
            context,
            f"socket.create_connection(('127.0.0.1', {port}), 2)",
            "socket.getaddrinfo('localhost.example', 80)",
        )
        await tried(
            context,
            f"socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {other}))",
        )
        assert "done" not in found
        for one in (server.accept, lambda: datagrams.recv(1)):
            with pytest.raises(TimeoutError):
                one()


async def test_local_sockets_are_not_reached(context, confined, tmp_path):
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as abstract:
        named.bind(str(tmp_path / "socket"))
        abstract.bind(f"\0{(mark := token())}")
        for one in (named, abstract):
            one.listen()
            one.settimeout(0.1)
        code = (
            "import socket, sys\n"
            f"for name in ('socket', chr(0) + {mark!r}):\n"
            "    try: socket.socket(socket.AF_UNIX).connect(name); print('reached')\n"
            "    except OSError: pass\n"
        )
        output = (await run_command.run(context, ["python3", "-c", code])).output
        assert (output.text, output.exit_code) == ("", 0)
        for one in (named, abstract):
            with pytest.raises(TimeoutError):
                one.accept()


async def test_a_command_with_the_network_reaches_no_local_sockets(context, confined):
    context.options["sandbox.network"] = "true"
    with socket.socket() as server, socket.socket(socket.AF_UNIX) as abstract:
        server.bind(("127.0.0.1", 0))
        abstract.bind(f"\0{(mark := token())}")
        for one in (server, abstract):
            one.listen()
        code = (
            "import socket\n"
            f"socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)\n"
            "print('network')\n"
            f"try: socket.socket(socket.AF_UNIX).connect(chr(0) + {mark!r}); print('local')\n"
            "except OSError: pass\n"
        )
        output = (await run_command.run(context, ["python3", "-c", code])).output
    assert (output.text, output.exit_code) == ("network\n", 0)


async def test_the_terminal_descriptors_and_environment_are_not_inherited(
    context, confined, monkeypatch
):
    monkeypatch.setenv("PLANTED_KEY", "xyzzy")
    with tempfile.TemporaryFile() as file:
        number = os.dup2(file.fileno(), 200)
        os.set_inheritable(number, True)
        try:
            found = await tried(
                context,
                "[os.fstat(n) for n in (200,)]",
                "open('/dev/tty')",
                "fcntl.ioctl(1, 0x5412, b'x')",
                "os.environ['PLANTED_KEY']",
                "assert b'xyzzy' in open('/proc/self/environ', 'rb').read()",
                "assert b'xyzzy' in open('/proc/1/environ', 'rb').read()",
            )
        finally:
            os.close(number)
    assert "done" not in found
    output = (await run_command.run(context, ["env"])).output
    assert "xyzzy" not in output.text


async def test_the_kernel_gives_no_way_out(context, confined):
    found = await tried(
        context,
        "libc = ctypes.CDLL(None); assert libc.unshare(0x10000000) == 0",
        "assert libc.mount(b'none', b'/', b'tmpfs', 0, None) == 0",
        "assert libc.chroot(b'.') == 0",
        "os.memfd_create('x')",
        "assert libc.syscall(425, 1, 0) >= 0",
        "os.setuid(0); assert open('/proc/1/environ').read()",
        "os.mknod('device', 0o20600, os.makedev(1, 1))",
    )
    assert "done" not in found


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("while True: pass", "too_long"),
        ("import signal, time\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(99)", "too_long"),
        ("import os\nwhile True: os.fork()", None),
        ("import os\nos.close(1); os.close(2)\nwhile True: pass", "too_long"),
        ("x = bytearray(3 << 30)", "code_failed"),
        (
            "import mmap, time\nkept = []\nfor _ in range(8):\n    m = mmap.mmap(-1, 1 << 28)\n"
            "    for at in range(0, 1 << 28, 4096): m[at] = 1\n    kept.append(m)\ntime.sleep(9)",
            None,
        ),
        ("f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))", "code_failed"),
        (
            "for name in range(99):\n    f = open(str(name), 'wb')\n"
            "    for _ in range(90): f.write(bytes(1 << 20))",
            "too_much",
        ),
        ("import itertools\nfor name in itertools.count(): open(str(name), 'w')", "too_much"),
    ],
    ids=["cpu", "sigterm", "forks", "silent", "memory", "shared", "file", "disk", "files"],
)
async def test_what_takes_too_much_is_stopped(
    context, confined, tmp_path, monkeypatch, code, error
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seconds = 1.0 if error == "too_long" else 8.0
    stopped = await failing(run_python.run, context, code, None, seconds)
    assert stopped.code == (error or stopped.code)
    assert stopped.code in ("too_long", "code_failed", "too_much")
    assert alive(str(tmp_path)) == []  # it lies on the way to the code, in its argv


async def test_no_more_processes_come_to_be_than_a_program_may_have(context, confined):
    code = (
        "import os, time\n"
        "for number in range(2000):\n"
        "    try: child = os.fork()\n"
        "    except OSError: break\n"
        "    if child == 0: time.sleep(60)\n"
        "print(number)\n"
    )
    try:
        found = await run_python.run(context, code)
    except ToolError as error:  # seen in time, where root cannot have them counted
        assert error.code == "too_much"
    else:
        assert int(found.output.text) <= 40


LEAVE = (
    "import os, sys, time, signal\n"
    "signal.signal(15, signal.SIG_IGN)\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork(): os._exit(0)\n"
    "    time.sleep(60)\n"
    "print('started', flush=True)\n"
)


async def test_what_detaches_itself_and_holds_the_pipe_dies_with_the_command(context, confined):
    mark = token()
    output = (await run_command.run(context, ["python3", "-c", LEAVE, mark])).output
    assert (output.text, output.exit_code) == ("started\n", 0)
    assert alive(mark) == []


async def test_a_command_that_takes_too_long_dies_with_all_it_started(context, confined):
    mark = token()
    argv = ["python3", "-c", f"{LEAVE}time.sleep(60)", mark]
    error = await failing(run_command.run, context, argv, ".", 0.7)
    assert error.code == "timeout"
    assert alive(mark) == []


async def test_a_cancelled_command_dies_with_all_it_started(context, confined):
    mark = token()
    argv = ["python3", "-c", f"{LEAVE}time.sleep(60)", mark]
    started = asyncio.Event()
    context.progress = lambda _text, _done=None: started.set()
    task = asyncio.create_task(run_command.run(context, argv))
    await started.wait()
    assert alive(mark)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive(mark) == []


BUTLER = """
import sys, threading
from pathlib import Path
from butler_tui.tools.boxed import run_boxed
from butler_tui.tools.sandbox import PATH, Box, Confinement, Limits
kind, namespaces, program, folder, *argv = sys.argv[1:]
confinement = Confinement(kind, bool(namespaces), program)
limits = Limits(60, 1 << 30, 32, 1 << 20)
box = Box(argv, Path(folder), limits, writable=[Path(folder)], environment={"PATH": PATH})
run_boxed(threading.Event(), confinement, box, show=lambda line: print(line, flush=True))
"""


def test_when_butler_itself_is_killed_its_programs_die(confined, tmp_path):
    mark = token()
    namespaces = "yes" if confined.namespaces else ""
    how = [confined.kind, namespaces, confined.program, str(tmp_path)]
    argv = [sys.executable, "-c", BUTLER, *how, "python3", "-c", f"{LEAVE}time.sleep(60)", mark]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as butler:
        assert butler.stdout.readline() == b"started\n"
        assert alive(mark)
        butler.kill()
    until = time.monotonic() + 5
    while (left := alive(mark)) and time.monotonic() < until:
        pass
    assert left == []


async def test_a_program_that_is_asked_to_end_may_clean_up(context, confined, tmp_path):
    code = (
        "import signal, sys, time\n"
        "signal.signal(15, lambda *_: (open('cleaned', 'w'), sys.exit()))\n"
        "time.sleep(60)"
    )
    error = await failing(run_command.run, context, ["python3", "-c", code], ".", 0.5)
    assert error.code == "timeout"
    assert (tmp_path / "cleaned").exists()


async def test_a_gigabyte_of_output_is_not_kept(context, confined):
    code = "import os\nblock = b'x' * (1 << 20)\nfor _ in range(1024): os.write(1, block)"
    text = (await run_python.run(context, code)).output.text
    assert len(text) < 200_000
    assert "left out" in text


async def test_a_value_cannot_lead_elsewhere(context, confined):
    code = (
        "import os, sys, pathlib, atexit\n"
        "out = pathlib.Path('../out/value.json')\n"
        "atexit.register(lambda: (out.unlink(missing_ok=True), os.symlink('/etc/hostname', out)))\n"
        "1"
    )
    assert (await run_python.run(context, code)).output.value is None


@pytest.mark.parametrize("confinement", confinements(), ids=name_of)
def test_a_plain_users_programs_are_confined_as_well(confinement, outside):
    with tempfile.TemporaryDirectory() as folder:
        user = PlainUser.make(Path(folder))
        code = (
            "import os, socket, sys\n"
            "open('made', 'w').write('x')\n"
            "for one in (lambda: open(sys.argv[1]), lambda: open('/tmp/made-outside', 'w'),\n"
            "            lambda: socket.create_connection(('127.0.0.1', int(sys.argv[2])), 2),\n"
            "            lambda: os.kill(int(sys.argv[3]), 0) or open('/proc/1/environ').read()):\n"
            "    try: one(); print('reached')\n"
            "    except OSError as error: print(type(error).__name__)\n"
        )
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            port = str(server.getsockname()[1])
            ended = user.run(confinement, code, str(outside), port, str(os.getpid()))
        code, text = ended
        assert code == 0, text
        lines = text.split()
        assert "reached" not in [lines[0], *lines[2:]], text
        assert not Path("/tmp/made-outside").exists()
        assert (user.folder / "made").read_text() == "x"


@pytest.mark.parametrize("confinement", confinements(), ids=name_of)
def test_the_kernel_itself_stops_a_plain_users_fork_bomb(confinement):
    with tempfile.TemporaryDirectory() as folder:
        user = PlainUser.make(Path(folder))
        code = (
            "import os, time\n"
            "count = 0\n"
            "try:\n"
            "    while count < 500:\n"
            "        if os.fork() == 0: time.sleep(30); os._exit(0)\n"
            "        count += 1\n"
            "except BlockingIOError: print(count)\n"
        )
        ended, text = user.run(confinement, code)
        assert ended == 0, text
        assert 1 <= int(text) < 500
