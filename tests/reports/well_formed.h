// Is a page well-formed? Our HTML is also XML, so that an XML parser can tell.
#pragma once

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <gtest/gtest.h>
#include <sstream>
#include <string>

namespace attnscope::reports::testing {

inline boost::property_tree::ptree parse_markup(const std::string& text) {
  boost::property_tree::ptree tree;
  std::istringstream in(text);
  try {
    boost::property_tree::read_xml(in, tree);
  } catch (const boost::property_tree::xml_parser_error& error) {
    ADD_FAILURE() << error.what();
  }
  return tree;
}

// Elements of that name anywhere in the tree.
inline std::size_t count_elements(const boost::property_tree::ptree& tree, const std::string& name) {
  std::size_t count = 0;
  for (const auto& [key, child] : tree) count += (key == name ? 1 : 0) + count_elements(child, name);
  return count;
}

}  // namespace attnscope::reports::testing
