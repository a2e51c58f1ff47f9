"""Faults that a presenter injects on purpose, to show that nothing is lost.

``faults.py`` lists what can be done now and does it; each other module has the effects of one
technology.
"""
