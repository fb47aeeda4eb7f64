"""CCT-20: COCO annotations in one archive, images in another (Beery et al. 2018, LILA BC)."""

import json
from pathlib import Path

from transfer.data.samples import Listing, Sample
from transfer.data.unpacking import open_members
from transfer.errors import UserError

# Category 30 is "empty"; the others in the class order of the authors' code.
CATEGORIES = (1, 3, 5, 6, 7, 8, 9, 10, 11, 16, 21, 33, 34, 51, 99)
EMPTY = 30

SPLITS = {"train": "train", "cis_val": "val", "cis_test": "test"}


def read(folder: Path, scratch: Path) -> Listing:
    """List one sample per annotation, without empty images, in the three splits of fang2023.

    As in the authors' code, an image with several animals appears once per annotation; the sizes
    in the paper count these rows.
    """
    annotations = open_members(folder / "eccv_18_annotations.tar.gz", scratch)
    images = open_members(folder / "eccv_18_all_images_sm.tar.gz", scratch)
    samples = []
    names: dict[int, str] = {}
    for part, split in SPLITS.items():
        content = json.loads(annotations.bytes(f"eccv_18_annotation_files/{part}_annotations.json"))
        names |= {category["id"]: category["name"] for category in content.get("categories", [])}
        for row in content["annotations"]:
            category = row["category_id"]
            if category == EMPTY:
                continue
            if category not in CATEGORIES:
                raise UserError(
                    f"{part}_annotations.json: image {row['image_id']} has category {category}, "
                    f"which is not in the published splits: {', '.join(map(str, CATEGORIES))}"
                )
            samples.append(
                Sample(
                    id=row["image_id"],
                    labels=(CATEGORIES.index(category),),
                    image=images.image(f"eccv_18_all_images_sm/{row['image_id']}.jpg"),
                    split=split,
                )
            )
    return Listing(tuple(samples), tuple(names.get(c, f"category {c}") for c in CATEGORIES))
