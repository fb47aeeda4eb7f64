"""The Inception network of pytorch-fid, built without a download.

Uses pytorch-fid's blocks but assembles them here, because its `InceptionV3()` and
`fid_inception_v3()` always download their weights.
"""

import math
import pickle
from pathlib import Path

import torch
from pytorch_fid.inception import FIDInceptionA, FIDInceptionC, FIDInceptionE_1, FIDInceptionE_2
from torch import nn
from torchvision.models.inception import Inception3, inception_v3

from transfer.errors import UserError
from transfer.files import verify_checksum

FEATURES = 2048
INPUT_SIZE = 299

WEIGHTS_FILE = "pt_inception-2015-12-05-6726825d.pth"
WEIGHTS_CHECKSUM = "sha256:6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
# In the format of a source in config/datasets.yaml. The second URL serves the identical file under
# torch-fidelity's name.
WEIGHTS_SOURCE = {
    "homepage": "https://github.com/mseitzer/pytorch-fid/releases/tag/fid_weights",
    "kind": "http",
    "files": [
        {
            "name": WEIGHTS_FILE,
            "checksum": WEIGHTS_CHECKSUM,
            "size": 95628359,
            "urls": [
                "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
                + WEIGHTS_FILE,
                "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
                "weights-inception-2015-12-05-6726825d.pth",
            ],
        }
    ],
}


def inception_network() -> Inception3:
    """Build pytorch-fid's network, including its classifier, with uninitialised parameters.

    Its state dict has the keys of the published weights, including the classifier of 1,008 classes.
    """
    network = inception_v3(num_classes=1008, aux_logits=False, weights=None, init_weights=False)
    network.Mixed_5b = FIDInceptionA(192, pool_features=32)
    network.Mixed_5c = FIDInceptionA(256, pool_features=64)
    network.Mixed_5d = FIDInceptionA(288, pool_features=64)
    network.Mixed_6b = FIDInceptionC(768, channels_7x7=128)
    network.Mixed_6c = FIDInceptionC(768, channels_7x7=160)
    network.Mixed_6d = FIDInceptionC(768, channels_7x7=160)
    network.Mixed_6e = FIDInceptionC(768, channels_7x7=192)
    network.Mixed_7b = FIDInceptionE_1(1280)
    network.Mixed_7c = FIDInceptionE_2(2048)
    return network


def load_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """Load the published weights from a local file after verifying its checksum.

    Raises UserError if the file is missing, differs, or contains anything but tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file. Download it from {WEIGHTS_SOURCE['homepage']}")
    verify_checksum(path, WEIGHTS_CHECKSUM)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f"{path}: contains more than tensors: {error}") from None


def random_weights(seed: int) -> dict[str, torch.Tensor]:
    """Random weights: He-normal convolutions, unit batch normalisation.

    PyTorch's default initialisation shrinks the signal by 1e-8 at this depth; He's keeps features
    near one, where the distance is well scaled. For demonstrations and tests only: distances in
    these features carry no perceptual meaning.
    """
    generator = torch.Generator().manual_seed(seed)
    network = inception_network()
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            fan_in = module.weight[0].numel()
            module.weight.data.normal_(0.0, math.sqrt(2.0 / fan_in), generator=generator)
            if module.bias is not None:
                module.bias.data.zero_()
    return network.state_dict()


class FeatureExtractor(nn.Module):
    """Map images in [0, 1], float32 `(n, 3, 299, 299)`, to features, float32 `(n, 2048)`."""

    def __init__(self, weights: dict[str, torch.Tensor]):
        super().__init__()
        network = inception_network()
        network.load_state_dict(weights)
        network.dropout = nn.Identity()
        network.fc = nn.Identity()
        # Twice as fast on a CPU; the order of summation, and so the last bits, differ.
        self.network = network.to(memory_format=torch.channels_last).eval().requires_grad_(False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute the features of the last average pooling, pytorch-fid's layer 2048."""
        return self.network((2 * images - 1).contiguous(memory_format=torch.channels_last))
