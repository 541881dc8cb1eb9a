// expects: rondeau: this statement ends inside of a quote or a comment, or has a NUL
#include <rondeau/sql/sql.h>

auto run(const rondeau::sql::Database& db) {
  return db.exec("delete from users where name = 'it''s");
}
