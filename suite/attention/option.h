// Typed hyper-parameters of a variant: name, default, allowed values and meaning, declared once as members.
//
//   Option<std::int64_t> window{options, "window", 256, at_least(0), "keys on each side of a query"};
//
// The list they register in is what `describe` prints and what `-P variant.name=value` sets.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace attnscope::attention {

// A value outside its range, or a name that does not exist. Says what was given and what is allowed.
struct OptionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct OptionInfo {
  std::string name, type, default_value, range, meaning;
};

class OptionBase {
 public:
  virtual ~OptionBase() = default;
  OptionBase(const OptionBase&) = delete;
  OptionBase& operator=(const OptionBase&) = delete;

  const OptionInfo& info() const { return info_; }
  virtual void set(std::string_view text) = 0;  // throws OptionError
  virtual std::string text() const = 0;         // the current value, as set() takes it

 protected:
  explicit OptionBase(OptionInfo info) : info_(std::move(info)) {}
  OptionInfo info_;
};

class OptionList {
 public:
  void add(OptionBase* option) { options_.push_back(option); }
  std::span<OptionBase* const> all() const { return options_; }
  // Throws OptionError naming the nearest option when there is none of that name.
  void set(std::string_view name, std::string_view value);
  // Takes what text() gives, or a part of it. Throws OptionError at the first that is wrong.
  void set_all(std::string_view settings);
  std::string text() const;  // "window=256;dilation=1" in declaration order

 private:
  std::vector<OptionBase*> options_;
};

template <class T>
struct Range {
  T lo, hi;
};
template <class T>
Range<T> at_least(T lo) {
  return {lo, std::numeric_limits<T>::max()};
}

template <class T>
class Option;

template <>
class Option<std::int64_t> final : public OptionBase {
 public:
  Option(OptionList& list, std::string name, std::int64_t value, Range<std::int64_t> range, std::string meaning);
  operator std::int64_t() const { return value_; }
  void set(std::string_view text) override;
  std::string text() const override;

 private:
  std::int64_t value_;
  Range<std::int64_t> range_;
};

template <>
class Option<double> final : public OptionBase {
 public:
  Option(OptionList& list, std::string name, double value, Range<double> range, std::string meaning);
  operator double() const { return value_; }
  void set(std::string_view text) override;
  std::string text() const override;

 private:
  double value_;
  Range<double> range_;
};

template <>
class Option<bool> final : public OptionBase {
 public:
  Option(OptionList& list, std::string name, bool value, std::string meaning);
  operator bool() const { return value_; }
  void set(std::string_view text) override;
  std::string text() const override;

 private:
  bool value_;
};

// One of a closed set of names.
class Choice final : public OptionBase {
 public:
  Choice(OptionList& list, std::string name, std::string value, std::vector<std::string> choices, std::string meaning);
  bool is(std::string_view choice) const { return value_ == choice; }
  void set(std::string_view text) override;
  std::string text() const override { return value_; }

 private:
  std::string value_;
  std::vector<std::string> choices_;
};

// A list of whole numbers written "1+2+4" (one value, or one per head).
class IntegerList final : public OptionBase {
 public:
  IntegerList(OptionList& list, std::string name, std::vector<std::int64_t> value, Range<std::int64_t> range,
              std::string meaning);
  const std::vector<std::int64_t>& values() const { return value_; }
  void set(std::string_view text) override;
  std::string text() const override;

 private:
  std::vector<std::int64_t> value_;
  Range<std::int64_t> range_;
};

}  // namespace attnscope::attention
