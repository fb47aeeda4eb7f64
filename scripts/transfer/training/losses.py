"""Loss functions."""

from collections.abc import Callable

import torch
from torch.nn import functional as F

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def choose_loss(multilabel: bool) -> Loss:
    """Cross-entropy or, for multi-label datasets, binary cross-entropy with logits.

    Both take float logits `(batch, classes)` and labels as in the store, int64 `(batch,)` or
    `(batch, classes)` of zeros and ones, and return the mean. The paper's loss for its multi-label
    dataset was never published: see `multilabel_loss` in the recipe.
    """
    return _binary_cross_entropy if multilabel else F.cross_entropy


def _binary_cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))
