"""A daemon of one's own, and connections to it: what load.py and faults.py share."""
import re, signal, socket, subprocess, sys, tempfile, time
from pathlib import Path

PROGRAM = str(Path(__file__).resolve().parents[2] / ".build/release/ntkscorer")


def request(method, path, body=None, kind="application/json", headers=()):
    """The bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n" + "".join(f"{header}\r\n" for header in headers)
    data = b"" if body is None else body.encode()
    if body is not None:
        head += f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
    return head.encode() + b"\r\n" + data


class Connection:
    """One keep-alive connection, with as little of a client as possible."""

    def __init__(self, port, timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def ask(self, method, path, body=None, kind="application/json", headers=()):
        self.socket.sendall(request(method, path, body, kind, headers))
        return self.answer()

    def answer(self):
        while b"\r\n\r\n" not in self.buffer:
            self.read()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if length is None:
            return status, b""
        while len(self.buffer) < int(length[1]):
            self.read()
        body, self.buffer = self.buffer[: int(length[1])], self.buffer[int(length[1]) :]
        return status, body

    def read(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("closed")
        self.buffer += data

    def close(self):
        self.socket.close()


class Daemon:
    """`ntkscorer serve` on a port of its own, with a store of its own unless one is named."""

    def __init__(self, program=PROGRAM, store=None, more=()):
        self.folder = tempfile.TemporaryDirectory()
        self.log = Path(self.folder.name, "log")
        self.store = store or self.folder.name + "/s.sqlite"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [program, "serve", "--port", "0", "--store", self.store, "--max-queue", "100000", *more], stderr=log)
        while not (found := re.search(r"listening on http://127.0.0.1:(\d+)", self.log.read_text())):
            if self.process.poll() is not None:
                raise RuntimeError(self.log.read_text())
            time.sleep(0.02)
        self.port = int(found[1])

    def connect(self, timeout=60):
        return Connection(self.port, timeout)

    def processor_seconds(self):
        """Of the daemon, since it began."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            code = self.process.wait(60)
            if code != 0:
                sys.exit(f"the daemon ended with {code}")
        self.folder.cleanup()
