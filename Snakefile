# The workflow is in workflow/; this file lets `snakemake` find it from the top level. A module has
# a namespace of its own, which Snakemake need not copy for each of thousands of commands: this saves
# a tenth of the time of a dry run.


configfile: "config/config.yaml"


include: "workflow/handlers.smk"


module transfer:
    snakefile:
        "workflow/Snakefile"
    config:
        config


use rule * from transfer
