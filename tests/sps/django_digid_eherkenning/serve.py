"""Serve the project on a listening socket that the parent process hands over, given by its number."""

import os
import socket
import sys

import waitress
from django.core.wsgi import get_wsgi_application


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    listening = socket.socket(fileno=int(sys.argv[1]))
    waitress.serve(get_wsgi_application(), sockets=[listening])


if __name__ == "__main__":
    main()
