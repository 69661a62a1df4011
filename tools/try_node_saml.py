"""Try the configuration for node-saml with the library itself: a person logs in, with plain SAML and by the scheme.

    npm install --prefix FOLDER @node-saml/node-saml
    python -m tools.try_node_saml FOLDER

Not in the test suite: that would have every run ask npm for 22 packages. Ends with 1 where somebody was not logged in.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from cryptography.hazmat.primitives import serialization  # noqa: E402

from support.plain_sp import PlainProvider  # noqa: E402
from support.running import RunningBroker  # noqa: E402
from support.sp import POST, ServiceProvider  # noqa: E402
from support.walk import landed, walk  # noqa: E402

ANSWERING = """
import { createInterface } from "node:readline";
import { saml } from "./saml.mjs";
// One process for both: the library keeps the IDs of its requests in memory.
for await (const line of createInterface({ input: process.stdin })) {
  const fields = JSON.parse(line);
  try {
    if (fields) console.log(JSON.stringify((await saml.validatePostResponseAsync(fields)).profile));
    else console.log(JSON.stringify(await saml.getAuthorizeUrlAsync("rs-1", undefined, {})));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
"""


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    node_js = shutil.which("node") or sys.exit("this needs Node.js")
    folder = Path(sys.argv[1]).resolve()
    providers = {
        "plain SAML": PlainProvider(requests_signed=True),
        "the scheme": ServiceProvider(acs={1: (POST, "http://localhost:9/acs")}),
    }
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        (home / "metadata").mkdir(parents=True)
        for number, sp in enumerate(providers.values()):
            (home / "metadata" / f"{number}.xml").write_bytes(sp.metadata)
        with RunningBroker(home) as broker:
            for name, sp in providers.items():
                profile = _log_in(broker, sp, folder, node_js)
                print(f"{name}: {profile.get('error') or profile['nameID']}")
                failed += "error" in profile
    return 1 if failed else 0


def _log_in(broker: RunningBroker, sp: ServiceProvider, folder: Path, node_js: str) -> dict[str, Any]:
    """What the library makes of the answer, or ``error``."""
    page = broker.browser().get(f"/console/connect?sp={sp.entity_id}")
    (text,) = page.tree.xpath('//details[@data-library="node-saml"]//pre[@class="take"]/text()')
    (folder / "saml.mjs").write_text(text)
    (folder / "answering.mjs").write_text(ANSWERING)
    (folder / "sp.key").write_bytes(
        sp.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with subprocess.Popen(
        [node_js, "answering.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:
        assert node.stdin is not None
        assert node.stdout is not None

        def ask(what: object) -> Any:
            print(json.dumps(what), file=node.stdin, flush=True)
            return json.loads(node.stdout.readline())  # type: ignore[union-attr]

        browser = broker.browser()
        got = landed(walk(browser, browser.get(ask(None))))
        profile: dict[str, Any] = ask(got.fields)
        node.stdin.close()
    return profile


if __name__ == "__main__":
    sys.exit(main())
