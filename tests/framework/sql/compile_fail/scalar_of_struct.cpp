// expects: rondeau: scalar gives a value with a column of its own (sql/codec.h); one gives structs
#include <rondeau/sql/sql.h>

struct User {
  int id;
};

auto run(const rondeau::sql::Database& db) {
  return db.scalar<User>("select 1");
}
