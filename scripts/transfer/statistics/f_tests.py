"""F-tests of whether other datasets add to ImageNet accuracy as a predictor (Table 12)."""

import numpy as np
import pandas as pd
import statsmodels.api as sm

from transfer.statistics.transforms import average_of_others, logit, standardize

COLUMNS = [
    *("f_average", "p_average", "f_imagenet", "p_imagenet"),
    *("adjusted_r2_imagenet", "adjusted_r2_average", "adjusted_r2_both"),
]


def f_tests(values: pd.DataFrame, imagenet: pd.Series, bound: float = 0) -> pd.DataFrame:
    """Nested least-squares models of each dataset's accuracy (Appendix N.1, Table 12).

    `values`: models x datasets, fractions; `imagenet`: ImageNet top-1 of the same models, a
    fraction. The response and ImageNet accuracy are logit-transformed (`bound` as in `logit`);
    the average is the mean over the other datasets of their logit-transformed, standardized
    values. Returns one row per dataset: F and p of adding the average to ImageNet, F and p of
    adding ImageNet to the average (1 and n - 3 degrees of freedom), and the adjusted R2 of
    ImageNet alone, the average alone and both. All are NaN for fewer than four models.
    """
    if len(values) < 4:
        return pd.DataFrame(np.nan, index=values.columns.rename("dataset"), columns=COLUMNS)
    transformed = logit(values, bound)
    averages = average_of_others(standardize(transformed))
    rows = {}
    for dataset in values.columns:
        predictors = pd.DataFrame({"imagenet": logit(imagenet), "average": averages[dataset]})
        response = transformed[dataset]

        def fit(*names: str, response=response, predictors=predictors):
            return sm.OLS(response, sm.add_constant(predictors[list(names)])).fit()

        imagenet_only, average_only = fit("imagenet"), fit("average")
        both = fit("imagenet", "average")
        f_average, p_average, _ = both.compare_f_test(imagenet_only)
        f_imagenet, p_imagenet, _ = both.compare_f_test(average_only)
        rows[dataset] = {
            "f_average": float(f_average),
            "p_average": float(p_average),
            "f_imagenet": float(f_imagenet),
            "p_imagenet": float(p_imagenet),
            "adjusted_r2_imagenet": float(imagenet_only.rsquared_adj),
            "adjusted_r2_average": float(average_only.rsquared_adj),
            "adjusted_r2_both": float(both.rsquared_adj),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("dataset")
