"""Mistakes as teams of service providers really make them, each alone in a message that is otherwise flawless.

Requests are made when they are sent, so that nothing ages: ``messages``, ``addresses``, ``signatures``, ``envelopes``
and ``back_channel``. Metadata and service catalogues are files, listed in ``manifest.yaml``. docs/testing.md says how to
add one.
"""
