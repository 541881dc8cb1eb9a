// Where links live.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/task/task.h>

#include "links.h"

namespace shortlink {

using rondeau::Result;
using rondeau::Task;

/// A link as it is stored.
struct StoredLink {
  std::string id;
  std::string url;
  Time created_at;
  std::optional<Time> expires_at;
  std::int64_t clicks = 0;

  bool expired(Time now) const { return expires_at && *expires_at <= now; }
};

/// What the handlers ask of a database. Errors: AlreadyExists where an id is taken, Overloaded where another
/// process has the database locked; else what the database says.
/// Thread safety: any task.
class Store {
 public:
  virtual ~Store() = default;

  /// Written when it returns: a link that was told survives a crash. An id is free again once its link has expired.
  virtual Task<Result<void>> insert(StoredLink link) = 0;
  /// Several at once; an entry is false where the id was taken.
  virtual Task<Result<std::vector<bool>>> insert_many(std::vector<StoredLink> links) = 0;
  virtual Task<Result<std::optional<StoredLink>>> find(std::string id) = 0;
  /// Clicks of links that are gone are passed over. Returns how many counted.
  virtual Task<Result<std::size_t>> add_clicks(std::vector<Click> clicks) = 0;
  /// Per bucket of so many seconds in [from, to), at most `limit` buckets.
  virtual Task<Result<Stats>> stats(std::string id, Time from, Time to, std::int64_t bucket_seconds) = 0;
  /// Returns how many went, at most `limit`.
  virtual Task<Result<std::int64_t>> delete_expired(Time now, std::int64_t limit) = 0;
  /// Whether it answers, and is still where it was opened.
  virtual Task<Result<void>> ping() = 0;
};

/// `sqlite:FILE`, `sqlite::memory:`, or `postgres://…`; brings its tables up to date. On a runtime that outlives the store. Errors: with the file's name.
Task<Result<std::unique_ptr<Store>>> open_store(std::string url);

}  // namespace shortlink
