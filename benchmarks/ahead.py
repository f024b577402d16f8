"""What it brings to make databases and logins while the test before runs: 500 quick tests with that and without, in
turns, on one warm run."""

from benchmarks.in_turns import in_turns

MODES = ("asked for", "ahead")

if __name__ == "__main__":
    in_turns(
        __doc__ or "",
        {mode: ["-o", f"leasehold_ahead={'true' if mode == 'ahead' else 'false'}"] for mode in MODES},
        MODES,
    )
