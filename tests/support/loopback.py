"""A faulty web server on the loopback interface."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Counts and keeps the requests that it got."""

    daemon_threads = True
    requests: list["Seen"]
    address: str


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What to say.

    `cut` ends the connection after so many bytes; `ranges` and `if_range` say whether the
    server honours the headers of those names.
    """

    content: bytes = b""
    status: int = 200
    cut: int | None = None
    ranges: bool = True
    if_range: bool = True
    etag: str | None = '"v1"'
    headers: dict[str, str] = field(default_factory=dict)
    before_body: Callable[[], None] = lambda: None


def _handler(answer_to: Callable[[Seen, int], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server: Server

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            seen = Seen(self.command, self.path, dict(self.headers), self.rfile.read(length))
            self.server.requests.append(seen)
            before = sum(request.path == seen.path for request in self.server.requests) - 1
            answer = answer_to(seen, before)
            content, status, extra = answer.content, answer.status, dict(answer.headers)
            asked = self.headers.get("Range")
            same = not answer.if_range or self.headers.get("If-Range") in (None, answer.etag)
            if status == 200 and answer.ranges and asked and same:
                start = int(asked.removeprefix("bytes=").rstrip("-"))
                status = 206 if start < len(content) else 416
                extra["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
                content = content[start:] if status == 206 else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if answer.etag:
                self.send_header("ETag", answer.etag)
            for name, value in extra.items():
                self.send_header(name, value)
            self.end_headers()
            answer.before_body()
            self.wfile.write(content[: answer.cut])
            self.close_connection = True

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def serve(answer_to: Callable[[Seen, int], Answer]) -> Iterator[Server]:
    """Serve what `answer_to` says, given a request and how often its path was asked before.

    The port is a free one; `address` of what is yielded says which.
    """
    server = Server(("127.0.0.1", 0), _handler(answer_to))
    server.requests = []
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
