"""The commands ``check-request``, ``check-metadata`` and ``check-catalogue``: judged by the rules, without a broker."""
