"""Public implementations of attention variants, each with the attnscope case that does the same work.

A peer names the variant, its hyper-parameters and its scope, and builds a function, its inputs and its parameters. Where
a peer does more or less than our case, `differs` says what; the table of ratios repeats it.
"""
from __future__ import annotations

import dataclasses
import importlib.metadata
import math
from typing import Callable


DTYPES = ("f32", "bf16")


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
    modes: tuple[str, ...] = ("forward", "training")
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
    import torch

    made.to(torch.get_default_dtype())  # some make their parameters in float32 whatever the default is
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


def hugging_face_reformer(shape: Shape):
    from transformers import ReformerConfig
    from transformers.models.reformer.modeling_reformer import LSHSelfAttention

    config = ReformerConfig(hidden_size=shape.model_dim, num_attention_heads=shape.heads,
                            attention_head_size=shape.head_dim, lsh_attn_chunk_length=128, num_hashes=1,
                            num_buckets=2 * math.ceil(shape.seq_len / 128), lsh_num_chunks_before=1,
                            lsh_num_chunks_after=0, lsh_attention_probs_dropout_prob=0.0, is_decoder=shape.causal,
                            max_position_embeddings=shape.seq_len)
    made = LSHSelfAttention(config, 0)
    return module(made, rows(shape), lambda x: made(x).hidden_states)


def xlnet(shape: Shape):
    from transformers import XLNetConfig
    from transformers.models.xlnet.modeling_xlnet import XLNetRelativeAttention
    import torch

    memory = 512
    made = XLNetRelativeAttention(XLNetConfig(d_model=shape.model_dim, n_head=shape.heads, dropout=0.0))
    for parameter in made.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.02)  # it leaves them as the memory was
    keys = memory + shape.seq_len
    earlier = torch.randn(memory, shape.batch, shape.model_dim)
    distances = torch.randn(keys + 1, shape.batch, shape.model_dim)
    hidden = torch.ones(shape.seq_len, keys).triu(memory + 1)[:, :, None, None]
    hidden = hidden.expand(-1, -1, shape.batch, 1).contiguous()
    inputs = [torch.randn(shape.seq_len, shape.batch, shape.model_dim)]
    return module(made, inputs, lambda x: made(x, None, hidden, None, distances, None, mems=earlier)[0])


def compressive(shape: Shape):
    from compressive_transformer_pytorch.compressive_transformer_pytorch import SelfAttention
    import torch

    memory = 512
    made = SelfAttention(dim=shape.model_dim, seq_len=shape.seq_len, mem_len=memory, cmem_len=memory, cmem_ratio=4,
                         heads=shape.heads).eval()
    earlier = [torch.randn(shape.batch, memory, shape.model_dim) for _ in range(2)]
    distances = torch.randn(shape.heads, 2 * memory + shape.seq_len, shape.head_dim)
    return module(made, rows(shape), lambda x: made(x, memories=earlier, pos_emb=distances)[0])


def induced_set(shape: Shape):
    from isab_pytorch import ISAB

    if shape.head_dim != 64:
        raise ValueError("its heads are 64 wide")
    made = ISAB(dim=shape.model_dim, heads=shape.heads, num_latents=32)
    return module(made, rows(shape), lambda x: made(x)[0])


def efficient_linear(shape: Shape):
    from linear_attention_transformer.linear_attention_transformer import causal_linear_attn, linear_attn

    return (causal_linear_attn if shape.causal else linear_attn), heads_first(shape), []


def flex(shape: Shape, sees: Callable):
    """Exact attention to the pairs for which sees(query, key), compiled for that pattern before it is timed."""
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention
    import torch

    blocks = create_block_mask(lambda b, h, query, key: sees(query, key), None, None, shape.seq_len, shape.seq_len,
                               device="cpu")
    compiled = torch.compile(flex_attention)
    inputs = heads_first(shape)

    def attend(q, k, v):
        return compiled(q, k, v, block_mask=blocks)

    with torch.no_grad():
        attend(*inputs)
    return attend, inputs, []


def ceil_sqrt(n: int) -> int:
    return math.isqrt(n - 1) + 1


def flex_fixed(shape: Shape):
    block = ceil_sqrt(shape.seq_len)
    return flex(shape, lambda query, key: (key <= query) & ((query // block == key // block)
                                                            | (key % block >= block - 8)))


def flex_window(shape: Shape):
    return flex(shape, lambda query, key: (key <= query) & (query - key <= 256))


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
    Peer("transformers_reformer", "transformers", "reformer", "layer", hugging_face_reformer,
         lambda shape: {"chunk": 128, "buckets": 2 * math.ceil(shape.seq_len / 128),
                        "chunking": "per_bucket" if shape.causal else "sorted"},
         differs="has no output projection; causal: chunks all sorted positions, where later ones move earlier ones"),
    Peer("transformers_xlnet", "transformers", "transformer_xl", "layer", xlnet, lambda shape: {"memory": 512},
         masks=(True,), differs="adds the residual and a layer norm"),
    Peer("compressive_transformer", "compressive-transformer-pytorch", "compressive", "layer", compressive,
         lambda shape: {"memory": 512, "compressed": 512, "rate": 4}, masks=(True,),
         modes=("forward",),  # a training pass of it detaches W_kv for good
         differs="has a table of distances, ours projects sinusoids and adds biases of content and position"),
    Peer("isab_pytorch", "isab-pytorch", "set_transformer", "layer", induced_set,
         lambda shape: {"kind": "isab", "inducing": 32, "form": "paper", "bias": "false"}, masks=(False,),
         differs="has neither residuals nor feed-forward layers"),
    Peer("linear_attention_transformer", "linear-attention-transformer", "linear_transformer", "core", efficient_linear,
         differs="its features are softmaxes and exponentials, ours elu(x) + 1; causal: a chunk sees those before it"),
    Peer("torch_flex_fixed", "torch", "sparse_transformer", "core", flex_fixed,
         lambda shape: {"kind": "fixed", "summary": 8}, masks=(True,), modes=("forward",)),
    Peer("torch_flex_window", "torch", "longformer", "core", flex_window, lambda shape: {"window": 256},
         masks=(True,), modes=("forward",)),
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
