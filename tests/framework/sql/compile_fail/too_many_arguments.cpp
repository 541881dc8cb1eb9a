// expects: rondeau: there are more arguments than this statement has placeholders
#include <rondeau/sql/sql.h>

auto run(const rondeau::sql::Database& db) {
  return db.exec("delete from users where id = $1", 1, 2);
}
