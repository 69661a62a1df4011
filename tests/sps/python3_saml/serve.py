"""Serve the application on a listening socket that the parent process hands over, given by its number."""

import socket
import sys

import waitress
from portal import application


def main() -> None:
    waitress.serve(application, sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
