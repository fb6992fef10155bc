"""Measurements: `python -m benchmarks [name ...]` runs them and prints tables; nothing here is part of the tests.

What can be compared is compared in one run, alternating, as a ratio: absolute figures belong to one machine.
"""
