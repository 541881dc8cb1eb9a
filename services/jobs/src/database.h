// The database, with its tables brought up to date.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/sql/database.h>
#include <rondeau/task/task.h>

#include "bell.h"

namespace jobs {

namespace sql = rondeau::sql;
using rondeau::Result;
using rondeau::Task;

struct Opened {
  sql::Database database;
  /// Rings at what other processes do, for ever; null where the database cannot tell, and is to be asked.
  std::function<Task<void>(std::shared_ptr<Bell>)> listen;
};

/// `sqlite:FILE`, `sqlite::memory:`, or `postgres://…`. On a runtime that outlives the database.
///
/// Errors: with the file's name or the server's; InvalidArgument for another URL.
Task<Result<Opened>> open_database(std::string url);
/// Whether it answers, and is still where it was opened: for readiness.
Task<Result<void>> ping(sql::Database database);

}  // namespace jobs
