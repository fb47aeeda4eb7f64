# Pre-trained weights, downloaded once.


rule fetch_weights:
    input:
        # If the user replaces the local file, it is read again and dependent runs are repeated.
        local_weights,
    # The weights themselves are not declared, so that they survive --forceall: they are kept while
    # they are complete and of the pinned tag, and only the record is rewritten. There is no
    # fingerprint either: a new record repeats all runs of its model, which an edit of the download
    # does not justify.
    output:
        "resources/weights/{model}.json",
    log:
        "results/logs/fetch_weights/{model}.log",
    localrule: True
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        weights=lambda wildcards: MODELS[wildcards.model].weights,
        file=lambda wildcards, input: "--file" if input else "",
    message:
        "Downloading the weights of {wildcards.model}"
    shell:
        f"{PYTHON} "
        "scripts/fetch_weights.py --model {wildcards.model} {params.file} {input:q}"
        " --output {output:q} > {log:q} 2>&1"
