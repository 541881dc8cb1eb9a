// expects: rondeau: an argument is used by no placeholder of this statement
#include <rondeau/sql/sql.h>

auto run(const rondeau::sql::Database& db) {
  return db.exec("delete from users where id = $2", 1, 2);
}
