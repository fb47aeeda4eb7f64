"""Leases of cards between real processes."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest

from transfer.errors import UserError
from transfer.training import cards

SCRIPTS = Path(__file__).parents[2] / "scripts"
# Holds a card until the file that it is told is there, and writes down when it had which.
HOLDER = """
    import json, os, sys, time
    from pathlib import Path
    from transfer.training.cards import leased_card
    with leased_card(runs_per_card=int(sys.argv[1])) as lease:
        start = time.monotonic()
        release = Path(sys.argv[2])
        Path(f"{release}-{os.getpid()}").touch()
        while not release.exists():
            time.sleep(0.05)
        seen = os.environ["CUDA_VISIBLE_DEVICES"]
        print(json.dumps([lease.card.index, start, time.monotonic(), seen]), flush=True)
"""


@pytest.fixture
def environment(tmp_path, monkeypatch):
    for name in ("CUDA_VISIBLE_DEVICES", "TRANSFER_LEASE", *cards.SCHEDULERS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRANSFER_CARDS", "4")
    monkeypatch.setenv("TRANSFER_CARD_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("PYTHONPATH", str(SCRIPTS))
    return monkeypatch


def start(release, runs_per_card=1):
    code = textwrap.dedent(HOLDER)
    command = [sys.executable, "-c", code, str(runs_per_card), str(release)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for_holders(release, number):
    """Wait until so many hold a card at this moment."""
    for _ in range(600):
        if len(list(release.parent.glob(f"{release.name}-*"))) >= number:
            return
        time.sleep(0.1)
    pytest.fail(f"fewer than {number} hold a card")


def held(process):
    """Card, start, end and CUDA_VISIBLE_DEVICES of a holder that has ended well."""
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(out.splitlines()[-1])


def most_at_once(intervals):
    edges = sorted((t, s) for start, end in intervals for t, s in ((start, 1), (end, -1)))
    now = most = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


@pytest.mark.parametrize(("runs", "runs_per_card"), [(8, 1), (12, 2)])
def test_no_card_is_shared_and_all_are_used(environment, runs, runs_per_card, tmp_path):
    release = tmp_path / "release"
    holders = [start(release, runs_per_card) for _ in range(runs)]
    wait_for_holders(release, 4 * runs_per_card)
    time.sleep(2 * cards.LOOK_AGAIN_SECONDS)
    # The others have looked again by now, and found nothing.
    assert len(list(tmp_path.glob("release-*"))) == 4 * runs_per_card
    release.touch()
    leases = [held(process) for process in holders]
    first = sorted(leases, key=lambda lease: lease[1])[: 4 * runs_per_card]
    assert Counter(card for card, *_ in first) == dict.fromkeys(range(4), runs_per_card)
    for card in range(4):
        own = [(a, b) for c, a, b, _ in leases if c == card]
        assert most_at_once(own) <= runs_per_card
    assert all(seen == str(card) for card, _, _, seen in leases)


def test_runs_spread_over_idle_cards_before_they_share_one(environment, tmp_path):
    release = tmp_path / "release"
    holders = [start(release, runs_per_card=2) for _ in range(4)]
    wait_for_holders(release, 4)
    release.touch()
    assert {held(process)[0] for process in holders} == {0, 1, 2, 3}


def test_the_card_of_a_killed_holder_is_free_again(environment, tmp_path):
    environment.setenv("TRANSFER_CARDS", "1")
    holder = start(tmp_path / "never")
    assert holder.stdout.readline().startswith("training on card 0")
    waiting = start(tmp_path)
    assert "waiting" in waiting.stdout.readline()
    time.sleep(1.5 * cards.LOOK_AGAIN_SECONDS)
    assert waiting.poll() is None
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    out, _ = waiting.communicate(timeout=60)
    assert json.loads(out.splitlines()[-1])[0] == 0
    # Said when the waiting began, not at every look.
    assert "waiting" not in out


@pytest.mark.parametrize("allocation", [None, "7"])
def test_only_the_visible_cards_are_leased(environment, tmp_path, allocation):
    """As the user made them, or as Slurm gave several to an allocation."""
    if allocation:
        environment.setenv("SLURM_JOB_ID", allocation)
    environment.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    release = tmp_path / "release"
    holders = [start(release) for _ in range(3)]
    wait_for_holders(release, 2)
    release.touch()
    assert {held(process)[0] for process in holders} == {1, 3}


@pytest.mark.parametrize("variable", ["SLURM_JOB_ID", "KUBERNETES_SERVICE_HOST"])
def test_no_lease_where_a_scheduler_has_chosen(environment, variable, capsys, tmp_path):
    environment.setenv(variable, "7")
    environment.setenv("CUDA_VISIBLE_DEVICES", "2")
    with cards.leased_card() as first, cards.leased_card() as second:
        assert first.card == second.card
        assert first.card.index == 2
        assert first.chosen_by == cards.SCHEDULERS[variable]
    assert not (tmp_path / "locks").exists()


def test_runs_that_share_the_one_card_of_an_allocation_lease_if_told(environment):
    environment.setenv("SLURM_JOB_ID", "7")
    environment.setenv("CUDA_VISIBLE_DEVICES", "2")
    environment.setenv("TRANSFER_LEASE", "always")
    with cards.leased_card() as lease:
        assert lease.chosen_by == "lease"


@pytest.mark.parametrize("hidden", ["", "-1", "NoDevFiles"])
def test_without_a_card_it_says_that_it_trains_on_the_cpu(environment, capsys, hidden):
    environment.setenv("CUDA_VISIBLE_DEVICES", hidden)
    with cards.leased_card() as lease:
        assert lease.card is None
    assert "training on the CPU" in capsys.readouterr().out


def test_a_machine_without_nvidia_smi_has_no_cards(environment):
    environment.delenv("TRANSFER_CARDS")
    environment.setenv("PATH", "/nonexistent")
    assert cards.machine_cards() == ()


def failing_nvidia_smi(environment, folder, status):
    environment.delenv("TRANSFER_CARDS")
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho 'GPU is lost'\nexit {status}\n")
    program.chmod(0o755)
    environment.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_card_that_is_lost_is_no_reason_to_train_on_the_cpu(environment, tmp_path):
    failing_nvidia_smi(environment, tmp_path, 15)
    with pytest.raises(UserError, match=r"nvidia-smi fails: GPU is lost"), cards.leased_card():
        pass
    environment.setenv("CUDA_VISIBLE_DEVICES", "")
    with cards.leased_card() as lease:
        assert lease.card is None


def test_a_driver_without_a_card_is_a_machine_without_one(environment, tmp_path):
    failing_nvidia_smi(environment, tmp_path, cards.NO_DEVICES)
    with cards.leased_card() as lease:
        assert lease.card is None


def test_a_card_that_is_not_there_is_named(environment):
    environment.setenv("CUDA_VISIBLE_DEVICES", "7")
    with (
        pytest.raises(UserError, match=r"CUDA_VISIBLE_DEVICES=7 names none .* 4 cards"),
        cards.leased_card(),
    ):
        pass


def test_with_a_card_pytorch_is_asked_for_a_card():
    lease = cards.Lease(cards.Card(3, "GPU-aa", "NVIDIA H200"), "lease")
    assert lease.device("auto") == lease.device("cuda:3") == "cuda"
    assert cards.Lease(None, None).device("auto") == "auto"


def test_a_numbered_device_is_that_card_among_the_visible(environment):
    environment.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    with cards.leased_card("cuda:1") as lease:
        assert lease.card.index == 1
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3,1"
    with pytest.raises(UserError, match="2 cards only"), cards.leased_card("cuda:2"):
        pass


def test_slices_stand_for_their_card(environment, tmp_path):
    environment.delenv("TRANSFER_CARDS")
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = -L ]; then\n'
        "echo 'GPU 0: NVIDIA A100 (UUID: GPU-aa)'\n"
        "echo '  MIG 3g.20gb     Device  0: (UUID: MIG-1)'\n"
        "echo '  MIG 3g.20gb     Device  1: (UUID: MIG-2)'\n"
        "echo 'GPU 1: NVIDIA A100 (UUID: GPU-bb)'\n"
        "else\n"
        "echo '0, GPU-aa, NVIDIA A100, 40960'\n"
        "echo '1, GPU-bb, NVIDIA A100, [N/A]'\n"
        "fi\n"
    )
    program.chmod(0o755)
    environment.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = cards.machine_cards()
    assert [card.uuid for card in found] == ["MIG-1", "MIG-2", "GPU-bb"]
    environment.setenv("CUDA_VISIBLE_DEVICES", "GPU-b")
    assert [card.uuid for card in cards.visible_cards(found)] == ["GPU-bb"]


def test_importing_the_lease_does_not_import_torch(environment):
    code = "import sys, transfer.training.cards; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
