// Steps of an RFC 6901 pointer.
#pragma once

#include <string>
#include <string_view>

namespace rondeau::reflect {

/// Adds "/name", its `~` and `/` escaped (RFC 6901 §3).
void append_step(std::string& pointer, std::string_view name);

/// Takes the first step off the front of a pointer, and gives it as it is meant.
std::string take_step(std::string_view& pointer);

}  // namespace rondeau::reflect
