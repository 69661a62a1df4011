#!/usr/bin/env python3
"""Carry out the Dockerfile without a container engine, and try what comes of it.

    sudo python3 tools/container.py build FOLDER    every instruction of every stage, in a debootstrap chroot
    sudo python3 tools/container.py try FOLDER      as the image would run: read-only, not as root, no capabilities

Needs root, debootstrap, and what the Dockerfile itself fetches (Debian's and Python's packages). An instruction that
this script does not know is an error: nothing is passed over. What it cannot show: pulling and layering by an
engine, other processors than this one, the published base image (debootstrap makes the same distribution anew).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BASE = re.compile(r"debian:(?P<suite>[a-z]+)-slim")
SECONDS_TO_HEALTH = 20.0
TOKEN = "only-for-this-try"
BROKER, DEMO = "http://127.0.0.1:8080", "http://localhost:8081"


class Unknown(Exception):
    """An instruction, or a form of one, that is not carried out here."""


@dataclass(frozen=True)
class Instruction:
    """``flags`` are those in front (``--from=build``), ``line`` is where it stands in the Dockerfile."""

    name: str
    value: str
    flags: dict[str, str]
    line: int

    @property
    def words(self) -> list[str]:
        """Of the JSON form; every command has it here, so that no shell comes in between unseen."""
        try:
            found = json.loads(self.value)
        except ValueError:
            raise Unknown(
                f"line {self.line}: {self.name} in the JSON form is expected, got {self.value}"
            ) from None
        return [str(word) for word in found]


@dataclass
class Stage:
    root: Path
    workdir: str = "/"
    user: str = "0:0"
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    volumes: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)


def instructions(text: str) -> list[Instruction]:
    """Of a Dockerfile: comments left out, continued lines joined."""
    found: list[Instruction] = []
    joined, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip() and not joined):
            continue
        start = start if joined else number
        if line.rstrip().endswith("\\"):
            joined += line.rstrip()[:-1] + " "
            continue
        name, _, rest = (joined + line).strip().partition(" ")
        joined = ""
        flags = {}
        while match := re.match(r"--([a-z-]+)=(\S+)\s+", rest := rest.lstrip()):
            flags[match[1]] = match[2]
            rest = rest[match.end() :]
        found.append(Instruction(name.upper(), rest.strip(), flags, start))
    return found


def ignored(patterns: str) -> Any:
    """What .dockerignore leaves out, for shutil.copytree; of its forms those that ours uses."""
    everywhere = [line.removeprefix("**/") for line in patterns.splitlines() if line.startswith("**/")]
    return shutil.ignore_patterns(*everywhere)


def context_has(patterns: str, path: str) -> bool:
    """Whether .dockerignore (everything, but for what ``!`` names) lets a path into the context."""
    kept = [line[1:] for line in patterns.splitlines() if line.startswith("!")]
    return any(path == one or path.startswith(one + "/") for one in kept)


class Build:
    """``folder`` gets a folder for each stage. The first chroot is kept as ``base``, for the next stage."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stages: dict[str, Stage] = {}
        self._patterns = (ROOT / ".dockerignore").read_text()
        self.stage: Stage | None = None

    def run(self) -> Stage:
        for instruction in instructions((ROOT / "Dockerfile").read_text()):
            print(f"[{instruction.line}] {instruction.name} {instruction.value}", flush=True)
            started = time.monotonic()
            getattr(self, f"_{instruction.name.lower()}", self._unknown)(instruction)
            print(f"      {time.monotonic() - started:.1f} s", flush=True)
        assert self.stage is not None
        (self._folder / "image.json").write_text(
            json.dumps({**vars(self.stage), "root": str(self.stage.root)})
        )
        return self.stage

    def _unknown(self, instruction: Instruction) -> None:
        raise Unknown(f"line {instruction.line}: {instruction.name} is not known to this script")

    def _from(self, instruction: Instruction) -> None:
        image, _, name = instruction.value.partition(" AS ")
        match = BASE.fullmatch(image.strip())
        if match is None:
            raise Unknown(f"line {instruction.line}: only debian:<suite>-slim can be made here, not {image}")
        base = self._folder / f"base-{match['suite']}"
        if not (base / "etc/debian_version").exists():
            command = ["debootstrap", "--variant=minbase", match["suite"], str(base)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        root = self._folder / (name.strip() or "final")
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["/bin/cp", "--archive", "--reflink=auto", str(base), str(root)], check=True)
        self.stage = self._stages[name.strip() or "final"] = Stage(root)

    def _run(self, instruction: Instruction) -> None:
        stage = self._here()
        resolv = stage.root / "etc/resolv.conf"
        resolv.write_bytes(Path("/etc/resolv.conf").read_bytes())
        # An engine hands on how packages are reached (proxy, certificates, index); so does this.
        reach = {
            name: value
            for name, value in os.environ.items()
            if name.startswith("PIP_") or name.lower().endswith("_proxy") or name == "SSL_CERT_FILE"
        }
        for file in filter(None, (reach.get("PIP_CERT"), reach.get("SSL_CERT_FILE"))):
            (stage.root / file.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, stage.root / file.lstrip("/"))
        for config in ("/etc/pip.conf",):
            if Path(config).exists():
                shutil.copy(config, stage.root / config.lstrip("/"))
        inside(stage, instruction.words, extra=reach)

    def _copy(self, instruction: Instruction) -> None:
        stage = self._here()
        *sources, target = shlex.split(instruction.value)
        if name := instruction.flags.get("from"):
            origin, known = self._stages[name].root, True
        else:
            origin, known = ROOT, False
        for source in sources:
            for path in origin.glob(source.lstrip("/")):
                if not known and not context_has(self._patterns, str(path.relative_to(ROOT))):
                    raise Unknown(f"line {instruction.line}: {source} is not in the context (.dockerignore)")
                self._copy_one(path, stage, target, among=len(sources) > 1)

    def _copy_one(self, path: Path, stage: Stage, target: str, *, among: bool) -> None:
        into = stage.root / str(Path(stage.workdir) / target).lstrip("/")
        if path.is_dir():
            ignore = None if ROOT not in path.parents else ignored(self._patterns)
            shutil.copytree(path, into, symlinks=True, dirs_exist_ok=True, ignore=ignore)
            return
        if among or target.endswith("/"):
            into = into / path.name
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, into)

    def _workdir(self, instruction: Instruction) -> None:
        stage = self._here()
        stage.workdir = str(Path(stage.workdir) / instruction.value)
        (stage.root / stage.workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _env(self, instruction: Instruction) -> None:
        for pair in shlex.split(instruction.value):
            name, _, value = pair.partition("=")
            self._here().environment[name] = value

    def _user(self, instruction: Instruction) -> None:
        self._here().user = instruction.value

    def _volume(self, instruction: Instruction) -> None:
        self._here().volumes += instruction.words

    def _expose(self, instruction: Instruction) -> None:
        """Documentation only, for an engine as well."""

    def _entrypoint(self, instruction: Instruction) -> None:
        self._here().entrypoint = instruction.words

    def _cmd(self, instruction: Instruction) -> None:
        self._here().command = instruction.words

    def _healthcheck(self, instruction: Instruction) -> None:
        value = re.sub(r"^(--\S+\s+)*CMD\s+", "", instruction.value)
        self._here().healthcheck = Instruction("CMD", value, {}, instruction.line).words

    def _here(self) -> Stage:
        if self.stage is None:
            raise Unknown("FROM comes first")
        return self.stage


def inside(stage: Stage, words: list[str], extra: dict[str, str] | None = None) -> None:
    """A RUN: in the stage's root, with its own /proc, as its user."""
    environment = {**stage.environment, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", **(extra or {})}
    command = ["unshare", "--mount", "--pid", "--fork", "--mount-proc=" + str(stage.root / "proc"), "--"]
    chroot = ["chroot", f"--userspec={stage.user}", str(stage.root)]
    script = 'cd "$1" && shift && exec "$@"'
    done = subprocess.run(
        [*command, *chroot, "/bin/sh", "-c", script, "sh", stage.workdir, *words],
        env=environment,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode:
        raise SystemExit(f"exit code {done.returncode}: {shlex.join(words)}")


AS_AN_ENGINE_WOULD = r"""
set -eu
root="$1" home="$2" user="$3"
shift 3
echo "127.0.0.1 localhost" > "$root/etc/hosts"
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/tmp"
mount -t tmpfs -o "mode=0700,uid=${user%:*},gid=${user#*:},size=256m" tmpfs "$root$home"
mount -o remount,bind,ro "$root"
ip link set lo up
exec chroot "$root" setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups --bounding-set=-all \
    --inh-caps=-all --no-new-privs "$@"
"""
"""Read-only but for /tmp and the volume, a network of its own, not root, no capability left."""


class Running:
    """The image as ``docker run --read-only --cap-drop=ALL`` would start it; ``close`` ends all that it started."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        environment = {**stage.environment, "HOME": stage.volumes[0], "MOCK_EHERKENNING_TOKEN": TOKEN}
        spaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "--uts", "--ipc", "--"]
        script = ["sh", "-c", AS_AN_ENGINE_WOULD, "sh", str(stage.root), stage.volumes[0], stage.user]
        words = [*stage.entrypoint, *stage.command]
        self._process = subprocess.Popen([*spaces, *script, *words], env=environment)
        self._environment = environment

    def close(self) -> None:
        """By the first process of its name space, with which all others in it end. ``--kill-child`` alone does not do
        it: the kernel forgets that wish when the broker becomes another user."""
        if self._process.poll() is None:
            os.kill(self.inner, signal.SIGKILL)
        self._process.wait()

    @property
    def inner(self) -> int:
        """The process id of the broker, as this machine counts."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        while not (found := children.read_text().split()):
            _must(self._process.poll() is None, f"it ended with exit code {self._process.returncode}")
            time.sleep(0.01)
        return int(found[0])

    def inside(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command beside the broker, as the same user: ``docker exec``."""
        return subprocess.run(
            self._beside(words), env=self._environment, capture_output=True, text=True, check=False
        )

    def beside(self, *words: str) -> None:
        """The same, and do not wait for it; it ends with the broker, whose process ids it shares."""
        subprocess.Popen(self._beside(words), env=self._environment, stdout=subprocess.DEVNULL)

    def _beside(self, words: tuple[str, ...]) -> list[str]:
        spaces = [f"--{kind}" for kind in ("mount", "pid", "net", "uts", "ipc", "root")]
        uid, _, gid = self._stage.user.partition(":")
        who = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"]
        return ["nsenter", f"--target={self.inner}", *spaces, "--", *who, *words]


def try_it(stage: Stage) -> int:
    started = time.monotonic()
    running = Running(stage)
    try:
        _until(lambda: running.inside(*stage.healthcheck), "not healthy")
        print(f"healthy after {time.monotonic() - started:.2f} s")
        status = Path(f"/proc/{running.inner}/status").read_text()
        said = dict(re.findall(r"^(Uid|CapEff|CapBnd|NoNewPrivs):\s+(.*)$", status, re.MULTILINE))
        _must(said["Uid"].split()[0] == stage.user.partition(":")[0], f"runs as {said['Uid']}")
        _must(int(said["CapEff"], 16) == int(said["CapBnd"], 16) == 0, f"capabilities {said}")
        for folder in ("/opt/mock-eherkenning", "/etc", "/"):
            _must(running.inside("touch", f"{folder}/x").returncode != 0, f"{folder} can be written to")
        compiled = running.inside("find", "/opt/mock-eherkenning/lib", "-name", "*.pyc").stdout.count("\n")
        _must(compiled > 1000, f"{compiled} compiled files")
        print(
            f"not root, no capabilities, nothing to write to but {stage.volumes[0]}; {compiled} files of bytecode"
        )
        own = Path(f"/proc/{running.inner}/ns/net").readlink()
        _must(own != Path("/proc/self/ns/net").readlink(), "it listens in the network of this machine")
        _log_in(running, stage.volumes[0])
    finally:
        running.close()
    return 0


def _log_in(running: Running, home: str) -> None:
    """The demo service provider of the image beside the broker, and a person who logs in to it."""
    serve = ("serve", "--state", f"{home}/helpdeskpo", "--base-url", DEMO)
    running.beside("python3", "-m", "helpdeskpo", *serve, "--idp-metadata", f"{BROKER}/metadata")
    asked = f"import urllib.request as u; u.urlopen('{DEMO}/metadata', timeout=3)"
    _until(lambda: running.inside("python3", "-c", asked), "the demo is not there")
    trust = ("--trust", f"{DEMO}/metadata", "--broker", BROKER, "--json")
    done = running.inside(
        "mock-eherkenning-client", "login", f"{DEMO}/login", "--person", "m.devries", *trust
    )
    _must(done.returncode == 0, done.stdout + done.stderr)
    told = json.loads(done.stdout)
    _must(told["outcome"] == "success" and told["url"].startswith(DEMO), f"landed elsewhere: {told}")
    print(f"logged in to the demo by artifact, landed at {told['url']} (HTTP {told['status']})")


def _until(ask: Callable[[], subprocess.CompletedProcess[str]], otherwise: str) -> None:
    began = time.monotonic()
    while (said := ask()).returncode:
        _must(time.monotonic() - began < SECONDS_TO_HEALTH, f"{otherwise}: {said.stderr}")
        time.sleep(0.05)


def _must(right: bool, otherwise: str) -> None:
    if not right:
        raise SystemExit(otherwise)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("build", "try"))
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("chroot and unshare need root")
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.what == "build":
        Build(options.folder.resolve()).run()
        return 0
    raw = json.loads((options.folder / "image.json").read_text())
    return try_it(Stage(**{**raw, "root": Path(raw["root"])}))


if __name__ == "__main__":
    sys.exit(main())
