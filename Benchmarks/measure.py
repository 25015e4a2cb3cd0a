"""Running ntkscorer and reading what it says. Python 3 standard library only."""

import array
import hashlib
import json
import math
import os
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile


class Failure(Exception):
    """A program that could not be run or that failed, with its own words."""


def find_program(given):
    """The ntkscorer to measure: the one given, else the repository's release build, else the one on the path."""
    built = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".build", "release", "ntkscorer")
    for path in [given] if given else [built, shutil.which("ntkscorer")]:
        if path and os.access(path, os.X_OK):
            return path
    raise Failure("no ntkscorer found; build it with `swift build -c release` or name it with --ntkscorer")


def pinned(command, cores):
    """The command on these cores alone, where the system can do that."""
    if cores is None or shutil.which("taskset") is None:
        return command
    return ["taskset", "-c", ",".join(map(str, cores))] + command


def run(command, environment=None):
    """Standard output of a command that succeeds."""
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
    if result.returncode != 0:
        last = (result.stderr or result.stdout).strip().splitlines()[-3:]
        raise Failure(f"{' '.join(command)}: exit code {result.returncode}: " + " | ".join(last))
    return result.stdout


class Scorer:
    """One ntkscorer, and a folder for the files that it reads."""

    def __init__(self, program, cores=None):
        self.program = program
        self.cores = cores
        self.folder = tempfile.TemporaryDirectory(prefix="ntkscorer-benchmarks-")
        self.files = {}

    def file(self, name, write):
        """The path of a file, written the first time."""
        path = os.path.join(self.folder.name, name)
        if name not in self.files:
            write(path)
            self.files[name] = path
        return path

    def inputs(self, shape):
        """An NPY file of normal numbers."""
        return self.file("x-" + "-".join(map(str, shape)) + ".npy", lambda path: _write_normals(path, shape))

    def network(self, text):
        """A network file with this text."""
        name = "network-" + hashlib.sha256(text.encode()).hexdigest()[:12] + ".yaml"

        def write(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

        return self.file(name, write)

    def kernel(self, network, inputs, threads, repeat, options=()):
        """The document of `ntkscorer kernel` for a network's text and inputs of a shape, samples first."""
        command = [
            self.program, "kernel", self.network(network), "--inputs", self.inputs(inputs), "--threads", str(threads),
            "--repeat", str(repeat), *options]
        return json.loads(run(pinned(command, self.cores)))

    def peak(self, threads, seconds=0.02):
        """Of fused multiply-adds in float32 on so many threads, GFLOP/s."""
        command = [self.program, "bench", "--threads", str(threads), "--seconds", str(seconds), "--format", "json"]
        return json.loads(run(pinned(command, self.cores)))["peak"]["singleGigaflops"]


def _write_normals(path, shape):
    count = math.prod(shape)
    source = random.Random(count)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    values = array.array("f", (source.gauss(0, 1) for _ in range(count)))
    if sys.byteorder == "big":
        values.byteswap()
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        values.tofile(file)


def exponent(sizes, costs):
    """The slope of log cost over log size by least squares; None of fewer than two sizes."""
    if len(sizes) < 2:
        return None
    x = [math.log(size) for size in sizes]
    y = [math.log(cost) for cost in costs]
    centre, mean = statistics.fmean(x), statistics.fmean(y)
    return sum((a - centre) * (b - mean) for a, b in zip(x, y)) / sum((a - centre) ** 2 for a in x)


def markdown(titles, rows):
    """A table; the first column to the left, the others to the right."""
    rule = "|" + "---|" + "---:|" * (len(titles) - 1) + "\n"
    return markdown_row(titles) + rule + "".join(markdown_row(row) for row in rows)


def markdown_row(cells):
    return "| " + " | ".join(cells) + " |\n"


def duration(seconds):
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"
