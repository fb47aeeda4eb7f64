"""Download a model's pinned ImageNet weights once, verify them and store them as safetensors."""

import argparse
from dataclasses import asdict
from pathlib import Path

from transfer.command_line import run
from transfer.files import checksum, write_json
from transfer.study.model import read_models
from transfer.training.weights import fetch, read_weights, store_weights, stored_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="id of a row of the model table")
    parser.add_argument("--models", default="config/models.tsv", help="the model table")
    parser.add_argument("--file", type=Path, help="use this local file instead of a download")
    parser.add_argument(
        "--output", type=Path, required=True, help="the record (.json); the weights go beside it"
    )
    args = parser.parse_args()
    row = read_models(args.models)[args.model]
    path = args.output.with_suffix(".safetensors")
    record = stored_record(path, args.model, row)
    if args.file:
        digest = checksum(args.file, "sha256") if args.file.is_file() else ""
        if record is None or record.source_sha256 != digest:
            state = read_weights(args.file)
            record = store_weights(path, args.model, row, state, args.file.name, digest)
        print(f"{args.model}: weights of {args.file} in {path}")
    elif record is not None and "://" in record.source:
        print(f"{args.model}: {path} exists and is complete, nothing downloaded")
    else:
        state, source, digest = fetch(row)
        record = store_weights(path, args.model, row, state, source, digest)
        print(f"{args.model}: {source} in {path}")
    write_json(args.output, asdict(record))


if __name__ == "__main__":
    run(main)
