"""Methods by the name that a recipe gives them: one file each."""

from transfer.training.methods import finetune, pretrain

# A run's fingerprint follows its own method alone: a further one changes nothing of the others.
METHODS = {
    "finetune": finetune.train,
    "pretrain": pretrain.train,
}
