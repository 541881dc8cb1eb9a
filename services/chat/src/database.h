// The database, with its tables brought up to date.
#pragma once

#include <string>

#include <rondeau/base/result.h>
#include <rondeau/sql/database.h>
#include <rondeau/task/task.h>

namespace chat {

namespace sql = rondeau::sql;
using rondeau::Result;
using rondeau::Task;

/// `sqlite:FILE`, `sqlite::memory:`, or `postgres://…`. On a runtime that outlives the database.
///
/// Errors: with the file's name or the server's; InvalidArgument for another URL.
Task<Result<sql::Database>> open_database(std::string url);
/// Whether it answers, and is still where it was opened: for readiness.
Task<Result<void>> ping(sql::Database database);

}  // namespace chat
