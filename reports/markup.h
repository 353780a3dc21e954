// Text inside HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace attnscope::reports {

// As content or inside a quoted attribute: the five special characters as entities; control characters, which neither
// HTML nor XML allows, as U+FFFD.
std::string escape_markup(std::string_view text);

}  // namespace attnscope::reports
