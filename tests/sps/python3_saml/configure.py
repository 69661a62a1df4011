"""Read the broker's metadata with the library's own parser, from its URL, and keep what it makes of it."""

import json
import sys
from pathlib import Path

from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser


def main() -> None:
    url, out = sys.argv[1:]
    Path(out).write_text(json.dumps(OneLogin_Saml2_IdPMetadataParser.parse_remote(url), indent=2))


if __name__ == "__main__":
    main()
