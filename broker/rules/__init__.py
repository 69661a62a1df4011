"""What the scheme asks of a message: one small function a rule, ids of the scheme digest's Checks.

A rule passes, fails with a Finding, does not apply, or breaks: a check that could not run never looks
like one that passed.
"""
