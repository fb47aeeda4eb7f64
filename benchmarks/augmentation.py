"""Measure the cost of RandAugment and AugMix on the training device, per batch.

Baseline: the crop and flip of the same batch, which every recipe has. Beside it torchvision's
transforms of the same name, image by image, on the same images: what a loader's workers would do.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torchvision.transforms import autoaugment

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from transfer.study.augmentation import AugMix, RandAugment
from transfer.training.augment import crop_and_resize, draw_boxes
from transfer.training.policies import augmented

SCALE, RATIO = (0.65, 1.0), (3 / 4, 4 / 3)


def seconds(function: Callable[[], object], repeats: int, device: torch.device) -> float:
    """Median time of a call, after one that is not counted."""
    taken = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        function()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def main() -> None:
    """Print seconds per batch and their ratios to the baseline, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--stored", type=int, default=345, help="side of the stored images")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device, n, stored = torch.device(options.device), options.batch, options.stored
    generator = torch.Generator().manual_seed(0)
    # Smooth pictures: noise would make every pixel of an equalised image alike.
    coarse = torch.rand(n, 3, 12, 12, generator=generator) * 255
    smooth = torch.nn.functional.interpolate(coarse, size=(stored, stored), mode="bicubic")
    frames = smooth.clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().to(device)
    sizes = torch.tensor([[stored, stored]] * n)

    def cropped() -> torch.Tensor:
        boxes = draw_boxes(sizes, SCALE, RATIO, (True, False), generator)
        return crop_and_resize(frames, boxes.to(device), options.size)

    images = cropped()
    single = images.round().clamp(0, 255).to(torch.uint8).permute(0, 3, 1, 2).cpu().contiguous()
    baseline = seconds(cropped, options.repeats, device)
    report: dict[str, object] = {"crop_and_flip_seconds": round(baseline, 4), "batch": n}
    for policy, theirs in (
        (RandAugment(), autoaugment.RandAugment()),
        (AugMix(), autoaugment.AugMix(interpolation=autoaugment.InterpolationMode.BILINEAR)),
    ):

        def ours(policy: RandAugment | AugMix = policy) -> torch.Tensor:
            return augmented(images, policy, generator)

        def each(transform: torch.nn.Module = theirs) -> list[torch.Tensor]:
            return [transform(image) for image in single]

        took = seconds(ours, options.repeats, device)
        alone = seconds(each, options.repeats, torch.device("cpu"))
        report[policy.kind] = {
            "seconds": round(took, 4),
            "ratio_to_crop_and_flip": round(took / baseline, 2),
            "ratio_to_torchvision_per_image": round(took / alone, 2),
        }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
