#!/usr/bin/python3
"""Runs the exported PyTorch modules of a folder that tests/unit/test_export.c has written: check_torch.py FOLDER.
A line of cases.txt: number, rows, name. Exit status: 0 all outputs agree, 1 some do not, 77 PyTorch is not installed."""
import importlib.util
import sys

try:
    import torch
except ImportError:
    print("PyTorch is not installed")
    sys.exit(77)

folder, failed = sys.argv[1], 0
torch.set_num_threads(1)


def floats(path):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32)


for line in open(f"{folder}/cases.txt"):
    number, rows, name = line.rstrip("\n").split(" ", 2)
    stem = f"{folder}/{number}"
    shape = [int(size) for size in open(f"{stem}.shape").read().split()]
    try:
        spec = importlib.util.spec_from_file_location("exported", f"{stem}.py")
        exported = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(exported)
        net = exported.load(exported.Net(), f"{stem}.safetensors")
        with torch.no_grad():
            seen = net(floats(f"{stem}.input").reshape([int(rows), *shape])).flatten()
        torch.testing.assert_close(seen, floats(f"{stem}.output"), rtol=1e-5, atol=1e-5)
    except Exception as error:
        failed += 1
        print(f"{number}: {name}: {type(error).__name__}: {error}")
sys.exit(1 if failed else 0)
