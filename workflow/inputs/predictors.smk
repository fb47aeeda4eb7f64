# Inputs and params of features and of predictors of transfer.


def features_weights(wildcards):
    """The record of the downloaded weights; features are those of no other."""
    return f"resources/weights/{wildcards.model}.json"


def features_arguments(wildcards):
    """Which images are read, and what of the model's row counts."""
    model = MODELS[wildcards.model]
    store = DATASETS[wildcards.dataset].store_for(model.input_size)
    return f"--short-side {store} --image-size {model.input_size}"


def study_features(wildcards):
    """The features of every model with downloaded weights on every dataset of a study."""
    cells = {
        (dataset, model): None
        for part in STUDIES[wildcards.study].parts.values()
        for dataset in part.datasets
        for model in part.models
        if fetched(RECIPES[part.recipe].settings(dataset, MODELS[model]), MODELS[model])
    }
    return [f"results/features/{dataset}/{model}.npz" for dataset, model in cells]
