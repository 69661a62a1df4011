"""Print what an installed copy needs, one requirement a line: ``python tools/requirements.py setup.cfg``.

For the layer of the image that holds packages of others, which is made before our own code is there.
"""

from __future__ import annotations

import configparser
import sys
from pathlib import Path


def requirements(setup: Path) -> list[str]:
    read = configparser.ConfigParser()
    read.read_string(setup.read_text(encoding="utf-8"))
    lines = read["options"]["install_requires"].splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


if __name__ == "__main__":
    print("\n".join(requirements(Path(sys.argv[1]))))
