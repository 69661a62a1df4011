"""What Linux says of a running process."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_ms(pid: int) -> float:
    """User and system time so far, of all its threads; to 10 ms."""
    # The name of the program, in brackets, may hold blanks; what follows it does not.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident megabytes. ``pss`` counts a page that n processes share for 1/n, ``private`` leaves it out.

    The library files are shared with the driver and with the other broker of the run, so only ``rss`` and
    ``private`` are the same whatever else runs.
    """

    rss: float
    pss: float
    private: float

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def memory(pid: int) -> Memory:
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    found = {line[0]: int(line[1]) / 1024 for line in lines}
    return Memory(found["Rss:"], found["Pss:"], found["Private_Clean:"] + found["Private_Dirty:"])
