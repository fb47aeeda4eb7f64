"""Methods by the name that a recipe gives them: one file each."""

from transfer.training.methods import finetune, linear_probe, pretrain, probe_then_finetune

# A run's fingerprint follows its own method alone: a further one changes nothing of the others.
METHODS = {
    "finetune": finetune.train,
    "linear_probe": linear_probe.train,
    "probe_then_finetune": probe_then_finetune.train,
    "pretrain": pretrain.train,
}
