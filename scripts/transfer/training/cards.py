"""Which card a run trains on, when several runs share a machine.

Each card has `runs_per_card` places, each place a lock file that the training process holds; the
kernel frees it when the process ends, however it ends. The locks lie in /tmp, one folder a user:
on the machine itself, never on a network file system, and the same for every terminal, which
TMPDIR or a login's runtime folder would not be.

Imports no torch: CUDA_VISIBLE_DEVICES must be set before CUDA is first touched.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from transfer.errors import UserError

# Whoever sets these has chosen this process's card already, if it sees no more than one: no lease
# is taken. TRANSFER_LEASE=always takes one all the same, for several runs that share that card.
SCHEDULERS = {"SLURM_JOB_ID": "Slurm", "KUBERNETES_SERVICE_HOST": "Kubernetes"}
PRETENDED = "pretended-"
# Values of CUDA_VISIBLE_DEVICES that hide all cards; schedulers set the last.
HIDDEN = ("", "-1", "NoDevFiles")
# What nvidia-smi exits with where there is a driver and no card.
NO_DEVICES = 6
LOOK_AGAIN_SECONDS = 1.0
SAY_AGAIN_SECONDS = 600.0


@dataclass(frozen=True)
class Card:
    """A GPU, or a MIG slice of one: `index` as nvidia-smi counts, `uuid` as CUDA takes it."""

    index: int
    uuid: str
    name: str
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Lease:
    """What a run may use: `card` is None on a machine without one.

    `chosen_by` is `lease`, or the scheduler that had chosen before (`Slurm`, `Kubernetes`), or
    None without a card.
    """

    card: Card | None
    chosen_by: str | None

    def device(self, asked: str) -> str:
        """What to ask PyTorch for: with a card the card, never the CPU in its place."""
        if self.card is None or asked == "cpu":
            return asked
        # It is the only one that CUDA sees: cuda:3 is now cuda. A pretended one is none.
        return asked.partition(":")[0] if self.card.uuid.startswith(PRETENDED) else "cuda"


def machine_cards() -> tuple[Card, ...]:
    """All cards of this machine, empty if there are none.

    TRANSFER_CARDS=4 pretends four, for tests without a GPU. Raises UserError if nvidia-smi is
    there and fails: a card that is lost for an hour is no reason to train on the CPU for a week.
    """
    if pretended := os.environ.get("TRANSFER_CARDS"):
        return tuple(Card(i, f"{PRETENDED}{i}", "pretended card") for i in range(int(pretended)))
    query = ["--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits"]
    cards = []
    for line in _nvidia_smi(*query).splitlines():
        index, uuid, name, memory = (part.strip() for part in line.split(",", 3))
        size = int(memory) * 2**20 if memory.isdigit() else None
        cards.append(Card(int(index), uuid, name, size))
    return _with_slices(tuple(cards), _nvidia_smi("-L"))


def _nvidia_smi(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["nvidia-smi", *arguments], capture_output=True, text=True, timeout=60, check=True
        )
    except FileNotFoundError:
        return ""
    except (OSError, subprocess.SubprocessError) as error:
        if getattr(error, "returncode", None) == NO_DEVICES:
            return ""
        said = getattr(error, "stdout", "") or getattr(error, "stderr", "") or str(error)
        raise UserError(
            f"nvidia-smi fails: {said.strip()}. Mend the card or its driver, or set "
            "CUDA_VISIBLE_DEVICES= (to nothing) to train on the CPU."
        ) from None
    return done.stdout


def _with_slices(cards: tuple[Card, ...], listing: str) -> tuple[Card, ...]:
    """Put a card's MIG slices, which `nvidia-smi -L` lists below it, in its place."""
    by_uuid = {card.uuid: card for card in cards}
    slices: dict[str, list[Card]] = {card.uuid: [] for card in cards}
    owner = None
    for line in listing.splitlines():
        if found := re.match(r"GPU \d+: .*\(UUID: (\S+)\)", line):
            owner = by_uuid.get(found[1])
        elif owner and (found := re.match(r"\s+MIG (\S+)\s.*\(UUID: (\S+)\)", line)):
            slices[owner.uuid].append(Card(owner.index, found[2], f"{owner.name} MIG {found[1]}"))
    return tuple(part for card in cards for part in slices[card.uuid] or [card])


def visible_cards(cards: tuple[Card, ...]) -> tuple[Card, ...]:
    """Those of the machine's cards that CUDA_VISIBLE_DEVICES allows, in its order.

    Numbers count as nvidia-smi does; beginnings of UUIDs are taken as CUDA takes them. As in
    CUDA the list ends at the first entry that names no card.
    """
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return cards
    visible: list[Card] = []
    for entry in (part.strip() for part in wanted.split(",")):
        if entry.isdigit():
            named = [card for card in cards if card.index == int(entry)]
        else:
            named = [card for card in cards if entry and card.uuid.startswith(entry)]
        if len(named) != 1 or named[0] in visible:
            break
        visible += named
    return tuple(visible)


def usable_cards() -> tuple[Card, ...]:
    """The machine's cards that this process may use.

    Raises UserError if CUDA_VISIBLE_DEVICES names one that is not there, or nvidia-smi fails.
    """
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted in HIDDEN:
        return ()
    there = machine_cards()
    visible = visible_cards(there)
    if there and not visible:
        raise UserError(
            f"CUDA_VISIBLE_DEVICES={wanted} names none of this machine's {len(there)} cards. Set "
            "it to one of theirs, or to nothing to train on the CPU."
        )
    return visible


def scheduler() -> str | None:
    """The scheduler that has given this process its cards, if any."""
    if os.environ.get("TRANSFER_LEASE") == "always":
        return None
    return next((name for key, name in SCHEDULERS.items() if os.environ.get(key)), None)


def _lock_folder() -> Path:
    folder = os.environ.get("TRANSFER_CARD_LOCKS") or f"/tmp/transfer-cards-{os.getuid()}"
    path = Path(folder)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid != os.getuid():
        raise UserError(
            f"{path}: belongs to another user, so no card can be leased there. Delete it, or "
            "name another folder of this machine in TRANSFER_CARD_LOCKS."
        )
    return path


def _try_places(cards: tuple[Card, ...], runs_per_card: int) -> tuple[Card, FileLock] | None:
    # Place by place, not card by card: a second run goes to an idle card if there is one.
    for place in range(runs_per_card):
        for card in cards:
            lock = FileLock(_lock_folder() / f"{card.uuid}.{place}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            return card, lock
    return None


def _wait_for_place(cards: tuple[Card, ...], runs_per_card: int) -> tuple[Card, FileLock]:
    since = time.monotonic()
    said = None
    while (found := _try_places(cards, runs_per_card)) is None:
        now = time.monotonic()
        if said is None or now - said >= SAY_AGAIN_SECONDS:
            said = now
            runs = "run" if runs_per_card == 1 else "runs"
            print(
                f"all {len(cards)} cards that this run may use are taken ({runs_per_card} {runs} "
                f"a card): waiting since {now - since:.0f} s. More runs were started than there "
                "are places; --resources gpu=N says how many start.",
                flush=True,
            )
        time.sleep(LOOK_AGAIN_SECONDS)
    return found


@contextmanager
def leased_card(device: str = "auto", runs_per_card: int = 1) -> Iterator[Lease]:
    """Hold a card for the block, and let CUDA see that card alone.

    `device` is train.py's: `cpu` takes no card, `cuda:N` waits for the N-th visible one. Call it
    before CUDA is first touched. Says on stdout what was chosen, and that it waits. Raises
    UserError if `cuda:N` names no card.
    """
    if device == "cpu":
        yield Lease(None, None)
        return
    cards = usable_cards()
    if device.startswith("cuda:"):
        number = int(device.removeprefix("cuda:"))
        if number >= len(cards):
            raise UserError(f"--device {device}: this run may use {len(cards)} cards only")
        cards = (cards[number],)
    if not cards:
        print(
            "nvidia-smi lists no card that this run may use: training on the CPU, unless PyTorch "
            "finds another accelerator",
            flush=True,
        )
        yield Lease(None, None)
        return
    # An allocation or pod of several cards is for several runs: they lease among these.
    if len(cards) == 1 and (chosen_by := scheduler()):
        print(f"{chosen_by} chose card {_words(cards[0])}", flush=True)
        with _only_visible(cards[0]):
            yield Lease(cards[0], chosen_by)
        return
    card, lock = _wait_for_place(cards, runs_per_card)
    try:
        print(f"training on card {_words(card)}", flush=True)
        with _only_visible(card):
            yield Lease(card, "lease")
    finally:
        lock.release()


def _words(card: Card) -> str:
    return f"{card.index} ({card.name}, {card.uuid})"


@contextmanager
def _only_visible(card: Card) -> Iterator[None]:
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = (
        str(card.index) if card.uuid.startswith(PRETENDED) else card.uuid
    )
    try:
        yield
    finally:
        if before is None:
            del os.environ["CUDA_VISIBLE_DEVICES"]
        else:
            os.environ["CUDA_VISIBLE_DEVICES"] = before
