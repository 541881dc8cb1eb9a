// What SQLite says, as a sql::Error.
#pragma once

#include <string>
#include <string_view>

#include <rondeau/sql/error.h>

struct sqlite3;

namespace rondeau::sqlite {

/// Of the last call on `database`, which returned `code`.
sql::Error error_of(sqlite3* database, int code, std::string_view text);

/// One of ours: `message` is about `text`, if there is one.
sql::Error error_of(sql::ErrorKind kind, std::string_view message, std::string_view text, sql::Sent sent);

}  // namespace rondeau::sqlite
