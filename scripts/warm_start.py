"""Run a script in a process that has already imported PyTorch, timm and other libraries.

    python scripts/warm_start.py scripts/train.py --data ...

Importing these libraries takes longer than one training run of the demo. The first call starts a
server that imports them once. For each call the server forks a child, which takes over the caller's
working directory, environment and standard streams and runs the script as if started directly.
Signals are forwarded to the child, its exit status is returned, and it is killed if the caller
dies. The server exits after half a minute without work. No code of this project is imported in
advance, so edits take effect immediately. For CPU runs; a run on a GPU takes too long for the start
to matter.
"""

import argparse
import contextlib
import hashlib
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

PRELOADED = (
    *("jsonschema", "numpy", "pandas", "safetensors", "sklearn.metrics"),
    *("timm", "torch", "torchvision", "tqdm", "yaml"),
)
IDLE_SECONDS = 30
START_SECONDS = 120
STREAMS = (0, 1, 2)


def socket_path() -> Path:
    """Socket of the server, one per user and Python environment, in a private folder."""
    folder = Path(tempfile.gettempdir()) / f"transfer-warm-start-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        sys.exit(f"error: {folder} is accessible to other users; remove it")
    environment = f"{sys.executable}:{sys.version}:{Path(__file__).stat().st_mtime_ns}"
    return folder / f"{hashlib.sha256(environment.encode()).hexdigest()[:12]}.sock"


def run_child(connection: socket.socket, request: dict, streams: list[int]) -> None:
    """Become the requested script; never returns."""
    for target, stream in zip(STREAMS, streams, strict=True):
        os.dup2(stream, target)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["arguments"]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)

    def die_with_caller() -> None:
        connection.recv(1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=die_with_caller, daemon=True).start()
    status = 1
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status & 0xFF)


def serve(path: Path) -> None:
    """Import the libraries, then fork a child for each caller until idle for a while."""
    for name in PRELOADED:
        importlib.import_module(name)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    temporary = path.with_suffix(f".{os.getpid()}")
    listener.bind(str(temporary))
    listener.listen(64)
    # Callers may connect as soon as the file exists.
    temporary.rename(path)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    children: dict[int, socket.socket] = {}
    last = time.monotonic()
    while children or time.monotonic() - last < IDLE_SECONDS:
        if selector.select(timeout=0.02):
            last = time.monotonic()
            connection, _ = listener.accept()
            message = b""
            streams: list[int] = []
            # A caller that dies immediately leaves an empty or partial request.
            with contextlib.suppress(OSError):
                message, streams, _, _ = socket.recv_fds(connection, 1 << 20, len(STREAMS))
            if len(streams) < len(STREAMS):
                connection.close()
                continue
            child = os.fork()
            if child == 0:
                listener.close()
                run_child(connection, json.loads(message), streams)
            for stream in streams:
                os.close(stream)
            with contextlib.suppress(OSError):
                connection.sendall(f"{child}\n".encode())
            children[child] = connection
        for child in list(children):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                connection = children.pop(child)
                # The caller may be gone, in which case the child died with it.
                with contextlib.suppress(OSError):
                    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
                connection.close()
                last = time.monotonic()
    path.unlink(missing_ok=True)


def connect(path: Path) -> socket.socket:
    """Connect to the server, starting it if necessary."""
    deadline = time.monotonic() + START_SECONDS
    # Not at the top: the server imports no code of this project.
    from transfer.machine.locks import lock

    with lock(path.with_suffix(".lock")):
        server = None
        while time.monotonic() < deadline:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(path))
                return connection
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
            if server is None:
                path.unlink(missing_ok=True)
                server = subprocess.Popen(
                    [sys.executable, __file__, "--serve", str(path)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
            elif server.poll() is not None:
                break
            time.sleep(0.05)
    sys.exit("error: the warm-start server did not start")


def main() -> None:
    """Pass the script to the server and wait for it."""
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]))
        return
    # All arguments after the script belong to the script.
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("script", help="the script to run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="its arguments")
    parser.parse_args()
    connection = connect(socket_path())
    request = {
        "arguments": sys.argv[1:],
        "folder": str(Path.cwd()),
        "environment": dict(os.environ),
    }
    socket.send_fds(connection, [json.dumps(request).encode()], list(STREAMS))
    with connection.makefile("r") as answers:
        child = int(answers.readline() or 0)
        if not child:
            sys.exit("error: the warm-start server died")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: os.kill(child, number))
        status = answers.readline()
    if not status:
        sys.exit("error: the warm-start server died")
    code = int(status)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
