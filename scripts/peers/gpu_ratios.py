#!/usr/bin/env python3
"""Prints, in Markdown, how attnscope's kernels compare with their peers on one GPU.

    python3 scripts/peers/gpu_ratios.py run.jsonl… [--peers peers.jsonl]

Peers are the lines of gpu_peers.py and, of the runs themselves, cudnn_sdpa. Times are medians; a share above 1 means that
ours is faster. FLOP/s count the pairs that are seen and nothing else: 4·D for each in forward, 3.5 times that in training.
"""
from __future__ import annotations

import argparse
import json
import pathlib
import statistics

AXES = ("mode", "causal", "dtype", "batch", "heads", "head_dim", "n")


def lines_of(path: pathlib.Path) -> list[dict]:
    lines = []
    for text in path.read_text().splitlines() if path.exists() else ():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:  # the last line of a run that was killed
            continue
    return lines


def axes_of(line: dict) -> tuple:
    return tuple(int(line["seq_q" if name == "n" and "seq_q" in line else name]) if name not in ("mode", "dtype")
                 else line[name] for name in AXES)


def text_of(axes: tuple) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(AXES, axes))


class Times:
    """Medians in ns, by variant and axes."""

    def __init__(self, runs: list[pathlib.Path], peers: pathlib.Path | None):
        self.ours: dict[tuple[str, tuple], float] = {}
        self.theirs: dict[tuple[str, tuple], list[tuple[float, str]]] = {}  # each with its name
        self.dense_flops: dict[tuple, float] = {}
        self.model_flops: dict[tuple[str, tuple], float] = {}
        self.failures: list[str] = []
        for record in (line for run in runs for line in lines_of(run) if line["type"] == "case"):
            if record["scope"] != "core" or not record.get("time_median_ns"):
                continue
            axes = axes_of(record)
            self.dense_flops[axes] = record["flops_dense"]
            if record["variant"] == "cudnn_sdpa":
                self.theirs.setdefault(("flash", axes), []).append((record["time_median_ns"], "cudnn_sdpa"))
            else:
                self.ours[record["variant"], axes] = record["time_median_ns"]
                self.model_flops[record["variant"], axes] = record["flops_model"]
        for line in lines_of(peers) if peers else []:
            if line["type"] != "peer":
                continue
            if "failure" in line:
                self.failures.append(f"- {line['peer']}, {text_of(axes_of(line))}: {line['failure']}")
                continue
            self.theirs.setdefault((line["variant"], axes_of(line)), []).append(
                (statistics.median(line["samples_ns"]), line["peer"]))


def tera(flops: float, ns: float) -> str:
    return f"{flops / ns / 1e3:.0f}"


DENSE = ("flash", "forward", 0)


def of_goal(times: Times, variant: str, mode: str, causal: int) -> list[tuple]:
    """The axes at which a goal is judged: one head width, one length, one element type."""
    wanted = {"mode": mode, "causal": causal, "dtype": "bf16", "head_dim": 128, "n": 16384}
    return [axes for name, axes in times.ours if name == variant and wanted.items() <= dict(zip(AXES, axes)).items()]


def share_of_best(times: Times, variant: str, mode: str, causal: int) -> float | None:
    """The best peer's time over ours."""
    shares = [min(times.theirs[variant, axes])[0] / times.ours[variant, axes]
              for axes in of_goal(times, variant, mode, causal) if (variant, axes) in times.theirs]
    return shares[0] if shares else None


def share_backward(times: Times) -> float | None:
    """The same of training less forward, with a peer that was measured in both."""
    for training in of_goal(times, "flash", "training", 0):
        forward = ("forward", *training[1:])
        if ("flash", forward) not in times.ours:
            continue
        peers = {name: ns for ns, name in times.theirs.get(("flash", forward), [])}
        theirs = [ns - peers[name] for ns, name in times.theirs.get(("flash", training), []) if name in peers]
        if theirs:
            return min(theirs) / (times.ours["flash", training] - times.ours["flash", forward])
    return None


def rate(times: Times, variant: str, mode: str, causal: int) -> float | None:
    """TFLOP/s of the work that was done: pairs that are seen."""
    rates = [times.model_flops[variant, axes] / times.ours[variant, axes] / 1e3
             for axes in of_goal(times, variant, mode, causal)]
    return rates[0] if rates else None


def goals(times: Times) -> list[str]:
    dense = rate(times, *DENSE)
    def of_dense(variant: str) -> float | None:
        sparse = rate(times, variant, "forward", 0)
        return sparse / dense if sparse and dense else None

    found = [("dense exact forward: speed over the best peer's", "≥ 0.85", share_of_best(times, *DENSE)),
             ("dense exact forward: TFLOP/s", "≥ 500", dense),
             ("backward, training less forward: speed over the best peer's", "≥ 0.75", share_backward(times)),
             ("longformer: FLOP rate over dense", "≥ 0.8", of_dense("longformer")),
             ("bigbird: FLOP rate over dense", "≥ 0.8", of_dense("bigbird")),
             ("causal linear attention: speed over the best chunked kernel's", "> 1",
              share_of_best(times, "linear_transformer", "forward", 1))]
    return ["| goal (bf16, D=128, n=16k) | wanted | reached |", "|---|---|---|",
            *(f"| {goal} | {wanted} | {'not measured' if value is None else f'{value:.3g}'} |"
              for goal, wanted, value in found)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=pathlib.Path, nargs="+")
    parser.add_argument("--peers", type=pathlib.Path)
    options = parser.parse_args()
    times = Times(options.runs, options.peers)
    print("# Against peers on the same device\n")
    print("\n".join(goals(times)))
    rows = []
    for (variant, axes), peers in sorted(times.theirs.items()):
        ours = times.ours.get((variant, axes))
        if ours is None:
            continue
        exact = variant == "flash"
        for theirs, name in sorted(peers):
            rows.append(f"| {variant} | {text_of(axes)} | {ours / 1e3:.1f} | {name} | {theirs / 1e3:.1f} | "
                        f"{theirs / ours:.2f} | {tera(times.dense_flops[axes], ours) if exact else ''} | "
                        f"{tera(times.dense_flops[axes], theirs) if exact else ''} |")
    if rows:
        print("\n| ours | case | µs | peer | µs | peer / ours | our TFLOP/s | its TFLOP/s |\n|---|---|---|---|---|---|---|---|")
        print("\n".join(rows))
    else:
        print("\nNo case was measured on both sides.")
    if times.failures:
        print("\nNot measured:\n\n" + "\n".join(times.failures))


if __name__ == "__main__":
    main()
