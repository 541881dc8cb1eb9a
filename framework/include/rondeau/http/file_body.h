// file_body: an open file as the body of an answer.
#pragma once

#include <cstdint>

#include <rondeau/fs/file.h>
#include <rondeau/http/response.h>

namespace rondeau::http {

/// The first `size` bytes of a file, which may be sought in: see response::ranged(). Goes to a plain socket without
/// passing through this process. A file that became shorter meanwhile cuts the connection, and stderr is told.
///
/// The answer says its Content-Length only where `set_file_body` or the caller sets it.
ResponseBody file_body(fs::File file, std::uint64_t size);

/// Puts the file into the answer, with a Content-Length.
void set_file_body(Response& response, fs::File file, std::uint64_t size);

}  // namespace rondeau::http
