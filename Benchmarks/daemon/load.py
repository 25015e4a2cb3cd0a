#!/usr/bin/env python3
"""Loads a daemon of its own on this machine and says what it stood.

    python3 Benchmarks/daemon/load.py [--program .build/release/ntkscorer] [--seconds 60] [scores latency mix hostile]

Prints one JSON object for each part, and exits with 1 when an answer was not what it should be:

scores   stored scores a second on one keep-alive connection, one candidate a request: asked for the first time, in
         other words, and again
latency  what a fresh score takes beyond its computation
mix      64 connections reading, scoring and submitting at once
hostile  clients that dawdle, stop in the middle, or send what is no request; see also faults.py
"""
import argparse, json, random, socket, statistics, sys, threading, time

from client import PROGRAM, Connection, Daemon, request

SPACE = """name: load
family: fully_connected
input: {shape: [64], outputs: 10, samples: 32}
choices: {depth: {from: 1, to: 8}, width: {from: 16, to: 265}}
scoring: {seeds: 1}
"""
DEPTHS, WIDTHS = range(1, 9), range(16, 266)


def question(depth, width):
    return json.dumps({"space": "load", "choices": {"depth": depth, "width": width}})


def submit_space(daemon):
    status, body = daemon.connect().ask("POST", "/v1/spaces", SPACE, "application/yaml")
    assert status == 201, body


def rank_all(daemon):
    connection = daemon.connect()
    status, body = connection.ask("POST", "/v1/jobs", SPACE, "application/yaml")
    assert status == 202, body
    job = json.loads(body)["id"]
    while json.loads(connection.ask("GET", f"/v1/jobs/{job}")[1])["status"] in ("queued", "running"):
        time.sleep(0.1)
    return job


def rate(daemon, questions, seconds=None):
    """Asks one after the other, each when the one before is answered. The client does as little as it can: the bytes are
    made before, and of an answer only its last bytes are looked at."""
    connection = daemon.connect().socket
    count, wrong, processor, start = 0, 0, daemon.processor_seconds(), time.perf_counter()
    own = time.process_time()
    while count < len(questions) if seconds is None else time.perf_counter() - start < seconds:
        connection.sendall(questions[count % len(questions)])
        answer = connection.recv(1 << 16)
        while not answer.endswith(b"]}\n"):
            answer += connection.recv(1 << 16)
        wrong += b'"fromStore":true' not in answer
        count += 1
    elapsed = time.perf_counter() - start
    return wrong, {
        "perSecond": round(count / elapsed),
        "daemonMicroseconds": round(1e6 * (daemon.processor_seconds() - processor) / count),
        "clientMicroseconds": round(1e6 * (time.process_time() - own) / count),
    }


def scores(daemon, seconds):
    rank_all(daemon)
    places = [(d, w) for d in DEPTHS for w in WIDTHS]
    random.Random(0).shuffle(places)

    def questions(space):
        return [request("POST", "/v1/score", question(*place) + space) for place in places]

    # Never asked before: networks are built to know their hashes. Then the same candidates in other words, so that no
    # answer is at hand. Then the same questions over and over.
    first = rate(daemon, questions(""))
    reworded = rate(daemon, questions(" "))
    again = rate(daemon, questions(""), min(seconds, 20))
    return {
        "storedScoresPerSecond": again[1]["perSecond"], "again": again[1], "reworded": reworded[1], "first": first[1],
        "wrong": first[0] + reworded[0] + again[0], "candidates": len(places),
    }


def latency(daemon, seconds):
    submit_space(daemon)
    connection, beyond, whole = daemon.connect(), [], []
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
        connection = daemon.connect()
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
        connection = daemon.connect()
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
            assert daemon.connect().ask("GET", "/livez")[0] == 200
    # Half of a body, and then nothing more: the daemon answers, or hangs up, and forgets it.
    half_closed = 0
    for _ in range(100):
        connection = daemon.connect(timeout=10)
        connection.socket.sendall(request("POST", "/v1/score", question(1, 16))[:-5])
        connection.socket.shutdown(socket.SHUT_WR)
        try:
            connection.answer()
            half_closed += 1
        except ConnectionError:
            half_closed += 1
        except socket.timeout:
            pass
        connection.close()
    start = time.perf_counter()
    status, _ = daemon.connect().ask("POST", "/v1/score", question(1, 16))
    return {
        "malformedRequests": 1000, "halfClosed": half_closed, "openDawdlers": len(dawdlers), "leftOpen": unanswered,
        "answerAfterwardsMilliseconds": round(1e3 * (time.perf_counter() - start), 2), "wrong": int(status != 200) + 100 - half_closed + unanswered,
    }


def main():
    parts = {"scores": scores, "latency": latency, "mix": mix, "hostile": hostile}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=PROGRAM)
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
