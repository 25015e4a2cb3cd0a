#!/usr/bin/env python3
"""Breaks what a daemon stands on, on this machine, and says what it did.

    python3 Benchmarks/daemon/faults.py [--program .build/release/ntkscorer] [kills poison disk readonly two events slow]

Prints one JSON object for each part, and exits with 1 when something was lost, computed twice, or answered wrongly:

kills     kill -9 twenty times during a job, with another job acknowledged just before each
poison    a job during which the process dies again and again, beside one that is well
disk      the store's disk full and emptied again, and a start on it (a small tmpfs; skipped where mounting is not allowed)
readonly  the store's disk read-only and writable again, and a start on it (the same)
two       a second daemon on one store, by its path and by a link
events    heartbeats, and a stream taken up where it broke off
slow      heads and bodies that arrive byte by byte, an answer that nobody reads, an upload that nobody wants
"""
import argparse, json, os, random, re, socket, sqlite3, subprocess, sys, tempfile, time
from contextlib import closing
from pathlib import Path

from client import PROGRAM, Daemon, request


def space(name, widths, depth=8, samples=64):
    return (
        f"name: {name}\nfamily: fully_connected\ninput: {{shape: [128], outputs: 10, samples: {samples}}}\n"
        f"choices: {{depth: {{from: 1, to: {depth}}}, width: {{from: 64, to: {63 + widths}}}}}\nscoring: {{seeds: 1}}\n")


def submit(daemon, text, key=None):
    headers = [f"Idempotency-Key: {key}"] if key else []
    status, body = daemon.connect().ask("POST", "/v1/jobs", text, "application/yaml", headers)
    return status, json.loads(body)


def job(daemon, number):
    return json.loads(daemon.connect().ask("GET", f"/v1/jobs/{number}")[1])


def finish(daemon, number, seconds=300):
    end = time.time() + seconds
    while time.time() < end:
        document = job(daemon, number)
        if document["status"] not in ("queued", "running"):
            return document
        time.sleep(0.1)
    raise RuntimeError(f"job {number} does not end: {document}")


def metric(daemon, name):
    text = daemon.connect().ask("GET", "/metrics")[1].decode()
    return int(re.search(rf"^{name} (\d+)$", text, re.M)[1])


def count(path, sql):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as store:
        return store.execute(sql).fetchone()[0]


def suspects(path):
    """Jobs during which a process died, and which have computed nothing since."""
    return count(path, "SELECT COUNT(*) FROM jobs WHERE deaths > 0 AND status IN ('queued', 'running')")


def stored(path):
    return count(path, "SELECT COUNT(*) FROM scores")


def kills(program):
    draw, folder = random.Random(0), tempfile.TemporaryDirectory()
    path = folder.name + "/s.sqlite"
    candidates, acknowledged, again = 8 * 250, [], 0
    daemon = Daemon(program, path)
    acknowledged.append(submit(daemon, space("long", 250))[1]["id"])
    before = under_way = 0
    for number in range(20):
        time.sleep(draw.uniform(0.05, 0.8))
        # A job that processes die of again and again, before it has computed anything, is the next part.
        while number % 2 and suspects(path):
            time.sleep(0.02)
        computed, now = metric(daemon, "ntkscorer_candidates_computed_total"), stored(path)
        # What was computed is in the store as a row more; what was computed again is not.
        again += max(0, computed - (now - before))
        status, document = submit(daemon, space(f"short{number}", 1, depth=1, samples=16 + number), f"key {number}")
        assert status == 202, document
        acknowledged.append(document["id"])
        under_way += job(daemon, acknowledged[0])["status"] == "running"
        daemon.kill()
        before = stored(path)
        daemon = Daemon(program, path)
    ends = [finish(daemon, number) for number in acknowledged]
    again += max(0, metric(daemon, "ntkscorer_candidates_computed_total") - (stored(path) - before))
    repeated = sum(submit(daemon, space(f"short{n}", 1, depth=1, samples=16 + n), f"key {n}")[1]["id"] == acknowledged[n + 1]
                   for n in range(20))
    ranked = json.loads(daemon.connect().ask("GET", f"/v1/jobs/{acknowledged[0]}/ranking?limit=1")[1])["total"]
    lost = sum(end["status"] != "finished" for end in ends)
    daemon.process.terminate()
    daemon.process.wait(60)
    return {
        "kills": 20, "whileTheJobRan": under_way, "candidates": candidates, "ranked": ranked, "jobs": len(ends), "jobsLost": lost,
        "computedAgain": again, "keysKept": repeated,
        "wrong": lost + again + (ranked != candidates) + (20 - repeated)}


def poison(program):
    # Its only candidate takes longer than any process lives here.
    heavy = (
        "name: heavy\nfamily: fully_connected\ninput: {shape: [256], outputs: 512, samples: 256}\n"
        "fixed: {depth: 6, width: 1024}\nscoring: {seeds: 1, output_reduction: trace}\n")
    folder = tempfile.TemporaryDirectory()
    path, jobs = folder.name + "/s.sqlite", []
    for start in range(3):
        daemon = Daemon(program, path, more=["--threads", "1"])
        jobs = jobs or [submit(daemon, text)[1]["id"] for text in (heavy, space("well", 20))]
        while job(daemon, jobs[0])["status"] != "running":
            time.sleep(0.01)
        daemon.kill()
    with Daemon(program, path, more=["--threads", "1"]) as daemon:
        ends = [finish(daemon, number) for number in jobs]
    good = [end["status"] for end in ends] == ["failed", "finished"] and "died 3 times" in ends[0]["message"]
    return {"heavy": ends[0]["status"], "said": ends[0]["message"], "well": ends[1]["status"], "wrong": int(not good)}


class SmallDisk:
    """A tmpfs of some megabytes; None when this process may not mount one."""

    def __init__(self, size):
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name
        result = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path], capture_output=True, text=True)
        self.problem = result.stderr.strip() if result.returncode else None

    def fill(self):
        """Leaves no byte free. Returns the file that takes them."""
        filling = Path(self.path, "filling")
        with filling.open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        file.write(b"0" * size)
                except OSError:
                    pass
        return filling

    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True, capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.problem is None:
            subprocess.run(["umount", "-l", self.path], check=False)
        self.folder.cleanup()


def disk(program):
    with SmallDisk("3m") as small:
        if small.problem:
            return {"skipped": small.problem, "wrong": 0}
        with Daemon(program, small.path + "/s.sqlite") as daemon:
            _, document = submit(daemon, space("long", 250))
            number = document["id"]
            while job(daemon, number)["progress"]["done"] < 50:
                time.sleep(0.05)
            filling = small.fill()
            time.sleep(8)
            alive = daemon.connect().ask("GET", "/livez")[0]
            ready = daemon.connect().ask("GET", "/readyz")[0]
            status, refused = submit(daemon, space("refused", 1))
            stopped = job(daemon, number)
            reading = daemon.connect().ask("GET", f"/v1/jobs/{number}/ranking?limit=1")[0]
            filling.unlink()
            # A store of 2,000 candidates needs more room than there was.
            small.remount("size=64m")
            end = finish(daemon, number)
            again = daemon.connect().ask("GET", "/readyz")[0]
            log = daemon.log.read_text()
        # Without its log and the log's index, the store takes room to be read.
        with closing(sqlite3.connect(small.path + "/s.sqlite")) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        filling = small.fill()
        with tempfile.NamedTemporaryFile("w+") as said:
            def wait_for(text, seconds=60):
                end = time.time() + seconds
                while text not in Path(said.name).read_text() and time.time() < end:
                    time.sleep(0.1)
                return text in Path(said.name).read_text()

            starting = subprocess.Popen(
                [program, "serve", "--port", "0", "--store", small.path + "/s.sqlite"], stderr=said)
            waited = wait_for("waiting for room") and starting.poll() is None
            filling.unlink()
            listened = wait_for("listening on")
            starting.terminate()
            code = starting.wait(60)
        good = (alive == 200 and ready == 503 and status == 507 and reading == 200 and end["status"] == "finished"
                and end["progress"]["done"] == 2000 and again == 200 and waited and listened and code == 0)
        return {
            "whileFull": {"livez": alive, "readyz": ready, "submission": status, "problem": refused.get("detail"),
                          "ranking": reading, "job": stopped["status"], "done": stopped["progress"]["done"]},
            "afterwards": {"job": end["status"], "done": end["progress"]["done"], "readyz": again},
            "startWhileFull": {"waited": waited, "listenedAfterwards": listened, "exitCode": code},
            "errorsLogged": log.count('"level":"error"'), "wrong": int(not good)}


def readonly(program):
    with SmallDisk("64m") as small:
        if small.problem:
            return {"skipped": small.problem, "wrong": 0}
        path = small.path + "/s.sqlite"
        with Daemon(program, path) as daemon:
            number = submit(daemon, space("short", 10, depth=2))[1]["id"]
            finish(daemon, number)
            small_score = json.dumps({"space": "short", "choices": {"depth": 1, "width": 64}})
            fresh = json.dumps({"space": "short", "choices": {"depth": 1, "width": 65}, "seeds": [9]})
            # Files that are open for writing keep a disk from becoming read-only; a bind mount becomes so all the same.
            bind = subprocess.run(["mount", "--bind", small.path, small.path], capture_output=True)
            made = bind.returncode == 0 and subprocess.run(
                ["mount", "-o", "remount,ro,bind", small.path], capture_output=True).returncode == 0
            answers = {
                "ranking": daemon.connect().ask("GET", f"/v1/jobs/{number}/ranking")[0],
                "storedScore": daemon.connect().ask("POST", "/v1/score", small_score)[0],
                "livez": daemon.connect().ask("GET", "/livez")[0],
            }
            time.sleep(3)
            ready = daemon.connect().ask("GET", "/readyz")[0]
        start = subprocess.run(
            [program, "serve", "--port", "0", "--store", path], capture_output=True, text=True, timeout=60)
        if made:
            subprocess.run(["umount", "-l", small.path], check=False)
        with Daemon(program, path) as daemon:
            again = job(daemon, number)["status"]
        good = all(code == 200 for code in answers.values()) and start.returncode == 1 and again == "finished"
        good = good and ready == 503
        return {
            "running": answers, "readyz": ready, "start": {"exitCode": start.returncode, "said": start.stderr.strip()[-200:]},
            "afterwards": again, "wrong": int(not good)}


def two(program):
    with tempfile.TemporaryDirectory() as folder, Daemon(program, folder + "/s.sqlite") as daemon:
        os.symlink(folder + "/s.sqlite", folder + "/link.sqlite")
        said, codes = [], []
        for name in ("s.sqlite", "link.sqlite"):
            second = subprocess.run(
                [program, "serve", "--port", "0", "--store", f"{folder}/{name}"], capture_output=True, text=True, timeout=60)
            codes.append(second.returncode)
            said.append(second.stderr.strip().replace(folder, ""))
        alive = daemon.connect().ask("GET", "/livez")[0]
        good = all(code not in (0, None) for code in codes) and all("another daemon" in text for text in said)
        return {"exitCodes": codes, "said": said, "first": alive, "wrong": int(not good or alive != 200)}


def follow(daemon, number, last=None, seconds=5.0, events=None):
    """Reads a stream for some seconds, or so many events: identifiers, and how many comments there were."""
    connection = daemon.connect(timeout=1)
    headers = [f"Last-Event-ID: {last}"] if last else []
    connection.socket.sendall(request("GET", f"/v1/jobs/{number}/events", headers=headers))
    text, end = b"", time.time() + seconds
    while time.time() < end and (events is None or text.count(b"\ndata: ") < events):
        try:
            data = connection.socket.recv(1 << 16)
        except socket.timeout:
            continue
        if not data:
            break
        text += data
        if b"event: end" in text and text.endswith(b"0\r\n\r\n"):
            break
    connection.close()
    return [i.decode() for i in re.findall(rb"^id: (.+)$", text, re.M)], text.count(b": still here"), text


def events(program):
    with Daemon(program) as daemon:
        number = submit(daemon, space("long", 2000, samples=128))[1]["id"]
        seen, _, _ = follow(daemon, number, events=4, seconds=20)
        # Nothing listens for a while.
        time.sleep(2)
        later, _, _ = follow(daemon, number, last=seen[-1], events=6, seconds=20)
        places = [int(i.rpartition("-")[2]) for i in seen[1:] + later]
        gaps = sum(b != a + 1 for a, b in zip(places, places[1:]))
        _, beats, _ = follow(daemon, number, seconds=17)
        daemon.connect().ask("POST", f"/v1/jobs/{number}/cancel")
        finish(daemon, number)
        last, _, text = follow(daemon, number, seconds=10)
        after = daemon.connect().ask("GET", f"/v1/jobs/{number}/events", headers=[f"Last-Event-ID: {last[-1]}"])[0]
        for _ in range(5):
            connection = daemon.connect()
            connection.socket.sendall(request("HEAD", f"/v1/jobs/{number}/events"))
            connection.socket.recv(1 << 16)
            connection.close()
        left = metric(daemon, "ntkscorer_event_streams")
        good = gaps == 0 and beats >= 1 and b"event: end" in text and after == 204 and left == 0
        return {
            "events": len(places), "missedOrTwice": gaps, "heartbeatsIn17s": beats, "afterTheEnd": after,
            "streamsLeft": left, "wrong": int(not good)}


def slow(program):
    with Daemon(program, more=["--timeout", "2"]) as daemon:
        def until_closed(connection, step, most=30):
            start = time.time()
            while time.time() - start < most:
                try:
                    if step is not None:
                        connection.socket.sendall(step)
                    connection.socket.settimeout(0.5)
                    if connection.socket.recv(1 << 16) == b"":
                        break
                except socket.timeout:
                    continue
                except OSError:
                    break
            return round(time.time() - start, 1)

        head = daemon.connect()
        head.socket.sendall(b"GET / HTTP/1.1\r\n")
        head_seconds = until_closed(head, b"X")
        body = daemon.connect()
        body.socket.sendall(request("POST", "/v1/score", "x" * 1000)[:-900])
        status = None
        start = time.time()
        body.socket.settimeout(0.3)
        while status is None and time.time() - start < 20:
            try:
                body.socket.sendall(b"x")
                status = int(body.socket.recv(1 << 16).split(b" ")[1])
            except socket.timeout:
                continue
        # Refused before it is read; the rest of it is not swallowed.
        upload, sent = daemon.connect(), 0
        upload.socket.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\n"
            b"Content-Length: 99999999999\r\n\r\n")
        refused = upload.socket.recv(1 << 16).split(b" ")[1]
        try:
            while sent < 1 << 30:
                sent += upload.socket.send(b"x" * 65536)
        except OSError:
            pass
        alive = daemon.connect().ask("GET", "/livez")[0]
        good = head_seconds < 10 and status == 408 and refused == b"413" and sent < 1 << 28 and alive == 200
        return {
            "headClosedAfterSeconds": head_seconds, "bodyStatus": status, "uploadStatus": int(refused),
            "uploadBytesTaken": sent, "livez": alive, "wrong": int(not good)}


def main():
    parts = {"kills": kills, "poison": poison, "disk": disk, "readonly": readonly, "two": two, "events": events, "slow": slow}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=PROGRAM)
    parser.add_argument("parts", nargs="*", default=list(parts))
    options = parser.parse_args()
    wrong = 0
    for name in options.parts:
        result = parts[name](options.program)
        print(json.dumps({"part": name, **result}), flush=True)
        wrong += result["wrong"]
    sys.exit(wrong > 0)


main()
