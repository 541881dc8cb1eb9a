// Which coding of a file its client wants.
#pragma once

#include <string_view>
#include <vector>

#include <rondeau/http/request_head.h>

namespace rondeau::static_files {

/// A way a file may lie there: `app.js.br` is `app.js` in the coding br.
struct Coding {
  std::string_view name;       ///< as in Content-Encoding; empty: as it is
  std::string_view extension;  ///< ".br"
};

/// What the request takes, best first, by Accept-Encoding (RFC 9110 §12.5.3); of equals br, zstd, gzip. As it is comes
/// last, unless it was given a weight, and is missing where it was refused.
std::vector<Coding> acceptable_codings(const http::RequestHeaders& headers);

}  // namespace rondeau::static_files
