// AutoEtag: an ETag for answers that have none, and 304 for clients that have them.
#pragma once

#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Gives each 200 to GET or HEAD that is whole in memory an ETag made of its content (128 bits of SHA-256), and answers
/// 304 where the client has it: that saves sending, not working.
///
/// An answer with an ETag of its own keeps it; its conditions are judged as well. Left alone are streams, empty bodies
/// and what says `Cache-Control: no-store`.
struct AutoEtag {
  void after(const http::Request& request, http::Response& response) const;
};

}  // namespace rondeau::middleware
