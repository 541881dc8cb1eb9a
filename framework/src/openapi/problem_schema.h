// The schema of what response::Problem is rendered as (RFC 9457).
#pragma once

#include <string>

namespace rondeau::openapi {

/// Lifetime: the program's.
const std::string& problem_schema();

}  // namespace rondeau::openapi
