"""Compute the Fréchet Inception distance of a dataset to the reference, and its uncertainty.

    python scripts/fid.py --statistics results/fid/statistics/eurosat.npz \\
        --summary results/fid/statistics/eurosat.json --folds results/fid/folds/eurosat.npz \\
        --reference-statistics results/fid/statistics/imagenet.npz \\
        --reference-summary results/fid/statistics/imagenet.json \\
        --output results/fid/eurosat.json
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transfer.command_line import run
from transfer.errors import UserError
from transfer.fid.frechet import frechet_distance, prepare_reference
from transfer.fid.statistics import read_moments, read_statistics
from transfer.fid.subsample import jackknife, subsample_curve
from transfer.files import write_json

# These must agree: otherwise the distance would measure the difference in processing.
COMMON = ("resize", "weights", "image_path")
NOT_STATED = "not stated"
REMEDIES = {
    "image_path": "Compute both from originals, or both from stores of the same short_side "
    "(`fid: source` in config/config.yaml)."
}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--statistics", type=Path, required=True)
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--folds", type=Path, required=True, help="moments by fold")
    parser.add_argument("--reference-statistics", type=Path, required=True)
    parser.add_argument(
        "--reference-summary",
        type=Path,
        help="omit for a file of pytorch-fid, which does not record how it was made",
    )
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args()


def read_reference_summary(arguments: argparse.Namespace, summary: dict[str, Any]) -> Any:
    """Read the reference's summary; raises UserError if its features were computed differently.

    A file of pytorch-fid does not record how it was made; it is accepted, and every output says so.
    """
    if arguments.reference_summary is None:
        print(
            f"{arguments.reference_statistics} does not state how its features were computed. The "
            f"distance is valid only if it was with {summary['image_path']}, {summary['resize']}"
        )
        return {
            "dataset": arguments.reference_statistics.name,
            "n_images": None,
            **dict.fromkeys([*COMMON, "images", "store"], NOT_STATED),
        }
    reference = json.loads(arguments.reference_summary.read_text(encoding="utf-8"))
    for key in COMMON:
        if reference.get(key, NOT_STATED) != summary.get(key, NOT_STATED):
            raise UserError(
                f"{arguments.summary}: {key} is '{summary.get(key, NOT_STATED)}', but "
                f"'{reference.get(key, NOT_STATED)}' in {arguments.reference_summary}. "
                + REMEDIES.get(key, "Compute both with the same option.")
            )
    return reference


def main() -> None:
    arguments = parse_arguments()
    summary = json.loads(arguments.summary.read_text(encoding="utf-8"))
    reference_summary = read_reference_summary(arguments, summary)
    reference = prepare_reference(
        *read_statistics(arguments.reference_statistics), reference_summary["n_images"]
    )
    distance = frechet_distance(
        reference, *read_statistics(arguments.statistics), summary["n_images"]
    )
    folds, _ = read_moments(arguments.folds)
    spread = jackknife(folds, reference)
    result = {
        "dataset": summary["dataset"],
        "fid": distance.value,
        "n_images": summary["n_images"],
        "reference": reference_summary["dataset"],
        "reference_n_images": reference_summary["n_images"],
        "weights": summary["weights"],
        "resize": summary["resize"],
        "image_path": summary["image_path"],
        "images": summary["images"],
        "store": summary["store"],
        "reference_made_with": {
            key: reference_summary[key] for key in (*COMMON, "images", "store")
        },
        "error_estimate": distance.error,
        "rank": distance.rank,
        "reference_rank": distance.reference_rank,
        "jackknife": None if spread is None else {**asdict(spread), "folds": len(folds)},
        "subsample_curve": [asdict(point) for point in subsample_curve(folds, reference)],
    }
    write_json(arguments.output, result)
    print(f"{result['dataset']}: {distance.value:.4f} from {result['reference']}")


if __name__ == "__main__":
    run(main)
