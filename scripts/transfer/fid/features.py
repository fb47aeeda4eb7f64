"""Extract the features of many images, batch by batch."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from transfer.errors import UserError
from transfer.fid.images import RESIZES, Images
from transfer.fid.inception import FeatureExtractor


class ResizedImages(Dataset):
    """Images of a source at the network's input size, float32 `(3, 299, 299)` in [0, 1]."""

    def __init__(self, source: Images, resize: str):
        self.source = source
        self.resize = RESIZES[resize]

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, position: int) -> torch.Tensor:
        return self.resize(self.source.image(position))


def extract_features(
    network: FeatureExtractor,
    source: Images,
    batches: Sequence[np.ndarray],
    resize: str,
    device: str = "cpu",
    workers: int = 0,
) -> Iterator[np.ndarray]:
    """Yield each batch's features, float32 `(len(batch), 2048)`.

    `batches` holds positions in `source`; images are resized one by one, so their sizes may
    differ. All computation is in full float32: TF32, which PyTorch enables for convolutions by
    default, is disabled. Raises UserError for an image that cannot be read.
    """
    loader = DataLoader(
        ResizedImages(source, resize),
        batch_sampler=[batch.tolist() for batch in batches],
        num_workers=workers,
        pin_memory=device != "cpu",
    )
    network = network.to(device)
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        try:
            for images in loader:
                yield network(images.to(device, non_blocking=True)).cpu().numpy()
        except UserError as error:
            # PyTorch prepends the worker's traceback to the exception's message.
            raise UserError(str(error).rpartition("UserError: ")[2].strip()) from None
