"""The benchmarks: what the bridge and the emulator cost, beside what cannot be done without.

`python -m bench [area]` runs them. An area is a module here with `world()`, which builds what its rows need, and
`ROWS`, the functions that measure: each takes the world and yields rows (see `measuring.Row`).
"""
