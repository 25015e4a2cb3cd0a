#!/usr/bin/env python3
"""Loads a daemon of its own on this machine and says what it stood.

    python3 Benchmarks/daemon/load.py [--program .build/release/ntkscorer] [--seconds 60] [scores latency mix hostile]

Prints one JSON object for each part, and exits with 1 when an answer was not what it should be:

scores   stored scores a second on one keep-alive connection, one candidate a request
latency  what a fresh score takes beyond its computation
mix      64 connections reading, scoring and submitting at once
hostile  clients that dawdle, stop in the middle, or send what is no request
"""
import argparse, json, random, re, socket, statistics, subprocess, sys, tempfile, threading, time
from pathlib import Path

SPACE = """name: load
family: fully_connected
input: {shape: [64], outputs: 10, samples: 32}
choices: {depth: {from: 1, to: 8}, width: {from: 16, to: 265}}
scoring: {seeds: 1}
"""
DEPTHS, WIDTHS = range(1, 9), range(16, 266)


class Connection:
    """One keep-alive connection, with as little of a client as possible."""

    def __init__(self, port, timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def ask(self, method, path, body=None, kind="application/json"):
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
        data = b"" if body is None else body.encode()
        if body is not None:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
        self.socket.sendall(head.encode() + b"\r\n" + data)
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
    """`ntkscorer serve` on a port and with a store of its own."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory()
        self.log = Path(self.folder.name, "log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [program, "serve", "--port", "0", "--store", self.folder.name + "/s.sqlite", "--max-queue", "100000"],
                stderr=log)
        while not (found := re.search(r"listening on http://127.0.0.1:(\d+)", self.log.read_text())):
            if self.process.poll() is not None:
                sys.exit(self.log.read_text())
            time.sleep(0.05)
        self.port = int(found[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        code = self.process.wait(60)
        self.folder.cleanup()
        if code != 0:
            sys.exit(f"the daemon ended with {code}")


def question(depth, width):
    return json.dumps({"space": "load", "choices": {"depth": depth, "width": width}})


def submit_space(daemon):
    status, body = Connection(daemon.port).ask("POST", "/v1/spaces", SPACE, "application/yaml")
    assert status == 201, body


def rank_all(daemon):
    connection = Connection(daemon.port)
    status, body = connection.ask("POST", "/v1/jobs", SPACE, "application/yaml")
    assert status == 202, body
    job = json.loads(body)["id"]
    while json.loads(connection.ask("GET", f"/v1/jobs/{job}")[1])["status"] in ("queued", "running"):
        time.sleep(0.1)
    return job


def scores(daemon, seconds):
    rank_all(daemon)
    places = [(d, w) for d in DEPTHS for w in WIDTHS]
    random.Random(0).shuffle(places)
    connection = Connection(daemon.port)
    count, wrong, start = 0, 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < min(seconds, 20):
        status, body = connection.ask("POST", "/v1/score", question(*places[count % len(places)]))
        wrong += status != 200 or b'"fromStore":true' not in body
        count += 1
    return {"storedScoresPerSecond": round(count / elapsed), "wrong": wrong, "candidates": len(places)}


def latency(daemon, seconds):
    submit_space(daemon)
    connection, beyond, whole = Connection(daemon.port), [], []
    for depth, width in [(d, w) for w in WIDTHS for d in (1, 4)][:200]:
        start = time.perf_counter()
        status, body = connection.ask("POST", "/v1/score", question(depth, width))
        taken = time.perf_counter() - start
        assert status == 200, body
        result = json.loads(body)["results"][0]
        assert not result["fromStore"]
        whole.append(taken)
        beyond.append(taken - result["seconds"])
    cut = statistics.quantiles(beyond, n=100)
    return {
        "answers": len(beyond), "medianMilliseconds": round(1e3 * statistics.median(whole), 3),
        "medianAddedMilliseconds": round(1e3 * statistics.median(beyond), 3),
        "p95AddedMilliseconds": round(1e3 * cut[94], 3), "wrong": 0,
    }


def mix(daemon, seconds):
    job = rank_all(daemon)
    counts, lock, end = {}, threading.Lock(), time.time() + seconds

    def work(number):
        own, draw = {}, random.Random(number)
        connection = Connection(daemon.port)
        while time.time() < end:
            kind = draw.choices(["read", "score", "submit"], [6, 6, 1])[0]
            if kind == "read":
                path = draw.choice(
                    ["/v1/jobs", f"/v1/jobs/{job}", f"/v1/jobs/{job}/ranking?limit=20", "/v1/spaces", "/metrics", "/"])
                status, _ = connection.ask("GET", path)
                good = status == 200
            elif kind == "score":
                status, _ = connection.ask("POST", "/v1/score", question(draw.choice(DEPTHS), draw.choice(WIDTHS)))
                good = status == 200
            else:
                status, _ = connection.ask(
                    "POST", f"/v1/jobs?limit=5&sampling_seed={draw.randrange(1000)}", SPACE, "application/yaml")
                good = status in (202, 429)
            key = (kind, status if not good else "ok")
            own[key] = own.get(key, 0) + 1
        with lock:
            for key, count in own.items():
                counts[key] = counts.get(key, 0) + count

    failures = []

    def guarded(number):
        try:
            work(number)
        except Exception as error:  # A connection that breaks is a failure of the daemon.
            failures.append(repr(error))

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(counts.values())
    wrong = sum(count for (_, outcome), count in counts.items() if outcome != "ok") + len(failures)
    return {
        "connections": 64, "seconds": seconds, "requests": total, "requestsPerSecond": round(total / seconds),
        "byKind": {f"{kind} {outcome}": count for (kind, outcome), count in sorted(counts.items(), key=str)},
        "wrong": wrong, "failures": failures[:3],
    }


def hostile(daemon, seconds):
    submit_space(daemon)
    draw, unanswered = random.Random(0), 0
    dawdlers = []
    for _ in range(200):  # Heads that never end, byte by byte.
        connection = Connection(daemon.port)
        connection.socket.sendall(b"GET / HTTP/1.1\r\nX-")
        dawdlers.append(connection)
    for number in range(1000):
        text = draw.choice([
            lambda: bytes(draw.randrange(256) for _ in range(draw.randrange(1, 300))),
            lambda: b"GET " + b"a" * draw.randrange(1, 5000) + b" HTTP/1.1\r\n\r\n",
            lambda: b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n"
            + bytes(draw.randrange(256) for _ in range(50)),
            lambda: b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nContent-Length: 99999999999\r\n\r\n",
            lambda: b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            lambda: b"GET /v1/jobs/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            lambda: b"GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 2000 + b"\r\n",
        ])()
        connection = Connection(daemon.port, timeout=10)
        try:
            connection.socket.sendall(text)
            connection.socket.shutdown(socket.SHUT_WR)
            while connection.socket.recv(1 << 16):
                pass
        except socket.timeout:
            unanswered += 1
        except OSError:
            pass
        connection.close()
        if number % 100 == 0:
            for dawdler in dawdlers:
                try:
                    dawdler.socket.sendall(b"a")
                except OSError:
                    pass
            assert Connection(daemon.port).ask("GET", "/livez")[0] == 200
    start = time.perf_counter()
    status, _ = Connection(daemon.port).ask("POST", "/v1/score", question(1, 16))
    return {
        "malformedRequests": 1000, "openDawdlers": len(dawdlers), "leftOpen": unanswered,
        "answerAfterwardsMilliseconds": round(1e3 * (time.perf_counter() - start), 2), "wrong": int(status != 200),
    }


def main():
    parts = {"scores": scores, "latency": latency, "mix": mix, "hostile": hostile}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--program", default=str(root / ".build/release/ntkscorer"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("parts", nargs="*", default=list(parts))
    options = parser.parse_args()
    wrong = 0
    for name in options.parts:
        with Daemon(options.program) as daemon:
            result = parts[name](daemon, options.seconds)
        print(json.dumps({"part": name, **result}), flush=True)
        wrong += result["wrong"]
    sys.exit(wrong > 0)


main()
