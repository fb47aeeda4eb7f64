"""What a GPU must show: it agrees with the CPU, a run resumes on it, and how fast it trains.

Needs torch, torchvision, timm and the usual scientific packages alone: no Snakemake, no network.
`python benchmarks/gpu.py --device cpu --quick` tries the same steps on a machine without one.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from transfer.data.store import PreparedDataset, open_dataset
from transfer.training import augment, models
from transfer.training.batches import ResidentPixels, training_batches
from transfer.training.checkpoint import CheckpointFile
from transfer.training.device import choose_device, choose_precision
from transfer.training.evaluation import split_scores
from transfer.training.finetune import Outcome, Run, train
from transfer.training.hyperparameters import Hyperparameters
from transfer.training.interruption import Interrupted, Interruption
from transfer.training.settings import Settings
from transfer.training.task import Task

HP = Hyperparameters("adamw", "cosine", 1e-3, 1e-4)
SPEED_MODELS = (
    ({"library": "torchvision", "architecture": "resnet50", "weights": "random"}, 256),
    ({"library": "timm", "architecture": "deit_small_patch16_224", "weights": "fb_in1k"}, 224),
    ({"library": "torchvision", "architecture": "mobilenet_v3_small", "weights": "random"}, 256),
)
AGREEMENT_MODEL = {"library": "torchvision", "architecture": "resnet18", "weights": "random"}


def write_dataset(
    folder: Path, counts: dict[str, int], sides: tuple[int, int], evaluation_size: int
) -> PreparedDataset:
    """A prepared dataset of noise with a bright column for the class, in landscape format."""
    rng = np.random.default_rng(0)
    splits = [split for split, n in counts.items() for _ in range(n)]
    sizes = np.stack(
        [np.full(len(splits), sides[0]), rng.integers(sides[0], sides[1] + 1, len(splits))], axis=1
    ).astype(np.int32)
    store = folder / "store_368"
    store.mkdir(parents=True)
    evaluated = []
    with (store / "images.bin").open("wb") as file:
        for i, (height, width) in enumerate(sizes):
            image = rng.integers(0, 120, (height, width, 3), dtype=np.uint8)
            left = int(width * (i % 4) / 4)
            image[:, left : left + width // 5] = 220
            file.write(image.tobytes())
            if splits[i] != "train":
                y = np.arange(evaluation_size) * height // evaluation_size
                x = np.arange(evaluation_size) * width // evaluation_size
                evaluated.append(image[y][:, x])
    lengths = 3 * sizes.astype(np.int64).prod(axis=1)
    np.save(store / "offsets.npy", np.concatenate([[0], np.cumsum(lengths)]))
    np.save(store / "sizes.npy", sizes)
    (folder / "evaluation").mkdir()
    np.save(folder / "evaluation" / f"{evaluation_size}.npy", np.stack(evaluated))
    rows = "".join(f"{i},{i % 4},{split}\n" for i, split in enumerate(splits))
    (folder / "index.csv").write_text(f"id,label,split\n{rows}")
    summary = {
        "dataset": "columns",
        "metric": "accuracy",
        "multilabel": False,
        "classes": list("abcd"),
        "counts": counts,
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    return open_dataset(folder, 368)


def settings(image_size: int, batch_size: int, epochs: int, precision: str = "auto") -> Settings:
    """The paper's recipe at another size."""
    return Settings(
        weights="random",
        epochs=epochs,
        batch_size=batch_size,
        drop_last=False,
        image_size=image_size,
        crop_scale=(0.65, 1.0),
        crop_ratio=(3 / 4, 4 / 3),
        horizontal_flip=False,
        vertical_flip=True,
        channel_order="rgb",
        normalisation="imagenet",
        multilabel_loss="binary_cross_entropy",
        thresholds="searched",
        adamw_weight_decay="divided_by_lr",
        step_milestones=(15, 20, 25),
        step_factor=0.1,
        selection_split="val",
        report_split="val",
        precision=precision,
        seed=0,
    )


def task(
    dataset: PreparedDataset, chosen: Settings, device: torch.device, resident: bool = False
) -> Task:
    """A run of the benchmark; on the CPU nothing is resident."""
    return Task(
        dataset=dataset,
        settings=chosen,
        hp=HP,
        mean=models.IMAGENET_MEAN,
        std=models.IMAGENET_STD,
        device=device,
        precision=choose_precision(chosen, device),
        resident=resident,
    )


def build(row: dict[str, str], classes: int = 4) -> torch.nn.Module:
    """The network of a row with random weights, the same every time."""
    torch.manual_seed(0)
    model = models.create(row)
    models.replace_head(model, classes)
    return model


def wait(device: torch.device) -> float:
    """The time once the device has finished all it was asked."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic()


def losses(outcome: Outcome) -> list[float]:
    """Training loss of each epoch."""
    return [entry["loss"] for entry in outcome.history]


def agreement(dataset: PreparedDataset, device: torch.device, folder: Path) -> bool:
    """A short float32 training on the device and on the CPU: same losses, same accuracy.

    Both draw the same boxes and the same order. The first epochs must agree within 2 %: the
    arithmetic differs in the last digits, which training then amplifies.
    """
    outcomes = []
    for where in (torch.device("cpu"), device):
        chosen = task(dataset, settings(64, 32, 2, "float32"), where)
        checkpoint = CheckpointFile(folder / f"agree_{len(outcomes)}.pt", {}, True, share=0)
        outcomes.append(train(chosen, lambda: build(AGREEMENT_MODEL), checkpoint, Interruption()))
    cpu, other = outcomes
    print(f"  loss by epoch: CPU {losses(cpu)}, {device.type} {losses(other)}")
    print(f"  accuracy: CPU {cpu.best.metrics}, {device.type} {other.best.metrics}")
    return bool(np.allclose(losses(cpu), losses(other), rtol=0.02))


def crops_agree(dataset: PreparedDataset, device: torch.device) -> bool:
    """The same boxes cut on the CPU and on the device, from the host and from residence."""
    rows = dataset.rows("train")[:16]
    sizes = torch.from_numpy(dataset.sizes[rows].astype(np.int64))
    generator = torch.Generator().manual_seed(1)
    boxes = augment.draw_boxes(sizes, (0.65, 1.0), (3 / 4, 4 / 3), (True, True), generator)
    cpu = torch.device("cpu")
    results = []
    resident = ResidentPixels(dataset, dataset.rows("train"), device)
    for where, store in ((cpu, None), (device, None), (device, resident)):
        _, frames = next(training_batches(dataset, [rows], where, store))
        crops = augment.crop_and_resize(frames, boxes.to(where), 224)
        results.append(crops.float().cpu())
    differences = [float((result - results[0]).abs().mean()) for result in results[1:]]
    print(f"  mean difference in grey levels: host {differences[0]:.3f}, resident "
          f"{differences[1]:.3f}")  # fmt: skip
    return max(differences) < 0.2


def resume(dataset: PreparedDataset, device: torch.device, folder: Path) -> bool:
    """A run stopped in mid-epoch and taken up again ends where an uninterrupted one ends."""
    chosen = task(dataset, settings(64, 32, 3), device)

    class AfterSteps(Interruption):
        """Asks to stop after some steps."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.left = steps

        def __bool__(self) -> bool:
            self.left -= 1
            return self.left < 0

    def outcome(name: str, interruption: Interruption) -> Outcome:
        checkpoint = CheckpointFile(folder / f"{name}.pt", {}, True, share=0)
        return train(chosen, lambda: build(AGREEMENT_MODEL), checkpoint, interruption)

    whole = outcome("whole", Interruption())
    try:
        outcome("stopped", AfterSteps(7))
        return False
    except Interrupted:
        resumed = outcome("stopped", Interruption())
    exact = losses(whole) == losses(resumed)
    print(f"  losses {losses(whole)} and {losses(resumed)}: {'equal' if exact else 'not equal'}")
    return bool(np.allclose(losses(whole), losses(resumed), rtol=0.02))


def private_bytes() -> int:
    """Host memory of this process without the mapped files that other processes share."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


def speed(
    dataset: PreparedDataset, row: dict[str, str], size: int, device: torch.device,
    batch_size: int, steps: int, folder: Path,
) -> None:  # fmt: skip
    """Images/s: training from the host's store, from a resident store, and of one fixed batch.

    And what a run costs beside: the seconds of a checkpoint, and the host's memory.
    """
    chosen = settings(size, batch_size, 1)
    order = [dataset.rows("train")[:batch_size]] * steps
    rates = {}
    for name in ("one batch", "host store", "resident store"):
        checkpoint = CheckpointFile(folder / "speed.pt", {}, True)
        if name == "resident store" and device.type != "cuda":
            continue
        one = task(dataset, chosen, device, resident=name == "resident store")
        run = Run(one, build(row), checkpoint, Interruption(), batch_size)
        run.model.train()
        rng = np.random.default_rng(0)
        rows = dataset.rows("train")
        order = [rng.permutation(rows)[:batch_size] for _ in range(steps + 3)]
        if name == "one batch":
            _, frames = next(training_batches(dataset, order[:1], device, None))
            parts = ((order[0], frames) for _ in order)
        else:
            parts = training_batches(dataset, order, device, run.resident)
        for step, (chosen_rows, frames) in enumerate(parts):
            if step == 3:
                started = wait(device)
            run._train_step(chosen_rows, frames)
        rates[name] = steps * batch_size / (wait(device) - started)
        started = wait(device)
        run.checkpoint.write(run._state())
        checkpoint_seconds = wait(device) - started
        del run
    model = build(row).to(device, memory_format=torch.channels_last)
    one = task(dataset, chosen, device)
    started = wait(device)
    scores = split_scores(one, model, "val", batch_size, lambda: None)
    rates["evaluation"] = len(scores) / (wait(device) - started)
    print(
        f"  {row['architecture']} at {size} px, batch {batch_size}: "
        + ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items())
        + f" images/s; a checkpoint takes {checkpoint_seconds:.2f} s; the process holds "
        f"{private_bytes() / 2**30:.2f} GiB of host memory besides mapped files"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="small, to try the script itself")
    args = parser.parse_args()
    device = choose_device(args.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    print(f"{name}, torch {torch.__version__}, Python {platform.python_version()}")
    failed = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        small = write_dataset(
            folder / "small", {"train": 96 if args.quick else 512, "val": 32}, (70, 90), 64
        )
        for title, check in (
            ("crops agree with the CPU's", lambda: crops_agree(small, device)),
            ("a short training agrees with the CPU's", lambda: agreement(small, device, folder)),
            ("a stopped run resumes", lambda: resume(small, device, folder)),
        ):
            print(title)
            good = check()
            print(f"  {'yes' if good else 'NO'}", flush=True)
            failed += [] if good else [title]
        print("speed")
        sizes = (64,) if args.quick else (224, 256)
        stores = {
            size: write_dataset(
                folder / f"large{size}",
                {"train": 24 if args.quick else 1024, "val": 16 if args.quick else 1024},
                (80, 100) if args.quick else (368, 490),
                size,
            )
            for size in sizes
        }
        for row, size in SPEED_MODELS[2:] if args.quick else SPEED_MODELS:
            size = 64 if args.quick else size
            batch, steps = (8, 2) if args.quick else (128, 40)
            speed(stores[size], row, size, device, batch, steps, folder)
    if failed:
        sys.exit(f"failed: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
