// What was said, in the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "database.h"
#include "messages.h"

namespace chat {

/// A message without its id.
struct Said {
  std::string from;
  std::string text;
  Time at;
};

/// Errors: what the database says. Thread safety: any task. Copies are the same history.
class History {
 public:
  /// Of each room the last `keep` messages are kept.
  History(sql::Database database, std::int64_t keep) : database_(std::move(database)), keep_(keep) {}

  /// All of them or none, in order; gives the id of the last one. Ids go up by one, whoever writes at the same time.
  Task<Result<std::int64_t>> append(std::string room, std::vector<Said> messages) const;
  /// 0 where nothing was said yet.
  Task<Result<std::int64_t>> last_id(std::string room) const;
  /// Those behind an id, the oldest first.
  Task<Result<std::vector<out::Message>>> after(std::string room, std::int64_t id, std::int64_t limit) const;
  /// The last ones in front of an id, the oldest of them first.
  Task<Result<std::vector<out::Message>>> before(std::string room, std::int64_t id, std::int64_t limit) const;

 private:
  sql::Database database_;
  std::int64_t keep_;
};

}  // namespace chat
