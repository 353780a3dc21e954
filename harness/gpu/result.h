// A value, or why there is none. Missing privileges, libraries and devices are ordinary on the machines that measure,
// so nothing here throws for them: the reason goes into the record and the run goes on.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace attnscope::harness::gpu {

// In words for a person: what was tried, what stood in the way and, where something helps, what to do.
struct Unavailable {
  std::string reason;
};

template <typename Value>
class Result {
 public:
  Result(Value value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Unavailable unavailable) : content_(std::in_place_index<1>, std::move(unavailable)) {}

  explicit operator bool() const { return content_.index() == 0; }

  // Only when there is a value; std::bad_variant_access otherwise.
  Value& operator*() { return std::get<0>(content_); }
  const Value& operator*() const { return std::get<0>(content_); }
  Value* operator->() { return &**this; }
  const Value* operator->() const { return &**this; }

  // "" when there is a value.
  std::string reason() const { return *this ? std::string() : std::get<1>(content_).reason; }
  Unavailable unavailable() const { return {reason()}; }

 private:
  std::variant<Value, Unavailable> content_;
};

}  // namespace attnscope::harness::gpu
