// expects: rondeau: an argument of this statement has no column type; see sql/codec.h, or specialise sql::SqlFor<T>
#include <rondeau/sql/sql.h>

struct Account {
  int id;
};

auto run(const rondeau::sql::Database& db) {
  return db.exec("delete from users where id = $1", Account{1});
}
