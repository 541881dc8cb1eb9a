// Comments in the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "database.h"
#include "models.h"

namespace conduit {

/// Errors: what the database says. Thread safety: any task. Copies are the same store.
class CommentStore {
 public:
  explicit CommentStore(sql::Database database) : database_(std::move(database)) {}

  /// Oldest first; `following` is the reader's view.
  Task<Result<std::vector<Comment>>> of(std::int64_t article, std::int64_t reader) const;
  /// Gives its id; nothing where the article is gone.
  Task<Result<std::optional<std::int64_t>>> insert(std::int64_t article, std::int64_t author, std::string body,
                                                   Timestamp at) const;
  /// Of that article. Nothing where there is none.
  Task<Result<std::optional<std::int64_t>>> author_of(std::int64_t article, std::int64_t id) const;
  Task<Result<void>> remove(std::int64_t id) const;

 private:
  sql::Database database_;
};

}  // namespace conduit
