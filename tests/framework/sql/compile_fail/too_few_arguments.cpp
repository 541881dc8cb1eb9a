// expects: rondeau: this statement has more placeholders than there are arguments
#include <rondeau/sql/sql.h>

auto run(const rondeau::sql::Database& db) {
  return db.exec("delete from users where id = $1 and org = $2", 1);
}
