#include <rondeau/postgres/test_database.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

#include <rondeau/base/current_driver.h>

namespace rondeau::postgres {
namespace {

/// Whoever makes a template waits for who is making one.
constexpr Duration kPatience = std::chrono::seconds(60);
constexpr std::int64_t kTemplates = 0x72'6f'6e'64'65'61'75'74;  // "rondeaut"

std::string random_name() {
  std::array<std::byte, 8> bytes;
  base::current_driver().random(bytes);
  std::string name = "t_";
  for (const std::byte byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    name.push_back(kDigits[std::to_integer<int>(byte) >> 4]);
    name.push_back(kDigits[std::to_integer<int>(byte) & 15]);
  }
  return name;
}

/// Of names that are ours: letters, digits, underlines.
sql::Unchecked about(const char* before, const std::string& name, const std::string& after = {}) {
  return sql::unchecked(before + name + after);
}

Task<Result<Database, sql::Error>> open_named(std::string server, std::string name, Options options) {
  options.database = std::move(name);
  co_return co_await open(std::move(server), std::move(options));
}

/// A template that is whole is marked as one; what lies there unmarked was left by a program that died.
Task<Result<void, sql::Error>> make_template(const Database& admin, std::string server, std::string name,
                                             sql::Migrations migrations, Options options) {
  RONDEAU_TRY(const bool is_there, co_await admin.scalar<bool>(
                                       "select exists (select from pg_database where datname = $1 and datistemplate)", name));
  if (is_there) co_return {};
  RONDEAU_TRY_VOID(co_await admin.exec(about("drop database if exists ", name)));
  RONDEAU_TRY_VOID(co_await admin.exec(about("create database ", name)));
  {
    RONDEAU_TRY(const Database made, co_await open_named(std::move(server), name, std::move(options)));
    const auto migrated = co_await made.migrate(std::move(migrations));
    co_await made.close();
    if (!migrated) co_return migrated.error();
  }
  // Nobody may be connected with what is copied.
  RONDEAU_TRY_VOID(co_await admin.exec(about("alter database ", name, " with is_template true allow_connections false")));
  co_return {};
}

}  // namespace

Task<Result<TestDatabase, sql::Error>> TestDatabase::create(std::string server, sql::Migrations migrations, Options options) {
  Options one;
  one.max_connections = 1;  // which holds the lock
  one.statement_timeout = kPatience;
  one.password = options.password;
  RONDEAU_TRY(const Database admin, co_await open(server, one));
  const std::string origin = "rondeau_template_" + migrations.checksum().substr(0, 16);
  std::string name = random_name();
  RONDEAU_TRY_VOID(co_await admin.exec("select pg_advisory_lock($1)", kTemplates));
  RONDEAU_TRY_VOID(co_await make_template(admin, server, origin, std::move(migrations), options));
  RONDEAU_TRY_VOID(co_await admin.exec(sql::unchecked("create database " + name + " template " + origin)));
  co_await admin.close();  // and with the session its lock
  RONDEAU_TRY(Database database, co_await open_named(server, name, std::move(options)));
  co_return TestDatabase(std::move(database), std::move(name), std::move(server));
}

Task<Result<void, sql::Error>> TestDatabase::drop() && {
  co_await database_.close();
  Options one;
  one.max_connections = 1;
  one.statement_timeout = kPatience;
  RONDEAU_TRY(const Database admin, co_await open(server_, one));
  const auto dropped = co_await admin.exec(about("drop database ", name_, " with (force)"));
  co_await admin.close();
  if (!dropped) co_return dropped.error();
  co_return {};
}

}  // namespace rondeau::postgres
