"""Run all benchmarks that need no GPU; each prints ratios of measurements of the same run."""

import subprocess
import sys
from pathlib import Path

BENCHMARKS = (
    ("dry_run.py",),
    ("prepare.py",),
    ("store.py",),
    ("training_crops.py",),
    ("augmentation.py",),
    ("fid.py", "--quick"),
    ("status.py",),
)


def main() -> None:
    failed = []
    for name, *arguments in BENCHMARKS:
        print(f"\n== {name} {' '.join(arguments)}", flush=True)
        script = Path(__file__).with_name(name)
        if subprocess.run([sys.executable, script, *arguments], check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
