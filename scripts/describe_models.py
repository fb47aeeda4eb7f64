"""Query torchvision and timm about models: rows as JSON in, results as JSON out, by key."""

import argparse
import json
import sys

from transfer.study.model import Model
from transfer.training.libraries import describe

if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    rows = json.load(sys.stdin)
    json.dump({key: describe(Model(**row)) for key, row in rows.items()}, sys.stdout)
