#!/usr/bin/python3
"""Writes the reference values of tests/unit/test_reference.c: PyTorch is the witness (Debian's python3-torch 1.13).

A case is a net, a loss and an optimizer. One description of it gives the source in the language (cases.plumb), and the
same thing in PyTorch, computed in double precision from weights that are exact in float32:
    NAME.safetensors       the weights that the script loads
    expected.safetensors   NAME.output (evaluation mode), NAME.loss, NAME.grad.WEIGHT (training mode), NAME.losses (of ten steps)
    data.safetensors       inputs and targets of all cases
Run it in this folder; the same files come out every time."""
import json
import math
import random
import struct

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ROWS = 12

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.01),
    "leaky_relu(slope=0.2)": lambda x: F.leaky_relu(x, 0.2),
    "elu": F.elu,
    "elu(alpha=0.5)": lambda x: F.elu(x, 0.5),
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "hard_sigmoid": F.hardsigmoid,
    "hard_tanh": F.hardtanh,
    "relu6": F.relu6,
    "identity": lambda x: x,
    "softmax": lambda x: F.softmax(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "dropout(0)": lambda x: x,
}
LOSSES = {
    "cross_entropy": F.cross_entropy,
    "binary_cross_entropy": F.binary_cross_entropy_with_logits,
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
    "huber(delta=0.5)": lambda out, y: F.huber_loss(out, y, delta=0.5),
}


class Net:
    """The weights of a case by their names, and the passes over its description."""

    def __init__(self, width, body, generator):
        self.width, self.body, self.generator = width, body, generator
        self.learned, self.buffers = {}, {}

    def weight(self, name, *shape, spread=1.0, centre=0.0):
        if name not in self.learned:
            drawn = centre + spread * torch.randn(*shape, generator=self.generator)
            self.learned[name] = drawn.float().double().requires_grad_()
        return self.learned[name]

    def buffer(self, name, width, low, high):
        if name not in self.buffers:
            drawn = low + (high - low) * torch.rand(width, generator=self.generator)
            self.buffers[name] = drawn.float().double()
        return self.buffers[name]

    def run(self, x, training):
        self.order, self.labels, self.training = {}, {}, training
        return self.sequence(self.body, x)

    def name(self, kind):
        self.order[kind] = self.order.get(kind, 0) + 1
        return f"{kind}{self.order[kind]}"

    def sequence(self, body, x):
        for stage in body:
            x = getattr(self, stage[0])(x, *stage[1:])
        return x

    def act(self, x, source):
        return ACTIVATIONS[source](x)

    def dense(self, x, units, bias=True):
        name, n = self.name("dense"), x.shape[-1]
        out = x @ self.weight(name + ".weight", units, n, spread=1.2 / math.sqrt(n)).T
        return out + self.weight(name + ".bias", units, spread=0.2) if bias else out

    def prelu(self, x):
        return F.prelu(x, self.weight(self.name("prelu") + ".weight", 1, spread=0.1, centre=0.25))

    def batchnorm(self, x):
        name, n = self.name("batchnorm"), x.shape[1]
        mean, var = self.buffer(name + ".running_mean", n, -0.5, 0.5), self.buffer(name + ".running_var", n, 0.5, 1.5)
        gain, bias = self.weight(name + ".weight", n, spread=0.2, centre=1), self.weight(name + ".bias", n, spread=0.2)
        return F.batch_norm(x, mean.clone(), var.clone(), gain, bias, self.training)

    def layernorm(self, x):
        name, n = self.name("layernorm"), x.shape[-1]
        gain, bias = self.weight(name + ".weight", n, spread=0.2, centre=1), self.weight(name + ".bias", n, spread=0.2)
        return F.layer_norm(x, (n,), gain, bias)

    def rmsnorm(self, x):
        gain = self.weight(self.name("rmsnorm") + ".weight", x.shape[-1], spread=0.2, centre=1)
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5) * gain

    def flatten(self, x):
        return x.flatten(1)

    def residual(self, x, body):
        return x + self.sequence(body, x)

    def add(self, x, *bodies):
        return sum(self.sequence(body, x) for body in bodies)

    def multiply(self, x, *bodies):
        return math.prod(self.sequence(body, x) for body in bodies)

    def concat(self, x, *bodies):
        return torch.cat([self.sequence(body, x) for body in bodies], 1 if x.dim() != 3 else 2)

    def label(self, x, name, stage):
        self.labels[name] = self.sequence([stage], x)
        return self.labels[name]

    def add_link(self, x, name):
        return x + self.labels[name]

    def multiply_link(self, x, name):
        return x * self.labels[name]

    def concat_link(self, x, name):
        return torch.cat([x, self.labels[name]], -1)


def source(body, indent):
    """The same description as text of the language."""
    pad, lines = "    " * indent, []
    for kind, *rest in body:
        if kind == "act":
            lines.append(pad + rest[0])
        elif kind == "label":
            lines.append(f"{pad}{rest[0]}: {source([rest[1]], 0)}")
        elif kind.endswith("_link"):
            lines.append(f"{pad}{kind[:-5]}({rest[0]})")
        elif kind == "dense":
            lines.append(f"{pad}dense({rest[0]}{', bias=false' if rest[1:] == [False] else ''})")
        elif rest:
            lines.append(pad + kind + "".join(" {\n" + source(inner, indent + 1) + "\n" + pad + "}" for inner in rest))
        else:
            lines.append(pad + kind)
    return "\n".join(lines)


def random_body(draw, width, depth, labels):
    """A random pipeline that ends as wide as it begins."""
    body = []
    for _ in range(draw.randint(2, 4)):
        kind = draw.choice(["dense", "act", "norm", "residual", "branches", "link"] if depth else ["dense", "act", "norm"])
        if kind == "dense":
            body += [("dense", width), ("act", draw.choice(list(ACTIVATIONS)))]
        elif kind == "act":
            body.append(draw.choice([("act", draw.choice(list(ACTIVATIONS))), ("prelu",)]))
        elif kind == "norm":
            body.append((draw.choice(["batchnorm", "layernorm", "rmsnorm"]),))
        elif kind == "residual":
            body.append(("residual", random_body(draw, width, depth - 1, labels)))
        elif kind == "branches":
            joint = draw.choice(["add", "multiply", "concat"])
            body.append((joint, *(random_body(draw, width, depth - 1, labels) for _ in range(2))))
            if joint == "concat":
                body.append(("dense", width))
        else:
            labels.append(f"h{len(labels) + 1}")
            joint = draw.choice(["add", "multiply", "concat"])
            body += [("label", labels[-1], ("act", "tanh")), ("dense", width), ("batchnorm",), (joint + "_link", labels[-1])]
            if joint == "concat":
                body.append(("dense", width))
    return body


def cases():
    """name, input, body, loss, optimizer (source, and its PyTorch form), clip"""
    sgd = ("sgd(lr=0.01)", lambda w: torch.optim.SGD(w, lr=0.01), None)
    for text in ACTIVATIONS:
        name = "act_" + "".join(c if c.isalnum() else "_" for c in text).strip("_")
        yield name, "x6", [("dense", 5), ("act", text), ("dense", 4)], "mse", sgd
    for kind in ("prelu", "batchnorm", "layernorm", "rmsnorm"):
        yield "layer_" + kind, "x6", [("dense", 5), (kind,), ("dense", 4)], "mse", sgd
    yield "layer_dense_without_bias", "x6", [("dense", 5, False), ("act", "tanh"), ("dense", 4, False)], "mse", sgd
    yield "layer_flatten", "x3x4", [("flatten",), ("dense", 4)], "mse", sgd
    yield "layer_dense_over_time", "x3x4", [("dense", 5), ("layernorm",), ("act", "tanh"), ("flatten",), ("dense", 4)], "mse", sgd
    for text in LOSSES:
        name = "loss_" + "".join(c if c.isalnum() else "_" for c in text).strip("_")
        width = 1 if text == "binary_cross_entropy" else 4
        yield name, "x6", [("dense", 5), ("act", "tanh"), ("dense", width)], text, sgd
    draw = random.Random(7)
    for i in range(10):
        body = [("dense", 8)] + random_body(draw, 8, 2, []) + [("dense", 4)]
        yield f"net_{i + 1}", "x6", body, draw.choice(["cross_entropy", "mse"]), sgd
    O = torch.optim
    for name, text, make, clip in [
        ("sgd", "sgd(lr=0.1)", lambda w: O.SGD(w, lr=0.1), None),
        ("sgd_momentum", "sgd(lr=0.05, momentum=0.9)", lambda w: O.SGD(w, lr=0.05, momentum=0.9), None),
        ("sgd_nesterov", "sgd(lr=0.05, momentum=0.9, nesterov=true)", lambda w: O.SGD(w, lr=0.05, momentum=0.9, nesterov=True), None),
        ("sgd_decay", "sgd(lr=0.1, momentum=0.5, decay=0.1)", lambda w: O.SGD(w, lr=0.1, momentum=0.5, weight_decay=0.1), None),
        ("adam", "adam(lr=0.02)", lambda w: O.Adam(w, lr=0.02), None),
        ("adam_decay", "adam(lr=0.02, decay=0.1)", lambda w: O.Adam(w, lr=0.02, weight_decay=0.1), None),
        ("adamw", "adamw(lr=0.02, decay=0.1)", lambda w: O.AdamW(w, lr=0.02, weight_decay=0.1), None),
        ("rmsprop", "rmsprop(lr=0.01)", lambda w: O.RMSprop(w, lr=0.01), None),
        ("rmsprop_momentum", "rmsprop(lr=0.01, momentum=0.5)", lambda w: O.RMSprop(w, lr=0.01, momentum=0.5), None),
        ("clip_by_norm", "sgd(lr=0.2)", lambda w: O.SGD(w, lr=0.2), "by_norm(0.1)"),
        ("clip_by_value", "sgd(lr=0.2)", lambda w: O.SGD(w, lr=0.2), "by_value(0.02)"),
    ]:
        body = [("dense", 8), ("batchnorm",), ("act", "tanh"), ("residual", [("dense", 8), ("act", "tanh")]), ("dense", 4)]
        yield "steps_" + name, "x6", body, "cross_entropy", (text, make, clip)


def clip(weights, text):
    if text and text.startswith("by_norm"):
        torch.nn.utils.clip_grad_norm_(weights, float(text[8:-1]))
    elif text:
        torch.nn.utils.clip_grad_value_(weights, float(text[9:-1]))


def descend(net, x, y, loss, optimizer):
    """The losses of ten steps over the whole data."""
    _, make, limit = optimizer
    weights, losses = list(net.learned.values()), []
    stepper = make(weights)
    for _ in range(10):
        stepper.zero_grad()
        value = LOSSES[loss](net.run(x, True), y)
        value.backward()
        clip(weights, limit)
        stepper.step()
        losses.append(value.item())
    return torch.tensor(losses)


def save(path, tensors):
    """The safetensors format: length of the header, header, values."""
    header, chunks, at = {}, [], 0
    for name in sorted(tensors):
        value = tensors[name].detach()
        whole = not value.is_floating_point()
        chunk = value.to(torch.int32 if whole else torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "I32" if whole else "F32", "shape": list(value.shape), "data_offsets": [at, at + len(chunk)]}
        chunks.append(chunk)
        at += len(chunk)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def main():
    generator = torch.Generator().manual_seed(1)
    data = {
        "x6": torch.randn(ROWS, 6, generator=generator),
        "x3x4": torch.randn(ROWS, 3, 4, generator=generator),
        "values": torch.randn(ROWS, 4, generator=generator),
        "classes": torch.arange(ROWS) % 4,
        "binary": (torch.arange(ROWS).remainder(3) == 0).double().reshape(ROWS, 1),
    }
    data = {name: value.float().double() if value.is_floating_point() else value for name, value in data.items()}
    target = {"cross_entropy": "classes", "binary_cross_entropy": "binary"}
    expected, script = {}, ["# Written by generate.py: the nets of tests/unit/test_reference.c, and what each learns."]
    for name, x, body, loss, optimizer in cases():
        y = target.get(loss, "values")
        net = Net(data[x].shape[1:], body, generator)
        expected[name + ".output"] = net.run(data[x], False)
        save(name + ".safetensors", {**net.learned, **net.buffers})
        value = LOSSES[loss](net.run(data[x], True), data[y])
        value.backward()
        expected[name + ".loss"] = value.reshape(1)
        for weight, tensor in net.learned.items():
            expected[f"{name}.grad.{weight}"] = tensor.grad.clone()
        if name.startswith("steps_"):
            expected[name + ".losses"] = descend(net, data[x], data[y], loss, optimizer)
        task = "classify" if y == "classes" else "regress"
        shape = ", ".join(str(n) for n in net.width)
        script.append(
            f'd_{name} = safetensors("data.safetensors", x="{x}", y="{y}", task={task}, test=0, shuffle=false)\n'
            f"net {name} {{\n    input({shape})\n{source(body, 1)}\n}}\n"
            f'load {name} from "{name}.safetensors"\n'
            f"recipe r_{name} {{\n    steps     = 10\n    batch     = {ROWS}\n    loss      = {loss}\n    optimizer = {optimizer[0]}\n"
            + (f"    clip      = {optimizer[2]}\n" if optimizer[2] else "")
            + "}"
        )
    save("expected.safetensors", expected)
    save("data.safetensors", data)
    with open("cases.plumb", "w") as file:
        file.write("\n\n".join(script) + "\n")


main()
