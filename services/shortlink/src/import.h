// POST /links/import: links from a CSV body, `url[,alias[,ttl_s]]` a row.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "app.h"
#include "failure.h"

namespace shortlink {

struct RejectedRow {
  std::size_t line = 0;
  std::string reason;
};
struct ImportResult {
  std::size_t created = 0;
  std::vector<RejectedRow> rejected;  ///< the first 1,000
};

/// Reads the body as it comes, parses pieces of 64 KiB on the blocking pool, inserts 500 links a transaction. A first
/// row that begins with "url" is a heading. 415 unless text/csv; 413 above 10 MiB; what was inserted before stays.
rondeau::Task<rondeau::Result<rondeau::Json<ImportResult>, Failure>> import_links(
    rondeau::State<App> app, Host host,
    rondeau::Result<rondeau::Header<"content-type", std::string>, rondeau::Rejection> type, rondeau::BodyStream body);

}  // namespace shortlink
