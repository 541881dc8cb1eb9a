// The page that shows a document.
#pragma once

#include <string>
#include <string_view>

namespace rondeau::openapi {

/// `document` is a reference to the document, as the page's browser resolves it.
std::string make_page(std::string_view title, std::string_view document);

/// A Content-Security-Policy that lets the page run its own script and style, ask its own host, and do nothing else.
/// Empty where the library has no SHA-256.
std::string page_policy(std::string_view page);

/// Where `to` is, seen from a page at `from`: ("/api/docs", "/openapi.json") → "../openapi.json". So it holds behind
/// every prefix that a proxy or a router puts in front.
std::string relative(std::string_view from, std::string_view to);

}  // namespace rondeau::openapi
