"""What it costs to read the servers' logs: 500 quick tests with the gate and without, in turns, on one warm run.

The aim: under 5 %.
"""

from benchmarks.in_turns import in_turns

MODES = ("off", "fail")

if __name__ == "__main__":
    in_turns(__doc__ or "", {mode: [f"--leasehold-denials={mode}"] for mode in MODES}, MODES)
