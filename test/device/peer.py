"""The other process of a comparison on a GPU: takes a workload's steps in PyTorch when it is told to.

    python3 peer.py WORKLOAD MODE

MODE is fp32, tf32 or bf16. Reads commands and writes answers, one line of JSON each: {"steps": 5} is answered by
{"seconds": [...]}, {"memory": true} by {"bytes": ...}. On a machine without CUDA it computes on the processor.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
NHWC = torch.channels_last
CLASSES = 200


def network(name, size):
    import timm

    names = {"deit_base": f"deit_base_patch16_{size}"}
    net = timm.create_model(names.get(name, name), num_classes=CLASSES)
    return net.to(DEVICE).to(memory_format=NHWC)


def images(batch, size):
    return torch.randn(batch, 3, size, size, device=DEVICE).contiguous(memory_format=NHWC)


def optimiser(net, name):
    if name.startswith("resnet"):
        return torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
    return torch.optim.AdamW(net.parameters(), 1e-4, weight_decay=0.05)


def training(name, batch, size, cast):
    net = network(name, size).train()
    update = optimiser(net, name)
    x, y = images(batch, size), torch.arange(batch, device=DEVICE) * 37 % CLASSES

    def step():
        update.zero_grad(set_to_none=True)
        with cast():
            loss = F.cross_entropy(net(x), y)
        loss.backward()
        update.step()
        return loss.item()

    return step


def dadkd(name, batch, high, low, cast):
    """The teacher sees the images for its map and their mixture for its logits; the student learns on small ones."""
    teacher, student = network(name, high).eval(), network(name, low).train()
    update = optimiser(student, name)
    x = images(batch, high)
    ya = torch.arange(batch, device=DEVICE) * 37 % CLASSES
    other = torch.arange(batch - 1, -1, -1, device=DEVICE)
    yb = ya[other]
    top, end = high // 5, high * 4 // 5

    def step():
        with torch.no_grad(), cast():
            features = teacher.forward_features(x)
            weight = teacher.get_classifier().weight[ya]
            cam = torch.einsum("bc,bchw->bhw", weight.float(), features.float())
            spm = F.interpolate(cam[:, None], size=(high, high), mode="bilinear", align_corners=False)[:, 0]
            spm = spm - spm.amin((1, 2), keepdim=True)
            spm = spm / spm.sum((1, 2), keepdim=True)
            mixed = x.clone(memory_format=NHWC)
            mixed[:, :, top:end, top:end] = x[other][:, :, top:end, top:end]
            wa = 1 - spm[:, top:end, top:end].sum((1, 2))
            wb = spm[other][:, top:end, top:end].sum((1, 2))
            soft_target = F.softmax(teacher(mixed).float() / 3, 1)
            small = F.interpolate(mixed, size=(low, low), mode="bilinear", align_corners=False, antialias=True)
        update.zero_grad(set_to_none=True)
        with cast():
            logits = student(small.contiguous(memory_format=NHWC))
            hard = wa * F.cross_entropy(logits, ya, reduction="none") + wb * F.cross_entropy(logits, yb, reduction="none")
            soft = F.kl_div(F.log_softmax(logits.float() / 3, 1), soft_target, reduction="batchmean") * 9
            loss = 0.7 * hard.mean() + 0.3 * soft
        loss.backward()
        update.step()
        return loss.item()

    return step


def workload(words, cast):
    *kind, name, sizes = words.split(" ")
    batch, sides = sizes.split("x")
    high, *low = (int(side) for side in sides.split("-"))
    if kind:
        return dadkd(name, int(batch), high, low[0], cast)
    return training(name, int(batch), high, cast)


def main():
    words, mode = sys.argv[1:3]
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = mode == "tf32"

    def cast():
        return torch.autocast(DEVICE, torch.bfloat16, enabled=mode == "bf16")

    step = workload(words, cast)
    for _ in range(3):
        step()
    card = torch.cuda.get_device_name(0) if DEVICE == "cuda" else "cpu"
    print(json.dumps({"ready": f"PyTorch {torch.__version__}, {card}, {mode}"}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "steps" in asked:
            seconds = []
            for _ in range(asked["steps"]):
                begin = time.perf_counter()
                # Reading the loss waits for the step.
                step()
                seconds.append(time.perf_counter() - begin)
            answer = {"seconds": seconds}
        else:
            answer = {"bytes": torch.cuda.max_memory_allocated() if DEVICE == "cuda" else 0}
        print(json.dumps(answer), flush=True)


main()
