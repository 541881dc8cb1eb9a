// Slugs: what articles are called in paths.
#pragma once

#include <string>
#include <string_view>

namespace conduit {

/// The title lower-cased, with `-` for each run of other than [a-z0-9], none at the ends, at most 80 bytes. May be
/// empty.
std::string slug_of(std::string_view title);
/// Whether no article may have it: it is empty, or a route of its own, as /articles/feed.
bool is_reserved(std::string_view slug);
/// For a slug that is taken or reserved: at most 80 bytes, `-` and 6 random base-32 characters (RFC 4648, lower-cased)
/// at the end.
std::string with_suffix(std::string slug);

}  // namespace conduit
