#!/usr/bin/python3
"""Writes sequence.safetensors for tests/unit/test_sequence.c: PyTorch is the witness (Debian's python3-torch 1.13), in
double precision, from weights and inputs that are exact in float32.
    x.NAME, y.NAME                       inputs and targets
    CASE.w.WEIGHT, .out, .loss, .g.WEIGHT  weights, outputs in evaluation mode, loss, gradients
    CASE.losses, CASE.test               of ten steps over all rows; the loss with the weights that the net ends with
    schedule.NAME                        factors on the learning rate, one a step
What PyTorch 1.13 has not (lion, lars, adaptive clipping, running means) is written here from the papers.
Run it in this folder; the same file comes out every time."""
import json
import math
import struct

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ROWS, TIME, WIDTH, VOCAB = 12, 5, 6, 7
made = {}
generator = torch.Generator().manual_seed(3)


def drawn(*shape, spread=1.0):
    return (spread * torch.randn(*shape, generator=generator)).float().double()


def record(case, weights, run, loss):
    """run(weights): the outputs; loss(outputs)."""
    for name, w in weights.items():
        w.requires_grad_()
        made[f"{case}.w.{name}"] = w.detach().clone()
    out = run(weights)
    value = loss(out)
    value.backward()
    made[case + ".out"], made[case + ".loss"] = out, value.reshape(1)
    for name, w in weights.items():
        made[f"{case}.g.{name}"] = w.grad.clone()


# ---- data

x = {
    "index": torch.randint(VOCAB, (ROWS, TIME), generator=generator),
    "steps": drawn(ROWS, TIME, WIDTH),
    "image": drawn(ROWS, 4, 3, 2),
    "flat": drawn(ROWS, WIDTH),
}
y = {
    "classes": torch.arange(ROWS) % 4,
    "binary": (torch.arange(ROWS) % 3 == 0).long(),
    "next": torch.randint(VOCAB, (ROWS, TIME), generator=generator),
    "seven": torch.arange(ROWS) % 7,
}
for name, value in {**{"x." + k: v for k, v in x.items()}, **{"y." + k: v for k, v in y.items()}}.items():
    made[name] = value

# ---- layers: the loss is the mean square of the outputs, against 0


def square(out):
    return (out * out).mean()


def waves(time, features):
    place, feature = torch.arange(time).double()[:, None], torch.arange(features)[None, :]
    angle = place / 10000 ** ((feature - feature % 2).double() / features)
    return torch.where(feature % 2 == 0, torch.sin(angle), torch.cos(angle))


def attention(steps, w, prefix, heads, causal):
    mask = torch.triu(torch.ones(TIME, TIME), 1).bool() if causal else None
    turned = steps.transpose(0, 1)
    return F.multi_head_attention_forward(
        turned, turned, turned, WIDTH, heads, w[prefix + "in_proj_weight"], w.get(prefix + "in_proj_bias"), None, None, False,
        0.0, w[prefix + "out_weight"], w.get(prefix + "out_bias"), attn_mask=mask, need_weights=False)[0].transpose(0, 1)


def attention_weights(prefix, bias=True):
    w = {prefix + "in_proj_weight": drawn(3 * WIDTH, WIDTH, spread=0.5), prefix + "out_weight": drawn(WIDTH, WIDTH, spread=0.5)}
    if bias:
        w[prefix + "in_proj_bias"], w[prefix + "out_bias"] = drawn(3 * WIDTH, spread=0.2), drawn(WIDTH, spread=0.2)
    return w


record("embedding", {"embedding1.weight": drawn(VOCAB, 4)}, lambda w: F.embedding(x["index"], w["embedding1.weight"]), square)
record("waves", {"embedding1.weight": drawn(VOCAB, 5)},
       lambda w: F.embedding(x["index"], w["embedding1.weight"]) + waves(TIME, 5), square)
record("places", {"positional1.weight": drawn(TIME, WIDTH)}, lambda w: x["steps"] + w["positional1.weight"], square)
for case, heads, causal, bias in (("attention", 2, False, True), ("causal", 3, True, True), ("unbiased", 1, False, False)):
    record(case, attention_weights("attention1.", bias), lambda w: attention(x["steps"], w, "attention1.", heads, causal), square)
record("glu", {"dense1.weight": drawn(8, WIDTH), "dense1.bias": drawn(8)},
       lambda w: F.glu(F.linear(x["flat"], w["dense1.weight"], w["dense1.bias"])), square)
record("glu_image", {"scale1.scale": drawn(1)}, lambda w: F.glu(x["image"] * w["scale1.scale"], 1), square)


def normed(w):
    layer = torch.nn.utils.weight_norm(torch.nn.Linear(WIDTH, 4))
    del layer._parameters["weight_v"], layer._parameters["weight_g"], layer._parameters["bias"]
    layer.weight_v, layer.weight_g, layer.bias = w["dense1.weight_v"], w["dense1.weight_g"], w["dense1.bias"]
    return torch.tanh(layer(x["flat"]))


record("weightnorm", {"dense1.weight_v": drawn(4, WIDTH), "dense1.weight_g": drawn(4, 1), "dense1.bias": drawn(4)}, normed, square)


def model(w):
    h = F.embedding(x["index"], w["embedding1.weight"]) + waves(TIME, WIDTH)
    h = h + attention(h, w, "attention1.", 2, True)
    return F.linear(h, w["dense1.weight"], w["dense1.bias"])


record("language", {"embedding1.weight": drawn(VOCAB, WIDTH), **attention_weights("attention1."),
                    "dense1.weight": drawn(VOCAB, WIDTH), "dense1.bias": drawn(VOCAB)}, model,
       lambda out: F.cross_entropy(out.reshape(-1, VOCAB), y["next"].reshape(-1)))

# ---- losses

CLASS_WEIGHTS = torch.tensor([0.5, 2.0, 1.0, 0.25])
for case, units, loss in (
    ("smoothing", 4, lambda out: F.cross_entropy(out, y["classes"], label_smoothing=0.1)),
    ("weights", 4, lambda out: F.cross_entropy(out, y["classes"], CLASS_WEIGHTS)),
    ("both", 4, lambda out: F.cross_entropy(out, y["classes"], CLASS_WEIGHTS, label_smoothing=0.2)),
    ("hinge", 4, lambda out: F.multi_margin_loss(out, y["classes"])),
    ("hinge_margin", 4, lambda out: F.multi_margin_loss(out, y["classes"], margin=0.5)),
    ("hinge_binary", 1, lambda out: F.relu(1 - out[:, 0] * (2 * y["binary"] - 1)).mean()),
):
    record(case, {"dense1.weight": drawn(units, WIDTH), "dense1.bias": drawn(units)},
           lambda w: F.linear(x["flat"], w["dense1.weight"], w["dense1.bias"]), loss)

# ---- ten steps: dense(8) -> tanh -> dense(4), cross entropy


def net(w):
    return F.linear(torch.tanh(F.linear(x["flat"], w["dense1.weight"], w["dense1.bias"])), w["dense2.weight"], w["dense2.bias"])


START = {"dense1.weight": drawn(8, WIDTH, spread=0.6), "dense1.bias": drawn(8, spread=0.3),
         "dense2.weight": drawn(4, 8, spread=0.6), "dense2.bias": drawn(4, spread=0.3)}
for name, value in START.items():
    made["steps.w." + name] = value.clone()


def torch_steps(make):
    """A torch.optim optimizer as a rule."""
    kept = []

    def rule(w, grads, step):
        if not kept:
            kept.append(make(list(w.values())))
        for name, tensor in w.items():
            tensor.grad = grads[name]
        kept[0].step()

    return rule


def lion(lr, decay):
    m = {}

    def rule(w, grads, step):
        for name, g in grads.items():
            m.setdefault(name, torch.zeros_like(g))
            w[name] -= lr * (torch.sign(0.9 * m[name] + 0.1 * g) + decay * w[name])
            m[name] = 0.99 * m[name] + 0.01 * g

    return rule


def lars(lr, momentum, trust, decay):
    v = {}

    def rule(w, grads, step):
        for name, g in grads.items():
            ratio = trust * w[name].norm() / (g.norm() + decay * w[name].norm())
            v[name] = momentum * v.get(name, 0) + ratio * (g + decay * w[name])
            w[name] -= lr * v[name]

    return rule


def sgd(lr):
    return torch_steps(lambda w: torch.optim.SGD(w, lr=lr))


def by_layer(most):
    def clip(w, grads):
        for layer in ("dense1.", "dense2."):
            names = [name for name in grads if name.startswith(layer)]
            norm = torch.sqrt(sum((grads[name] ** 2).sum() for name in names))
            for name in names:
                grads[name] = grads[name] * min(1, most / (norm.item() + 1e-6))

    return clip


def adaptive(share, last):
    def unit(t):
        return t.norm(dim=1, keepdim=True) if t.dim() > 1 else t.norm()

    def clip(w, grads):
        for name in grads if last else [name for name in grads if name.startswith("dense1.")]:
            limit, norm = share * unit(w[name]).clamp(min=1e-3), unit(grads[name])
            grads[name] = torch.where(norm > limit, grads[name] * limit / norm, grads[name])

    return clip


def descend(case, rule, clip=None, ema=None):
    w = {name: value.clone().requires_grad_() for name, value in START.items()}
    mean, losses = {name: value.clone() for name, value in START.items()}, []
    for step in range(10):
        for tensor in w.values():
            tensor.grad = None
        value = F.cross_entropy(net(w), y["classes"])
        value.backward()
        losses.append(value.item())
        grads = {name: tensor.grad.clone() for name, tensor in w.items()}
        with torch.no_grad():
            if clip:
                clip(w, grads)
            rule(w, grads, step)
            for name in mean:
                mean[name] = ema * mean[name] + (1 - ema) * w[name] if ema else w[name].detach()
    made[case + ".losses"] = torch.tensor(losses)
    made[case + ".test"] = F.cross_entropy(net(mean), y["classes"]).reshape(1)


O = torch.optim
descend("adagrad", torch_steps(lambda w: O.Adagrad(w, lr=0.1)))
descend("adagrad_decay", torch_steps(lambda w: O.Adagrad(w, lr=0.1, weight_decay=0.1, eps=0.01)))
descend("lion", lion(0.02, 0))
descend("lion_decay", lion(0.02, 0.5))
descend("lars", lars(1, 0.9, 0.01, 0))
descend("lars_decay", lars(2, 0, 0.02, 0.1))
descend("lars_adaptive", lars(1, 0.9, 0.01, 0), adaptive(0.05, True))
descend("by_layer", sgd(0.5), by_layer(0.1))
descend("adaptive", sgd(0.5), adaptive(0.02, False))
descend("adaptive_last", sgd(0.5), adaptive(0.02, True))
descend("accumulate", sgd(0.5))
descend("ema", sgd(0.5), None, 0.8)

# ---- schedules: factors of 20 steps, 4 an epoch


def factors(make):
    stepper = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule, seen = make(stepper), []
    for _ in range(20):
        seen.append(stepper.param_groups[0]["lr"])
        stepper.step()
        if len(seen) < 20:
            schedule.step()
    return torch.tensor(seen)


S = torch.optim.lr_scheduler
made["schedule.onecycle"] = factors(lambda o: S.OneCycleLR(o, max_lr=1.0, total_steps=20))
made["schedule.exponential"] = factors(lambda o: S.LambdaLR(o, lambda step: 0.9 ** (step // 4)))
made["schedule.linear_decay"] = factors(
    lambda o: S.LambdaLR(o, lambda step: (step + 1) / 6 if step < 5 else (20 - step) / 15))
made["schedule.epochs"] = torch.tensor([3.0, 2.0, 2.5, 2.0, 1.99999, 1.5, 1.6, 1.7, 1.8, 1.4, 1.5, 1.5, 1.5])
stepper = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
plateau, seen = S.ReduceLROnPlateau(stepper, factor=0.5, patience=2), []
for loss in made["schedule.epochs"]:
    plateau.step(loss)
    seen.append(stepper.param_groups[0]["lr"])
made["schedule.plateau"] = torch.tensor(seen)


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


save("sequence.safetensors", made)
