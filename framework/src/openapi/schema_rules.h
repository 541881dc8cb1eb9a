// Rules of a value as keywords of JSON Schema.
#pragma once

#include <vector>

#include <rondeau/reflect/descriptor.h>

#include "openapi/json_text.h"

namespace rondeau::openapi {

/// Each keyword once; of several bounds the strictest. What an own rule expects becomes the description, unless the value
/// is `described` already.
void write_rules(JsonText& out, const std::vector<reflect::Rule>& rules, bool described);

}  // namespace rondeau::openapi
