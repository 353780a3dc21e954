// Text for XML.
#pragma once

#include <string>
#include <string_view>

namespace attnscope::reports {

// Fit for content and for attribute values in double quotes. What XML 1.0 cannot hold (control characters, bytes that
// are not UTF-8) becomes U+FFFD; tabs and line breaks stay, as character references.
std::string xml_escaped(std::string_view text);

}  // namespace attnscope::reports
