"""A digest that identifies a prepared dataset."""

import hashlib
import json
from pathlib import Path

from transfer.errors import UserError

# Fields of the summary that affect training; `content` is a digest of all pixels. Changes of other
# fields, such as package versions, do not repeat any training.
USED = ("content", "metric", "multilabel", "classes")


def prepared_digest(folder: Path) -> str:
    """Digest of a dataset's images, labels, splits and metric: sixteen hexadecimal digits.

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
            f"{folder}/summary.json: not of a completely prepared dataset ({error}). Delete the "
            "folder and prepare the dataset again."
        ) from None
    digest.update(json.dumps(used, sort_keys=True).encode())
    return digest.hexdigest()[:16]
