#!/usr/bin/python3
"""Writes the reference values of tests/unit/test_vision.c: PyTorch is the witness (Debian's python3-torch 1.13).

A case is a net as text of the language, one line. It is run here in PyTorch, in double precision, from weights that are
exact in float32. Into the folder vision:
    cases.txt              NAME | NET, a line each
    NAME.safetensors       the weights
    expected.safetensors   NAME.x, NAME.output (evaluation mode), NAME.loss, NAME.grad.WEIGHT (training mode, cross entropy
                           against the labels 0 1 2 3 0 1 ...)
Run it in its own folder; the same files come out every time."""
import json
import math
import struct

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ROWS = 6

CASES = {
    "conv_same": "input(3, 7, 6) -> conv(4, 3)",
    "conv_even_kernel": "input(2, 6, 7) -> conv(3, [2, 4])",
    "conv_valid": "input(3, 7, 6) -> conv(4, [3, 2], pad=valid)",
    "conv_padded": "input(2, 5, 6) -> conv(4, 3, pad=[2, 1], bias=false)",
    "conv_strided": "input(3, 9, 8) -> conv(4, 3, stride=2, pad=1)",
    "conv_same_strided": "input(3, 8, 9) -> conv(4, 3, stride=2)",
    "conv_stride_by_axis": "input(2, 9, 8) -> conv(4, [3, 2], stride=[2, 1])",
    "conv_dilated": "input(2, 9, 8) -> conv(4, 3, dilation=2)",
    "conv_dilated_by_axis": "input(2, 9, 8) -> conv(4, 3, dilation=[1, 3], pad=valid)",
    "conv_grouped": "input(4, 6, 5) -> conv(6, 3, groups=2)",
    "conv_depthwise": "input(4, 6, 5) -> conv(8, 3, groups=4)",
    "conv_pointwise": "input(3, 5, 4) -> conv(6, 1)",
    "conv_pointwise_strided": "input(3, 5, 4) -> conv(6, 1, stride=2)",
    "conv_twice": "input(2, 6, 6) -> conv(18, 3) -> tanh -> conv(5, 3, stride=2)",
    "sequence_same": "input(9, 3) -> conv(4, 3)",
    "sequence_valid": "input(9, 3) -> conv(4, 4, pad=valid, bias=false)",
    "sequence_strided": "input(10, 3) -> conv(4, 3, stride=2, pad=1)",
    "sequence_dilated": "input(12, 2) -> conv(4, 3, dilation=3)",
    "sequence_grouped": "input(9, 4) -> conv(6, 3, groups=2)",
    "sequence_pointwise": "input(9, 3) -> conv(5, 1)",
    "sequence_twice": "input(12, 2) -> conv(6, 3) -> tanh -> conv(5, 3, stride=2)",
    "maxpool": "input(2, 6, 7) -> conv(3, 3) -> maxpool(2)",
    "maxpool_overlapping": "input(2, 7, 7) -> conv(3, 3) -> maxpool(3, stride=2, pad=1)",
    "maxpool_by_axis": "input(2, 6, 7) -> conv(3, 3) -> maxpool([2, 3], stride=[1, 2])",
    "maxpool_sequence": "input(9, 2) -> conv(3, 3) -> maxpool(3, stride=2)",
    "avgpool": "input(2, 6, 7) -> conv(3, 3) -> avgpool(2)",
    "avgpool_padded": "input(2, 7, 7) -> conv(3, 3) -> avgpool(3, stride=2, pad=1)",
    "avgpool_sequence": "input(9, 2) -> conv(3, 3) -> avgpool(3)",
    "globalavgpool": "input(2, 6, 7) -> conv(5, 3) -> globalavgpool",
    "globalavgpool_sequence": "input(9, 2) -> conv(5, 3) -> globalavgpool",
    "upsample": "input(2, 3, 4) -> conv(3, 3) -> upsample(2)",
    "upsample_by_axis": "input(2, 3, 4) -> conv(3, 3) -> upsample([3, 2])",
    "upsample_sequence": "input(5, 2) -> conv(3, 3) -> upsample(3)",
    "batchnorm": "input(2, 6, 5) -> conv(4, 3, bias=false) -> batchnorm -> relu -> conv(4, 3)",
    "groupnorm": "input(2, 6, 5) -> conv(6, 3) -> groupnorm(3) -> relu",
    "groupnorm_features": "input(7) -> dense(6) -> groupnorm(2) -> tanh",
    "groupnorm_sequence": "input(9, 2) -> conv(6, 3) -> groupnorm(2, eps=1e-3) -> relu",
    "instancenorm": "input(2, 6, 5) -> conv(4, 3) -> instancenorm -> relu",
    "instancenorm_affine": "input(2, 6, 5) -> conv(4, 3) -> instancenorm(affine=true) -> relu",
    "instancenorm_sequence": "input(9, 2) -> conv(4, 3) -> instancenorm -> relu",
    "layernorm_image": "input(2, 6, 5) -> conv(4, 3) -> layernorm -> relu",
    "reshape": "input(2, 6, 4) -> conv(4, 3) -> reshape(8, -1) -> conv(3, 3)",
    "lenet": "input(1, 12, 12) -> conv(6, 5, pad=2) -> relu -> maxpool(2) -> conv(16, 3, pad=valid) -> relu -> avgpool(2) -> flatten -> dense(12) -> relu",
    "wide": "input(3, 8, 8) -> conv(32, 3) -> batchnorm -> relu -> conv(48, 3, stride=2) -> batchnorm -> relu -> globalavgpool",
}


def pair(value, axes):
    return list(value) if isinstance(value, list) else [value] * axes


class Net:
    """The layers of one net, called by the text itself; weights are drawn when first asked for."""

    def __init__(self, text, generator):
        self.text, self.generator = text, generator
        self.learned, self.buffers = {}, {}

    def run(self, x, training):
        self.x, self.training, self.order = x, training, {}
        names = {name: getattr(self, name) for name in dir(self) if not name.startswith("_")}
        names.update(same="same", valid="valid", true=True, false=False)
        for stage in self.text.split(" -> "):
            stage = stage if "(" in stage else stage + "()"
            self.x = eval(stage, names)
        return self.x

    def name(self, kind):
        self.order[kind] = self.order.get(kind, 0) + 1
        return f"{kind}{self.order[kind]}"

    def weight(self, name, *shape, spread=1.0, centre=0.0):
        if name not in self.learned:
            drawn = centre + spread * torch.randn(*shape, generator=self.generator)
            self.learned[name] = drawn.float().double().requires_grad_()
        return self.learned[name]

    def buffer(self, name, width, low, high):
        if name not in self.buffers:
            self.buffers[name] = (low + (high - low) * torch.rand(width, generator=self.generator)).float().double()
        return self.buffers[name]

    def channels_first(self, work):
        """Sequences are (time, features) here and channels first in PyTorch."""
        return work(self.x.transpose(1, 2)).transpose(1, 2) if self.x.dim() == 3 else work(self.x)

    def input(self, *shape):
        return self.x

    def conv(self, channels, kernel, stride=1, pad="same", dilation=1, groups=1, bias=True):
        axes = self.x.dim() - 2
        inputs = self.x.shape[1] if axes == 2 else self.x.shape[2]
        sizes = self.x.shape[2:] if axes == 2 else self.x.shape[1:2]
        kernel, stride, dilation = pair(kernel, axes), pair(stride, axes), pair(dilation, axes)
        name, taps = self.name("conv"), inputs // groups * math.prod(kernel)
        w = self.weight(name + ".weight", channels, inputs // groups, *kernel, spread=1.5 / math.sqrt(taps))
        b = self.weight(name + ".bias", channels, spread=0.3) if bias else None
        around = []
        for size, k, s, d in zip(sizes, kernel, stride, dilation):
            need = max((math.ceil(size / s) - 1) * s + (k - 1) * d + 1 - size, 0) if pad == "same" else 0
            around.append((need // 2, need - need // 2))
        if pad not in ("same", "valid"):
            around = [(p, p) for p in pair(pad, axes)]
        flat = [n for both in reversed(around) for n in both]
        run = F.conv2d if axes == 2 else F.conv1d
        out = self.channels_first(lambda x: run(F.pad(x, flat), w, b, stride, 0, dilation, groups))
        if pad == "same" and stride == [1] * axes:  # PyTorch's own padding="same"
            theirs = self.channels_first(lambda x: run(x, w, b, 1, "same", dilation, groups))
            assert torch.allclose(out, theirs)
        return out

    def maxpool(self, kernel, stride=None, pad=0):
        pool = F.max_pool2d if self.x.dim() == 4 else F.max_pool1d
        return self.channels_first(lambda x: pool(x, kernel, stride, pad))

    def avgpool(self, kernel, stride=None, pad=0):
        pool = F.avg_pool2d if self.x.dim() == 4 else F.avg_pool1d
        return self.channels_first(lambda x: pool(x, kernel, stride, pad))

    def globalavgpool(self):
        return self.x.mean((2, 3)) if self.x.dim() == 4 else self.x.mean(1)

    def upsample(self, factor):
        return self.channels_first(lambda x: F.interpolate(x, scale_factor=tuple(factor) if isinstance(factor, list) else factor))

    def gain(self, name, n):
        return self.weight(name + ".weight", n, spread=0.2, centre=1), self.weight(name + ".bias", n, spread=0.2)

    def batchnorm(self):
        name, n = self.name("batchnorm"), self.x.shape[1]
        mean, var = self.buffer(name + ".running_mean", n, -0.5, 0.5), self.buffer(name + ".running_var", n, 0.5, 1.5)
        return F.batch_norm(self.x, mean.clone(), var.clone(), *self.gain(name, n), self.training)

    def groupnorm(self, groups, eps=1e-5):
        name, n = self.name("groupnorm"), self.x.shape[2 if self.x.dim() == 3 else 1]
        return self.channels_first(lambda x: F.group_norm(x, groups, *self.gain(name, n), eps))

    def instancenorm(self, affine=False):
        name, n = self.name("instancenorm"), self.x.shape[2 if self.x.dim() == 3 else 1]
        gain = self.gain(name, n) if affine else (None, None)
        return self.channels_first(lambda x: F.instance_norm(x, None, None, *gain))

    def layernorm(self):
        name, n = self.name("layernorm"), self.x.shape[-1]
        return F.layer_norm(self.x, (n,), *self.gain(name, n))

    def dense(self, units):
        name, n = self.name("dense"), self.x.shape[-1]
        w = self.weight(name + ".weight", units, n, spread=1.2 / math.sqrt(n))
        return self.x @ w.T + self.weight(name + ".bias", units, spread=0.2)

    def reshape(self, *shape):
        return self.x.reshape(self.x.shape[0], *shape)

    def flatten(self):
        return self.x.flatten(1)

    def relu(self):
        return torch.relu(self.x)

    def tanh(self):
        return torch.tanh(self.x)


def save(path, tensors):
    """The safetensors format: length of the header, header, values."""
    header, chunks, at = {}, [], 0
    for name in sorted(tensors):
        value = tensors[name].detach()
        chunk = value.to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + len(chunk)]}
        chunks.append(chunk)
        at += len(chunk)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def main():
    generator = torch.Generator().manual_seed(3)
    labels, expected, lines = torch.arange(ROWS) % 4, {}, []
    for name, text in CASES.items():
        text += " -> flatten -> dense(4)"
        shape = [int(n) for n in text[len("input("):text.index(")")].split(",")]
        x = torch.randn(ROWS, *shape, generator=generator).float().double()
        net = Net(text, generator)
        expected[name + ".x"] = x
        expected[name + ".output"] = net.run(x, False)
        save(f"vision/{name}.safetensors", {**net.learned, **net.buffers})
        loss = F.cross_entropy(net.run(x, True), labels)
        loss.backward()
        expected[name + ".loss"] = loss.reshape(1)
        for weight, tensor in net.learned.items():
            expected[f"{name}.grad.{weight}"] = tensor.grad.clone()
        lines.append(f"{name} | {text}\n")
    save("vision/expected.safetensors", expected)
    with open("vision/cases.txt", "w") as file:
        file.writelines(lines)


main()
