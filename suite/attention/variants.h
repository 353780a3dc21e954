// The factories of all variants, for the registry.
#pragma once

#include <memory>

#include "suite/attention/variant.h"

namespace attnscope::attention {

std::unique_ptr<Variant> make_axial();
std::unique_ptr<Variant> make_bigbird();
std::unique_ptr<Variant> make_compressive();
std::unique_ptr<Variant> make_cudnn_sdpa();
std::unique_ptr<Variant> make_etc();
std::unique_ptr<Variant> make_flash();
std::unique_ptr<Variant> make_image_transformer();
std::unique_ptr<Variant> make_linear_transformer();
std::unique_ptr<Variant> make_linformer();
std::unique_ptr<Variant> make_longformer();
std::unique_ptr<Variant> make_memory_compressed();
std::unique_ptr<Variant> make_performer();
std::unique_ptr<Variant> make_reformer();
std::unique_ptr<Variant> make_routing();
std::unique_ptr<Variant> make_set_transformer();
std::unique_ptr<Variant> make_sinkhorn();
std::unique_ptr<Variant> make_softmax();
std::unique_ptr<Variant> make_sparse_transformer();
std::unique_ptr<Variant> make_synthesizer();
std::unique_ptr<Variant> make_transformer_xl();

}  // namespace attnscope::attention
