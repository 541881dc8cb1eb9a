// Finding and listing members by path: what configuration, flags and printing of settings need.
#pragma once

#include <functional>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/reflect/descriptor.h>

namespace rondeau::reflect {

/// A value and what it is.
struct Value {
  const Descriptor* type = nullptr;
  void* address = nullptr;
};

/// The member at a path such as "server.limits.max_body", in the names of the outside. An absent optional struct on the
/// way is made.
///
/// Errors: NotFound, with the nearest known path: "servr.listen: unknown, did you mean server.listen?".
Result<Value> find(const Descriptor& type, void* root, std::string_view path, char separator = '.');

/// What is behind Optional, Checked and JsonFor, by type alone.
const Descriptor& plain_type(const Descriptor& type);

/// Calls `visit` for each member that is no struct, with its path, depth first in the order of declaration. An optional
/// struct that is absent is visited as a whole. `address` is that of the member.
void for_each_leaf(const Descriptor& type, const void* root,
                   const std::function<void(std::string_view path, const Descriptor& type, const void* address)>& visit,
                   char separator = '.');

}  // namespace rondeau::reflect
