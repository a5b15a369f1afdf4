#!/usr/bin/python3
"""Writes the reference values of tests/unit/test_recurrent.c: PyTorch is the witness (Debian's python3-torch 1.13).

Plain cells are torch.nn's own modules; layer-normalised ones, which PyTorch lacks, are written out from Ba, Kiros & Hinton
2016 on torch.nn.functional. All in double precision, from weights that are exact in float32:
    recurrent_NAME.safetensors      the weights of a case, under the names that plumb gives them
    recurrent_expected.safetensors  NAME.output, NAME.loss, NAME.grad.WEIGHT
    recurrent_data.safetensors      x, and the targets: the first values of y
The nets of the cases are in the test. Run it in this folder; the same files come out every time."""
import json
import struct

import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)
ROWS, STEPS, FEATURES, UNITS = 6, 7, 3, 4
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
generator = torch.Generator().manual_seed(1)


def exact(*shape, spread=0.5, centre=0.0):
    return (centre + spread * torch.randn(*shape, generator=generator)).float().double()


def suffix(level):
    return f"_l{level}" if level else ""


class Plain:
    """torch.nn's module; truncated back-propagation by running stretches on detached states."""

    def __init__(self, kind, name, width, units=UNITS, layers=1, reverse=False, truncate=0, last=False, **more):
        make = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind]
        self.module = make(width, units, num_layers=layers, batch_first=True, **more)
        self.reverse, self.truncate, self.last, self.weights = reverse, truncate, last, {}
        for level in range(layers):
            for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                weight = getattr(self.module, f"{part}_l{level}")
                weight.data = exact(*weight.shape)
                self.weights[f"{name}.{part}{suffix(level)}"] = weight

    def __call__(self, x):
        x = x.flip(1) if self.reverse else x
        steps = x.shape[1]
        every = self.truncate or steps
        ends = [steps - i for i in range(0, steps, every)][::-1]
        out, state, begin = [], None, 0
        for end in ends:
            if state is not None:
                state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
            y, state = self.module(x[:, begin:end], state)
            out.append(y)
            begin = end
        out = torch.cat(out, 1)
        return out[:, -1] if self.last else out.flip(1) if self.reverse else out


class Normalised:
    """Ba, Kiros & Hinton 2016: equations 4 (rnn), 20 to 22 (lstm) and the appendix's for the gru. The biases after the
    norms are bias_ih and bias_hh."""

    def __init__(self, kind, name, width, units=UNITS, layers=1, reverse=False, last=False):
        self.kind, self.units, self.layers, self.reverse, self.last = kind, units, layers, reverse, last
        self.name, self.weights = name, {}
        for level in range(layers):
            rows, columns = GATES[kind] * units, units if level else width
            self.add(level, "weight_ih", exact(rows, columns))
            self.add(level, "weight_hh", exact(rows, units))
            self.add(level, "bias_ih", exact(rows))
            self.add(level, "bias_hh", exact(rows))
            self.add(level, "norm_hh_weight", exact(rows, centre=1))
            if kind != "rnn":
                self.add(level, "norm_ih_weight", exact(rows, centre=1))
            if kind == "lstm":
                self.add(level, "norm_c_weight", exact(units, centre=1))
                self.add(level, "norm_c_bias", exact(units))

    def add(self, level, part, value):
        self.weights[f"{self.name}.{part}{suffix(level)}"] = value.requires_grad_()

    def __call__(self, x):
        x = x.flip(1) if self.reverse else x
        for level in range(self.layers):
            w = {part: self.weights.get(f"{self.name}.{part}{suffix(level)}") for part in
                 ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "norm_hh_weight", "norm_ih_weight", "norm_c_weight", "norm_c_bias")}
            h, c, out = torch.zeros(len(x), self.units), torch.zeros(len(x), self.units), []
            for t in range(x.shape[1]):
                h, c = getattr(self, self.kind)(w, x[:, t], h, c)
                out.append(h)
            x = torch.stack(out, 1)
        return x[:, -1] if self.last else x.flip(1) if self.reverse else x

    def rnn(self, w, x, h, c):
        a = x @ w["weight_ih"].T + h @ w["weight_hh"].T
        return torch.tanh(F.layer_norm(a, (self.units,), w["norm_hh_weight"], w["bias_ih"] + w["bias_hh"])), c

    def lstm(self, w, x, h, c):
        n = (4 * self.units,)
        z = F.layer_norm(x @ w["weight_ih"].T, n, w["norm_ih_weight"], w["bias_ih"])
        z = z + F.layer_norm(h @ w["weight_hh"].T, n, w["norm_hh_weight"], w["bias_hh"])
        i, f, g, o = z.chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        seen = F.layer_norm(c, (self.units,), w["norm_c_weight"], w["norm_c_bias"])
        return torch.sigmoid(o) * torch.tanh(seen), c

    def gru(self, w, x, h, c):
        two, n = 2 * self.units, self.units
        zx, zh = x @ w["weight_ih"].T, h @ w["weight_hh"].T
        gx, gh, bx, bh = w["norm_ih_weight"], w["norm_hh_weight"], w["bias_ih"], w["bias_hh"]
        gates = F.layer_norm(zx[:, :two], (two,), gx[:two], bx[:two]) + F.layer_norm(zh[:, :two], (two,), gh[:two], bh[:two])
        r, z = torch.sigmoid(gates).chunk(2, -1)
        state = F.layer_norm(zh[:, two:], (n,), gh[two:], bh[two:])
        new = torch.tanh(F.layer_norm(zx[:, two:], (n,), gx[two:], bx[two:]) + r * state)
        return (1 - z) * new + z * h, c


class Dense:
    def __init__(self, name, width, units):
        self.weights = {name + ".weight": exact(units, width).requires_grad_(), name + ".bias": exact(units).requires_grad_()}

    def __call__(self, x):
        return F.linear(x, *self.weights.values())


class Mean:
    weights = {}

    def __call__(self, x):
        return x.mean(1)


def cases():
    for kind in GATES:
        name = kind + "1"
        yield kind, [Plain(kind, name, FEATURES)]
        yield kind + "_layers", [Plain(kind, name, FEATURES, layers=3)]
        yield kind + "_last", [Plain(kind, name, FEATURES, layers=2, last=True)]
        yield kind + "_reverse", [Plain(kind, name, FEATURES, layers=2, reverse=True)]
        yield kind + "_reverse_last", [Plain(kind, name, FEATURES, reverse=True, last=True)]
        yield kind + "_truncate", [Plain(kind, name, FEATURES, layers=2, truncate=3)]
        yield kind + "_truncate_last", [Plain(kind, name, FEATURES, truncate=3, last=True)]
        yield kind + "_truncate_reverse", [Plain(kind, name, FEATURES, truncate=2, reverse=True)]
        yield kind + "_norm", [Normalised(kind, name, FEATURES)]
        yield kind + "_norm_all", [Normalised(kind, name, FEATURES, layers=2, reverse=True, last=True)]
        yield kind + "_wide", [Dense("dense1", FEATURES, 33), Plain(kind, name, 33, units=37), Dense("dense2", 37, 2)]
        yield kind + "_wide_norm", [Dense("dense1", FEATURES, 33), Normalised(kind, name, 33, units=37), Dense("dense2", 37, 2)]
    yield "rnn_relu", [Plain("rnn", "rnn1", FEATURES, nonlinearity="relu")]
    yield "mean", [Plain("gru", "gru1", FEATURES), Mean()]
    yield "stacked", [Plain("lstm", "lstm1", FEATURES), Plain("gru", "gru1", UNITS, reverse=True), Plain("rnn", "rnn1", UNITS, last=True)]


def save(path, tensors):
    """The safetensors format: length of the header, header, values."""
    header, chunks, at = {}, [], 0
    for name in sorted(tensors):
        value = tensors[name].detach()
        chunk = value.float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + len(chunk)]}
        chunks.append(chunk)
        at += len(chunk)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def main():
    x, y = exact(ROWS, STEPS, FEATURES, spread=1), exact(ROWS, 64, spread=1)
    expected = {}
    for name, stages in cases():
        out, weights = x, {}
        for stage in stages:
            out = stage(out)
            weights.update(stage.weights)
        loss = F.mse_loss(out.flatten(1), y[:, : out[0].numel()])
        loss.backward()
        save(f"recurrent_{name}.safetensors", weights)
        expected[name + ".output"] = out
        expected[name + ".loss"] = loss.reshape(1)
        for weight, value in weights.items():
            expected[f"{name}.grad.{weight}"] = value.grad
    save("recurrent_data.safetensors", {"x": x, "y": y})
    save("recurrent_expected.safetensors", expected)


main()
