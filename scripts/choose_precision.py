"""Choose the precision of all runs of recipes with `precision: auto`.

bfloat16 if every GPU of this machine supports it in hardware, otherwise float32. All runs of a
study then use the same precision, on whichever machine they are trained.
"""

import argparse
from pathlib import Path

from transfer.command_line import run
from transfer.files import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    import torch

    from transfer.training.device import choose_precision

    devices = [torch.device("cuda", index) for index in range(torch.cuda.device_count())]
    found = {choose_precision("auto", device) for device in devices}
    precision = "bfloat16" if found == {"bfloat16"} else "float32"
    names = [torch.cuda.get_device_name(device) for device in devices] or ["CPU"]
    print(f"precision of all runs: {precision}; this machine has {', '.join(names)}")
    write_json(args.output, {"precision": precision, "devices": names})


if __name__ == "__main__":
    run(main)
