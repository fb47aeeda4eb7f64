"""Transforms of accuracies before they are averaged or fitted (Appendix N)."""

import numpy as np
import pandas as pd
from scipy import special


def logit(fraction: np.ndarray | pd.Series | pd.DataFrame, bound: float = 0.0):
    """log(p / (1 - p)) of fractions in (0, 1).

    `bound` > 0 first clips values to [bound, 1 - bound]. With 0, a value outside (0, 1) raises
    ValueError, since its logit is infinite or undefined (a metric of exactly 1, a negative kappa).
    """
    values = np.asarray(fraction, dtype=float)
    if bound:
        fraction = np.clip(fraction, bound, 1 - bound)
    elif not ((values > 0) & (values < 1)).all():
        bad = values[~((values > 0) & (values < 1))]
        raise ValueError(f"logit needs values between 0 and 1, got {bad[:3].tolist()}")
    if isinstance(fraction, pd.Series | pd.DataFrame):
        return fraction.apply(special.logit)
    return special.logit(np.asarray(fraction, dtype=float))


def standardize(values: pd.DataFrame) -> pd.DataFrame:
    """Shift each column to mean 0 and scale it to standard deviation 1 (divisor n)."""
    return (values - values.mean()) / values.std(ddof=0)


def average_of_others(values: pd.DataFrame) -> pd.DataFrame:
    """Mean of each row over all other columns, for each column."""
    others = values.sum(axis=1).to_frame().to_numpy() - values
    return others / (values.shape[1] - 1)
