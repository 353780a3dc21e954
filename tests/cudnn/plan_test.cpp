// cuDNN's plans of attention, as far as they can be made without a device: from the properties of one. They take
// cuDNN and some libcuda, at least the stub that comes with CUDA.
#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "suite/backends/cuda/cudnn_plan.h"

namespace attnscope::backends::gpu::cudnn {
namespace {

class CudnnPlan : public testing::Test {
 protected:
  void SetUp() override {
    if (dlopen("libcuda.so.1", RTLD_LAZY) == nullptr) GTEST_SKIP() << dlerror();
    try {
      library_.emplace();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
    std::stringstream text;
    text << std::ifstream(ATTNSCOPE_DEVICE_PROPERTIES).rdbuf();
    h200_.device_json = text.str();
    ASSERT_FALSE(h200_.device_json.empty());
  }

  std::size_t engines(const AttentionShape& shape) const { return engine_configs(*library_, shape, h200_).size(); }

  std::optional<Library> library_;
  Target h200_;
};

AttentionShape shape_of_width(std::int64_t head_dim) {
  return {.batch = 4, .heads = 16, .queries = 4096, .keys = 4096, .head_dim = head_dim, .value_dim = head_dim};
}

TEST_F(CudnnPlan, HasEnginesForTheWidthsOfModels) {
  for (const tensor::DType dtype : {tensor::DType::bf16, tensor::DType::fp16}) {
    for (const std::int64_t width : {64, 128, 256}) {
      AttentionShape shape = shape_of_width(width);
      shape.dtype = dtype;
      EXPECT_GT(engines(shape), 0U) << to_string(shape);
    }
  }
  EXPECT_GT(engines({1, 8, 1000, 77, 128, 128, tensor::DType::bf16}), 0U) << "queries and keys of unlike number";
}

TEST_F(CudnnPlan, SaysThatThereIsNoEngine) {
  EXPECT_EQ(engines(shape_of_width(12)), 0U);
  try {
    AttentionPlan(*library_, shape_of_width(12), h200_);
    FAIL() << "planned a width of 12";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("q [4,16,4096,12]"), std::string::npos) << what;
    EXPECT_NE(what.find("no engine"), std::string::npos) << what;
  }
}

// With the stub a plan ends where its kernel is given to the driver.
TEST_F(CudnnPlan, IsMadeOrSaysWhatStoodInItsWay) {
  try {
    const AttentionPlan plan(*library_, shape_of_width(128), h200_);
    EXPECT_GE(plan.workspace_bytes(), 0);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cuLibraryLoadData"), std::string::npos) << error.what();
  }
}

TEST_F(CudnnPlan, NamesWhatCudnnRefuses) {
  Descriptor graph(*library_, DescriptorType::operation_graph);
  try {
    graph.finalize("an empty graph");
    FAIL() << "finished a graph without operations";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("cuDNN 9."), std::string::npos) << what;
    EXPECT_NE(what.find("finishing an empty graph: CUDNN_STATUS_"), std::string::npos) << what;
  }
}

TEST(NoCudnn, IsSaidInTheLoadersWords) {
  if (dlopen("libcudnn_graph.so.9", RTLD_LAZY) != nullptr) GTEST_SKIP() << "cuDNN is on the loader's path";
  try {
    Library library;
    FAIL() << "opened what the loader does not find";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cuDNN 9 cannot be opened; libcudnn_graph.so.9"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace attnscope::backends::gpu::cudnn
