"""The other side, for tests: a service provider, a browser, a running broker. None of it uses broker code."""
