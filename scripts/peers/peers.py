"""Public implementations of attention variants, each with the attnscope case that does the same work.

A peer names the variant, its hyper-parameters and its scope, and builds a function, its inputs and its parameters. Where
a peer does more or less than our case, `differs` says what; the table of ratios repeats it.
"""
from __future__ import annotations

import dataclasses
import importlib.metadata
import math
from typing import Callable


@dataclasses.dataclass(frozen=True)
class Shape:
    batch: int
    heads: int
    seq_len: int
    head_dim: int
    causal: bool

    @property
    def model_dim(self) -> int:
        return self.heads * self.head_dim


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    package: str  # on PyPI; its version is recorded
    variant: str
    scope: str  # core: from query, key and value; layer: with projections
    build: Callable  # Shape -> (function of the inputs, list of inputs, parameters)
    params: Callable[[Shape], dict] = lambda shape: {}
    masks: tuple[bool, ...] = (False, True)  # causal or not
    differs: str = ""

    def version(self) -> str:
        return importlib.metadata.version(self.package)


def heads_first(shape: Shape, count: int = 3):
    import torch

    return [torch.randn(shape.batch, shape.heads, shape.seq_len, shape.head_dim) for _ in range(count)]


def rows(shape: Shape):
    import torch

    return [torch.randn(shape.batch, shape.seq_len, shape.model_dim)]


def module(made, inputs, call=None):
    """A torch module as a peer: training measures the gradients of its parameters too."""
    return (call or made), inputs, [p for p in made.parameters() if p.requires_grad]


def scaled_dot_product(shape: Shape):
    import torch.nn.functional as F

    return (lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=shape.causal)), heads_first(shape), []


def plain_softmax(shape: Shape):
    import torch

    mask = torch.ones(shape.seq_len, shape.seq_len, dtype=torch.bool).triu(1) if shape.causal else None

    def attend(q, k, v):
        scores = q @ k.transpose(-2, -1) / math.sqrt(shape.head_dim)
        if mask is not None:
            scores = scores.masked_fill(mask, float("-inf"))
        return scores.softmax(dim=-1) @ v

    return attend, heads_first(shape), []


def local_attention(shape: Shape):
    from local_attention import LocalAttention

    made = LocalAttention(window_size=256, causal=shape.causal, look_backward=1,
                          look_forward=0 if shape.causal else 1, use_rotary_pos_emb=False)
    return module(made, heads_first(shape))


def routing(shape: Shape):
    from routing_transformer.routing_transformer import KmeansAttention

    made = KmeansAttention(math.ceil(shape.seq_len / 128), 128, shape.heads, shape.head_dim, causal=shape.causal,
                           shared_qk=shape.causal).eval()
    return module(made, heads_first(shape), lambda q, k, v: made(q, q if shape.causal else k, v)[0])


def reformer(shape: Shape):
    from reformer_pytorch import LSHAttention

    made = LSHAttention(bucket_size=64, n_hashes=4, causal=shape.causal)
    flat = [x.reshape(-1, shape.seq_len, shape.head_dim) for x in heads_first(shape, 2)]
    return module(made, flat, lambda qk, v: made(qk, v)[0])


def sinkhorn(shape: Shape):
    from sinkhorn_transformer.sinkhorn_transformer import SinkhornAttention, SinkhornCausalAttention

    kind = SinkhornCausalAttention if shape.causal else SinkhornAttention
    made = kind(bucket_size=64, dim=shape.model_dim, dim_heads=shape.head_dim, heads=shape.heads,
                max_seq_len=shape.seq_len)
    return module(made, heads_first(shape))


def linformer(shape: Shape):
    from linformer import LinformerSelfAttention

    return module(LinformerSelfAttention(dim=shape.model_dim, seq_len=shape.seq_len, k=256, heads=shape.heads),
                  rows(shape))


def performer(shape: Shape):
    from performer_pytorch import FastAttention

    made = FastAttention(dim_heads=shape.head_dim, nb_features=256, causal=shape.causal)
    return module(made, heads_first(shape))


def fast_linear(shape: Shape):
    from fast_transformers.attention import CausalLinearAttention, LinearAttention
    from fast_transformers.masking import FullMask, LengthMask, TriangularCausalMask
    import torch

    made = (CausalLinearAttention if shape.causal else LinearAttention)(shape.head_dim)
    mask = TriangularCausalMask(shape.seq_len) if shape.causal else FullMask(shape.seq_len)
    lengths = LengthMask(torch.full((shape.batch,), shape.seq_len))
    inputs = [x.transpose(1, 2).contiguous() for x in heads_first(shape)]  # [B,N,H,D] is its layout
    return module(made, inputs, lambda q, k, v: made(q, k, v, mask, lengths, lengths))


def axial(shape: Shape):
    from axial_attention import AxialAttention
    import torch

    side = math.isqrt(shape.seq_len)
    made = AxialAttention(dim=shape.model_dim, dim_index=-1, num_dimensions=2, heads=shape.heads)
    return module(made, [torch.randn(shape.batch, side, shape.seq_len // side, shape.model_dim)])


def memory_compressed(shape: Shape):
    from memory_compressed_attention import MemoryCompressedAttention

    return module(MemoryCompressedAttention(dim=shape.model_dim, heads=shape.heads, causal=shape.causal,
                                            compression_factor=3), rows(shape))


def longformer(shape: Shape):
    from transformers import LongformerConfig
    from transformers.models.longformer.modeling_longformer import LongformerSelfAttention
    import torch

    config = LongformerConfig(hidden_size=shape.model_dim, num_attention_heads=shape.heads, attention_window=[512],
                              attention_probs_dropout_prob=0.0)
    made = LongformerSelfAttention(config, 0)
    mask = torch.zeros(shape.batch, shape.seq_len)
    nobody = torch.zeros(shape.batch, shape.seq_len, dtype=torch.bool)
    return module(made, rows(shape), lambda x: made(x, attention_mask=mask, is_index_masked=nobody,
                                                    is_index_global_attn=nobody, is_global_attn=False)[0])


def bigbird(shape: Shape):
    from transformers import BigBirdConfig
    from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention, BigBirdModel
    import torch

    config = BigBirdConfig(hidden_size=shape.model_dim, num_attention_heads=shape.heads, block_size=64,
                           num_random_blocks=3, max_position_embeddings=shape.seq_len, use_bias=False)
    made = BigBirdBlockSparseAttention(config, seed=0)
    masks = BigBirdModel.create_masks_for_block_sparse_attn(torch.ones(shape.batch, shape.seq_len), 64)
    blocked, band, source, target = masks
    return module(made, rows(shape), lambda x: made(x, band, source, target, blocked, blocked)[0])


def square(shape: Shape) -> dict:
    return {"width": shape.seq_len // math.isqrt(shape.seq_len)}


PEERS = [
    Peer("torch_sdpa", "torch", "flash", "core", scaled_dot_product),
    Peer("torch_softmax", "torch", "softmax", "core", plain_softmax),
    Peer("local_attention", "local-attention", "image_transformer", "core", local_attention,
         lambda shape: {"query_block": 256, "memory": 256}),
    Peer("routing_transformer", "routing-transformer", "routing", "core", routing,
         lambda shape: {"clusters": math.ceil(shape.seq_len / 128), "window": 128, "routing_heads": shape.heads,
                        "selection": "top"},
         masks=(False,),  # its choice of members sees later positions: attnscope refuses to time that as causal
         differs="without the update of the clusters"),
    Peer("reformer_pytorch", "reformer-pytorch", "reformer", "core", reformer,
         lambda shape: {"chunk": 64, "rounds": 4, "logits": "unit_key_scaled",
                        "chunking": "per_bucket" if shape.causal else "sorted"},
         differs="causal: chunks all sorted positions, where later positions move earlier ones"),
    Peer("sinkhorn_transformer", "sinkhorn-transformer", "sinkhorn", "core", sinkhorn, lambda shape: {"block": 64},
         differs="sorts by pooled dot products, ours by the paper's network; causal: by rank, without iterations"),
    Peer("linformer", "linformer", "linformer", "layer", linformer, lambda shape: {"k": 256}, masks=(False,)),
    Peer("performer_pytorch", "performer-pytorch", "performer", "core", performer, lambda shape: {"features": 256}),
    Peer("fast_transformers", "pytorch-fast-transformers", "linear_transformer", "core", fast_linear),
    Peer("axial_attention", "axial-attention", "axial", "layer", axial, square, masks=(False,),
         differs="projects once per axis, ours once"),
    Peer("memory_compressed_attention", "memory-compressed-attention", "memory_compressed", "layer", memory_compressed),
    Peer("transformers_longformer", "transformers", "longformer", "layer", longformer, lambda shape: {"window": 256},
         masks=(False,), differs="has no output projection"),
    Peer("transformers_bigbird", "transformers", "bigbird", "layer", bigbird,
         lambda shape: {"block": 64, "random": 3, "bias": "false"}, masks=(False,),
         differs="has no output projection"),
]


def find(name: str) -> Peer:
    return next(peer for peer in PEERS if peer.name == name)


if __name__ == "__main__":
    for peer in PEERS:
        try:
            version = peer.version()
        except importlib.metadata.PackageNotFoundError:
            version = "not installed"
        print(f"{peer.name:28} {peer.package} {version}")
