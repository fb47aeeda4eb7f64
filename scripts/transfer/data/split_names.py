"""Names under which people keep the splits of a dataset: folders and cells of a table."""

import re

# The keywords of Hugging Face's imagefolder.
KEYWORDS = {
    "train": ("train", "training"),
    "val": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}


def split_of(name: str) -> str | None:
    """The split that a name stands for, such as `train` for `seg_train`; None for any other name.

    A keyword counts in any case, alone or separated by digits, spaces, `-`, `_` or `.`. A name
    with keywords of two splits, such as `train_val`, stands for none.
    """
    words = set(re.split(r"[-._ 0-9]+", name.lower()))
    found = [split for split, keywords in KEYWORDS.items() if words & set(keywords)]
    return found[0] if len(found) == 1 else None
