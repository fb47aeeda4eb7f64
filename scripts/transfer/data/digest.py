"""What tells one prepared dataset from another."""

import hashlib
from pathlib import Path

from transfer.errors import UserError


def prepared_digest(folder: Path) -> str:
    """Sixteen hexadecimal digits that stand for a prepared dataset's labels, splits and pixels.

    They are of its index and of its summary, which holds a digest of all pixels. Raises UserError
    if it is not prepared.
    """
    digest = hashlib.sha256()
    try:
        for name in ("index.csv", "summary.json"):
            digest.update((folder / name).read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: the dataset is not prepared") from None
    return digest.hexdigest()[:16]
