// The request line, cut by hand: exactly two spaces, a token, HTTP/DIGIT.DIGIT.
#pragma once

#include <cstddef>
#include <string_view>

#include <rondeau/http/limits.h>
#include <rondeau/http/request_head.h>

#include "http/refusal.h"

namespace rondeau::http {

/// Fills method, version and target of `head`; `offset` is the line's place behind head.base.
RefusalReason parse_request_line(std::string_view line, std::size_t offset, const Limits& limits, RequestHead& head);

/// Says what is wrong with a line that is longer than any good one; `line` is its beginning.
RefusalReason judge_long_request_line(std::string_view line, const Limits& limits) noexcept;

/// The longest line that parse_request_line() may take.
constexpr std::size_t max_request_line(const Limits& limits) noexcept {
  return limits.max_method + limits.max_target + sizeof("  HTTP/1.1") - 1;
}

}  // namespace rondeau::http
