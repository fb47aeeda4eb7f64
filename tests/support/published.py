"""The paper's printed tables, read independently of the tested library."""

from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "resources" / "published" / "fang2023"
SIX = ["cct20", "aptos", "hpa", "melanoma", "cassava", "eurosat"]
# What a study's script is given for `imagenet_top1: published`.
ACCURACIES = ["--top1", *(FOLDER / f"{table}.csv" for table in ("table03", "table07", "table08"))]
PERCENT = ["imagenet_top1", "cct20", "cassava", "eurosat"]


def fractions(table: str) -> pd.DataFrame:
    """Table 3 or 8 by model, every number a fraction."""
    frame = pd.read_csv(FOLDER / f"{table}.csv").set_index("model")
    frame[PERCENT] = frame[PERCENT] / 100
    return frame


MAIN = fractions("table03")
VALUES, TOP1 = MAIN[SIX], MAIN["imagenet_top1"]
