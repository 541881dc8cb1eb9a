// Sentences about what a value must be.
#pragma once

#include <string>

#include <rondeau/reflect/descriptor.h>

namespace rondeau::json {

/// "must be an integer from 0 to 255".
std::string expected(const reflect::Descriptor& type);

/// "must be one of red, green".
std::string expected_one_of(const reflect::VariantDescriptor& type);

}  // namespace rondeau::json
