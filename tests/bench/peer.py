#!/usr/bin/python3
"""plumb and PyTorch in turn, A B A B: milliseconds of a training step on two threads, and ratios.

    peer.py --bench BENCH [--json FILE] [--rounds N] [--seconds N] [--variants a,b|all] PEER_DIR [NAME...]

PEER_DIR holds torch_bench.py and sweep.py, which say how each workload is built and which ways of running it there are. plumb
runs with all diagnostics. eager: as a user writes it; hooks: eager with what people add to see gradients; best: the
fastest of the variants, each tried in the first round, and the fastest of them again in the others. Of the rounds the least median counts.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

PYTHON = "/usr/bin/python3"  # Debian's torch belongs to Debian's Python
THREADS = 2
QUICK = "foreach,flat,jitflat,shard,jitshard"
ALL = QUICK + ",jit,fx,fxshard,mkldnn"
BLAS = ("o-auto512", "p-auto512")


def available(folder):
    if not os.path.exists(os.path.join(folder, "torch_bench.py")):
        return f"no peer in {folder}"
    if not os.path.exists(PYTHON) or subprocess.run([PYTHON, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode:
        return f"no torch for {PYTHON}"
    return None


def environment(folder):
    """As sweep.py sets it for the fastest BLAS that is there; else PyTorch's own choice."""
    sys.path.insert(0, folder)
    import sweep
    for code in BLAS:
        env = sweep.environment(code, THREADS)
        if env:
            return env, env["PEER_BLAS"]
    return dict(os.environ, ATEN_CPU_CAPABILITY="avx512"), "whatever BLAS PyTorch finds"


def plumb_ms(args, name):
    with tempfile.NamedTemporaryFile("r") as log:
        command = [args.bench, "--threads", str(THREADS), "--seconds", str(args.seconds), "--json", log.name, name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return next(row["ms_median"] for row in map(json.loads, log) if row["diagnostics"])


def peer_ms(args, env, name, variant):
    """None where the variant does not run this workload."""
    command = [PYTHON, "-W", "ignore", os.path.join(args.folder, "torch_bench.py"), "--threads", str(THREADS), "--seconds",
               str(args.seconds), "--variant", variant.replace("hooks", "eager"), name]
    if variant == "hooks":
        command.append("--diag")
    run = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(run.stdout).get("ms_per_step_median") if run.returncode == 0 and run.stdout else None


def compare(args, env, name):
    times, variants = {}, args.variants
    for _ in range(args.rounds):
        for who in ["plumb", "eager", "hooks"] + variants:
            ms = plumb_ms(args, name) if who == "plumb" else peer_ms(args, env, name, who)
            if ms is not None:
                times[who] = min(ms, times.get(who, ms))
        ran = [v for v in args.variants if v in times]
        variants = [min(ran, key=times.get)] if ran else []
    best = min((who for who in times if who not in ("plumb", "hooks")), key=times.get)
    return times, best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--variants", default=QUICK)
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    args.variants = (ALL if args.variants == "all" else args.variants).split(",")
    missing = available(args.folder)
    if missing:
        print("not compared with PyTorch:", missing)
        return
    env, blas = environment(args.folder)
    names = args.names or subprocess.run([PYTHON, os.path.join(args.folder, "torch_bench.py"), "--list"], check=True,
                                         stdout=subprocess.PIPE, text=True).stdout.split("\n")
    names = [line.split()[0] for line in names if line]
    print(f"\nms a step on {THREADS} threads, PyTorch with {blas}; ratios: PyTorch's time over plumb's with diagnostics")
    print(f"{'':21}{'plumb':>8}{'eager':>9}{'best':>9}  {'':9}{'hooks':>9}{'eager':>10}{'best':>7}{'hooks':>7}")
    for name in names:
        times, best = compare(args, env, name)
        shown = [times.get(who, float("nan")) for who in ("plumb", "eager", best, "hooks")]
        ratios = [ms / shown[0] for ms in shown[1:]]
        print(f"{name:21}{shown[0]:8.3f}{shown[1]:9.3f}{shown[2]:9.3f}  {best:9}{shown[3]:9.3f}"
              f"{ratios[0]:9.2f}x{ratios[1]:6.2f}x{ratios[2]:6.2f}x", flush=True)
        if args.json:
            with open(args.json, "a") as log:
                log.write(json.dumps({"workload": name, "threads": THREADS, "best": best, "ms": times}) + "\n")


if __name__ == "__main__":
    main()
