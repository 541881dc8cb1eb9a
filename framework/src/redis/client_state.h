// What the handles of a client share. Its end closes the lines and the pool.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <rondeau/connect/pool.h>
#include <rondeau/redis/client.h>
#include <rondeau/redis/options.h>

#include "redis/connection.h"
#include "redis/line.h"

namespace rondeau::redis {

/// A connection of an Exclusive, and what was left on it.
struct Session {
  explicit Session(Connection made) : connection(std::move(made)) {}

  Connection connection;
  bool in_exchange = false;  ///< a command was sent and not all of its replies have come
  bool watches = false;
  bool changed = false;      ///< for the next user it would not be as a new one
};

using SessionPool = connect::Pool<Session, Error>;

class Client::State {
 public:
  explicit State(Options made);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  /// Made at the first use.
  SessionPool exclusives();

  const std::shared_ptr<const Options> options;
  std::vector<std::shared_ptr<Line>> lines;

 private:
  std::mutex mutex_;
  std::optional<SessionPool> exclusives_;
};

}  // namespace rondeau::redis
