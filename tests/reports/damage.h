// What fuzz tests of readers have in common.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace attnscope::reports::testing {

// Damages a valid text the way disks, editors and networks do.
class Damage {
 public:
  explicit Damage(unsigned seed) : random_(seed) {}

  std::string apply(std::string text) {
    for (int changes = 1 + below(4); changes > 0; --changes) change(text);
    return text;
  }

 private:
  int below(std::size_t bound) { return static_cast<int>(random_() % std::max<std::size_t>(1, bound)); }
  std::size_t position(const std::string& text) { return static_cast<std::size_t>(below(text.size())); }

  void change(std::string& text) {
    static const std::vector<std::string> pieces{"null",
                                                 "-1",
                                                 "1e999",
                                                 "NaN",
                                                 "[[[[",
                                                 "}",
                                                 "\"",
                                                 "\\u0000",
                                                 ",,",
                                                 "\xff",
                                                 "\r\n",
                                                 "=",
                                                 "9223372036854775808",
                                                 "{\"type\":\"case\"}"};
    if (text.empty()) return;
    const std::size_t at = position(text), length = 1 + static_cast<std::size_t>(below(40));
    switch (below(6)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, pieces[static_cast<std::size_t>(below(pieces.size()))]);
        break;
      case 4:
        text.insert(position(text), text.substr(at, length));
        break;
      default:
        text.resize(at);
    }
  }

  std::mt19937 random_;
};

}  // namespace attnscope::reports::testing
