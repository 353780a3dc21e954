// Asking for memory before it is needed, a few cache lines at a time.
//
// A processor has a few dozen buffers for lines that are under way; asked for hundreds at once it waits. Kernels
// therefore list what their next step will touch, and ask for a portion of it between register tiles, whose arithmetic
// hides the requests.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace attnscope::backends::cpu {

class ReadAhead {
 public:
  // `rows` rows of `count` elements, `step` elements apart. Rows that will only be written need their lines, too.
  template <class Element>
  void add(const Element* first, std::int64_t step, std::int64_t rows, std::int64_t count) {
    const auto bytes = static_cast<std::int64_t>(sizeof(Element));
    add({reinterpret_cast<const char*>(first), step * bytes, nullptr, rows, count * bytes});
  }
  // Rows order[0], order[1], … of a matrix of `count` columns; negative ones are none.
  template <class Element>
  void add_listed(const Element* matrix, const float* order, std::int64_t rows, std::int64_t count) {
    const std::int64_t bytes = count * static_cast<std::int64_t>(sizeof(Element));
    add({reinterpret_cast<const char*>(matrix), bytes, order, rows, bytes});
  }

  // Asks for the next few rows, about `portion` lines.
  void operator()() {
    constexpr std::int64_t portion = 64;
    for (std::int64_t lines = 0; lines < portion && at_ < size_;) lines += ask();
  }
  // Asks for all that is left.
  void finish() {
    while (at_ < size_) ask();
  }

 private:
  struct Rows {
    const char* row;
    std::int64_t step;
    const float* order;  // of rows, or nullptr: one after the other
    std::int64_t rows, bytes;
  };

  void add(const Rows& list) {
    if (at_ == size_) at_ = size_ = 0;
    if (list.rows > 0 && list.bytes > 0 && size_ < lists_.size()) lists_[size_++] = list;
  }

  // One row; returns how many lines that was.
  std::int64_t ask() {
    constexpr std::int64_t line = 64;
    Rows& list = lists_[at_];
    const char* row = list.row;
    const std::int64_t bytes = list.bytes;
    if (list.order != nullptr) {
      row += static_cast<std::int64_t>(std::max(0.0f, *list.order++)) * list.step;
    } else {
      list.row += list.step;
    }
    for (std::int64_t offset = 0; offset < bytes; offset += line) __builtin_prefetch(row + offset, 0, 2);
    if (--list.rows == 0) ++at_;
    return (bytes + line - 1) / line;
  }

  std::array<Rows, 16> lists_;  // more are dropped
  std::size_t size_ = 0, at_ = 0;
};

}  // namespace attnscope::backends::cpu
