#!/usr/bin/env python3
"""Times public attention kernels on a GPU, for the cases of a run of attnscope on the same device.

    python3 scripts/peers/gpu_peers.py run.jsonl -o peers.jsonl [--budget SECONDS]

Takes batch, heads, head_dim, n, mode, causal and dtype from the run's records, shortest first, and appends one JSON line per
peer and case: samples of CUDA events in ns, or why there are none. Inputs are random normal. Needs PyTorch for CUDA; fla
(flash-linear-attention) where it can be imported.
"""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import json
import pathlib
import sys
import time
from typing import Callable

from gpu_ratios import lines_of

DTYPES = {"bf16": "bfloat16", "fp16": "float16", "f32": "float32"}


@dataclasses.dataclass(frozen=True, order=True)
class Case:
    n: int
    mode: str
    causal: bool
    dtype: str
    batch: int
    heads: int
    head_dim: int


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    variant: str  # whose cases it computes
    build: Callable  # Case -> function of q, k, v [B,H,N,D]
    masks: tuple[bool, ...] = (False, True)
    differs: str = ""


def scaled_dot_product(backend: str):
    def build(case: Case):
        import torch.nn.functional as F
        from torch.nn.attention import SDPBackend, sdpa_kernel

        def attend(q, k, v):
            with sdpa_kernel(getattr(SDPBackend, backend)):
                return F.scaled_dot_product_attention(q, k, v, is_causal=case.causal)

        return attend

    return build


@functools.cache
def compiled_flex():
    import torch
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(flex_attention, dynamic=False)


def flex(visible: Callable | None):
    """flex_attention where key j is visible to query i if visible(i, j), and if j ≤ i where causal."""
    def build(case: Case):
        from torch.nn.attention.flex_attention import create_block_mask

        rules = [rule for rule in (visible, (lambda i, j: j <= i) if case.causal else None) if rule is not None]
        if not rules:
            return compiled_flex()

        def mask(b, h, i, j):
            seen = rules[0](i, j)
            for rule in rules[1:]:
                seen = seen & rule(i, j)
            return seen

        blocks = create_block_mask(mask, None, None, case.n, case.n, device="cuda")
        return lambda q, k, v: compiled_flex()(q, k, v, block_mask=blocks)

    return build


def chunked_linear(name: str):
    """A kernel of fla in chunks, with the feature map elu(x) + 1 before it. Its layout is [B,N,H,D]."""
    def build(case: Case):
        import torch.nn.functional as F
        import fla.ops.linear_attn
        import fla.ops.retention

        kernel = {"chunk_linear_attn": lambda q, k, v: fla.ops.linear_attn.chunk_linear_attn(q, k, v, normalize=True),
                  "chunk_retention": lambda q, k, v: fla.ops.retention.chunk_retention(q, k, v)}[name]

        def attend(q, k, v):
            q, k, v = (x.transpose(1, 2) for x in (F.elu(q) + 1, F.elu(k) + 1, v))
            out = kernel(q, k, v)
            return (out[0] if isinstance(out, tuple) else out).transpose(1, 2)

        return attend

    return build


WINDOW = 256  # keys each way: Longformer's default

PEERS = [
    Peer("torch_sdpa_flash", "flash", scaled_dot_product("FLASH_ATTENTION")),
    Peer("torch_sdpa_cudnn", "flash", scaled_dot_product("CUDNN_ATTENTION")),
    Peer("torch_flex", "flash", flex(None)),
    Peer("torch_flex_window", "longformer", flex(lambda i, j: (i - j <= WINDOW) & (j - i <= WINDOW))),
    Peer("fla_chunk_linear_attn", "linear_transformer", chunked_linear("chunk_linear_attn"), masks=(True,)),
    Peer("fla_chunk_retention", "linear_transformer", chunked_linear("chunk_retention"), masks=(True,),
         differs="decays with distance, and has no denominator"),
]


def cases_of(path: pathlib.Path) -> dict[str, list[Case]]:
    """Per variant, the cases that were measured in core scope, shortest first."""
    found: dict[str, set[Case]] = {}
    for record in lines_of(path):
        if record["type"] != "case" or not record.get("time_median_ns"):
            continue
        if record["scope"] != "core" or record["mode"] not in ("forward", "training") or record["dtype"] not in DTYPES:
            continue
        found.setdefault(record["variant"], set()).add(
            Case(record["seq_q"], record["mode"], bool(record["causal"]), record["dtype"], record["batch"],
                 record["heads"], record["head_dim"]))
    return {variant: sorted(cases) for variant, cases in found.items()}


def measure(peer: Peer, case: Case, seconds: float) -> list[float]:
    """Nanoseconds per call. A sample is as many calls as take a millisecond, between two events."""
    import torch

    torch.manual_seed(1)
    shape = (case.batch, case.heads, case.n, case.head_dim)
    inputs = [torch.randn(shape, device="cuda", dtype=getattr(torch, DTYPES[case.dtype])) for _ in range(3)]
    training = case.mode == "training"
    attend = peer.build(case)
    if training:
        for x in inputs:
            x.requires_grad_(True)
        upstream = torch.randn(shape, device="cuda", dtype=inputs[0].dtype)

    def run() -> None:
        out = attend(*inputs)
        if training:
            torch.autograd.grad(out, inputs, upstream)

    def timed(calls: int) -> float:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(calls):
            run()
        end.record()
        end.synchronize()
        return 1e6 * start.elapsed_time(end) / calls

    with contextlib.nullcontext() if training else torch.no_grad():
        for _ in range(3):  # compiles, allocates
            once = timed(1)
        calls = max(1, round(1e6 / once))
        timed(calls)
        samples: list[float] = []
        end = time.monotonic() + seconds
        while len(samples) < 10 or (time.monotonic() < end and len(samples) < 200):
            samples.append(timed(calls))
            if len(samples) >= 3 and time.monotonic() > end + seconds:
                break
    return samples


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=pathlib.Path, help="of attnscope: which cases")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("--peers", default=",".join(peer.name for peer in PEERS), help="names, comma-separated")
    parser.add_argument("--sample-seconds", type=float, default=0.2, help="per case")
    parser.add_argument("--budget", type=float, default=90, help="seconds after which no case is started")
    options = parser.parse_args()
    end = time.monotonic() + options.budget

    import torch

    if not torch.cuda.is_available():
        print("gpu_peers: PyTorch sees no CUDA device", file=sys.stderr)
        return 5
    about = {"type": "env", "torch": torch.__version__, "cuda": torch.version.cuda,
             "cudnn": torch.backends.cudnn.version(), "device": torch.cuda.get_device_name()}
    cases = cases_of(options.run)
    with options.output.open("a") as output:
        def append(line: dict) -> None:
            output.write(json.dumps(line) + "\n")
            output.flush()

        append(about)
        for peer in (peer for peer in PEERS if peer.name in options.peers.split(",")):
            for case in cases.get(peer.variant, []):
                if case.causal not in peer.masks:
                    continue
                if time.monotonic() > end:
                    print(f"gpu_peers: {options.budget:.0f} s are over before {peer.name} n={case.n}", file=sys.stderr)
                    return 0
                line = {"type": "peer", "peer": peer.name, "variant": peer.variant, "differs": peer.differs,
                        **dataclasses.asdict(case)}
                try:
                    line["samples_ns"] = measure(peer, case, options.sample_seconds)
                except Exception as error:  # of any library: the next case is measured all the same
                    line["failure"] = f"{type(error).__name__}: {error}".splitlines()[0]
                append(line)
                torch.cuda.empty_cache()
    return 0


if __name__ == "__main__":
    sys.exit(main())
