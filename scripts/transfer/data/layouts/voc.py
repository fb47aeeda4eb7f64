"""Pascal VOC 2007 as a classification task of 20 labels, several per image."""

from pathlib import Path
from xml.etree import ElementTree

from transfer.data.samples import Listing, Sample
from transfer.data.unpacking import open_members

CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
    "tvmonitor",
)  # fmt: skip

ARCHIVES = {
    "VOCtrainval_06-Nov-2007.tar": ("train", "val"),
    "VOCtest_06-Nov-2007.tar": ("test",),
}


def read(folder: Path, scratch: Path) -> Listing:
    """List one sample per image of `ImageSets/Main`; its labels are the classes shown.

    As in the challenge's training lists, a class does not count if all its objects in an image are
    marked difficult.
    """
    samples = []
    for archive, splits in ARCHIVES.items():
        members = open_members(folder / archive, scratch).below("VOCdevkit", "VOC2007")
        for split in splits:
            for name in members.text(f"ImageSets/Main/{split}.txt").split():
                root = ElementTree.fromstring(members.bytes(f"Annotations/{name}.xml"))
                shown = {
                    CLASSES.index(str(thing.findtext("name")))
                    for thing in root.iter("object")
                    if thing.findtext("difficult") != "1"
                }
                image = members.image(f"JPEGImages/{name}.jpg")
                samples.append(Sample(name, tuple(sorted(shown)), image, split))
    return Listing(tuple(samples), CLASSES)
