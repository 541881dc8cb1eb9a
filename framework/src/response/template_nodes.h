// What a template consists of once it was read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/reflect/descriptor.h>

#include "response/html_place.h"

namespace rondeau::response {

/// How a name is reached: so many sections outwards, then from member to member.
struct NamePath {
  std::size_t outwards = 0;
  std::vector<std::size_t> members;
};

struct Node {
  enum class Kind : std::uint8_t { Text, Value, Section, Inverted };
  Kind kind = Kind::Text;
  std::string text = {};
  Escape escape = Escape::None;
  NamePath path = {};
  std::vector<Node> inside = {};
};

/// Rules off; an optional stays.
inline const reflect::Descriptor& plain(const reflect::Descriptor& type) {
  using reflect::CheckedDescriptor;
  return type.kind == reflect::Kind::Checked ? plain(*reflect::as<CheckedDescriptor>(type).inner) : type;
}

/// Errors: those of parse_template().
Result<std::vector<Node>> parse_nodes(std::string_view text, const reflect::Descriptor& type);
/// `value` is of the type the nodes were read for.
std::string render_nodes(const std::vector<Node>& nodes, const reflect::Descriptor& type, const void* value);

}  // namespace rondeau::response
