"""MijnHelpdeskPO: a demo service provider on pysaml2 that logs people in with eHerkenning.

A stranger to the broker: it imports nothing of it and knows it by its metadata only, as a real one would.
"""
