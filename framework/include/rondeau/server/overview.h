// Overview: what a server has open, for its operator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rondeau::server {

struct Shared;

struct OpenConnection {
  std::string peer;  ///< empty: not known, as of a proxied one that has not said it yet
  bool in_request = false;
  std::uint64_t age_ms = 0;
};

/// Given to a server by ServeOptions::overview, which fills it: of one server at a time. Before it serves, and when it
/// has ended, there is nothing to see. Thread safety: any thread.
class Overview {
 public:
  struct Connections {
    std::uint64_t total = 0;
    std::vector<OpenConnection> connections;
  };
  /// `most` of them, those opened last first. Nobody comes or goes while they are copied.
  Connections connections(std::size_t most) const;

  /// For the server.
  void watch(std::weak_ptr<const Shared> server);

 private:
  mutable std::mutex mutex_;
  std::weak_ptr<const Shared> server_;  // guarded by mutex_
};

}  // namespace rondeau::server
