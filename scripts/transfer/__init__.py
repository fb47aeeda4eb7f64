"""The science of transfer studies: importable in a notebook or a test, no Snakemake inside."""
