"""The other process of a comparison on a GPU: takes a workload's steps in PyTorch when it is told to.

    python3 peer.py WORKLOAD

Reads commands and writes answers, one line of JSON each: {"mode": "fp32"}, "tf32" or "bf16" by {"ready": ...} once it is warm,
{"steps": 5} by {"seconds": [...]}, {"memory": true} by {"bytes": ...}. Networks are timm's, or torchvision's where timm is not
installed, which is said. On a machine without CUDA it computes on the processor.
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
    net = tiny(name, size) or timm_network(name, size) or torchvision_network(name, size)
    return net.to(DEVICE).to(memory_format=NHWC)


try:
    import timm

    LIBRARY = f"timm {timm.__version__}"
except ImportError:
    timm = None
    LIBRARY = "torchvision, since timm is not installed"


def timm_network(name, size):
    names = {"deit_base": f"deit_base_patch16_{size}"}
    return timm and timm.create_model(names.get(name, name), num_classes=CLASSES)


def torchvision_network(name, size):
    """The same architectures: its ViT-B/16 is DeiT-B without distillation."""
    from torchvision import models

    if name == "deit_base":
        return models.vit_b_16(image_size=size, num_classes=CLASSES)
    return getattr(models, name)(num_classes=CLASSES)


def tiny(name, size):
    """Networks about as small as the script's own for an adapter made of software."""
    if name not in ("resnet", "deit"):
        return None
    from torchvision.models import ResNet, VisionTransformer
    from torchvision.models.resnet import BasicBlock

    if name == "resnet":
        return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=CLASSES)
    return VisionTransformer(size, 8, num_layers=1, num_heads=2, hidden_dim=16, mlp_dim=64, num_classes=CLASSES)


def features_of(net, x):
    if hasattr(net, "forward_features"):
        return net.forward_features(x)
    x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    return net.layer4(net.layer3(net.layer2(net.layer1(x))))


def classifier_of(net):
    return net.get_classifier() if hasattr(net, "get_classifier") else net.fc


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
            features = features_of(teacher, x)
            weight = classifier_of(teacher).weight[ya]
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
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    mode = "fp32"

    def cast():
        return torch.autocast(DEVICE, torch.bfloat16, enabled=mode == "bf16")

    step = workload(sys.argv[1], cast)
    card = torch.cuda.get_device_name(0) if DEVICE == "cuda" else "cpu"

    def warm():
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = mode == "tf32"
        if DEVICE == "cuda":
            torch.cuda.reset_peak_memory_stats()
        for _ in range(3):
            step()
        return {"ready": f"PyTorch {torch.__version__} with {LIBRARY}, {card}"}

    print(json.dumps(warm()), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "mode" in asked:
            mode = asked["mode"]
            answer = warm()
        elif "steps" in asked:
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
