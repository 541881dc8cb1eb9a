// SessionCache: what servers gave a client so that the next handshake is short.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tls/handles.h"

namespace rondeau::tls {

using SslSessionPtr = std::unique_ptr<SSL_SESSION, FreedBy<SSL_SESSION_free>>;

/// Sessions by the name that their certificate was verified for, a few for each, since one of version 1.3 serves once
/// (RFC 8446 §C.4). Thread safety: any thread.
class SessionCache {
 public:
  void put(std::string_view server_name, SslSessionPtr session) noexcept;
  /// The youngest that can still be resumed, or null.
  SslSessionPtr take(std::string_view server_name) noexcept;

 private:
  static constexpr std::size_t kNames = 256;
  static constexpr std::size_t kEach = 4;

  struct Entry {
    std::string name;
    std::vector<SslSessionPtr> sessions;  ///< the youngest at the back
  };
  using Uses = std::list<Entry>;

  std::mutex mutex_;                                              // guards all below
  Uses uses_;                                                     // the last used first
  std::unordered_map<std::string_view, Uses::iterator> by_name_;  // views of the entries' names
};

}  // namespace rondeau::tls
