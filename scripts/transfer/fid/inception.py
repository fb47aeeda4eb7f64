"""The Inception network of pytorch-fid, built without a download.

Its blocks are pytorch-fid's own; only the assembly stands here, because `InceptionV3()` and
`fid_inception_v3()` of pytorch-fid fetch their weights whenever they are called.
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
# As a source of config/datasets.yaml. The second address has the same file, byte for byte, under
# the name that torch-fidelity gives it.
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
    """The network of pytorch-fid with its classifier, parameters not set to anything useful.

    Its state dict has the keys of the published weights, classifier of 1,008 classes included.
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
    """The published weights from a local file, its checksum verified before it is opened.

    Raises UserError if the file is missing, is another file, or holds more than tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file. Get it from {WEIGHTS_SOURCE['homepage']}")
    verify_checksum(path, WEIGHTS_CHECKSUM)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f"{path}: not a file of tensors alone: {error}") from None


def random_weights(seed: int) -> dict[str, torch.Tensor]:
    """Weights drawn at random: He-normal convolutions, unit batch normalisation.

    PyTorch's default initialisation shrinks the signal by 1e-8 through this depth; He's keeps
    features near one, where the distance is well scaled. They serve to try and to test; a
    distance from them says nothing about how people would see the images.
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
    """Images in [0, 1], float32 `(n, 3, 299, 299)`, to features, float32 `(n, 2048)`."""

    def __init__(self, weights: dict[str, torch.Tensor]):
        super().__init__()
        network = inception_network()
        network.load_state_dict(weights)
        network.dropout = nn.Identity()
        network.fc = nn.Identity()
        # Twice as fast on a CPU; the sums run in another order, so the last bits differ.
        self.network = network.to(memory_format=torch.channels_last).eval().requires_grad_(False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Features of the last average pooling, the layer that pytorch-fid calls 2048."""
        return self.network((2 * images - 1).contiguous(memory_format=torch.channels_last))
