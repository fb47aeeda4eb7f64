"""One row of the model table, as training needs it."""

import difflib
from pathlib import Path
from typing import Any

from transfer.errors import UserError
from transfer.validation import read_text_table


def read_model(table: str | Path, model: str) -> dict[str, Any]:
    """The row of a model, cells as text; raises UserError naming the nearest ids."""
    rows = read_text_table(table, "models").set_index("model", drop=False)
    if model in rows.index:
        return rows.loc[model].to_dict()
    near = difflib.get_close_matches(model, list(rows.index), n=3)
    raise UserError(
        f"{table}: no model '{model}'" + (f" (did you mean {' or '.join(near)}?)" if near else "")
    )
