// NormalizePath: sends who asked for `//a///b` to `/a/b`.
#pragma once

#include <optional>

#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Answers 308 to a path with empty segments that no route matches, with the same path without them and the query as it
/// came. Paths that a route matches, and the slash at their end, stay: that one is Router::trailing_slash()'s.
///
/// A layer of the outermost router: nested ones see only paths below their prefix.
struct NormalizePath {
  std::optional<http::Response> before(http::Request& request) const;
};

}  // namespace rondeau::middleware
