// Tiles of every product type, from every way into registers, against sums in float64.
#include "suite/backends/cuda/tile_product.cuh"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace attnscope::backends::emulated_gpu {
namespace {

template <class Product>
struct Case {
  using Element = typename Product::Element;
  static constexpr int depth = Product::depth, stride = depth + 16;  // room for 16 columns, rows of whole 16 bytes

  // A [16,depth] and B [depth,8] of random elements, and A·B + 1.
  Case() {
    std::mt19937 random(depth);
    std::normal_distribution<float> normal;
    for (auto& row : a)
      for (Element& x : row) x = Element(normal(random));
    for (auto& row : b)
      for (Element& x : row) x = Element(normal(random));
    for (int i = 0; i < 16; ++i) {
      for (int j = 0; j < 8; ++j) {
        for (int k = 0; k < depth; ++k) {
          product[i][j] +=
              static_cast<double>(static_cast<float>(a[i][k])) * static_cast<double>(static_cast<float>(b[k][j]));
        }
      }
    }
  }

  // How far A·B is from what multiply makes of it, from matrices that `store` lays into shared memory.
  template <class Store, class Multiply>
  double error(Store store, Multiply multiply) const {
    std::array<double, 32> most{};  // of each lane
    ThreadBlock::run_grid({1}, {32}, 2 * 32 * stride * sizeof(Element), [&] {
      auto* left = static_cast<Element*>(ThreadBlock::current().shared_memory());
      Element* right = left + 32 * stride;
      if (threadIdx.x == 0) store(left, right);
      __syncwarp();
      float sums[4] = {1, 1, 1, 1};
      multiply(sums, left, right);
      for (int i = 0; i < 4; ++i) {
        const double expected = product[row_of_sum(i)][column_of_sum(i)] + 1;
        double& own = most[threadIdx.x];
        own = std::max(own, std::abs(static_cast<double>(sums[i]) - expected));
      }
    });
    return *std::ranges::max_element(most);
  }
  void store(Element* left, Element* right) const {
    for (int k = 0; k < depth; ++k) {
      for (int i = 0; i < 16; ++i) left[i * stride + k] = a[i][k];
      for (int j = 0; j < 8; ++j) right[k * stride + j] = b[k][j];
    }
  }
  void store_transposed(Element* left, Element* right) const {
    for (int k = 0; k < depth; ++k) {
      for (int i = 0; i < 16; ++i) left[k * stride + i] = a[i][k];
      for (int j = 0; j < 8; ++j) right[j * stride + k] = b[k][j];
    }
  }

  Element a[16][depth], b[depth][8];
  double product[16][8] = {};
};

template <class Product>
class TileProduct : public testing::Test {};
using Products = testing::Types<HalfProduct<BFloat16>, HalfProduct<Float16>, Tf32Product, ExactProduct>;
TYPED_TEST_SUITE(TileProduct, Products);

// Products of elements are exact for halves; tf32 rounds elements to 11 bits.
template <class Product>
constexpr double allowed = std::is_same_v<Product, Tf32Product> ? 1e-2 : 4e-6;

TYPED_TEST(TileProduct, OfRows) {
  const Case<TypeParam> c;
  const double error =
      c.error([&](auto* left, auto* right) { c.store(left, right); },
              [&](float(&sums)[4], const auto* left, const auto* right) {
                TypeParam::multiply_add(sums, TypeParam::left(left, c.stride), TypeParam::right(right, c.stride));
              });
  EXPECT_LE(error, allowed<TypeParam>);
}

TYPED_TEST(TileProduct, OfTransposedRows) {
  const Case<TypeParam> c;
  const double error = c.error([&](auto* left, auto* right) { c.store_transposed(left, right); },
                               [&](float(&sums)[4], const auto* left, const auto* right) {
                                 TypeParam::multiply_add(sums, TypeParam::left_transposed(left, c.stride),
                                                         TypeParam::right_transposed(right, c.stride));
                               });
  EXPECT_LE(error, allowed<TypeParam>);
}

// Sums of one product are the left side of the next: (A·I)·B.
TYPED_TEST(TileProduct, OfSums) {
  const Case<TypeParam> c;
  const double error =
      c.error([&](auto* left, auto* right) { c.store(left, right); },
              [&](float(&sums)[4], const auto* left, const auto* right) {
                float held[TypeParam::depth / 8][4];
                for (int tile = 0; tile < TypeParam::depth / 8; ++tile) {
                  for (int i = 0; i < 4; ++i) {
                    held[tile][i] = static_cast<float>(left[row_of_sum(i) * c.stride + 8 * tile + column_of_sum(i)]);
                  }
                }
                TypeParam::multiply_add(sums, TypeParam::left_of(held), TypeParam::right(right, c.stride));
              });
  EXPECT_LE(error, allowed<TypeParam>);
}

// float32 in three products is more than float32 rounded to tf32 would be.
TEST(ExactProduct, KeepsTwiceTheBitsOfTf32) {
  const Case<ExactProduct> exact;
  const Case<Tf32Product> rounded;
  const auto error_of = [](const auto& c, auto product) {
    using Product = decltype(product);
    return c.error([&](auto* left, auto* right) { c.store(left, right); },
                   [&](float(&sums)[4], const auto* left, const auto* right) {
                     Product::multiply_add(sums, Product::left(left, c.stride), Product::right(right, c.stride));
                   });
  };
  EXPECT_LT(error_of(exact, ExactProduct()), error_of(rounded, Tf32Product()) / 500);
}

}  // namespace
}  // namespace attnscope::backends::emulated_gpu
