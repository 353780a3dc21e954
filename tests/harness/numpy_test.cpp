#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <random>

#include "harness/errors.h"
#include "harness/numpy/npz.h"

namespace attnscope::harness::numpy {
namespace {

using tensor::HostArray;

class Npz : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            ("attnscope_npz_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name() + ".npz");
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }
  std::string read_error() const {
    try {
      read_npz(path_);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no error";
  }
  std::filesystem::path path_;
};

TEST_F(Npz, RoundTripsBothElementTypes) {
  const Arrays arrays{{"q", {{2, 3}, {0, 1.5, -2, 1e-3, 4, 5}}}, {"scalar", {{}, {7}}}, {"empty", {{0, 4}, {}}}};
  for (const Element element : {Element::f8, Element::f4}) {
    write_npz(path_, arrays, element);
    const Arrays back = read_npz(path_);
    ASSERT_EQ(back.size(), arrays.size());
    for (const auto& [name, array] : arrays) {
      EXPECT_EQ(back.at(name).shape, array.shape) << name;
      for (std::size_t i = 0; i < array.values.size(); ++i) {
        EXPECT_EQ(back.at(name).values[i],
                  element == Element::f8 ? array.values[i] : static_cast<double>(static_cast<float>(array.values[i])));
      }
    }
  }
}

std::string npy(const std::string& header_text, const std::string& data) {
  std::string header = header_text;
  header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(header.size() % 256);
  text += static_cast<char>(header.size() / 256);
  return text + header + data;
}

HostArray decode(const std::string& text) {
  return decode_npy(std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()), "x.npz: array 'q'");
}

TEST(Npy, ReadsIntegersAndFortranOrder) {
  const std::string data("\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00", 16);
  const HostArray c = decode(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 2), }", data));
  EXPECT_EQ(c.values, (std::vector<double>{1, 2, 3, 4}));
  const HostArray fortran = decode(npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 2), }", data));
  EXPECT_EQ(fortran.values, (std::vector<double>{1, 3, 2, 4}));
}

TEST(Npy, NamesWhatIsWrong) {
  const auto error_of = [](const std::string& text) -> std::string {
    try {
      decode(text);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(error_of("not numpy").find("array 'q'"), std::string::npos);
  EXPECT_NE(error_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "1234")), "no error")
      << "too short";
  EXPECT_NE(error_of(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "12345678")), "no error");
  EXPECT_NE(error_of(npy("{'descr': '<f4', 'shape': (1,), }", "1234")), "no error");
}

TEST_F(Npz, NamesTheFileThatCannotBeRead) {
  EXPECT_NE(read_error().find(path_.filename().string()), std::string::npos);
  write("variant,mode\nsoftmax,forward\n");
  EXPECT_NE(read_error().find(path_.filename().string()), std::string::npos);
}

TEST_F(Npz, DamagedFilesAreErrorsNotCrashes) {
  write_npz(path_, {{"q", {{4, 4}, std::vector<double>(16, 1)}}, {"k", {{8}, std::vector<double>(8, 2)}}}, Element::f4);
  const std::string good = bytes();
  std::mt19937 random(5);
  for (int i = 0; i < 500; ++i) {
    std::string bad = good;
    if (i % 2 == 0) {
      bad.resize(random() % good.size());
    } else {
      for (int flips = 0; flips < 3; ++flips) bad[random() % bad.size()] = static_cast<char>(random());
    }
    write(bad);
    read_error();  // either an error that is reported, or a file that can be read
  }
}

}  // namespace
}  // namespace attnscope::harness::numpy
