"""Makes the files of this folder: python3 make.py (they were made by PyTorch 1.13, NumPy 1.24; those with 2.6 in
their names by PyTorch 2.6, NumPy 2.2, which finds the same values).

Every file is what torch.save leaves; expected.json holds what a reader has to find in them.
"""

import argparse
import collections
import json
import os
import pathlib

import numpy
import torch

here = os.path.dirname(os.path.abspath(__file__))


def at(name):
    return os.path.join(here, name)


def tensors():
    base = torch.arange(6, dtype=torch.float32)
    whole = [7, -1, 127, 0]
    return collections.OrderedDict(
        [
            ("double", torch.tensor([0.5, -1e-3], dtype=torch.float64)),
            ("float", torch.tensor([[1.5, -2.25, 3.0], [4.0, 5.0, 6.0]])),
            ("half", torch.tensor([2.0**-24, 65504.0, -10.0, 0.333251953125], dtype=torch.float16)),
            ("bfloat", torch.tensor([1.0, -10.0, 2.0**100, 3.140625], dtype=torch.bfloat16)),
            ("long", torch.tensor([2**40, -1], dtype=torch.int64)),
            ("int", torch.tensor(whole, dtype=torch.int32)),
            ("short", torch.tensor(whole, dtype=torch.int16)),
            ("char", torch.tensor(whole, dtype=torch.int8)),
            ("byte", torch.tensor([7, 255], dtype=torch.uint8)),
            ("bool", torch.tensor([True, False, True])),
            ("scalar", torch.tensor(2.5)),
            ("empty", torch.zeros(0, 3)),
            ("parameter", torch.nn.Parameter(torch.tensor([[0.125]]))),
            # Views of one storage.
            ("transposed", base.view(2, 3).t()),
            ("slice", base[2:5]),
            ("strided", base[1::2]),
            ("column", base.view(3, 2)[:, 1]),
            ("permuted", torch.arange(24, dtype=torch.float16).view(2, 3, 4).permute(2, 0, 1)),
            ("one-row", torch.arange(4.0).as_strided((1, 2), (3, 1), 2)),
        ]
    )


def expected(named):
    return {
        name: {"dtype": str(tensor.dtype), "shape": list(tensor.shape), "values": [str(int(v)) if tensor.dtype == torch.int64 else float(v) for v in tensor.detach().reshape(-1)]}
        for name, tensor in named.items()
    }


class Tiny(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 1)
        self.norm = torch.nn.BatchNorm2d(2)


torch.manual_seed(0)
all_types = tensors()
torch.save(all_types, at("archive.pth"))
torch.save(all_types, at("pickled.pth"), _use_new_zipfile_serialization=False)
torch.save(all_types, at("protocol4.bin"), pickle_protocol=4)

model = Tiny()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
state = model.state_dict()
checkpoint = {
    "epoch": 3,
    "arch": "tiny",
    "best": numpy.float64(71.5),
    "classes": ["ant", "bee"],
    "args": argparse.Namespace(lr=0.1, out=pathlib.PosixPath("runs/1")),
    "seen": {1, 2},
    "steps": collections.Counter({3: 1}),
    "state_dict": state,
    "model_ema": collections.OrderedDict((key, value * 0 + 1) for key, value in state.items()),
    "optimizer": optimizer.state_dict(),
    "decay": torch.tensor(0.99),
}
for name, zipped in (("training.pt", True), ("training-pickled.th", False)):
    torch.save(checkpoint, at(name), _use_new_zipfile_serialization=zipped)
torch.save({"student": state, "teacher": collections.OrderedDict(state)}, at("two.pth"))

with open(at("expected.json"), "w") as file:
    json.dump({"all": expected(all_types), "state": expected(state)}, file, indent=1)
    file.write("\n")
