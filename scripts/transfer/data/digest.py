"""What tells one prepared dataset from another."""

import hashlib
import json
from pathlib import Path

from transfer.errors import UserError

# What training takes from the summary; `content` is a digest of all pixels. The rest, such as the
# versions of the packages that prepared it, may change and trains nothing again.
USED = ("content", "metric", "multilabel", "classes")


def prepared_digest(folder: Path) -> str:
    """Sixteen hexadecimal digits that stand for a dataset's images, labels, splits and metric.

    Raises UserError if it is not prepared.
    """
    try:
        digest = hashlib.sha256((folder / "index.csv").read_bytes())
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        used = {key: summary[key] for key in USED}
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: the dataset is not prepared") from None
    except (ValueError, KeyError) as error:
        raise UserError(
            f"{folder}/summary.json: not of a whole prepared dataset ({error}). Delete the folder "
            "and prepare the dataset again."
        ) from None
    digest.update(json.dumps(used, sort_keys=True).encode())
    return digest.hexdigest()[:16]
