"""Measures one case of one peer in this process, and prints it as JSON: samples in ns, growth of memory in bytes."""
from __future__ import annotations

import argparse
import json
import time

import peers


def resident(field: str) -> int:
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(field))
    return 1024 * int(line.split()[1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("peer")
    for name in ("batch", "heads", "seq_len", "head_dim", "causal", "threads"):
        parser.add_argument("--" + name, type=int, required=True)
    parser.add_argument("--dtype", choices=peers.DTYPES, required=True)
    parser.add_argument("--mode", choices=("forward", "training"), required=True)
    parser.add_argument("--min-time", type=float, required=True)
    parser.add_argument("--max-time", type=float, required=True)
    options = parser.parse_args()

    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    torch.set_default_dtype({"f32": torch.float32, "bf16": torch.bfloat16}[options.dtype])  # of inputs and parameters
    shape = peers.Shape(options.batch, options.heads, options.seq_len, options.head_dim, bool(options.causal))
    call, inputs, parameters = peers.find(options.peer).build(shape)
    training = options.mode == "training"
    if training:
        for x in inputs:
            x.requires_grad_(True)
        upstream = torch.randn_like(call(*inputs))

    def run() -> None:
        if not training:
            with torch.no_grad():
                call(*inputs)
            return
        for x in (*inputs, *parameters):
            x.grad = None
        call(*inputs).backward(upstream)

    # The first run allocates what later ones use again: its growth is the peak memory of a run.
    before = resident("VmRSS")
    with open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")
    run()
    growth = resident("VmHWM") - before

    def timed() -> int:
        start = time.perf_counter_ns()
        run()
        return time.perf_counter_ns() - start

    warm_up = 0.0
    for _ in range(3):
        warm_up += timed() / 1e9
        if warm_up > options.max_time:
            break
    samples: list[int] = []
    total = 0.0
    while len(samples) < 2 or (total < options.max_time and (total < options.min_time or len(samples) < 6)):
        samples.append(timed())
        total += samples[-1] / 1e9
    print(json.dumps({"samples_ns": samples, "memory_bytes": growth, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
