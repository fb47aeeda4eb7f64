"""Real training processes for tests: started by a server that has PyTorch imported, so quickly."""

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["train", "torchvision", "transfer.training.record"])

RECIPES = """
quick:
  method: finetune
  weights: random
  epochs: 4
  batch_size: 12
  drop_last: false
  image_size: 32
  crop_scale: [0.65, 1]
  crop_ratio: [0.75, 1.3333333333333333]
  horizontal_flip: false
  vertical_flip: true
  channel_order: rgb
  normalisation: imagenet
  head: library
  squeezenet_head: linear_if_multilabel
  multilabel_loss: binary_cross_entropy
  thresholds: searched
  adamw_weight_decay: divided_by_lr
  step_milestones: [2, 3]
  step_factor: 0.1
  selection_split: val
  report_split: test
  precision: auto
  seed: 0
  grid:
    - optimizer: [adamw]
      schedule: [cosine]
      learning_rate: [0.001, 1000000]
      weight_decay: [0.0001]
    - {optimizer: [sgd], schedule: [step], learning_rate: [0.01], weight_decay: [0.0001]}
shorter:
  like: quick
  epochs: 2
stepped:
  like: quick
  steps: 12
  evaluate_every: 5
  warmup_steps: 3
  step_milestones: [8]
pretrained:
  like: quick
  weights: pinned
finals:
  like: quick
  final: {seeds: [0, 3], train_on: [train, val], report_split: test}
same_splits:
  like: shorter
  final: {seeds: [0]}
source:
  method: pretrain
  like: quick
started:
  like: shorter
  weights: {recipe: source, dataset: squares}
"""
HP = "adamw-cosine_lr1e-3_wd1e-4"


def _child(arguments: list[str], log: str, blocked: bool) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["train.py", *arguments]
    sys.stdout.reconfigure(line_buffering=True)
    if blocked:
        import socket

        def refuse(*_: object) -> None:
            raise AssertionError("training opened a socket")

        socket.socket = refuse  # type: ignore[assignment, misc]
        socket.getaddrinfo = refuse  # type: ignore[assignment]
    import train
    from transfer.command_line import run

    run(train.main)


class Training:
    """A training process of its own, with its log beside the run's folder."""

    def __init__(
        self, data: Path, folder: Path, *options: str, hp: str = HP, recipe: str = "quick",
        model: str = "mobilenet_v3_small", blocked: bool = False,
    ) -> None:  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        recipes = folder / "recipes.yaml"
        if not recipes.exists():
            recipes.write_text(RECIPES)
        self.log_path = folder / "log"
        self.already = len(self.log)
        arguments = [
            "--data", data, "--model", model, "--recipe", recipe, "--recipes", recipes,
            "--hp", hp, "--output", folder / "metrics.json", "--device", "cpu", "--threads", "1",
            "--checkpoint-share", "1", *options,
        ]  # fmt: skip
        self.process = CONTEXT.Process(
            target=_child, args=([str(a) for a in arguments], str(self.log_path), blocked)
        )
        self.process.start()

    @property
    def log(self) -> str:
        return self.log_path.read_text() if self.log_path.exists() else ""

    @property
    def new_log(self) -> str:
        return self.log[self.already :]

    def wait_for(self, text: str) -> "Training":
        """Wait until the process has said `text`."""
        deadline = time.monotonic() + 120
        while text not in self.new_log:
            assert time.monotonic() < deadline and self.process.is_alive(), self.log
            time.sleep(0.002)
        return self

    def end(self) -> int:
        """Wait for the end; the exit status, negative for a signal that killed it."""
        self.process.join(180)
        status = self.process.exitcode
        assert status is not None, self.log
        return status

    def result(self) -> dict:
        """metrics.json without what may differ between two equal runs: times."""
        assert self.end() == 0, self.log
        record = json.loads((self.folder / "metrics.json").read_text())
        for key in ("seconds", "images_per_second"):
            record.pop(key)
        for entry in record["history"]:
            for key in ("training_seconds", "evaluation_seconds", "images_per_second"):
                entry.pop(key)
        return record

    def predictions(self) -> bytes:
        """The bytes of predictions.npz."""
        return (self.folder / "predictions.npz").read_bytes()
