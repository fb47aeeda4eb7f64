"""Files in archives, read by several processes at once."""

import pictures
import stand_ins
from layouts import BLOCKS

from transfer.data.dataset import dataset_of
from transfer.data.prepare import prepare_dataset


def test_workers_read_a_zip_whose_table_their_parent_has_read(tmp_path):
    """With the file that their parent opened they would share its offset, and be led astray."""
    stand_ins.make_aptos(tmp_path / "in", (60, 30, 40, 30, 32), image=pictures.png)
    for workers in (1, 4):
        out = tmp_path / str(workers)
        prepare_dataset(dataset_of("aptos", BLOCKS["aptos"]), tmp_path / "in", out, workers=workers)
    for name in ("index.csv", "summary.json", "store_368/images.bin", "evaluation/224.npy"):
        alone, together = (tmp_path / workers / name for workers in "14")
        assert alone.read_bytes() == together.read_bytes()
