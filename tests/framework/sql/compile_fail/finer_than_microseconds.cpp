// expects: rondeau: databases keep microseconds: round this time to them first
#include <rondeau/sql/sql.h>

auto run(const rondeau::sql::Database& db, std::chrono::sys_time<std::chrono::nanoseconds> at) {
  return db.exec("delete from users where at < $1", at);
}
