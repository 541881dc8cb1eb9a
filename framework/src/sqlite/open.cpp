#include <rondeau/sqlite/sqlite.h>

#include <rondeau/task/blocking.h>

#include "sqlite/backend.h"
#include "sqlite/core.h"

namespace rondeau::sqlite {
namespace {

using sql::Error;
using sql::ErrorKind;

Error config(std::string message) {
  return Error(ErrorKind::Config, {.message = std::move(message), .phase = sql::Phase::Open});
}

Task<Result<sql::Database, Error>> open_on_pool(Options options) {
  auto opened = co_await task::blocking(kPool, [owned = std::move(options)] {
    const OnPool here;
    return open_blocking(owned);
  });
  if (!opened) co_return Unexpected{Error(ErrorKind::Closed, {.message = opened.error().message(),
                                                              .phase = sql::Phase::Open})};
  co_return *std::move(opened);
}

Task<Result<sql::Database, Error>> refused(Error error) {
  co_return Unexpected{std::move(error)};
}

}  // namespace

Result<Options, Error> parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "sqlite:";
  if (!url.starts_with(kScheme) || url.size() == kScheme.size()) {
    return config("\"" + std::string(url) + "\" is no sqlite:FILE or sqlite::memory:");
  }
  return Options{.file = std::string(url.substr(kScheme.size()))};
}

Task<Result<void, Error>> check(sql::Database database) {
  const std::shared_ptr<sql::Backend> backend = database.backend();
  auto* sqlite = dynamic_cast<Backend*>(&backend->innermost());
  if (sqlite == nullptr) co_return Unexpected{config("check: this database is none of SQLite")};
  co_return co_await sqlite->check();
}

Result<sql::Database, Error> open_blocking(Options options) {
  if (options.file.empty() || options.file.find('\0') != std::string::npos) {
    return config("sqlite: a database needs the name of a file");
  }
  if (options.group == 0 || options.statement_cache < 8 || options.readers == 0) {
    return config("sqlite: group and readers are at least 1, statement_cache at least 8");
  }
  const Limit limit(Instant::now() + options.statement_timeout);
  RONDEAU_TRY_PLAIN(auto writer, Connection::open(options, Connection::Role::Writer, limit));
  auto core = std::make_shared<Core>(std::move(options), std::move(writer));
  return sql::Database(std::make_shared<Backend>(std::move(core)));
}

Task<Result<sql::Database, Error>> open(Options options) {
  return open_on_pool(std::move(options));
}

Task<Result<sql::Database, Error>> open_url(std::string url) {
  auto options = parse_url(url);
  if (!options) return refused(std::move(options).error());
  return open_on_pool(*std::move(options));
}

}  // namespace rondeau::sqlite
