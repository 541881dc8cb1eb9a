// expects: rondeau: placeholders are $1, $2 …: a number from 1 on after a dollar sign
#include <rondeau/sql/sql.h>

auto run(const rondeau::sql::Database& db) {
  return db.exec("delete from users where id = $id", 1);
}
