// What members are when nobody gives them.
#pragma once

#include <string>
#include <vector>

#include <rondeau/reflect/descriptor.h>

namespace rondeau::schema {

/// For each member of the struct its value as JSON, as an initialiser or a Default gives it; empty where there is none,
/// where it is absent or null, secret, or itself a struct.
std::vector<std::string> initial_values(const reflect::StructDescriptor& type);

}  // namespace rondeau::schema
