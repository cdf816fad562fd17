"""The other process of a comparison: takes a workload's steps in PyTorch when it is told to.

    /usr/bin/python3 peer.py FOLDER_OF_pytorch_steps.py WORKLOAD THREADS

Reads commands and writes answers, one line of JSON each: see `Command` and `Answer` in opponent.ts. With no workload it
says which ones there are.
"""
import json
import resource
import sys
import time

sys.path.insert(0, sys.argv[1])
import pytorch_steps  # noqa: E402
import torch  # noqa: E402
import torchvision  # noqa: E402
from torchvision.models.resnet import BasicBlock, ResNet  # noqa: E402


def tell(**answer):
    print(json.dumps(answer), flush=True)


def steps(step, count):
    processor, begin = time.process_time(), time.perf_counter()
    for _ in range(count):
        step()
    return {"seconds": time.perf_counter() - begin, "processor": time.process_time() - processor}


def peak_memory():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def small_resnet(num_classes):
    """A ResNet of four blocks: depths 1, 1, 1, 1 and widths 32, 64, 128, 256 after the usual stem of 64."""
    net = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=num_classes)
    net.inplanes = 64
    for level, width in enumerate((32, 64, 128, 256)):
        layer = net._make_layer(BasicBlock, width, 1, stride=1 if level == 0 else 2)
        setattr(net, f"layer{level + 1}", layer)
    net.fc = torch.nn.Linear(256, num_classes)
    return net


# Where pytorch_steps.py looks networks up.
torchvision.models.small_resnet = small_resnet


def workload(name):
    """One of the file's, or another network in the same kind of step: "train mobilenet_v2 16x128"; with " bf16" under autocast."""
    if name.endswith(" bf16"):
        whole, batch = workload(name[: -len(" bf16")])

        def step():
            with torch.autocast("cpu", dtype=torch.bfloat16):
                whole()

        return step, batch
    if name in pytorch_steps.WORKLOADS:
        return pytorch_steps.WORKLOADS[name]()
    kind, network, sizes = name.split(" ")
    batch, size = (int(number) for number in sizes.split("x"))
    return {"train": pytorch_steps.train_step, "infer": pytorch_steps.inference}[kind](network, batch, size)


def main():
    version = f"PyTorch {torch.__version__}"
    if len(sys.argv) < 4:
        tell(ready=version)
        return
    torch.set_num_threads(int(sys.argv[3]))
    torch.manual_seed(0)
    step, _ = workload(sys.argv[2])
    steps(step, 1)
    tell(ready=version, seconds=steps(step, 1)["seconds"])
    for line in sys.stdin:
        wanted = json.loads(line)
        if wanted["command"] == "steps":
            tell(**steps(step, wanted.get("steps", 1)))
        elif wanted["command"] == "memory":
            tell(bytes=peak_memory())


main()
