// A number that may be absent, in the size of the number: a record has about ninety of them and a run has thousands of
// records, where std::optional would double what they take. Absence is one reserved value, which no figure can have.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>

namespace attnscope::reports {

namespace detail {
// A NaN that no arithmetic yields. Compared bit by bit, so every other NaN stays a present value.
inline constexpr std::uint64_t absent_double_bits = 0xfff8'a77e'5c09'ab5eU;
constexpr bool is_absent(double value) { return std::bit_cast<std::uint64_t>(value) == absent_double_bits; }
constexpr bool is_absent(std::int64_t value) { return value == std::numeric_limits<std::int64_t>::min(); }
template <typename T>
constexpr T absent();
template <>
constexpr double absent<double>() {
  return std::bit_cast<double>(absent_double_bits);
}
template <>
constexpr std::int64_t absent<std::int64_t>() {
  return std::numeric_limits<std::int64_t>::min();
}
}  // namespace detail

// Used as std::optional<T> is, and converts from and to it. T: double or std::int64_t; the lowest std::int64_t cannot
// be held.
template <typename T>
class OptionalNumber {
 public:
  using value_type = T;

  constexpr OptionalNumber() = default;
  constexpr OptionalNumber(std::nullopt_t) {}
  constexpr OptionalNumber(T value) : value_(value) {}
  constexpr OptionalNumber(const std::optional<T>& value) : value_(value ? *value : detail::absent<T>()) {}
  constexpr operator std::optional<T>() const { return has_value() ? std::optional<T>(value_) : std::nullopt; }

  constexpr bool has_value() const { return !detail::is_absent(value_); }
  constexpr explicit operator bool() const { return has_value(); }
  constexpr const T& operator*() const { return value_; }  // meaningless when absent
  constexpr T& operator*() { return value_; }
  // Throws std::bad_optional_access when absent.
  constexpr T value() const { return has_value() ? value_ : throw std::bad_optional_access(); }
  constexpr T value_or(T otherwise) const { return has_value() ? value_ : otherwise; }
  constexpr void reset() { value_ = detail::absent<T>(); }

  friend constexpr bool operator==(OptionalNumber a, OptionalNumber b) {
    return a.has_value() == b.has_value() && (!a.has_value() || a.value_ == b.value_);
  }
  // Absent comes before every number.
  friend constexpr std::partial_ordering operator<=>(OptionalNumber a, OptionalNumber b) {
    if (a.has_value() && b.has_value()) return a.value_ <=> b.value_;
    return a.has_value() <=> b.has_value();
  }

 private:
  T value_ = detail::absent<T>();
};

}  // namespace attnscope::reports
